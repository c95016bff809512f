"""The first database: profiles, numbers, tags, bindings, call records.

Databases of this shape exist without a version; `shape` knows them by their columns.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the tables."""
    op.create_table(
        "profile",
        sa.Column("sip_username", sa.String, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("password", sa.String, nullable=False),
        sa.Column("auth", sa.String, nullable=False),
        sa.Column("address", sa.String),
        sa.Column("port", sa.Integer, nullable=False),
        sa.Column("channels", sa.Integer, nullable=False),
        sa.Column("credit", sa.String, nullable=False),
        sa.Column("min_expires", sa.Integer),
        sa.Column("algorithm", sa.String, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
    )
    _create_names()
    op.create_table(
        "binding",
        sa.Column("sip_username", sa.String, primary_key=True),
        sa.Column("contact_key", sa.String, primary_key=True),
        sa.Column("contact", sa.String, nullable=False),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("listener", sa.String, nullable=False),
        sa.Column("path", sa.String, nullable=False),
        sa.Column("call_id", sa.String, nullable=False),
        sa.Column("cseq", sa.Integer, nullable=False),
        sa.Column("expires_at", sa.Float, nullable=False),
    )
    op.create_table(
        "call_record",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("call_id", sa.String, nullable=False),
        sa.Column("sip_username", sa.String, nullable=False),
        sa.Column("direction", sa.String, nullable=False),
        sa.Column("caller", sa.String, nullable=False),
        sa.Column("number", sa.String, nullable=False),
        sa.Column("started", sa.Float, nullable=False),
        sa.Column("answered", sa.Float),
        sa.Column("ended", sa.Float, nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("cause", sa.String, nullable=False),
        sa.Column("released_by", sa.String, nullable=False),
        sa.Column("remarks", sa.String, nullable=False),
    )


def _create_names() -> None:
    op.create_table(
        "online_number",
        sa.Column("number", sa.String, primary_key=True),
        sa.Column(
            "sip_username",
            sa.String,
            sa.ForeignKey("profile.sip_username", ondelete="CASCADE"),
            nullable=False,
        ),
    )
    op.create_table(
        "extension_tag",
        sa.Column("account", sa.String, primary_key=True),
        sa.Column("tag", sa.String, nullable=False),
        sa.Column(
            "sip_username",
            sa.String,
            sa.ForeignKey("profile.sip_username", ondelete="CASCADE"),
            nullable=False,
        ),
    )
