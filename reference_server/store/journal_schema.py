"""The tables of the ledger: movements, their entries, and each account's balance.

Only their shape. Entries are append only, and balances follow them: both by triggers of the database itself
(`journal_triggers`), whoever writes. An entry's place is its account's, so that one account's history lies
together.
"""

from sqlalchemy import BigInteger, Column, Float, ForeignKey, Integer, String, Table

from reference_server.store.schema import METADATA

BIG = BigInteger().with_variant(Integer, "sqlite")
"""64 bits; SQLite counts ids up only where the type is INTEGER."""

MOVEMENTS = Table(
    "movement",
    METADATA,
    Column("id", BIG, primary_key=True, autoincrement=True),
    Column("key", String, nullable=False, unique=True),  # what was asked for, once
    Column("kind", String, nullable=False),
    Column("at", Float, nullable=False),
    Column("note", String, nullable=False),
    Column("actor", String, nullable=False),
)

ENTRIES = Table(
    "entry",
    METADATA,
    Column("account", String, primary_key=True),
    Column("unit", String, primary_key=True),
    Column("movement", BIG, ForeignKey("movement.id"), primary_key=True, autoincrement=False),
    Column("amount", BIG, nullable=False),
    sqlite_with_rowid=False,
)

BALANCES = Table(
    "balance",
    METADATA,
    Column("account", String, primary_key=True),
    Column("unit", String, primary_key=True),
    Column("amount", BIG, nullable=False),
    sqlite_with_rowid=False,
)
