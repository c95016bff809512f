"""Rows of SIP Profiles as the Manager writes and reads them; the trunk itself reads them in `store`."""

from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, func, insert, select, update

from reference_server.store.manager_schema import MANAGED_PROFILES
from reference_server.store.rows import storable
from reference_server.store.schema import BINDINGS, PROFILES

_TABLE = PROFILES.c
_MANAGED = MANAGED_PROFILES.c


class ProfileRow(NamedTuple):
    """One profile."""

    sip_username: str
    name: str
    password: str
    """A token of the vault's."""
    auth: str
    """`registration` or `ip`."""
    address: str | None
    port: int
    channels: int
    active: bool
    origin: str
    """`file` or `manager`."""
    us_minute_bundles: int
    caller_id: str | None
    created: float | None
    """None for a profile of the settings file."""
    password_shown: bool | None


def all_of_them(connection: Connection) -> list[ProfileRow]:
    """All profiles, by name."""
    query = _all().order_by(func.lower(_TABLE.name), _TABLE.sip_username)
    return [ProfileRow(*row) for row in connection.execute(query)]


def named(connection: Connection, username: str) -> ProfileRow | None:
    """The profile with this SIP username."""
    row = connection.execute(_all().where(_TABLE.sip_username == storable(username))).first()
    return None if row is None else ProfileRow(*row)


def at_address(connection: Connection, address: str, port: int) -> str | None:
    """The SIP username of the profile in ip mode whose PBX is there."""
    query = select(_TABLE.sip_username).where(
        (_TABLE.auth == "ip") & (_TABLE.address == address) & (_TABLE.port == port)
    )
    found: str | None = connection.execute(query).scalar()
    return found


def add(connection: Connection, username: str, name: str, password: str, created: float) -> None:
    """A new profile, inactive, without a subscription; `password` is a token of the vault's."""
    values = {"sip_username": username, "name": name, "password": password, "auth": "registration"}
    statement = insert(PROFILES).values(
        address=None,
        port=5060,
        channels=1,
        credit="0",
        min_expires=None,
        algorithm="MD5",
        active=False,
        origin="manager",
        us_minute_bundles=0,
        caller_id=None,
        **values,
    )
    connection.execute(statement)
    connection.execute(
        insert(MANAGED_PROFILES).values(sip_username=username, created=created, password_shown=False)
    )


def change(connection: Connection, username: str, **values: Any) -> None:
    """Changes columns of `profile`."""
    connection.execute(update(PROFILES).where(_TABLE.sip_username == username).values(**values))


def note_password_shown(connection: Connection, username: str) -> None:
    """The password was shown since it was made."""
    statement = update(MANAGED_PROFILES).where(_MANAGED.sip_username == username)
    connection.execute(statement.values(password_shown=True))


def remove(connection: Connection, username: str) -> None:
    """Deletes a profile with its bindings; numbers and accounts are taken from it before."""
    connection.execute(delete(BINDINGS).where(BINDINGS.c.sip_username == username))
    connection.execute(delete(PROFILES).where(_TABLE.sip_username == username))


def _all() -> Any:
    own = (_TABLE[name] for name in ProfileRow._fields[:-2])
    return select(*own, _MANAGED.created, _MANAGED.password_shown).select_from(
        PROFILES.outerjoin(MANAGED_PROFILES, _TABLE.sip_username == _MANAGED.sip_username)
    )
