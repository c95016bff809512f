"""Administrators and viewers: roles, the last administrator, passwords."""

import pytest

from reference_server.manager.actor import SYSTEM
from reference_server.manager.people.password import check_password
from reference_server.manager.people.throttle import TooSoon
from reference_server.manager.problem import Problem
from tests.reference_server.manager.people.crowd import ADA, PASSWORD, Crowd, await_


def test_a_viewer_changes_nobody() -> None:
    crowd = Crowd()
    viewer = crowd.add("vera", "viewer")
    for act in (
        lambda: crowd.people.administrators.change_role(viewer, "vera", "administrator"),
        lambda: crowd.people.administrators.remove(viewer, "Ada"),
        lambda: crowd.people.invitations.invite(viewer, "viewer"),
        lambda: crowd.people.invitations.revoke(viewer, 1),
        lambda: crowd.people.tokens.make(viewer, "mine", ["money"]),
    ):
        with pytest.raises(Problem) as caught:
            act()
        assert caught.value.status == 403
        assert "vera is a viewer" in caught.value.detail


def test_the_last_administrator_stays_one() -> None:
    crowd = Crowd()
    crowd.add("vera", "viewer")
    with pytest.raises(Problem) as caught:
        crowd.people.administrators.change_role(ADA, "ada", "viewer")
    assert caught.value.status == 409
    with pytest.raises(Problem) as caught:
        crowd.people.administrators.remove(ADA, "Ada")
    assert caught.value.status == 409
    crowd.people.administrators.change_role(ADA, "vera", "administrator")
    crowd.people.administrators.remove(ADA, "Ada")
    assert [(who.name, who.role) for who in crowd.people.administrators.list()] == [("vera", "administrator")]


def test_names_are_the_same_in_any_case() -> None:
    crowd = Crowd()
    found = crowd.people.administrators.named("ADA")
    assert found is not None
    assert found.name == "Ada"
    with pytest.raises(Problem) as caught:
        crowd.add("aDa", "viewer")
    assert (caught.value.status, caught.value.field) == (409, "name")
    assert crowd.people.administrators.named("bob") is None


@pytest.mark.parametrize("name", ["", "a", "a b", "-ada", "x" * 65, "ada\n", "añá", "<b>"])
def test_names_that_look_like_something_else_are_refused(name: str) -> None:
    crowd = Crowd()
    with pytest.raises(Problem) as caught:
        crowd.add(name, "viewer")
    assert (caught.value.status, caught.value.field) == (422, "name")


@pytest.mark.parametrize("password", ["", "short", "x" * 201, "aaaaaaaaaaaa", "my-ADA-password"])
def test_passwords_that_are_guessed_are_refused(password: str) -> None:
    with pytest.raises(Problem) as caught:
        check_password(password, "ada")
    assert (caught.value.status, caught.value.field) == (422, "password")
    assert password not in caught.value.detail or not password


def test_somebody_unknown_is_404() -> None:
    crowd = Crowd()
    for act in (
        lambda: crowd.people.administrators.change_role(ADA, "bob", "viewer"),
        lambda: crowd.people.administrators.remove(ADA, "bob"),
    ):
        with pytest.raises(Problem) as caught:
            act()
        assert caught.value.status == 404


def test_a_password_is_kept_as_argon2_and_changed_with_the_old_one() -> None:
    crowd = Crowd()
    people = crowd.people
    session = await_(people.sessions.sign_in("Ada", PASSWORD, "192.0.2.1"))
    with pytest.raises(Problem) as caught:
        await_(people.administrators.change_password(ADA, "not my password", "another password 1"))
    assert caught.value.status == 403
    await_(people.administrators.change_password(ADA, PASSWORD, "another password 1"))
    assert people.sessions.of(session.secret, "") is None, "sessions end with the old password"
    with pytest.raises(Problem):
        await_(people.sessions.sign_in("Ada", PASSWORD, "192.0.2.1"))
    assert await_(people.sessions.sign_in("Ada", "another password 1", "192.0.2.1")).actor.name == "Ada"
    with crowd.database.read() as connection:
        kept = connection.exec_driver_sql("SELECT password FROM administrator").scalar_one()
    assert kept.startswith("$argon2id$")


def test_the_own_password_again_is_throttled_too() -> None:
    crowd = Crowd()
    confirm = crowd.people.administrators.confirm_password
    for _ in range(4):
        with pytest.raises(Problem):
            await_(confirm(ADA, "wrong"))
    with pytest.raises(TooSoon):
        await_(confirm(ADA, PASSWORD))
    crowd.now += 2
    await_(confirm(ADA, PASSWORD))


def test_a_removed_person_is_out_at_once() -> None:
    crowd = Crowd()
    people = crowd.people
    vera = crowd.add("vera", "administrator")
    session = await_(people.sessions.sign_in("vera", PASSWORD, ""))
    token = people.tokens.make(vera, "program", ["read", "money"])
    people.administrators.remove(ADA, "vera")
    assert people.sessions.of(session.secret, "") is None
    assert people.tokens.bearer(token.secret, "") is None
    assert crowd.actions()[0] == "administrator removed"


def test_who_has_no_password_cannot_confirm_one() -> None:
    crowd = Crowd()
    for password in ("", "nobody has this password"):
        with pytest.raises(Problem) as caught:
            await_(crowd.people.administrators.confirm_password(SYSTEM, password))
        assert caught.value.status == 403
