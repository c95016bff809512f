"""A life of people on each kind of database, over a restart."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from reference_server.manager.people.password import Passwords
from reference_server.manager.people.people import People
from reference_server.manager.problem import Problem
from reference_server.randomness import BlockRandom
from reference_server.store.database import Database
from reference_server.store.vault import VARIABLE, new_key
from tests.postgresql_server import programs, running_server
from tests.reference_server.manager.people.crowd import ADA, CHEAP, PASSWORD, Crowd, await_


@pytest.fixture(params=["file", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An empty database that can be opened again."""
    monkeypatch.setenv(VARIABLE, new_key("test").secret.decode())
    if request.param == "file":
        yield f"sqlite:///{tmp_path / 'trunk.sqlite'}"
        return
    binaries = programs()
    if binaries is None:
        pytest.skip("no PostgreSQL server is installed")
    with running_server(binaries) as server:
        yield server.new_database()


def test_people_outlive_a_restart_and_secrets_stay_good(url: str) -> None:
    crowd = Crowd(url=url)
    vera = crowd.add("vera", "administrator")
    session = await_(crowd.people.sessions.sign_in("vera", PASSWORD, "192.0.2.7"))
    token = crowd.people.tokens.make(vera, "billing", ["read", "money"], 86_400)
    waiting = crowd.people.invitations.invite(ADA, "viewer", "for Eve, naïve\0")
    crowd.database.close()

    database = Database(url)
    people = People(database, lambda: crowd.now, BlockRandom(), Passwords(CHEAP))
    try:
        assert [who.name for who in people.administrators.list()] == ["Ada", "vera"]
        found = people.sessions.of(session.secret, "192.0.2.7")
        assert found is not None
        assert found.csrf == session.csrf
        bearer = people.tokens.bearer(token.secret, "192.0.2.7")
        assert bearer is not None
        assert bearer.actor.name == "vera"
        assert people.invitations.of(waiting.secret).note.startswith("for Eve, naïve")
        assert people.invitations.first_link() is None
        people.administrators.remove(ADA, "vera")
        assert people.sessions.of(session.secret, "") is None
        assert people.tokens.bearer(token.secret, "") is None
        with pytest.raises(Problem):
            people.administrators.change_role(ADA, "Ada", "viewer")
        assert people.audit.entries(1)[0].action == "administrator removed"
    finally:
        database.close()
