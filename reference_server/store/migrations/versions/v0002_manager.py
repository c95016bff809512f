"""The Manager: ledger, open calls, encrypted passwords, and all that administrators keep.

Written out as it was released: whoever changes a table of `schema`, `journal_schema`, `manager_schema` or
`people_schema` writes a version of its own for it. A test compares what all versions make with those tables.
"""

import sqlalchemy as sa
from alembic import context, op

from reference_server.store.journal_triggers import add_journal_triggers
from reference_server.store.vault import Vault

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds columns and tables, and encrypts the passwords that were written plainly."""
    connection = op.get_bind()
    _add_columns()
    for make in _NEW_TABLES:
        make()
    add_journal_triggers(connection)
    _encrypt_passwords(connection, context.config.attributes["vault"])


def _add_columns() -> None:
    op.add_column("profile", sa.Column("origin", sa.String, nullable=False, server_default="file"))
    op.add_column("profile", sa.Column("us_minute_bundles", sa.Integer, nullable=False, server_default="0"))
    op.add_column("profile", sa.Column("caller_id", sa.String))
    op.add_column("call_record", sa.Column("cost", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column(
        "call_record", sa.Column("bundle_seconds", sa.BigInteger, nullable=False, server_default="0")
    )
    op.add_column("call_record", sa.Column("rate", sa.String, nullable=False, server_default=""))
    op.add_column("call_record", sa.Column("key", sa.String, nullable=False, server_default=""))
    op.create_index(
        "call_record_key",
        "call_record",
        ["key"],
        unique=True,
        sqlite_where=sa.text("key <> ''"),
        postgresql_where=sa.text("key <> ''"),
    )
    op.create_index("call_record_started", "call_record", ["started"])


def _encrypt_passwords(connection: sa.Connection, vault: Vault) -> None:
    profile = sa.table("profile", sa.column("sip_username"), sa.column("password"))
    for username, password in connection.execute(sa.select(profile)).all():
        changed = sa.update(profile).where(profile.c.sip_username == username)
        connection.execute(changed.values(password=vault.encrypt(password)))


def _make_administrator() -> None:
    op.create_table(
        "administrator",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("password", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("created", sa.Float(), nullable=False),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )


def _make_audit_entry() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("via", sa.String(length=80), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_audit_entry_at", "audit_entry", ["at"])


def _make_balance() -> None:
    op.create_table(
        "balance",
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("account", "unit"),
        sqlite_with_rowid=False,
    )


def _make_bundle_month() -> None:
    op.create_table(
        "bundle_month",
        sa.Column("sip_username", sa.String(length=64), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("until", sa.Float(), nullable=False),
        sa.Column("granted", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("sip_username"),
    )


def _make_idempotent_request() -> None:
    op.create_table(
        "idempotent_request",
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("actor", "key"),
    )
    op.create_index("ix_idempotent_request_at", "idempotent_request", ["at"])


def _make_invitation() -> None:
    op.create_table(
        "invitation",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("created", sa.Float(), nullable=False),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        sa.Column("expires", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("hash"),
    )


def _make_money_order() -> None:
    op.create_table(
        "money_order",
        sa.Column("key", sa.String(length=250), nullable=False),
        sa.Column("about", sa.String(length=200), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )


def _make_movement() -> None:
    op.create_table(
        "movement",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )


def _make_open_call() -> None:
    op.create_table(
        "open_call",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("sip_username", sa.String(), nullable=False),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("caller", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("started", sa.Float(), nullable=False),
        sa.Column("answered", sa.Float(), nullable=False),
        sa.Column("rate_prefix", sa.String(), nullable=False),
        sa.Column("rate_name", sa.String(), nullable=False),
        sa.Column("per_minute", sa.BigInteger(), nullable=False),
        sa.Column("setup", sa.BigInteger(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("in_bundle", sa.Boolean(), nullable=False),
        sa.Column("writer", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
        sqlite_with_rowid=False,
    )


def _make_recharge() -> None:
    op.create_table(
        "recharge",
        sa.Column("sip_username", sa.String(length=64), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("amount", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("minimum", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("retry_at", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("sip_username"),
    )


def _make_subscription() -> None:
    op.create_table(
        "subscription",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("sip_username", sa.String(length=64), nullable=False),
        sa.Column("channels", sa.Integer(), nullable=False),
        sa.Column("us_minute_bundles", sa.Integer(), nullable=False),
        sa.Column("price", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("started", sa.Float(), nullable=False),
        sa.Column("ends", sa.Float(), nullable=False),
        sa.Column("closed", sa.Float(), nullable=True),
        sa.Column("closed_by", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_subscription_sip_username", "subscription", ["sip_username"])
    op.create_index(
        "subscription_due",
        "subscription",
        ["ends"],
        sqlite_where=sa.text("closed IS NULL"),
        postgresql_where=sa.text("closed IS NULL"),
    )
    op.create_index(
        "subscription_running",
        "subscription",
        ["sip_username"],
        unique=True,
        sqlite_where=sa.text("closed IS NULL"),
        postgresql_where=sa.text("closed IS NULL"),
    )


def _make_vault_check() -> None:
    op.create_table(
        "vault_check",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def _make_writer() -> None:
    op.create_table(
        "writer",
        sa.Column("writer", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("alive_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("writer"),
    )


def _make_api_token() -> None:
    op.create_table(
        "api_token",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.String(length=200), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=True),
        sa.Column("created", sa.Float(), nullable=False),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        sa.Column("expires", sa.Float(), nullable=True),
        sa.Column("used", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(["owner"], ["administrator.key"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("hash"),
    )


def _make_business_account() -> None:
    op.create_table(
        "business_account",
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("display", sa.String(length=100), nullable=False),
        sa.Column("password", sa.String(length=500), nullable=False),
        sa.Column("created", sa.Float(), nullable=False),
        sa.Column("sip_username", sa.String(length=64), nullable=True),
        sa.Column("extension", sa.String(length=20), nullable=True),
        sa.ForeignKeyConstraint(["sip_username"], ["profile.sip_username"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("ix_business_account_sip_username", "business_account", ["sip_username"])


def _make_entry() -> None:
    op.create_table(
        "entry",
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column(
            "movement",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("amount", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["movement"],
            ["movement.id"],
        ),
        sa.PrimaryKeyConstraint("account", "unit", "movement"),
        sqlite_with_rowid=False,
    )


def _make_managed_profile() -> None:
    op.create_table(
        "managed_profile",
        sa.Column("sip_username", sa.String(length=64), nullable=False),
        sa.Column("created", sa.Float(), nullable=False),
        sa.Column("password_shown", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["sip_username"], ["profile.sip_username"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("sip_username"),
    )


def _make_manager_session() -> None:
    op.create_table(
        "manager_session",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("administrator", sa.String(length=64), nullable=False),
        sa.Column("created", sa.Float(), nullable=False),
        sa.Column("seen", sa.Float(), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["administrator"], ["administrator.key"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("hash"),
    )


def _make_owned_number() -> None:
    op.create_table(
        "owned_number",
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("area", sa.String(length=60), nullable=False),
        sa.Column("price", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("bought", sa.Float(), nullable=False),
        sa.Column("ends", sa.Float(), nullable=False),
        sa.Column("paid", sa.Boolean(), nullable=False),
        sa.Column("term", sa.Integer(), nullable=False),
        sa.Column("sip_username", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["sip_username"], ["profile.sip_username"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_index("ix_owned_number_ends", "owned_number", ["ends"])
    op.create_index("ix_owned_number_sip_username", "owned_number", ["sip_username"])


def _make_verified_landline() -> None:
    op.create_table(
        "verified_landline",
        sa.Column("sip_username", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("verified", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["sip_username"], ["profile.sip_username"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("sip_username", "number"),
    )


_NEW_TABLES = (
    _make_administrator,
    _make_audit_entry,
    _make_balance,
    _make_bundle_month,
    _make_idempotent_request,
    _make_invitation,
    _make_money_order,
    _make_movement,
    _make_open_call,
    _make_recharge,
    _make_subscription,
    _make_vault_check,
    _make_writer,
    _make_api_token,
    _make_business_account,
    _make_entry,
    _make_managed_profile,
    _make_manager_session,
    _make_owned_number,
    _make_verified_landline,
)
