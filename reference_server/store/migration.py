"""Brings a database of an older version up to date, by Alembic.

Imported only when there is something to do: Alembic takes longer to import than a trunk to start.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from reference_server.store.vault import Vault

FOLDER = Path(__file__).parent / "migrations"


def migrate(connection: Connection, vault: Vault, upto: str = "head") -> None:
    """Makes a database that is empty or has a version that of `upto`, inside the connection's transaction."""
    command.upgrade(_settings(connection, vault), upto)


def mark(connection: Connection, vault: Vault, version: str) -> None:
    """Writes down which version a database has that was written before versions were."""
    command.stamp(_settings(connection, vault), version)


def _settings(connection: Connection, vault: Vault) -> Config:
    settings = Config()
    settings.set_main_option("script_location", str(FOLDER))
    settings.attributes["connection"] = connection
    settings.attributes["vault"] = vault
    return settings
