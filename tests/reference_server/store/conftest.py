"""Databases of each kind: what holds for one has to hold for all."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from reference_server.store.vault import VARIABLE, new_key
from tests.postgresql_server import PostgresqlServer, programs, running_server

KINDS = ("memory", "file", "postgresql")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresqlServer]:
    """A PostgreSQL server."""
    binaries = programs()
    if binaries is None:
        pytest.skip("no PostgreSQL server is installed")
    with running_server(binaries) as server:
        yield server


@pytest.fixture
def postgresql_url(postgresql: PostgresqlServer, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of an empty database, with a key in the environment."""
    monkeypatch.setenv(VARIABLE, new_key("test").secret.decode())
    return postgresql.new_database()


@pytest.fixture
def file_url(tmp_path: Path) -> str:
    """The URL of a SQLite database that is not there yet."""
    return f"sqlite:///{tmp_path / 'trunk.sqlite'}"


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database, of each kind."""
    if request.param == "memory":
        return "sqlite://"
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture(params=KINDS[1:])
def lasting_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database that can be opened again, of each kind."""
    return str(request.getfixturevalue(f"{request.param}_url"))
