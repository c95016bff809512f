"""The tables of who may use the Manager: administrators, sessions, invitations, tokens, and the audit log.

Only their shape; a module a noun reads and writes them (`administrator_rows`, `session_rows` ...). Times are
seconds since the epoch. Secrets are never stored: passwords as argon2 hashes, links, sessions and tokens as
SHA-256 of what their owner holds.
"""

from sqlalchemy import Column, Float, ForeignKey, Integer, String, Table, Text

from reference_server.store.schema import METADATA

ADMINISTRATORS = Table(
    "administrator",
    METADATA,
    Column("key", String(64), primary_key=True),  # the name, case folded: nobody can look like another
    Column("name", String(64), nullable=False),
    Column("password", String(200), nullable=False),  # argon2
    Column("role", String(20), nullable=False),
    Column("created", Float, nullable=False),
    Column("created_by", String(64), nullable=False),
)

INVITATIONS = Table(
    "invitation",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("hash", String(64), nullable=False, unique=True),
    Column("role", String(20), nullable=False),
    Column("note", String(200), nullable=False),
    Column("created", Float, nullable=False),
    Column("created_by", String(64), nullable=False),
    Column("expires", Float),  # none for the link to the first administrator's account
)

SESSIONS = Table(
    "manager_session",
    METADATA,
    Column("hash", String(64), primary_key=True),
    Column("administrator", String(64), ForeignKey("administrator.key", ondelete="CASCADE"), nullable=False),
    Column("created", Float, nullable=False),
    Column("seen", Float, nullable=False),
    Column("address", String(64), nullable=False),
)

TOKENS = Table(
    "api_token",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("hash", String(64), nullable=False, unique=True),
    Column("name", String(64), nullable=False),
    Column("scopes", String(200), nullable=False),  # words with a space between
    Column("owner", String(64), ForeignKey("administrator.key", ondelete="CASCADE")),
    Column("created", Float, nullable=False),
    Column("created_by", String(64), nullable=False),
    Column("expires", Float),
    Column("used", Float),
)

AUDIT_ENTRIES = Table(
    "audit_entry",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", Float, nullable=False, index=True),
    Column("actor", String(64), nullable=False),
    Column("via", String(80), nullable=False),
    Column("address", String(64), nullable=False),
    Column("action", String(64), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("detail", Text, nullable=False),
)

IDEMPOTENT_REQUESTS = Table(
    "idempotent_request",
    METADATA,
    Column("actor", String(80), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("fingerprint", String(64), nullable=False),  # SHA-256 of method, path and body
    Column("at", Float, nullable=False, index=True),
    Column("status", Integer, nullable=False),
    Column("body", Text, nullable=False),
)
