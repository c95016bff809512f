"""Profiles between `ProfileSettings` and the tables: those of the settings file in, all of them out.

Passwords are encrypted on the way in and decrypted on the way out. The profiles of the Manager are written by
its own rows; here they are only read. What a profile has left is the ledger's knowledge, not the file's.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from sqlalchemy import Connection, Table, delete, func, insert, select, update

from reference_server.ledger import accounts
from reference_server.ledger.money import MOST, UNIT, money_text
from reference_server.ledger.movement import SECONDS, transfer
from reference_server.rating.us_bundle import SECONDS_PER_BUNDLE
from reference_server.settings import ProfileSettings
from reference_server.store.journal import Journal
from reference_server.store.manager_schema import BUSINESS_ACCOUNTS, OWNED_NUMBERS
from reference_server.store.schema import BINDINGS, EXTENSION_TAGS, ONLINE_NUMBERS, PROFILES
from reference_server.store.store_error import StoreError
from reference_server.store.vault import Vault, WrongKey

FROM_FILE = "file"
FROM_MANAGER = "manager"
_NAMES = ((ONLINE_NUMBERS, "number"), (EXTENSION_TAGS, "account"))
_JOURNAL = Journal()


def replace_file_profiles(
    connection: Connection, vault: Vault, profiles: Iterable[ProfileSettings], now: float
) -> None:
    """Makes `profiles` those of the settings file; what the Manager made stays.

    A profile that is seen for the first time gets its credit by an opening movement, later ones keep what the
    ledger says. Raises `StoreError` when the Manager has the same name, number or account.
    """
    wanted = {profile.sip_username: profile for profile in profiles}
    _forget_names_of_file(connection)
    _refuse_taken(connection, wanted)
    _write_profiles(connection, vault, wanted)
    _insert(connection, ONLINE_NUMBERS, _number_rows(wanted.values()))
    _insert(connection, EXTENSION_TAGS, _tag_rows(wanted.values()))
    connection.execute(
        delete(BINDINGS).where(BINDINGS.c.sip_username.not_in(select(PROFILES.c.sip_username)))
    )
    for profile in wanted.values():
        _open_account(connection, profile, now)
        _open_bundle(connection, profile, now)


def read_profiles(connection: Connection, vault: Vault, username: str | None = None) -> list[ProfileSettings]:
    """All profiles, or the one named `username` if there is one, with the credit that is left.

    Raises `StoreError` for a password that the vault's key did not encrypt.
    """
    names: dict[Table, dict[str, list[Any]]] = {}
    for table, _ in _NAMES:
        found = names[table] = {}
        for row in connection.execute(_of(select(table), table, username)).mappings():
            found.setdefault(row["sip_username"], []).append(row)
    credit = _JOURNAL.balances(connection, accounts.PROFILE_PREFIX)
    shown = []
    for row in connection.execute(_of(select(PROFILES), PROFILES, username)).mappings():
        user = row["sip_username"]
        shown.append(
            ProfileSettings.model_validate(
                {
                    **{name: value for name, value in row.items() if name != "origin"},
                    "password": _decrypted(row["password"], vault, user),
                    "credit": Decimal(money_text(max(0, credit.get(accounts.profile(user), 0)))),
                    "online_numbers": tuple(one["number"] for one in names[ONLINE_NUMBERS].get(user, ())),
                    "extension_tags": {
                        one["account"]: one["tag"] for one in names[EXTENSION_TAGS].get(user, ())
                    },
                }
            )
        )
    return shown


def _of(query: Any, table: Table, username: str | None) -> Any:
    return query if username is None else query.where(table.c.sip_username == username)


def _decrypted(token: str, vault: Vault, username: str) -> str:
    try:
        return vault.decrypt(token)
    except WrongKey:
        raise StoreError(
            f"the password of profile {username} was encrypted with another key than that of {vault.origin}"
        ) from None


def _forget_names_of_file(connection: Connection) -> None:
    """What the Manager gave to a profile of the file, it keeps: those have rows of the Manager's too."""
    by_manager = {
        ONLINE_NUMBERS.c.number: select(OWNED_NUMBERS.c.number),
        func.lower(EXTENSION_TAGS.c.account): select(BUSINESS_ACCOUNTS.c.key),
    }
    of_file = select(PROFILES.c.sip_username).where(PROFILES.c.origin == FROM_FILE)
    for (table, _), (name, owned) in zip(_NAMES, by_manager.items(), strict=True):
        connection.execute(delete(table).where(table.c.sip_username.in_(of_file) & name.not_in(owned)))


def _refuse_taken(connection: Connection, wanted: Mapping[str, ProfileSettings]) -> None:
    """What else is in the tables is the Manager's. Raises `StoreError`."""
    made = select(PROFILES.c.sip_username).where(PROFILES.c.origin == FROM_MANAGER)
    ringing = (select(ONLINE_NUMBERS.c.number), select(OWNED_NUMBERS.c.number))
    attached = (select(EXTENSION_TAGS.c.account), select(BUSINESS_ACCOUNTS.c.key))
    asked = {
        "SIP username": ((made,), set(wanted)),
        "Online Number": (ringing, {name for one in wanted.values() for name in one.online_numbers}),
        "business account": (attached, {name for one in wanted.values() for name in one.extension_tags}),
    }
    for kind, (queries, names) in asked.items():
        taken = {name.casefold() for query in queries for name in connection.execute(query).scalars()}
        for name in sorted(names):
            if name.casefold() in taken:
                raise StoreError(
                    f"the {kind} {name} is in a [[profile]] of the settings file and in the Manager: "
                    "take it out of one of them"
                )


def _write_profiles(connection: Connection, vault: Vault, wanted: Mapping[str, ProfileSettings]) -> None:
    """Rows that are there are changed and not made anew: the Manager's hang on them."""
    of_file = select(PROFILES.c.sip_username).where(PROFILES.c.origin == FROM_FILE)
    there = set(connection.execute(of_file).scalars())
    for username in there - set(wanted):
        connection.execute(delete(PROFILES).where(PROFILES.c.sip_username == username))
    for username in there & set(wanted):
        changed = update(PROFILES).where(PROFILES.c.sip_username == username)
        connection.execute(changed.values(**_row(wanted[username], vault)))
    _insert(connection, PROFILES, [_row(one, vault) for user, one in wanted.items() if user not in there])


def _open_account(connection: Connection, profile: ProfileSettings, now: float) -> None:
    amount = int((profile.credit * UNIT).to_integral_value(ROUND_FLOOR))
    if amount > MOST:
        raise StoreError(
            f"[[profile]] {profile.sip_username}: a credit of {profile.credit} is too large: "
            f"write at most {money_text(MOST)}"
        )
    if amount == 0:
        return
    key, target = f"opening:{profile.sip_username}", accounts.profile(profile.sip_username)
    note = "credit of the settings file"
    _JOURNAL.post(
        connection,
        transfer(key, "opening", now, accounts.OPENING, target, amount, note=note, actor="settings file"),
    )


def _open_bundle(connection: Connection, profile: ProfileSettings, now: float) -> None:
    seconds = profile.us_bundle_seconds
    if seconds is None:
        seconds = profile.us_minute_bundles * SECONDS_PER_BUNDLE
    if seconds == 0:
        return
    key, target = f"opening-bundle:{profile.sip_username}", accounts.bundle(profile.sip_username)
    note, source = "US minutes of the settings file", accounts.BUNDLES_GRANTED
    _JOURNAL.post(
        connection,
        transfer(key, "bundle-grant", now, source, target, seconds, SECONDS, note, "settings file"),
    )


def _row(profile: ProfileSettings, vault: Vault) -> dict[str, Any]:
    row = profile.model_dump(exclude={"online_numbers", "extension_tags", "us_bundle_seconds"})
    row["credit"] = str(profile.credit)
    row["password"] = vault.encrypt(profile.password)
    row["origin"] = FROM_FILE
    return row


def _number_rows(profiles: Iterable[ProfileSettings]) -> list[dict[str, Any]]:
    return [
        {"number": number, "sip_username": profile.sip_username}
        for profile in profiles
        for number in profile.online_numbers
    ]


def _tag_rows(profiles: Iterable[ProfileSettings]) -> list[dict[str, Any]]:
    return [
        {"account": account, "tag": tag, "sip_username": profile.sip_username}
        for profile in profiles
        for account, tag in profile.extension_tags.items()
    ]


def _insert(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        connection.execute(insert(table), list(rows))
