"""The Live page of a trunk of three processes: ladders of calls that workers carry, and calls of accounts."""

from collections.abc import Iterator

import httpx
import pytest

from tests.reference_server.workers.workers_process import (
    ECHO,
    PATIENCE,
    SETTINGS,
    WorkersProcess,
    running_workers,
)

ANN, BOB = "ann.example", "bob.example"
ACCOUNT_PASSWORD = "open sesame"
MANAGER = """
[manager]
address = "127.0.0.1:0"
"""
ACCOUNTS = "".join(
    f'\n[[account]]\nname = "{name}"\npassword = "{ACCOUNT_PASSWORD}"\n' for name in (ANN, BOB)
)
PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def trunk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkersProcess]:
    settings = SETTINGS + MANAGER + ACCOUNTS
    with running_workers(tmp_path_factory.mktemp("live"), settings_text=settings) as started:
        yield started


@pytest.fixture(scope="module")
def console(trunk: WorkersProcess) -> Iterator[httpx.Client]:
    """Somebody who is signed in."""
    with httpx.Client(base_url=trunk.announced["console"], trust_env=False, timeout=PATIENCE) as client:
        wanted = {"form": "accept", "name": "anna", "password": PASSWORD, "again": PASSWORD}
        assert client.post(trunk.announced["first_link"], data=wanted).status_code == 303
        answer = client.post("/sign-in", data={"form": "sign-in", "name": "anna", "password": PASSWORD})
        assert answer.status_code == 303
        yield client


def test_ladders_are_shown_whichever_worker_has_the_call(
    trunk: WorkersProcess, console: httpx.Client
) -> None:
    """Somebody looks, and looks again until every call's BYE is there."""
    console.get("/live").raise_for_status()

    def a_new_call_is_seen() -> bool:
        phone = trunk.phone()
        call = phone.call(ECHO).wait_answered(PATIENCE)
        call.hang_up(PATIENCE)
        phone.close()
        return f"BYE sip:{ECHO}" in console.get("/live").text

    assert trunk.run_until(a_new_call_is_seen), "no worker shows its packets"
    phones = [trunk.phone() for _ in range(6)]
    calls = [phone.call(ECHO).wait_answered(PATIENCE) for phone in phones]
    for call in calls:
        call.hang_up(PATIENCE)
    mine = {call.call_id for call in calls}
    ids = {one["id"][0] for one in trunk.ask("/calls") if one["call_id"] in mine}
    assert len(ids) > 1, "all calls are in one worker"
    assert trunk.run_until(lambda: all(has_bye(console.get("/live").text, each) for each in mine))
    for phone in phones:
        phone.close()


def test_a_call_of_two_accounts_is_shown_and_recorded(trunk: WorkersProcess, console: httpx.Client) -> None:
    """Its legs may be in different workers; it is one call."""
    ann, bob = (trunk.phone(username=name, password=ACCOUNT_PASSWORD) for name in (ANN, BOB))
    assert ann.register(timeout=PATIENCE).status == bob.register(timeout=PATIENCE).status == 200
    outgoing = ann.call(f"sip:{BOB}@{ann.account.domain}")
    bob.wait_call(PATIENCE).ring().answer(PATIENCE)
    outgoing.wait_answered(PATIENCE)
    assert "between accounts" in console.get("/live").text
    outgoing.hang_up(PATIENCE)
    (record,) = trunk.ask(f"/records?call_id={outgoing.call_id}")
    assert (record["direction"], record["profile"], record["number"]) == ("community", ANN, BOB)
    assert record["cost"] == "0.00"
    assert "Call of a business account" in console.get("/live").text
    ann.close()
    bob.close()


def has_bye(page: str, call_id: str) -> bool:
    """Whether a page shows the BYE of a call, whole."""
    messages = page.split("<pre ")
    return any(f"Call-ID: {call_id}" in one and ">BYE sip:" in one for one in messages)
