"""Makes the shape of the whole database known: importing this module fills `schema.METADATA` with all tables.

A new file of tables is named here.
"""

from sqlalchemy import Connection, MetaData

from reference_server.store import journal_schema, manager_schema, people_schema, schema
from reference_server.store.journal_triggers import add_journal_triggers

_FILES = (schema, journal_schema, manager_schema, people_schema)
ALL_TABLES: MetaData = schema.METADATA


def make_tables(connection: Connection) -> None:
    """Makes all tables in a database that has none."""
    ALL_TABLES.create_all(connection)
    add_journal_triggers(connection)
