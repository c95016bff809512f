"""Tokens of programs: scopes, owners, ends."""

import pytest

from reference_server.manager.actor import SYSTEM
from reference_server.manager.problem import Problem
from tests.reference_server.manager.people.crowd import ADA, Crowd


def test_a_token_acts_for_its_owner_with_its_scopes() -> None:
    crowd = Crowd()
    made = crowd.people.tokens.make(ADA, "billing", ["money", "read"])
    bearer = crowd.people.tokens.bearer(made.secret, "192.0.2.5")
    assert bearer is not None
    assert bearer.scopes == {"read", "money"}
    assert (bearer.actor.name, bearer.actor.via) == ("Ada", "token:billing")
    assert made.token.scopes == ["read", "money"], "in their usual order"


def test_a_token_of_the_command_line_has_no_owner() -> None:
    crowd = Crowd(first=False)
    made = crowd.people.tokens.make(SYSTEM, "test bench", ["read"], owned=False)
    bearer = crowd.people.tokens.bearer(made.secret, "")
    assert bearer is not None
    assert (bearer.actor.name, bearer.actor.role) == ("test bench", "administrator")
    assert made.token.owner is None


def test_an_owner_who_becomes_a_viewer_only_reads() -> None:
    crowd = Crowd()
    vera = crowd.add("vera", "administrator")
    made = crowd.people.tokens.make(vera, "program", ["read", "money", "people"])
    crowd.people.administrators.change_role(ADA, "vera", "viewer")
    bearer = crowd.people.tokens.bearer(made.secret, "")
    assert bearer is not None
    assert bearer.scopes == {"read"}
    assert bearer.actor.role == "viewer"


def test_a_viewer_makes_and_revokes_tokens_that_read() -> None:
    crowd = Crowd()
    vera = crowd.add("vera", "viewer")
    mine = crowd.people.tokens.make(vera, "mine", ["read"])
    hers = crowd.people.tokens.make(ADA, "hers", ["read"])
    crowd.people.tokens.revoke(vera, mine.token.id)
    with pytest.raises(Problem) as caught:
        crowd.people.tokens.revoke(vera, hers.token.id)
    assert caught.value.status == 403
    assert [token.name for token in crowd.people.tokens.list()] == ["hers"]


def test_a_token_ends() -> None:
    crowd = Crowd()
    made = crowd.people.tokens.make(ADA, "for an hour", ["read"], 3600)
    crowd.now += 3599
    assert crowd.people.tokens.bearer(made.secret, "") is not None
    crowd.now += 1
    assert crowd.people.tokens.bearer(made.secret, "") is None


def test_a_revoked_or_unknown_token_is_nobodys() -> None:
    crowd = Crowd()
    made = crowd.people.tokens.make(ADA, "billing", ["read"])
    crowd.people.tokens.revoke(ADA, made.token.id)
    for secret in (made.secret, "", "rtm_made-up", "\udcff"):
        assert crowd.people.tokens.bearer(secret, "") is None
    with pytest.raises(Problem) as caught:
        crowd.people.tokens.revoke(ADA, made.token.id)
    assert caught.value.status == 404
    assert crowd.actions()[:2] == ["token revoked", "token made"]


@pytest.mark.parametrize(
    ("name", "scopes", "field"),
    [
        ("x", [], "scopes"),
        ("x", ["all"], "scopes"),
        ("", ["read"], "name"),
        ("x" * 65, ["read"], "name"),
        ("x\0", ["read"], "name"),
    ],
)
def test_a_token_needs_a_name_and_known_scopes(name: str, scopes: list[str], field: str) -> None:
    with pytest.raises(Problem) as caught:
        Crowd().people.tokens.make(ADA, name, scopes)
    assert (caught.value.status, caught.value.field) == (422, field)


def test_when_a_token_was_used_is_told_to_the_minute() -> None:
    crowd = Crowd()
    made = crowd.people.tokens.make(ADA, "billing", ["read"])
    assert made.token.used is None
    crowd.people.tokens.bearer(made.secret, "")
    first = crowd.now
    crowd.now += 30
    crowd.people.tokens.bearer(made.secret, "")
    (token,) = crowd.people.tokens.list()
    assert token.used == first


def test_the_secret_is_not_in_the_database() -> None:
    crowd = Crowd()
    made = crowd.people.tokens.make(ADA, "billing", ["read"])
    with crowd.database.read() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM api_token").all()
    assert made.secret not in str(rows)
    assert made.secret.removeprefix("rtm_") not in str(rows)
