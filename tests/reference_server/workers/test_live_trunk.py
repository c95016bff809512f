"""The Skype Manager of a trunk of three processes: what it sells counts in all of them at once."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from reference_server.ledger.money import parse_money
from tests.reference_server.workers.workers_process import (
    ECHO,
    PATIENCE,
    SETTINGS,
    WorkersProcess,
    running_workers,
)

PAID = "+442079460000"
SCOPES = "read,profiles,money,numbers,accounts,calls"
WITH_MANAGER = f'{SETTINGS}\n[manager]\naddress = "127.0.0.1:0"\n'.replace(
    "workers = 3", 'workers = 3\ndatabase = "trunk.sqlite"'
)


class Shop:
    """The REST API of the Manager, asked by a program."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        self._orders = 0

    def ask(self, path: str) -> Any:
        """What GET answers."""
        return self._client.get(path).raise_for_status().json()

    def order(self, method: str, path: str, **wish: object) -> Any:
        """Has something done, paid or not; returns what is answered."""
        self._orders += 1
        headers = {"Idempotency-Key": f"order-{self._orders}"}
        answer = self._client.request(method, path, json=wish or None, headers=headers)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None


@pytest.fixture
def trunk(tmp_path: Path) -> Iterator[WorkersProcess]:
    with running_workers(tmp_path, settings_text=WITH_MANAGER) as started:
        yield started


@pytest.fixture
def shop(trunk: WorkersProcess) -> Iterator[Shop]:
    made = subprocess.run(
        [
            *(sys.executable, "-m", "reference_server", "--config", str(trunk.folder / "trunk.toml")),
            *("--make-token", "test", "--scopes", SCOPES),
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE,
    )
    headers = {"Authorization": f"Bearer {made.stdout.split()[-1]}"}
    url = f"{trunk.announced['console']}/api/v1"
    with httpx.Client(base_url=url, headers=headers, trust_env=False, timeout=PATIENCE) as client:
        yield Shop(client)


def is_known_everywhere(trunk: WorkersProcess, username: str) -> bool:
    """The control API asks one worker after the other."""
    answers = [trunk.control.get(f"/profiles/{username}") for _ in trunk.worker_ids()]
    return all(answer.is_success for answer in answers)


@pytest.mark.timeout(600)
def test_a_profile_bought_while_the_trunk_runs_calls_through_every_worker(
    trunk: WorkersProcess, shop: Shop
) -> None:
    shop.order("POST", "/balance/payments", amount="500.00")
    username = shop.order("POST", "/profiles", name="Bought")["sip_username"]
    path = f"/profiles/{username}"
    shop.order("POST", f"{path}/subscription", channels=4, us_minute_bundles=0)
    password = shop.order("POST", f"{path}/password/first")["password"]
    assert trunk.run_until(lambda: is_known_everywhere(trunk, username))
    phones = [trunk.phone(username=username, password=password) for _ in range(6)]

    calls = [phone.call(ECHO, media="none") for phone in phones]
    assert trunk.run_until(lambda: all(call.status for call in calls))
    assert sorted(call.status or 0 for call in calls) == [200] * 4 + [503] * 2
    assert shop.ask(path)["channels_used"] == 4
    for call in calls:
        if call.status == 200:
            call.hang_up(PATIENCE)

    broke = phones[0].call(PAID, media="none")
    assert trunk.run_until(lambda: broke.status is not None)
    assert broke.status == 402
    shop.order("POST", f"{path}/credit", amount="10.00")
    paid = [phone.call(PAID, media="none") for phone in phones[:3]]
    assert trunk.run_until(lambda: all(call.status == 200 for call in paid))
    reserved = shop.ask(path)
    assert parse_money(reserved["available"]) < parse_money(reserved["credit"])
    for call in paid:
        call.hang_up(PATIENCE)
    left = shop.ask(path)
    assert left["available"] == left["credit"]
    costs = [parse_money(record["cost"]) for record in trunk.ask("/records?last=3")]
    assert parse_money(left["credit"]) == parse_money("10.00") - sum(costs)

    shop.order("POST", f"{path}/credit/take-back", amount=left["available"])
    again = phones[1].call(PAID, media="none")
    assert trunk.run_until(lambda: again.status is not None)
    assert again.status == 402
    for phone in phones:
        phone.close()


@pytest.mark.timeout(600)
def test_the_console_calls_a_pbx_that_registered_with_any_worker(trunk: WorkersProcess, shop: Shop) -> None:
    with trunk.phone() as phone:
        phone.register(timeout=PATIENCE)
        [shown] = [one for one in shop.ask("/profiles")["items"] if one["registered"]]
        placed = shop.order("POST", f"/profiles/{shown['sip_username']}/test-calls", number="+442079460123")
        phone.wait_call(PATIENCE).answer(PATIENCE)
        assert trunk.run_until(lambda: shop.ask(f"/test-calls/{placed['id']}")["state"] == "answered")
