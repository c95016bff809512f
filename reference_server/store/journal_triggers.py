"""What the database itself holds about the ledger, whoever writes: entries stay, and balances follow them.

`journal_schema` has the tables; the statements here are for tables just made, by a migration or in memory.
"""

from sqlalchemy import Connection, text

KEPT = ("movement", "entry")
"""Tables in which nothing is ever changed or deleted."""

_SQLITE_BALANCE = """
CREATE TRIGGER entry_counts AFTER INSERT ON entry BEGIN
  INSERT INTO balance (account, unit, amount) VALUES (new.account, new.unit, new.amount)
  ON CONFLICT (account, unit) DO UPDATE SET amount = amount + excluded.amount;
END
"""
_SQLITE_KEPT = """
CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table} BEGIN
  SELECT RAISE(ABORT, 'the ledger is append only: no {verb} of {table}');
END
"""

_POSTGRESQL_BALANCE = (
    """
CREATE FUNCTION entry_counts() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO balance (account, unit, amount) VALUES (new.account, new.unit, new.amount)
  ON CONFLICT (account, unit) DO UPDATE SET amount = balance.amount + excluded.amount;
  RETURN NULL;
END $$
""",
    "CREATE TRIGGER entry_counts AFTER INSERT ON entry FOR EACH ROW EXECUTE FUNCTION entry_counts()",
    """
CREATE FUNCTION ledger_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  RAISE EXCEPTION 'the ledger is append only: no % of %', lower(tg_op), tg_table_name;
END $$
""",
)
_POSTGRESQL_KEPT = (
    "CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
    "FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_kept()"
)


def add_journal_triggers(connection: Connection) -> None:
    """Adds the triggers to the ledger's tables, which have none yet."""
    for statement in _statements(connection.dialect.name):
        connection.execute(text(statement))


def _statements(dialect: str) -> list[str]:
    if dialect == "postgresql":
        return [*_POSTGRESQL_BALANCE, *(_POSTGRESQL_KEPT.format(table=table) for table in KEPT)]
    kept = [_SQLITE_KEPT.format(table=table, verb=verb) for table in KEPT for verb in ("update", "delete")]
    return [_SQLITE_BALANCE, *kept]
