"""Credit of a trunk of three processes: spent once, and charged for what a worker that died had in hand."""

import os
import signal
from pathlib import Path

import pytest

from reference_server.ledger.money import parse_money
from reference_server.parts import standard_tariff
from reference_server.rating.charge import talk_seconds
from tests.reference_server.workers.workers_process import PATIENCE, USERNAME, running_workers

PAID = "+442079460000"
RATE = standard_tariff().rate_of(PAID)
CREDIT = parse_money("25.00")


@pytest.mark.timeout(600)
def test_calls_of_all_workers_and_of_one_that_died_are_charged_once(tmp_path: Path) -> None:
    with running_workers(tmp_path) as trunk:

        def credit() -> int:
            return parse_money(trunk.ask(f"/profiles/{USERNAME}")["credit"])

        phones = [trunk.phone() for _ in range(10)]
        calls = [phone.call(PAID, media="none") for phone in phones]
        assert trunk.run_until(lambda: all(call.status == 200 for call in calls))
        assert credit() == CREDIT - 10 * RATE.cost(60)
        shown = [call for call in trunk.ask("/calls") if call["state"] == "answered"]
        victim = int(shown[0]["id"][0], 16)
        cut = {call["id"] for call in shown if int(call["id"][0], 16) == victim}
        os.kill(trunk.worker_ids()[victim], signal.SIGKILL)
        assert trunk.run_until(lambda: f"{len(cut)} calls are cut" in trunk.log())
        assert trunk.run_until(lambda: trunk.ask("/healthz")["status"] == "ok")
        assert credit() < CREDIT
        alive = {one["call_id"] for one in shown if one["id"] not in cut}
        for call in calls:
            if call.core.call_id in alive:
                call.hang_up(PATIENCE)
        assert trunk.run_until(lambda: trunk.channels_used() == 0)
        records = [record for record in trunk.ask("/records?last=100") if record["answered"]]
        assert {record["key"][8:] for record in records if record["cause"] == "trunk stopped"} == cut
        assert len(records) == 10
        for record in records:
            seconds = talk_seconds(record["answered"], record["ended"])
            assert parse_money(record["cost"]) == RATE.cost(seconds)
        assert credit() == CREDIT - sum(parse_money(record["cost"]) for record in records)
        for phone in phones:
            phone.close()
