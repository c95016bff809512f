"""The REST API as a whole: what it answers to who may not, to what is wrong and to what is not there."""

import json
from typing import Any

import pytest

from tests.reference_server.rest.rest_play import RestPlay

USERNAME = "99051000000231"


@pytest.fixture(scope="module")
def api() -> RestPlay:
    return RestPlay()


def test_all_eight_steps_of_the_guide_go_by_rest() -> None:
    api = RestPlay().funded()
    username = api.profile(channels=10)
    shown = api.pay("PUT", f"/profiles/{username}/subscription", {"channels": 12, "us_minute_bundles": 2})
    assert (shown.json()["state"], shown.json()["channels"]) == ("active", 12)
    details = api.ask("GET", f"/profiles/{username}/registration-details").json()
    assert details["sip_user"] == username
    password = api.ask("POST", f"/profiles/{username}/password/first").json()["password"]
    assert api.pay("POST", f"/profiles/{username}/credit", {"amount": "25.00"}).json()["credit"] == "25.00"
    wish = {"enabled": True, "amount": "10.00", "minimum": "5.00"}
    assert api.pay("PUT", f"/profiles/{username}/auto-recharge", wish).json()["state"] == "active"
    country = api.ask("GET", "/number-stock/countries").json()[0]["code"]
    number = api.ask("GET", f"/number-stock?country={country}").json()[0]["number"]
    bought = api.pay("POST", "/numbers", {"number": number, "sip_username": username})
    assert (bought.status_code, bought.json()["sip_username"]) == (201, username)
    account = {"name": "support.desk", "display": "Support", "password": "a long password 1"}
    assert api.ask("POST", "/accounts", account).status_code == 201
    attached = api.ask(
        "PUT", "/accounts/support.desk/attachment", {"sip_username": username, "extension": "300"}
    )
    assert attached.json()["extension"] == "300"
    assert api.ask("PUT", f"/profiles/{username}/caller-id", {"number": number}).json()["caller_id"] == number
    phone = api.trunk.phone(username, password)
    assert phone.register().status == 200
    placed = api.ask("POST", f"/profiles/{username}/test-calls", {"number": number})
    assert placed.status_code == 201, placed.text
    call = phone.wait_call()
    call.answer()
    api.trunk.wait(60)
    assert api.ask("GET", placed.headers["Location"].removeprefix("/api/v1")).json()["passed"]
    records = api.ask("GET", f"/records?profile={username}").json()["items"]
    assert records[0]["number"] == number
    history = api.ask("GET", f"/profiles/{username}/balance-history").json()["items"]
    assert [movement["kind"] for movement in history] == ["add-credit"]


def test_a_request_without_a_valid_token_is_401(api: RestPlay) -> None:
    for token in ("", "rtm_nobody-made-this"):
        answer = api.ask("GET", "/profiles", token=token)
        assert (answer.status_code, answer.headers["WWW-Authenticate"][:6]) == (401, "Bearer")
        assert answer.json()["status"] == 401


REFUSED = [
    ("GET", "/nothing", None, 404, "there is no /api/v1/nothing"),
    ("GET", "/", None, 404, "there is no /api/v1/"),
    ("PUT", "/profiles", {}, 405, "PUT can't be done to /api/v1/profiles; it takes GET, POST"),
    ("GET", "/profiles/99059", None, 404, ""),
    ("POST", "/profiles", {"name": ""}, 422, "body.name: seen ''"),
    ("POST", "/profiles", {"nmae": "x"}, 422, "body.name: it is missing; write it"),
    ("POST", "/profiles", {"name": "x", "more": 1}, 422, "body.more: there is no such key"),
    ("POST", "/profiles", [1], 422, "body: seen [1]; "),
    ("POST", "/accounts", {"name": "x", "password": 5}, 422, "body.password: input should be a valid string"),
    ("GET", "/profiles?limit=0", None, 422, "query.limit: seen '0'; "),
    ("GET", "/numbers?unallocated=yes", None, 422, "query.unallocated: seen 'yes'; write true or false"),
    ("GET", "/reports/days?since=0&until=1", None, 422, "query.since: seen '0'; write a day as"),
    (
        "GET",
        "/records?profle=9905",
        None,
        422,
        "query: there is no parameter 'profle'; this takes answered, ",
    ),
    ("GET", "/balance?x=1", None, 422, "query: there is no parameter 'x'; this takes none"),
    ("GET", "/records/0", None, 422, "path.record_id: seen '0'; "),
]


@pytest.mark.parametrize(("method", "path", "body", "status", "detail"), REFUSED)
def test_a_refusal_says_what_was_seen_and_what_to_write(
    api: RestPlay, method: str, path: str, body: Any, status: int, detail: str
) -> None:
    answer = api.ask(method, path, body)
    problem = answer.json()
    assert answer.status_code == problem["status"] == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert problem["type"].startswith("/api/v1/problems/")
    assert problem["detail"].startswith(detail)


def test_a_path_tells_all_methods_that_it_takes(api: RestPlay) -> None:
    answer = api.ask("PUT", f"/profiles/{USERNAME}")
    assert answer.headers["Allow"] == "DELETE, GET, PATCH"


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded"])
def test_a_body_that_is_not_json_is_415(api: RestPlay, content_type: str) -> None:
    headers = {"Authorization": f"Bearer {api.token}"} | (
        {"Content-Type": content_type} if content_type else {}
    )
    answer = api.send("POST", "/profiles", content=b'{"name": "x"}', headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (415, "/api/v1/problems/not-json")


def test_a_body_that_is_too_large_or_of_unknown_length_is_not_read(api: RestPlay) -> None:
    headers = {"Authorization": f"Bearer {api.token}", "Content-Type": "application/json"}
    large = json.dumps({"name": "x" * 100_000}).encode()
    assert api.send("POST", "/profiles", content=large, headers=headers).status_code == 413
    chunked = {**headers, "Transfer-Encoding": "chunked"}
    assert api.send("POST", "/profiles", content=b"", headers=chunked).status_code == 411


def test_a_wrong_password_is_not_said_back(api: RestPlay) -> None:
    answer = api.ask("POST", f"/profiles/{USERNAME}/password/reveal", {"own_password": ["hunter2"]})
    assert answer.status_code == 422
    assert "hunter2" not in answer.text


def test_answers_are_not_kept_by_anybody(api: RestPlay) -> None:
    assert api.ask("GET", "/profiles").headers["Cache-Control"] == "no-store"


def test_amounts_are_text_and_nothing_else(api: RestPlay) -> None:
    for wrong in (25, 25.0, "25,00", "-1", "0", "0.00", "1e3", "1.0000001", "", None, True):
        answer = api.pay("POST", "/balance/payments", {"amount": wrong})
        assert answer.status_code == 422, wrong
        assert '"25.00"' in answer.json()["detail"]


def test_a_list_is_given_in_pages(api: RestPlay) -> None:
    first = api.ask("GET", "/profiles?limit=2").json()
    second = api.ask("GET", first["next"].removeprefix("/api/v1")).json()
    names = [profile["sip_username"] for page in (first, second) for profile in page["items"]]
    assert names == sorted(names)
    assert len(set(names)) == 4
    everything = api.ask("GET", "/profiles?limit=1000").json()
    assert everything["next"] is None


def test_what_is_newest_comes_first_and_in_pages() -> None:
    api = RestPlay()
    for amount in ("1.00", "2.00", "3.00"):
        api.pay("POST", "/balance/payments", {"amount": amount})
    first = api.ask("GET", "/balance/history?limit=2").json()
    assert [movement["amount"] for movement in first["items"]] == ["3.00", "2.00"]
    second = api.ask("GET", first["next"].removeprefix("/api/v1")).json()
    assert [movement["amount"] for movement in second["items"]] == ["1.00"]
    assert second["next"] is None


def test_files_come_as_csv_and_json(api: RestPlay) -> None:
    for path, kind, start in (
        ("/records.csv", "text/csv", ""),
        ("/records.json", "application/json", "["),
        ("/balance/history.csv", "text/csv", ""),
        (f"/profiles/{USERNAME}/balance-history.csv", "text/csv", ""),
        ("/reports/days.csv?since=2024-01-01&until=2024-01-03", "text/csv", ""),
    ):
        answer = api.ask("GET", path)
        assert answer.status_code == 200, path
        assert answer.headers["Content-Type"].startswith(kind)
        assert "attachment" in answer.headers["Content-Disposition"]
        assert answer.text.startswith(start)


def test_a_file_that_cannot_be_made_is_refused_before_it_begins(api: RestPlay) -> None:
    answer = api.ask("GET", "/reports/days.csv?since=2024-01-03&until=2020-01-01")
    assert answer.status_code == 422


def test_numbers_that_ring_no_profile_are_asked_for() -> None:
    api = RestPlay().funded()
    api.pay("POST", "/numbers", {"number": "+442079460701", "sip_username": api.profile()})
    api.pay("POST", "/numbers", {"number": "+442079460702"})
    counts = {
        words: len(api.ask("GET", f"/numbers{words}").json()["items"])
        for words in ("", "?unallocated=false", "?unallocated=true")
    }
    assert counts[""] == counts["?unallocated=false"] == counts["?unallocated=true"] + 1
