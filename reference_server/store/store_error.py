"""The one exception of the database: it cannot be opened, read or written.

Always a sentence for the operator: what was seen, where, and what to do.
"""


class StoreError(Exception):
    """The database cannot be opened, read or written; says which, why and what to do."""
