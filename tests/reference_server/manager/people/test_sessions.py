"""Signing in and out: answers to wrong names, idle and absolute end, CSRF, the throttle in virtual time."""

import pytest

from reference_server.manager.people.sessions import (
    ABSOLUTE,
    IDLE,
    Session,
    check_csrf,
    cookie_settings,
)
from reference_server.manager.people.throttle import LONGEST_WAIT_BY_ADDRESS, LONGEST_WAIT_BY_NAME, TooSoon
from reference_server.manager.problem import Problem
from tests.reference_server.manager.people.crowd import ADA, PASSWORD, Crowd, await_


def sign_in(crowd: Crowd, name: str = "Ada", password: str = PASSWORD, address: str = "192.0.2.1") -> Session:
    return await_(crowd.people.sessions.sign_in(name, password, address))


def test_who_signed_in_is_known_until_sign_out() -> None:
    crowd = Crowd()
    session = sign_in(crowd, "ADA")
    found = crowd.people.sessions.of(session.secret, "192.0.2.9")
    assert found is not None
    assert (found.actor.name, found.actor.role, found.actor.via) == ("Ada", "administrator", "console")
    crowd.people.sessions.sign_out(session)
    assert crowd.people.sessions.of(session.secret, "192.0.2.9") is None
    assert crowd.actions()[:2] == ["signed out", "signed in"]


def test_the_secret_is_not_in_the_database() -> None:
    crowd = Crowd()
    session = sign_in(crowd)
    with crowd.database.read() as connection:
        row = connection.exec_driver_sql("SELECT * FROM manager_session").one()
    assert session.secret not in str(row)


def test_a_session_ends_when_idle() -> None:
    crowd = Crowd()
    session = sign_in(crowd)
    for _ in range(3):
        crowd.now += IDLE - 1
        assert crowd.people.sessions.of(session.secret, "") is not None
    crowd.now += IDLE + 1
    assert crowd.people.sessions.of(session.secret, "") is None


def test_a_session_ends_at_its_age_however_busy() -> None:
    crowd = Crowd()
    session = sign_in(crowd)
    end = crowd.now + ABSOLUTE
    while crowd.now + 600 < end:
        crowd.now += 600
        assert crowd.people.sessions.of(session.secret, "") is not None
    crowd.now = end
    assert crowd.people.sessions.of(session.secret, "") is None


def test_a_role_that_changed_holds_for_sessions_that_live() -> None:
    crowd = Crowd()
    crowd.add("vera", "administrator")
    session = sign_in(crowd, "vera")
    crowd.people.administrators.change_role(ADA, "vera", "viewer")
    found = crowd.people.sessions.of(session.secret, "")
    assert found is not None
    assert found.actor.role == "viewer"


def test_a_wrong_password_and_an_unknown_name_get_the_same_answer() -> None:
    crowd = Crowd()
    answers = []
    for name, password in (("Ada", "wrong password"), ("nobody", "wrong password"), ("", "")):
        with pytest.raises(Problem) as caught:
            sign_in(crowd, name, password, address="")
        answers.append(caught.value.args)
    assert answers[0][1] == 401
    assert answers[0] == answers[1] == answers[2]


def test_an_unknown_name_costs_a_hash_too(monkeypatch: pytest.MonkeyPatch) -> None:
    crowd = Crowd()
    compared: list[str] = []
    passwords = crowd.people.invitations._passwords  # noqa: SLF001 - counts what takes the time
    verified = passwords._verified  # noqa: SLF001

    def counting(kept: str, given: str) -> bool:
        compared.append(kept)
        return verified(kept, given)

    monkeypatch.setattr(passwords, "_verified", counting)
    for name in ("Ada", "nobody"):
        with pytest.raises(Problem):
            sign_in(crowd, name, "wrong password", address="")
    assert len(compared) == 2
    assert all(kept.startswith("$argon2id$") for kept in compared)


@pytest.mark.parametrize("name", ["Ada", "nobody"])
def test_each_further_failure_of_a_name_costs_a_longer_wait(name: str) -> None:
    crowd = Crowd()
    waits = []
    for attempt in range(24):
        with pytest.raises(Problem) as caught:
            sign_in(crowd, name, "wrong password", address=f"192.0.2.{attempt}")
        if isinstance(caught.value, TooSoon):
            waits.append(caught.value.retry_after)
            crowd.now += caught.value.retry_after
        else:
            assert caught.value.status == 401
    assert waits[:8] == [1, 2, 4, 8, 16, 32, LONGEST_WAIT_BY_NAME, LONGEST_WAIT_BY_NAME]


def test_an_address_that_guesses_waits_for_all_names() -> None:
    crowd = Crowd()
    for number in range(4):
        with pytest.raises(Problem):
            sign_in(crowd, f"name{number}", "wrong password")
    with pytest.raises(TooSoon):
        sign_in(crowd)
    assert sign_in(crowd, address="192.0.2.2").actor.name == "Ada", "others are not held up"
    wait = 0
    for _ in range(30):
        with pytest.raises(Problem) as caught:
            sign_in(crowd, "somebody", "wrong password")
        if isinstance(caught.value, TooSoon):
            wait = caught.value.retry_after
            crowd.now += wait
    assert wait == LONGEST_WAIT_BY_ADDRESS


def test_the_right_password_starts_anew() -> None:
    crowd = Crowd()
    for _ in range(5):
        for _ in range(3):
            with pytest.raises(Problem) as caught:
                sign_in(crowd, password="wrong password")
            assert caught.value.status == 401
        sign_in(crowd)


def test_a_form_of_another_session_is_refused() -> None:
    crowd = Crowd()
    session, other = sign_in(crowd), sign_in(crowd)
    check_csrf(session, session.csrf)
    for shown in (other.csrf, "", None, session.secret):
        with pytest.raises(Problem) as caught:
            check_csrf(session, shown)
        assert caught.value.status == 403


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites() -> None:
    plain, tls = cookie_settings(tls=False), cookie_settings(tls=True)
    assert plain["httponly"]
    assert plain["samesite"] == "lax"
    assert (plain["secure"], tls["secure"]) == (False, True)
    assert tls["key"].startswith("__Host-")
