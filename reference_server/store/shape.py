"""Whether a database is one of ours: its tables have the columns of this version, or are not there yet.

The columns are `schema`'s; opening the file is `store`'s work.
"""

from sqlalchemy import Engine, inspect

from reference_server.store.schema import METADATA


def foreign_shape(engine: Engine) -> str | None:
    """What is wrong with the tables that the database has; None when nothing is."""
    found = inspect(engine)
    present = set(found.get_table_names())
    ours = {table.name: [column.name for column in table.columns] for table in METADATA.tables.values()}
    if present and not present & set(ours):
        return f"it belongs to another program (its tables are {', '.join(sorted(present)[:5])})"
    for name, columns in ours.items():
        there = {column["name"] for column in found.get_columns(name)} if name in present else set(columns)
        if there != set(columns):
            missing = ", ".join(sorted(set(columns) - there)) or "none"
            surplus = ", ".join(sorted(there - set(columns))) or "none"
            return (
                f"another version of the trunk wrote it (table {name}: columns missing: {missing}; "
                f"columns unknown: {surplus})"
            )
    return None
