"""Rows of business accounts, and of the extension tags that the trunk knows of attached ones."""

from typing import NamedTuple

from sqlalchemy import Connection, delete, func, insert, or_, select, update

from reference_server.store.manager_schema import BUSINESS_ACCOUNTS
from reference_server.store.rows import storable
from reference_server.store.schema import EXTENSION_TAGS

_TABLE = BUSINESS_ACCOUNTS.c


class AccountRow(NamedTuple):
    """One business account."""

    key: str
    """The name, case folded: what makes two names the same."""
    name: str
    display: str
    password: str
    """A token of the vault's."""
    created: float
    sip_username: str | None
    """The profile it is attached to."""
    extension: str | None


def key_of(name: str) -> str:
    """What makes two names the same."""
    return storable(name.casefold())


def all_of_them(connection: Connection) -> list[AccountRow]:
    """All, by name."""
    return [AccountRow(*row) for row in connection.execute(select(BUSINESS_ACCOUNTS).order_by(_TABLE.key))]


def named(connection: Connection, name: str) -> AccountRow | None:
    """The account with this name, in any case."""
    row = connection.execute(select(BUSINESS_ACCOUNTS).where(_TABLE.key == key_of(name))).first()
    return None if row is None else AccountRow(*row)


def of_profile(connection: Connection, username: str) -> list[AccountRow]:
    """Those attached to a profile, by name."""
    query = select(BUSINESS_ACCOUNTS).where(_TABLE.sip_username == username).order_by(_TABLE.key)
    return [AccountRow(*row) for row in connection.execute(query)]


def matching(connection: Connection, text: str, limit: int) -> list[AccountRow]:
    """Those with `text` in name or display name; first those whose name begins with it, by name."""
    wanted = key_of(text)
    begins = _TABLE.key.startswith(wanted, autoescape=True)
    query = (
        select(BUSINESS_ACCOUNTS)
        .where(
            or_(
                _TABLE.key.contains(wanted, autoescape=True),
                func.lower(_TABLE.display).contains(storable(text.lower()), autoescape=True),
            )
        )
        .order_by(begins.desc(), _TABLE.key)
        .limit(limit)
    )
    return [AccountRow(*row) for row in connection.execute(query)]


def tag_owner(connection: Connection, name: str) -> str | None:
    """The profile that has the account by the settings file, where nobody created it."""
    query = select(EXTENSION_TAGS.c.sip_username).where(func.lower(EXTENSION_TAGS.c.account) == key_of(name))
    found: str | None = connection.execute(query).scalar()
    return found


def attached_name(connection: Connection, username: str, name: str) -> str | None:
    """The name, as the trunk knows it, of an account that a profile has, here or in the file."""
    query = select(EXTENSION_TAGS.c.account).where(
        (EXTENSION_TAGS.c.sip_username == username) & (func.lower(EXTENSION_TAGS.c.account) == key_of(name))
    )
    found: str | None = connection.execute(query).scalar()
    return found


def add(connection: Connection, row: AccountRow) -> None:
    """A new account, attached to nothing."""
    connection.execute(insert(BUSINESS_ACCOUNTS).values(**row._asdict()))


def attach(connection: Connection, name: str, username: str, extension: str | None) -> None:
    """Attaches an account to a profile; the trunk puts the extension, else the SIP username, into calls."""
    _forget_tag(connection, name)
    statement = update(BUSINESS_ACCOUNTS).where(_TABLE.key == key_of(name))
    connection.execute(statement.values(sip_username=username, extension=extension))
    values = {"account": name, "tag": extension or username, "sip_username": username}
    connection.execute(insert(EXTENSION_TAGS).values(**values))


def detach(connection: Connection, name: str) -> None:
    """Takes an account from its profile."""
    _forget_tag(connection, name)
    statement = update(BUSINESS_ACCOUNTS).where(_TABLE.key == key_of(name))
    connection.execute(statement.values(sip_username=None, extension=None))


def set_password(connection: Connection, name: str, password: str) -> None:
    """Changes the password; `password` is a token of the vault's."""
    connection.execute(update(BUSINESS_ACCOUNTS).where(_TABLE.key == key_of(name)).values(password=password))


def remove(connection: Connection, name: str) -> None:
    """Deletes an account."""
    _forget_tag(connection, name)
    connection.execute(delete(BUSINESS_ACCOUNTS).where(_TABLE.key == key_of(name)))


def _forget_tag(connection: Connection, name: str) -> None:
    connection.execute(delete(EXTENSION_TAGS).where(func.lower(EXTENSION_TAGS.c.account) == key_of(name)))
