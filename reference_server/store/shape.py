"""Which version wrote a database, told by its tables; whether it is one of ours at all.

Nothing is changed here: making tables is `tables`', bringing old ones up to date `migration`'s work.
"""

from sqlalchemy import Connection, inspect, text

from reference_server.store.store_error import StoreError
from reference_server.store.tables import ALL_TABLES

FIRST = "0001"
NEWEST = "0002"
"""The version of the database that this program works with."""
EMPTY = ""
"""The version of a database without tables."""
VERSION_TABLE = "alembic_version"

FIRST_SHAPE: dict[str, frozenset[str]] = {
    "profile": frozenset(
        [
            "sip_username",
            "name",
            "password",
            "auth",
            "address",
            "port",
            "channels",
            "credit",
            "min_expires",
            "algorithm",
            "active",
        ]
    ),
    "online_number": frozenset(("number", "sip_username")),
    "extension_tag": frozenset(("account", "tag", "sip_username")),
    "binding": frozenset(
        [
            "sip_username",
            "contact_key",
            "contact",
            "source",
            "listener",
            "path",
            "call_id",
            "cseq",
            "expires_at",
        ]
    ),
    "call_record": frozenset(
        [
            "id",
            "call_id",
            "sip_username",
            "direction",
            "caller",
            "number",
            "started",
            "answered",
            "ended",
            "status",
            "cause",
            "released_by",
            "remarks",
        ]
    ),
}
"""Table -> columns of the first version, which wrote no version down."""


def check_shape(connection: Connection) -> None:
    """Raises `StoreError` for a database that is not ours, or whose tables are not those of its version."""
    version, inspector = version_of(connection), inspect(connection)
    if version == EMPTY:
        return
    present = set(inspector.get_table_names())
    for name, columns in (FIRST_SHAPE if version == FIRST else _newest_shape()).items():
        there = {column["name"] for column in inspector.get_columns(name)} if name in present else set()
        if there != columns:
            raise StoreError(_difference(name, columns, there))


def version_of(connection: Connection) -> str:
    """`EMPTY`, or the version that wrote the database. Raises `StoreError` for one that is not ours."""
    present = set(inspect(connection).get_table_names())
    if not present:
        return EMPTY
    if not present & set(FIRST_SHAPE):
        names = ", ".join(sorted(present)[:5])
        raise StoreError(f"it belongs to another program (its tables are {names})")
    version = FIRST
    if VERSION_TABLE in present:
        version = str(connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar())
        if version not in (FIRST, NEWEST):
            raise StoreError(f"a newer version of the trunk wrote it (version {version}, here is {NEWEST})")
    return version


def _newest_shape() -> dict[str, frozenset[str]]:
    return {
        table.name: frozenset(column.name for column in table.columns) for table in ALL_TABLES.tables.values()
    }


def _difference(name: str, columns: frozenset[str], there: set[str]) -> str:
    missing = ", ".join(sorted(columns - there)) or "none"
    surplus = ", ".join(sorted(there - columns)) or "none"
    return (
        f"another version of the trunk wrote it (table {name}: columns missing: {missing}; "
        f"columns unknown: {surplus})"
    )
