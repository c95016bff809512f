"""How older databases become those of this version, by Alembic; `versions` has one file a version."""
