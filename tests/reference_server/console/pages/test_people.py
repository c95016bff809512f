"""People: invitations, roles, tokens."""

import re

from tests.reference_server.console.console_play import ConsolePlay


def test_an_invitation_shows_its_link_once_and_the_link_makes_an_account() -> None:
    play = ConsolePlay()
    made = play.post("/people", "invite", role="viewer", note="Bert")
    link = re.search(r"http://manager(/invitation/[\w-]+)", made.text)
    assert link is not None
    assert link[1] not in play.get("/people").text
    stranger = ConsolePlay.__new__(ConsolePlay)
    stranger.application, stranger.cookies = play.application, type(play.cookies)()
    page = stranger.get(link[1])
    assert "ada invites you as a viewer" in page.text
    wrong = stranger.post(link[1], "accept", name="bert", password="long enough 1", again="long enough 2")
    assert wrong.status_code == 422
    assert "The two passwords differ" in wrong.text
    weak = stranger.post(link[1], "accept", name="bert", password="short", again="short")
    assert "at least 10 characters" in weak.text
    welcome = stranger.post(link[1], "accept", name="bert", password="long enough 1", again="long enough 1")
    assert welcome.status_code == 303
    assert "Welcome, bert." in stranger.get(welcome.headers["location"]).text
    assert stranger.get(link[1]).status_code == 404


def test_a_role_is_changed_and_the_last_administrator_stays() -> None:
    play = ConsolePlay()
    changed = play.post("/people", "role", name="vera", role="administrator")
    assert "vera is an administrator now." in play.get(changed.headers["location"]).text
    play.sign_in("vera")
    play.post("/people", "role", name="ada", role="viewer")
    refused = play.post("/people", "remove", name="vera")
    assert refused.status_code == 409
    assert "The last administrator stays" in refused.text


def test_a_revoked_invitation_opens_nothing() -> None:
    play = ConsolePlay()
    made = play.post("/people", "invite", role="viewer", note="Bert")
    link = re.search(r"/invitation/[\w-]+", made.text)
    assert link is not None
    assert play.post("/people", "revoke").status_code == 303
    assert play.get(link[0]).status_code == 404


def test_a_token_is_shown_once_and_can_be_revoked() -> None:
    play = ConsolePlay()
    made = play.post("/people/tokens", "make", name="Billing", scopes="money", lifetime="90")
    secret = re.search(r"rtm_[\w-]+", made.text)
    assert secret is not None
    again = play.get("/people/tokens").text
    assert secret[0] not in again
    assert "Billing" in again
    assert play.post("/people/tokens", "revoke").status_code == 303
    assert "No token yet" in play.get("/people/tokens").text


def test_a_token_without_scopes_says_so_at_the_scopes() -> None:
    play = ConsolePlay()
    answer = play.post("/people/tokens", "make", name="Billing")
    assert answer.status_code == 422
    assert "Seen no scope" in answer.text


def test_everything_is_in_the_audit_log() -> None:
    play = ConsolePlay()
    play.post("/people", "invite", role="viewer", note="Bert")
    text = play.get("/audit").text
    for words in ("Invited", "Signed in", "Account made", "Bert"):
        assert words in text
