"""A PostgreSQL server of a test run's own: in a folder of its own, reached by a Unix socket there."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

ACCOUNT = "postgres"
"""The server refuses to run as root; Debian's package makes this user for it."""
PATIENCE = 100.0
"""Seconds until it has to answer."""


def programs() -> Path | None:
    """The folder of `initdb` and `postgres`; None where no server is installed."""
    on_path = shutil.which("initdb")
    if on_path is not None:
        return Path(on_path).parent
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return installed[-1].parent if installed else None


class PostgresqlServer:
    """A running server."""

    def __init__(self, socket_folder: Path) -> None:
        self._folder = socket_folder
        self._made = 0

    def url(self, database: str = "postgres") -> str:
        """The URL of a database."""
        return f"postgresql+psycopg://postgres@/{database}?host={self._folder}"

    def new_database(self) -> str:
        """Makes an empty database; returns its URL."""
        self._made += 1
        name = f"trunk_{self._made}"
        self._say(f"CREATE DATABASE {name}")
        return self.url(name)

    def cut_connections(self) -> None:
        """Ends all connections but the one that says so, as a restart of the server does."""
        self._say(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE pid <> pg_backend_pid() AND datname IS NOT NULL"
        )

    def _say(self, statement: str) -> None:
        engine = create_engine(self.url(), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()


@contextmanager
def running_server(binaries: Path) -> Iterator[PostgresqlServer]:
    """A server in a folder of its own, gone at the end."""
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    account = ACCOUNT if os.geteuid() == 0 else None
    if account is not None:
        shutil.chown(folder, account, account)
    data = folder / "data"
    initdb: list[str | Path] = [
        binaries / "initdb",
        "-D",
        data,
        "-U",
        "postgres",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--no-sync",
    ]
    subprocess.run(initdb, check=True, capture_output=True, cwd=folder, user=account)
    options = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={folder}", "-c", "fsync=off"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [binaries / "postgres", "-D", data, *options], stdout=log, stderr=log, cwd=folder, user=account
        )
    try:
        server = PostgresqlServer(folder)
        _wait_until_it_answers(server.url(), process, folder / "log")
        yield server
    finally:
        process.send_signal(signal.SIGINT)  # fast shutdown: connections are cut
        process.wait(PATIENCE)
        shutil.rmtree(folder, ignore_errors=True)


def _wait_until_it_answers(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    engine = create_engine(url)
    until = time.monotonic() + PATIENCE
    while True:
        try:
            engine.connect().close()
            break
        except OperationalError:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.05)  # another process's start has no event to wait for
    engine.dispose()
