"""Business accounts: searched as one types, created, attached to a profile, detached.

Quick Start Guide step 6. Their life as SIP phones is `community`'s, which asks the same rows. The password is
kept encrypted: a digest needs it.
"""

import re

from sqlalchemy import Connection

from reference_server.manager.account_view import AccountView
from reference_server.manager.actor import Actor, may_change
from reference_server.manager.means import Means
from reference_server.manager.problem import Problem, not_found, wrong_value
from reference_server.manager.profile_lookup import managed_profile
from reference_server.store import account_rows
from reference_server.store.account_rows import AccountRow, key_of

GUIDE_ADVICE = (
    "We strongly recommend that you don't add your Skype Manager administrator's account to a SIP Profile as "
    "this would prevent them from being able to sign in to Skype Manager."
)
"""Quick Start Guide step 6, shown where accounts are attached."""
ATTACHED_ADVICE = (
    "If a business Skype account is attached to a SIP Profile, it cannot be used to sign in to Skype on your "
    "computer or any other device."
)
"""Quick Start Guide step 6."""

NAME = re.compile(r"[A-Za-z][A-Za-z0-9._-]{5,31}", re.ASCII)
"""A Skype Name: 6 to 32 letters, digits, dots, dashes and underscores, a letter first (D)."""
EXTENSION = re.compile(r"[0-9]{1,20}", re.ASCII)
LONGEST_DISPLAY = 100
SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 128
MOST_FOUND = 100


class Accounts:
    """The Manager's business accounts. Methods raise `Problem`."""

    def __init__(self, means: Means) -> None:
        self._means = means

    def search(self, text: str, limit: int = 10) -> list[AccountView]:
        """Accounts whose name or display name has `text` in it, those that begin with it first."""
        text = text.strip()
        if not text:
            return []
        with self._means.orders.reading() as connection:
            rows = account_rows.matching(connection, text[:LONGEST_DISPLAY], min(limit, MOST_FOUND))
            return [AccountView.of(row) for row in rows]

    def all(self) -> list[AccountView]:
        """All accounts, by name."""
        with self._means.orders.reading() as connection:
            return [AccountView.of(row) for row in account_rows.all_of_them(connection)]

    def get(self, name: str) -> AccountView:
        """One account. Raises `Problem` 404."""
        with self._means.orders.reading() as connection:
            return AccountView.of(_found(connection, name))

    def create(self, actor: Actor, name: str, display: str, password: str) -> AccountView:
        """A new account. Raises `Problem` 409 when the name is taken, 422 for values that cannot be."""
        may_change(actor)
        name, display = name.strip(), display.strip()
        if NAME.fullmatch(name) is None:
            detail = (
                f"seen {name[:40]!r}; write 6 to 32 letters, digits, dots, dashes or underscores, "
                "beginning with a letter"
            )
            raise wrong_value("name", detail)
        if len(display) > LONGEST_DISPLAY or not display.isprintable():
            raise wrong_value("display", f"write a name of at most {LONGEST_DISPLAY} characters")
        _check_password(password)
        with self._means.orders.changing() as connection:
            if self._is_taken(connection, name):
                detail = f"there is an account {name} already; choose another name"
                raise Problem("name-taken", 409, "The name is taken", detail, "name")
            token, now = self._means.vault.encrypt(password), self._means.clock()
            row = AccountRow(key_of(name), name, display or name, token, now, None, None)
            account_rows.add(connection, row)
            self._means.note(connection, actor, "account created", name)
        self._means.orders.tell_accounts(name)
        return AccountView.of(row)

    def attach(self, actor: Actor, username: str, name: str, extension: str | None = None) -> AccountView:
        """Forwards calls to the account to a profile; it cannot sign in with a phone from now on.

        Raises `Problem` 409 when it belongs to another profile (`account-attached`), is an administrator's
        own (`administrator-account`, with the guide's reason), or the extension is taken in the profile.
        """
        may_change(actor)
        extension = _checked_extension(extension)
        name = self.get(name).name
        self._refuse_administrators(name)
        with self._means.orders.changing(username) as connection:
            managed_profile(connection, username)
            row = _found(connection, name)
            if row.sip_username not in (None, username):
                detail = (
                    f"{row.name} belongs to profile {row.sip_username}; an account belongs to one profile at "
                    "most: detach it there first"
                )
                raise Problem(
                    "account-attached", 409, "The account belongs to another profile", detail, "name"
                )
            _check_free(connection, username, row, extension)
            account_rows.attach(connection, row.name, username, extension)
            detail = f"{row.name}, extension {extension or 'none'}"
            self._means.note(connection, actor, "account attached", username, detail)
        return self.get(name)

    def detach(self, actor: Actor, name: str) -> AccountView:
        """Takes the account from its profile: it may sign in again."""
        may_change(actor)
        owner = self.get(name).sip_username
        with self._means.orders.changing(*(() if owner is None else (owner,))) as connection:
            row = _found(connection, name)
            account_rows.detach(connection, row.name)
            self._means.note(connection, actor, "account detached", row.sip_username or "", row.name)
        return self.get(name)

    def set_extension(self, actor: Actor, name: str, extension: str | None) -> AccountView:
        """Changes the extension number of an attached account; None: its calls carry the SIP username."""
        owner = self.get(name).sip_username
        if owner is None:
            detail = f"{name[:40]} is attached to no profile; attach it, and give the extension number there"
            raise Problem("account-detached", 409, "The account has no extension number", detail, "name")
        return self.attach(actor, owner, name, extension)

    def set_password(self, actor: Actor, name: str, password: str) -> AccountView:
        """Another password for the account."""
        may_change(actor)
        _check_password(password)
        with self._means.orders.changing() as connection:
            row = _found(connection, name)
            account_rows.set_password(connection, row.name, self._means.vault.encrypt(password))
            self._means.note(connection, actor, "account password set", row.name)
        self._means.orders.tell_accounts(row.name)
        return self.get(name)

    def remove(self, actor: Actor, name: str) -> None:
        """Deletes an account that is attached to no profile. Raises `Problem` 409 when it is."""
        may_change(actor)
        with self._means.orders.changing() as connection:
            row = _found(connection, name)
            if row.sip_username is not None:
                detail = f"{row.name} belongs to profile {row.sip_username}; detach it there first"
                raise Problem("account-attached", 409, "The account is attached", detail, "name")
            account_rows.remove(connection, row.name)
            self._means.note(connection, actor, "account removed", row.name)
        self._means.orders.tell_accounts(row.name)

    def tell_all(self) -> None:
        """Lets the trunk know all accounts, at its start."""
        with self._means.orders.reading() as connection:
            rows = account_rows.all_of_them(connection)
        self._means.orders.tell_accounts(*(row.name for row in rows))

    def _is_taken(self, connection: Connection, name: str) -> bool:
        """By an account of ours, or by one of the settings file."""
        known = account_rows.named(connection, name) or account_rows.tag_owner(connection, name)
        return bool(known) or self._means.live.has_account(name)

    def _refuse_administrators(self, name: str) -> None:
        if self._means.people.administrators.named(name) is not None:
            detail = f"{name[:40]} is the account of an administrator of this Manager. {GUIDE_ADVICE}"
            raise Problem(
                "administrator-account", 409, "An administrator's account is not attached", detail, "name"
            )


def _found(connection: Connection, name: str) -> AccountRow:
    row = account_rows.named(connection, name)
    if row is None:
        raise not_found(f"no business account has the name {name[:40]!r}; create it first", "name")
    return row


def _check_free(connection: Connection, username: str, row: AccountRow, extension: str | None) -> None:
    """An extension number leads to one account."""
    for other in account_rows.of_profile(connection, username):
        if extension is not None and other.extension == extension and other.key != row.key:
            detail = f"{other.name} has the extension number {extension} in this profile; choose another"
            raise Problem("extension-taken", 409, "The extension number is taken", detail, "extension")


def _checked_extension(extension: str | None) -> str | None:
    if extension is None or not extension.strip():
        return None
    extension = extension.strip()
    if EXTENSION.fullmatch(extension) is None:
        raise wrong_value("extension", f'seen {extension[:30]!r}; write 1 to 20 digits, as "200", or nothing')
    return extension


def _check_password(password: str) -> None:
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD or not password.isprintable():
        raise wrong_value(
            "password", f"write a password of {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters"
        )
