"""Requests that move money are done once, however often they come."""

import pytest

from tests.reference_server.rest.rest_play import RestPlay

PAYMENT = {"amount": "10.00"}
CREDIT = "/profiles/99051000000231/credit"
MONEY_MOVERS = [
    ("POST", "/balance/payments", PAYMENT),
    ("POST", CREDIT, PAYMENT),
    ("POST", f"{CREDIT}/take-back", PAYMENT),
    ("PUT", "/profiles/99051000000231/auto-recharge", {"enabled": False, "amount": "1.00", "minimum": "0"}),
    ("POST", "/profiles/99051000000231/subscription", {"channels": 1}),
    ("PUT", "/profiles/99051000000231/subscription", {"channels": 1}),
    ("POST", "/numbers", {"number": "+442079460700"}),
]


def balance(api: RestPlay) -> str:
    text: str = api.ask("GET", "/balance").json()["balance"]
    return text


@pytest.fixture(scope="module")
def api() -> RestPlay:
    return RestPlay()


@pytest.mark.parametrize(("method", "path", "body"), MONEY_MOVERS)
def test_what_moves_money_needs_a_key(api: RestPlay, method: str, path: str, body: object) -> None:
    answer = api.ask(method, path, body)
    assert (answer.status_code, answer.json()["type"]) == (400, "/api/v1/problems/idempotency-key")
    assert "Idempotency-Key" in answer.json()["detail"]


@pytest.mark.parametrize("key", ["", "a b", "x" * 101, "\x7f"])
def test_a_key_is_visible_and_not_too_long(api: RestPlay, key: str) -> None:
    assert api.ask("POST", "/balance/payments", PAYMENT, key=key).status_code == 400


def test_the_document_says_which_operations_need_a_key(api: RestPlay) -> None:
    paths = api.ask("GET", "/openapi.json").json()["paths"]
    needing = {
        (method.upper(), path)
        for path, methods in paths.items()
        for method, operation in methods.items()
        if any(each["name"] == "Idempotency-Key" for each in operation.get("parameters", ()))
    }
    wanted = {(method, path.replace("99051000000231", "{sip_username}")) for method, path, _ in MONEY_MOVERS}
    assert needing == wanted


def test_the_same_request_again_gets_the_same_answer_and_moves_nothing() -> None:
    api = RestPlay()
    first = api.ask("POST", "/balance/payments", PAYMENT, key="one")
    api.ask("POST", "/balance/payments", PAYMENT, key="two")
    again = api.ask("POST", "/balance/payments", PAYMENT, key="one")
    assert (first.status_code, first.content) == (again.status_code, again.content)
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert balance(api) == "20.00"


def test_white_space_and_order_do_not_make_another_request() -> None:
    api = RestPlay()
    headers = {
        "Authorization": f"Bearer {api.token}",
        "Content-Type": "application/json",
        "Idempotency-Key": "one",
    }
    for body in (b'{"amount":"10.00"}', b'{ "amount" : "10.00" }\n'):
        assert api.send("POST", "/balance/payments", content=body, headers=headers).status_code == 200
    assert balance(api) == "10.00"


def test_a_key_with_another_request_is_refused() -> None:
    api = RestPlay().funded()
    api.ask("POST", "/balance/payments", PAYMENT, key="one")
    for path, body in (("/balance/payments", {"amount": "11.00"}), (CREDIT, PAYMENT)):
        answer = api.ask("POST", path, body, key="one")
        assert (answer.status_code, answer.json()["type"]) == (422, "/api/v1/problems/key-used")
    assert balance(api) == "1010.00"


def test_keys_of_two_tokens_are_two_keys() -> None:
    api = RestPlay()
    other = api.token_with("money", "read")
    api.ask("POST", "/balance/payments", PAYMENT, key="one")
    api.ask("POST", "/balance/payments", PAYMENT, key="one", token=other)
    assert balance(api) == "20.00"


def test_what_was_refused_may_be_tried_again_under_its_key() -> None:
    api = RestPlay()
    assert api.ask("POST", CREDIT, PAYMENT, key="one").status_code == 402
    api.funded()
    assert api.ask("POST", CREDIT, PAYMENT, key="one").status_code == 200
    assert balance(api) == "990.00"


def test_an_answer_lost_in_a_crash_moves_nothing_twice() -> None:
    api = RestPlay().funded()
    api.ask("POST", CREDIT, PAYMENT, key="one")
    with api.trunk.store.database.begin() as connection:
        connection.exec_driver_sql("DELETE FROM idempotent_request")
    again = api.ask("POST", CREDIT, PAYMENT, key="one")
    assert again.status_code == 200
    assert balance(api) == "990.00"


def test_a_number_bought_twice_under_one_key_is_bought_once() -> None:
    api = RestPlay().funded()
    first, again = (api.ask("POST", "/numbers", {"number": "+442079460700"}, key="one") for _ in range(2))
    assert first.status_code == 201, first.text
    assert first.content == again.content
    assert again.status_code == 201
    assert len(api.ask("GET", "/numbers").json()["items"]) == 1
