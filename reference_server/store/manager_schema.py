"""The tables of what the Manager sells and keeps: subscriptions, recharges, numbers, accounts, landlines.

Only their shape; a module a noun reads and writes them (`subscription_rows`, `number_rows`). What the trunk
itself works with (profile, online_number, extension_tag) is in `schema`, money in `journal_schema`. Times are
seconds since the epoch, amounts micro-units.
"""

from sqlalchemy import BigInteger, Boolean, Column, Float, ForeignKey, Index, Integer, String, Table, text

from reference_server.store.schema import METADATA

BIG = BigInteger().with_variant(Integer, "sqlite")

MANAGED_PROFILES = Table(
    "managed_profile",
    METADATA,
    Column(
        "sip_username", String(64), ForeignKey("profile.sip_username", ondelete="CASCADE"), primary_key=True
    ),
    Column("created", Float, nullable=False),
    Column("password_shown", Boolean, nullable=False),  # whether it was shown since it was bought for
)

SUBSCRIPTIONS = Table(
    "subscription",
    METADATA,
    Column("id", BIG, primary_key=True, autoincrement=True),
    Column("sip_username", String(64), nullable=False, index=True),  # outlives its profile
    Column("channels", Integer, nullable=False),
    Column("us_minute_bundles", Integer, nullable=False),
    Column("price", BIG, nullable=False),
    Column("started", Float, nullable=False),
    Column("ends", Float, nullable=False),
    Column("closed", Float),  # none for the one that runs
    Column("closed_by", String(20), nullable=False),  # renewal, change, unpaid or removal
)
"""One row for each term that was paid."""

RUNNING = text("closed IS NULL")
Index(
    "subscription_running",
    SUBSCRIPTIONS.c.sip_username,
    unique=True,
    sqlite_where=RUNNING,
    postgresql_where=RUNNING,
)
Index("subscription_due", SUBSCRIPTIONS.c.ends, sqlite_where=RUNNING, postgresql_where=RUNNING)

BUNDLE_MONTHS = Table(
    "bundle_month",
    METADATA,
    Column("sip_username", String(64), primary_key=True),  # profiles of the settings file come and go
    Column("month", String(7), nullable=False),  # as 2026-03
    Column("until", Float, nullable=False),  # when the month after it begins
    Column("granted", BIG, nullable=False),  # seconds, without those that lapsed again
)

RECHARGES = Table(
    "recharge",
    METADATA,
    Column("sip_username", String(64), primary_key=True),  # profiles of the settings file come and go
    Column("enabled", Boolean, nullable=False),
    Column("amount", BIG, nullable=False),
    Column("minimum", BIG, nullable=False),
    Column("done", Integer, nullable=False),  # how often it was recharged, for the key of the next movement
    Column("retry_at", Float),  # set while the Manager's balance is too small
)

OWNED_NUMBERS = Table(
    "owned_number",
    METADATA,
    Column("number", String(16), primary_key=True),
    Column("country", String(2), nullable=False),
    Column("area", String(60), nullable=False),
    Column("price", BIG, nullable=False),
    Column("bought", Float, nullable=False),
    Column("ends", Float, nullable=False, index=True),
    Column("paid", Boolean, nullable=False),  # false: the renewal could not be paid, it does not ring
    Column("term", Integer, nullable=False),  # how many terms were paid, for the key of the next movement
    Column("sip_username", String(64), ForeignKey("profile.sip_username", ondelete="SET NULL"), index=True),
)

BUSINESS_ACCOUNTS = Table(
    "business_account",
    METADATA,
    Column("key", String(32), primary_key=True),  # the name, case folded
    Column("name", String(32), nullable=False),
    Column("display", String(100), nullable=False),
    Column("password", String(500), nullable=False),  # encrypted: a digest needs it
    Column("created", Float, nullable=False),
    Column("sip_username", String(64), ForeignKey("profile.sip_username", ondelete="SET NULL"), index=True),
    Column("extension", String(20)),
)

LANDLINES = Table(
    "verified_landline",
    METADATA,
    Column(
        "sip_username", String(64), ForeignKey("profile.sip_username", ondelete="CASCADE"), primary_key=True
    ),
    Column("number", String(16), primary_key=True),
    Column("verified", Float, nullable=False),
)

ORDERS = Table(
    "money_order",
    METADATA,
    Column("key", String(250), primary_key=True),
    Column("about", String(200), nullable=False),  # what was asked for
    Column("at", Float, nullable=False),
)
"""Orders that moved money, so that the same order again moves none."""
