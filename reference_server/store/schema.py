"""The tables of the trunk: profiles, bindings, calls. Those of the ledger are in `journal_schema`.

Only their shape; `store` reads and writes them. Times are seconds since the epoch, amounts micro-units. A
change here needs a migration (`migrations/versions`); `tables` knows all tables together.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    text,
)

METADATA = MetaData()

PROFILES = Table(
    "profile",
    METADATA,
    Column("sip_username", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("password", String, nullable=False),  # a token of the vault's
    Column("auth", String, nullable=False),
    Column("address", String),
    Column("port", Integer, nullable=False),
    Column("channels", Integer, nullable=False),
    Column("credit", String, nullable=False),  # of the first start, decimal; what is left is in the ledger
    Column("min_expires", Integer),
    Column("algorithm", String, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("origin", String, nullable=False, server_default="file"),  # or "manager"
    Column("us_minute_bundles", Integer, nullable=False, server_default="0"),
    Column("caller_id", String),
)

ONLINE_NUMBERS = Table(
    "online_number",
    METADATA,
    Column("number", String, primary_key=True),
    Column("sip_username", ForeignKey("profile.sip_username", ondelete="CASCADE"), nullable=False),
)

EXTENSION_TAGS = Table(
    "extension_tag",
    METADATA,
    Column("account", String, primary_key=True),
    Column("tag", String, nullable=False),
    Column("sip_username", ForeignKey("profile.sip_username", ondelete="CASCADE"), nullable=False),
)

BINDINGS = Table(
    "binding",
    METADATA,
    Column("sip_username", String, primary_key=True),
    Column("contact_key", String, primary_key=True),
    Column("contact", String, nullable=False),
    Column("source", String, nullable=False),
    Column("listener", String, nullable=False),
    Column("path", String, nullable=False),
    Column("call_id", String, nullable=False),
    Column("cseq", Integer, nullable=False),
    Column("expires_at", Float, nullable=False),
)

CALL_RECORDS = Table(
    "call_record",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("call_id", String, nullable=False),
    Column("sip_username", String, nullable=False),
    Column("direction", String, nullable=False),
    Column("caller", String, nullable=False),
    Column("number", String, nullable=False),
    Column("started", Float, nullable=False),
    Column("answered", Float),
    Column("ended", Float, nullable=False),
    Column("status", Integer),
    Column("cause", String, nullable=False),
    Column("released_by", String, nullable=False),
    Column("remarks", String, nullable=False),
    Column("cost", BigInteger, nullable=False, server_default="0"),
    Column("bundle_seconds", BigInteger, nullable=False, server_default="0"),
    Column("rate", String, nullable=False, server_default=""),
    Column("key", String, nullable=False, server_default=""),
)

_HAS_KEY = text("key <> ''")
Index(
    "call_record_key",
    CALL_RECORDS.c.key,
    unique=True,
    sqlite_where=_HAS_KEY,
    postgresql_where=_HAS_KEY,
)
"""A call is recorded once; calls that were refused have no key."""

Index("call_record_started", CALL_RECORDS.c.started)
"""For reports by day."""

OPEN_CALLS = Table(
    "open_call",
    METADATA,
    Column("key", String, primary_key=True),
    Column("call_id", String, nullable=False),
    Column("sip_username", String, nullable=False),
    Column("direction", String, nullable=False),
    Column("caller", String, nullable=False),
    Column("number", String, nullable=False),
    Column("started", Float, nullable=False),
    Column("answered", Float, nullable=False),
    Column("rate_prefix", String, nullable=False),
    Column("rate_name", String, nullable=False),
    Column("per_minute", BigInteger, nullable=False),
    Column("setup", BigInteger, nullable=False),
    Column("step", Integer, nullable=False),
    Column("in_bundle", Boolean, nullable=False),
    Column("writer", Integer, nullable=False),  # the worker whose call it is
    sqlite_with_rowid=False,
)

WRITERS = Table(
    "writer",
    METADATA,
    Column("writer", Integer, primary_key=True, autoincrement=False),
    Column("alive_at", Float, nullable=False),
)

VAULT_CHECKS = Table(
    "vault_check",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("token", String, nullable=False),
)
