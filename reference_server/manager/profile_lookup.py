"""Finds a profile's row for a service, or says why it cannot be worked with."""

from sqlalchemy import Connection

from reference_server.manager.problem import Problem, not_found
from reference_server.store import profile_rows
from reference_server.store.profile_rows import ProfileRow
from reference_server.store.profile_settings import FROM_FILE


def any_profile(connection: Connection, username: str) -> ProfileRow:
    """The profile, wherever it comes from. Raises `Problem` 404."""
    row = profile_rows.named(connection, username)
    if row is None:
        raise not_found(f"no profile has the SIP username {username[:64]}", "sip_username")
    return row


def managed_profile(connection: Connection, username: str) -> ProfileRow:
    """The profile, when the Manager may change it. Raises `Problem` 404, 409 for one of the settings file."""
    row = any_profile(connection, username)
    if row.origin == FROM_FILE:
        detail = (
            f"profile {username} is written in the trunk's settings file; change it there, and start again"
        )
        raise Problem("file-profile", 409, "The profile is kept in the settings file", detail)
    return row
