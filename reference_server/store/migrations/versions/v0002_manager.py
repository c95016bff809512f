"""The Manager: ledger, open calls, encrypted passwords, and all that administrators keep.

As long as this version is not released, its new tables are those that `tables` knows beyond the first
version's: whoever adds a table to `manager_schema` or `people_schema` needs no word here. A new column in a
table of the first version is added in `_add_columns`. With the release the tables are written out here, and
the next change is a version of its own.
"""

import sqlalchemy as sa
from alembic import context, op

from reference_server.store.journal_triggers import add_journal_triggers
from reference_server.store.shape import FIRST_SHAPE
from reference_server.store.tables import ALL_TABLES
from reference_server.store.vault import Vault

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds columns and tables, and encrypts the passwords that were written plainly."""
    connection = op.get_bind()
    _add_columns()
    new = [table for table in ALL_TABLES.sorted_tables if table.name not in FIRST_SHAPE]
    ALL_TABLES.create_all(connection, tables=new, checkfirst=False)
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
