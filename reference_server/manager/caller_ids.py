"""Caller ID of profiles: what those who are called are shown, an Online Number or a verified landline.

As in Skype Connect it is set per profile and not taken from what a PBX sends.
That a landline is the business's own is the administrator's word, kept in the audit log.
"""

import phonenumbers
from phonenumbers import PhoneNumberType
from sqlalchemy import Connection

from reference_server.manager.actor import Actor, may_change
from reference_server.manager.problem import Problem, wrong_value
from reference_server.manager.profile_lookup import managed_profile
from reference_server.manager.profile_pages import ProfilePages
from reference_server.manager.profile_view import ProfileView
from reference_server.store import landline_rows, number_rows, profile_rows

LANDLINE_TYPES = (PhoneNumberType.FIXED_LINE, PhoneNumberType.FIXED_LINE_OR_MOBILE)


class CallerIds(ProfilePages):
    """Caller ID. Methods raise `Problem`."""

    def set_caller_id(self, actor: Actor, username: str, number: str | None) -> ProfileView:
        """Shows an Online Number of this profile or a verified landline from now on; None: the SIP username.

        Raises `Problem` 409 for another number.
        """
        may_change(actor)
        with self._means.orders.changing(username) as connection:
            managed_profile(connection, username)
            if number is not None and number not in _allowed(connection, username):
                detail = (
                    f"{number[:20]} is neither an Online Number of this profile nor a landline verified "
                    "for it; allocate or verify it first"
                )
                raise Problem("not-own-number", 409, "The number cannot be the caller ID", detail, "number")
            profile_rows.change(connection, username, caller_id=number)
            self._means.note(connection, actor, "caller id set", username, number or "SIP username")
        return self.get(username)

    def verify_landline(self, actor: Actor, username: str, number: str) -> ProfileView:
        """Marks a landline as verified, so that it may be the caller ID."""
        may_change(actor)
        landline = read_landline(number)
        with self._means.orders.changing() as connection:
            managed_profile(connection, username)
            landline_rows.add(connection, username, landline, self._means.clock())
            self._means.note(connection, actor, "landline verified", username, landline)
        return self.get(username)

    def forget_landline(self, actor: Actor, username: str, number: str) -> ProfileView:
        """Takes the mark away; the caller ID too, when it was this one."""
        may_change(actor)
        with self._means.orders.changing(username) as connection:
            row = managed_profile(connection, username)
            landline_rows.forget(connection, username, number)
            if row.caller_id == number:
                profile_rows.change(connection, username, caller_id=None)
            self._means.note(connection, actor, "landline forgotten", username, number)
        return self.get(username)


def read_landline(text: str) -> str:
    """The E.164 number that `text` says. Raises `Problem` 422 when it is no landline."""
    try:
        parsed = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        parsed = None
    if parsed is None or not phonenumbers.is_valid_number(parsed):
        detail = f'seen {text[:30]!r}; write it with + and country code, as "+442079460123"'
        raise wrong_value("number", detail)
    if phonenumbers.number_type(parsed) not in LANDLINE_TYPES:
        raise wrong_value("number", f"{text[:30]} is no landline; only landlines can be verified")
    number: str = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return number


def _allowed(connection: Connection, username: str) -> set[str]:
    own = {row.number for row in number_rows.of_profile(connection, username) if row.paid}
    return own.union(landline_rows.of_profile(connection, username))
