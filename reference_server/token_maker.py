"""Makes a token of the Manager's REST API from the command line, for who has no browser at hand.

Who may read the database's key file may do so: the token acts for nobody and dies when it is revoked. The
trunk may run meanwhile.
"""

import random
import time
from pathlib import Path

from reference_server.manager.actor import SYSTEM
from reference_server.manager.people.people import People
from reference_server.manager.problem import Problem
from reference_server.settings import TrunkFile, database_key_file, database_url
from reference_server.start import StartFailed
from reference_server.store.database import Database


def make_token(settings: TrunkFile, beside: Path, name: str, scopes: str) -> str:
    """The secret of a new token; `scopes` with commas between. Raises `StartFailed` or `StoreError`."""
    if not settings.manager.listens:
        raise StartFailed(
            '--make-token: the trunk has no Manager; write [manager] with an address, as "127.0.0.1:8088"'
        )
    if settings.trunk.database == ":memory:":
        raise StartFailed("--make-token: the database is in memory; name a file as [trunk] database")
    database = Database(database_url(settings.trunk, beside), key_file=database_key_file(settings, beside))
    try:
        people = People(database, time.time, random.SystemRandom())
        wanted = [scope.strip() for scope in scopes.split(",") if scope.strip()]
        return people.tokens.make(SYSTEM, name, wanted, owned=False).secret
    except Problem as problem:
        raise StartFailed(f"--make-token: {problem.detail}") from None
    finally:
        database.close()
