"""Administrators, invitations, tokens and the audit log over REST."""

from tests.reference_server.manager.people.crowd import PASSWORD
from tests.reference_server.rest.rest_play import RestPlay


def test_an_invitation_makes_an_account_without_a_token() -> None:
    api = RestPlay()
    invited = api.ask("POST", "/invitations", {"role": "viewer", "note": "for Vera"})
    assert invited.status_code == 201
    assert [each["note"] for each in api.ask("GET", "/invitations").json()] == ["for Vera"]
    wish = {"invitation": invited.json()["secret"], "name": "vera", "password": PASSWORD}
    made = api.ask("POST", "/administrators", wish, token="")
    assert (made.status_code, made.json()["role"]) == (201, "viewer")
    assert api.ask("POST", "/administrators", wish, token="").status_code == 404
    assert [each["name"] for each in api.ask("GET", "/administrators").json()["items"]] == ["vera"]
    assert api.ask("GET", "/invitations").json() == []


def test_an_invitation_is_revoked() -> None:
    api = RestPlay()
    invited = api.ask("POST", "/invitations", {"role": "viewer"}).json()
    assert api.ask("DELETE", f"/invitations/{invited['invitation']['id']}").status_code == 204
    wish = {"invitation": invited["secret"], "name": "vera", "password": PASSWORD}
    assert api.ask("POST", "/administrators", wish, token="").status_code == 404


def test_roles_change_and_the_last_administrator_stays() -> None:
    api = RestPlay()
    api.administrator()
    assert api.ask("PATCH", "/administrators/ada", {"role": "viewer"}).status_code == 409
    assert api.ask("DELETE", "/administrators/ada").status_code == 409
    assert api.ask("DELETE", "/administrators/nobody").status_code == 404


def test_a_token_hands_out_no_more_than_it_has() -> None:
    api = RestPlay()
    keeper = api.token_with("people", "read")
    made = api.ask("POST", "/tokens", {"name": "reader", "scopes": ["read"], "days": 1}, token=keeper)
    assert made.status_code == 201
    assert api.ask("GET", "/me", token=made.json()["secret"]).json()["scopes"] == ["read"]
    more = api.ask("POST", "/tokens", {"name": "payer", "scopes": ["money"]}, token=keeper)
    assert (more.status_code, more.json()["type"]) == (403, "/api/v1/problems/more-than-own")
    assert "secret" not in api.ask("GET", "/tokens").json()[0]


def test_a_token_is_revoked_at_once() -> None:
    api = RestPlay()
    made = api.ask("POST", "/tokens", {"name": "reader", "scopes": ["read"]}).json()
    assert api.ask("DELETE", f"/tokens/{made['token']['id']}").status_code == 204
    assert api.ask("GET", "/me", token=made["secret"]).status_code == 401


def test_a_sip_password_is_revealed_to_who_gives_the_own_one_and_logged() -> None:
    api = RestPlay().funded()
    hers, username = api.administrator(), api.profile()
    path = f"/profiles/{username}/password/reveal"
    wrong = api.ask("POST", path, {"own_password": "not hers at all"}, token=hers)
    assert (wrong.status_code, wrong.json()["field"]) == (403, "own_password")
    shown = api.ask("POST", path, {"own_password": PASSWORD}, token=hers)
    assert len(shown.json()["password"]) == 14
    assert api.ask("POST", path, {"own_password": PASSWORD}).status_code == 403, (
        "a token that acts for nobody"
    )
    entries = api.ask("GET", "/audit").json()["items"]
    revealed = [entry for entry in entries if entry["subject"] == username and "password" in entry["action"]]
    assert (revealed[0]["actor"], revealed[0]["via"]) == ("ada", "token:hers")


def test_guessing_the_own_password_is_slowed_down() -> None:
    api = RestPlay().funded()
    hers, username = api.administrator(), api.profile()
    answers = [
        api.ask("POST", f"/profiles/{username}/password/reveal", {"own_password": "guess"}, token=hers)
        for _ in range(5)
    ]
    assert [answer.status_code for answer in answers] == [403, 403, 403, 403, 429]
    assert int(answers[-1].headers["Retry-After"]) >= 1


def test_the_audit_log_comes_in_pages() -> None:
    api = RestPlay()
    for number in range(3):
        api.ask("POST", "/invitations", {"role": "viewer", "note": str(number)})
    first = api.ask("GET", "/audit?limit=2").json()
    assert [entry["subject"] for entry in first["items"]] == ["2", "1"]
    second = api.ask("GET", first["next"].removeprefix("/api/v1")).json()
    assert second["items"][0]["subject"] == "0"
