"""The tables of the trunk's database.

Only their shape; `store` reads and writes them. Times are seconds since the epoch.
"""

from sqlalchemy import Boolean, Column, Float, ForeignKey, Integer, MetaData, String, Table

METADATA = MetaData()

PROFILES = Table(
    "profile",
    METADATA,
    Column("sip_username", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("password", String, nullable=False),
    Column("auth", String, nullable=False),
    Column("address", String),
    Column("port", Integer, nullable=False),
    Column("channels", Integer, nullable=False),
    Column("credit", String, nullable=False),  # decimal, as text: SQLite has no exact number
    Column("min_expires", Integer),
    Column("algorithm", String, nullable=False),
    Column("active", Boolean, nullable=False),
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
)
