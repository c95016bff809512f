"""A trunk of three processes: one trunk to its PBXs, and no process left behind."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.drivers.phone_call import PhoneCall
from harness.sip.message import Response, parse_message
from tests.reference_server.workers.workers_process import (
    CHANNELS,
    ECHO,
    PATIENCE,
    SETTINGS,
    USERNAME,
    WorkersProcess,
    is_running,
    running_workers,
)


@pytest.fixture(scope="module")
def trunk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkersProcess]:
    with running_workers(tmp_path_factory.mktemp("workers")) as started:
        yield started


def test_the_announcement_tells_how_many_workers_there_are(trunk: WorkersProcess) -> None:
    assert trunk.announced["workers"] == 3
    assert trunk.ask("/healthz") == {"status": "ok", "calls": 0, "workers": 3}


def test_fifty_calls_at_the_same_instant_get_just_the_channels_there_are(trunk: WorkersProcess) -> None:
    phones = [trunk.phone() for _ in range(50)]
    calls = [phone.call(ECHO, media="none") for phone in phones]
    assert trunk.run_until(lambda: all(call.status for call in calls))
    statuses = [call.status for call in calls]
    assert (statuses.count(200), statuses.count(503)) == (CHANNELS, 50 - CHANNELS)
    assert trunk.channels_used() == CHANNELS
    shown = [call for call in trunk.ask("/calls") if call["state"] == "answered"]
    assert len({call["id"][0] for call in shown}) > 1, "all calls are in one worker"
    for call in calls:
        if call.status == 200:
            call.hang_up(PATIENCE)
    for phone in phones:
        phone.close()
    assert trunk.run_until(lambda: trunk.channels_used() == 0)
    records = trunk.ask("/records?last=100000")
    assert sum(record["status"] == 200 for record in records) == CHANNELS
    text = trunk.control.get("/metrics").text
    assert f'trunk_calls_total{{direction="outbound",outcome="answered"}} {CHANNELS}.0' in text
    assert 'trunk_calls_total{direction="outbound",outcome="503"} 40.0' in text
    assert f'trunk_channels_used{{sip_username="{USERNAME}"}} 0.0' in text
    assert "trunk_workers 3.0" in text


def test_requests_of_a_call_find_it_from_any_port(trunk: WorkersProcess) -> None:
    with trunk.phone() as phone:
        call = phone.call(ECHO, media="none").wait_answered(PATIENCE)
        for cseq in range(1, 9):
            assert from_another_port(trunk, call, "OPTIONS", cseq) == 200
        assert from_another_port(trunk, call, "BYE", 9) == 200
        assert trunk.channels_used() == 0
        call.core.drop(trunk.driver.now())


def test_credentials_that_were_used_are_refused_from_any_port(trunk: WorkersProcess) -> None:
    with trunk.phone() as phone:
        call = phone.call(ECHO, media="none").wait_answered(PATIENCE)
        sent = next(
            entry.packet.data
            for entry in reversed(list(trunk.driver.trace))
            if entry.packet.data.startswith(b"INVITE") and b"Proxy-Authorization" in entry.packet.data
        )
        for number in range(6):
            again = re.sub(rb"\nCall-ID:[^\r]*", b"\nCall-ID: again-%d" % number, sent)
            again = re.sub(rb"branch=z9hG4bK\w+", b"branch=z9hG4bKagain%d" % number, again)
            assert ask(trunk, again).status == 407
        call.hang_up(PATIENCE)


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_registered_phone_is_called_from_all_workers(trunk: WorkersProcess, transport: str) -> None:
    with trunk.phone(transport) as phone:
        assert phone.register(timeout=PATIENCE).status == 200
        placed = [trunk.place_call() for _ in range(3)]
        assert len({identifier[0] for identifier in placed}) == 3
        calls = [phone.wait_call(PATIENCE).answer(PATIENCE) for _ in placed]
        for identifier in placed:
            assert trunk.run_until(lambda one=identifier: trunk.ask(f"/calls/{one}")["state"] == "answered")  # type: ignore[misc]
            assert trunk.control.delete(f"/calls/{identifier}").status_code == 204
        for call in calls:
            call.wait_ended(PATIENCE)
        assert phone.unregister(PATIENCE).status == 200
        profile = trunk.ask(f"/profiles/{USERNAME}")
        assert (profile["bindings"], profile["channels_used"]) == ([], 0)


def test_calls_over_tcp_stay_on_the_connection_they_came_by(trunk: WorkersProcess) -> None:
    with trunk.phone("tcp") as phone:
        for _ in range(6):
            call = phone.call(ECHO, media="none").wait_answered(PATIENCE)
            assert call.hang_up(PATIENCE).ended_by == "local"
        assert phone.incoming_calls == []


def test_ids_of_nobody_are_not_found(trunk: WorkersProcess) -> None:
    for identifier in ("none", "0" * 16, "f" * 16):
        assert trunk.control.get(f"/calls/{identifier}").status_code == 404
    assert trunk.control.get("/profiles/none").status_code == 404
    assert trunk.control.post("/calls", json={"profile": "none"}).status_code == 404


def test_a_second_trunk_cannot_share_the_ports(trunk: WorkersProcess, tmp_path: Path) -> None:
    settings = tmp_path / "trunk.toml"
    settings.write_text(SETTINGS.replace("udp:127.0.0.1:0", f"udp:{trunk.announced['udp']}"), "utf-8")
    command = [sys.executable, "-m", "reference_server", "--config", str(settings)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert trunk.announced["udp"] in done.stderr
    assert "in use" in done.stderr


def test_a_worker_that_dies_gives_its_channels_back_and_is_replaced(tmp_path: Path) -> None:
    with running_workers(tmp_path) as trunk:
        registered = trunk.phone()
        assert registered.register(timeout=PATIENCE).status == 200
        phones = [trunk.phone() for _ in range(CHANNELS)]
        calls = [phone.call(ECHO, media="none") for phone in phones]
        assert trunk.run_until(lambda: all(call.status == 200 for call in calls))
        shown = [call["id"] for call in trunk.ask("/calls")]
        victim = int(shown[0][0])
        lost = [identifier for identifier in shown if int(identifier[0]) == victim]
        before = trunk.worker_ids()
        os.kill(before[victim], signal.SIGKILL)
        assert trunk.run_until(lambda: trunk.ask("/healthz")["workers"] == 2 or "are cut" in trunk.log())
        assert trunk.run_until(lambda: trunk.ask("/healthz")["status"] == "ok")
        assert trunk.channels_used() == CHANNELS - len(lost)
        assert sorted(call["id"] for call in trunk.ask("/calls")) == sorted(set(shown) - set(lost))
        assert f"worker {victim} ended with signal 9; {len(lost)} calls are cut" in trunk.log()
        after = trunk.worker_ids()
        assert {number for number in after if after[number] != before[number]} == {victim}
        for _ in range(3):
            trunk.place_call()
            registered.wait_call(PATIENCE).reject(486, timeout=PATIENCE)
            assert trunk.run_until(lambda: trunk.channels_used() == CHANNELS - len(lost))
        kept = [call for call in calls if call_is_of(call, victim) is False]
        assert [call.hang_up(PATIENCE).ended_by for call in kept] == ["local"] * len(kept)
        assert trunk.run_until(lambda: trunk.channels_used() == 0)
        for call in calls:
            call.core.drop(trunk.driver.now())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_end_ends_all_calls_and_all_processes(tmp_path: Path, number: signal.Signals) -> None:
    with running_workers(tmp_path) as trunk:
        calls = [trunk.phone().call(ECHO, media="none") for _ in range(6)]
        assert trunk.run_until(lambda: all(call.status == 200 for call in calls))
        workers = trunk.worker_ids()
        trunk.process.send_signal(number)
        assert trunk.run_until(lambda: all(call.ended_by == "remote" for call in calls))
        assert trunk.process.wait(PATIENCE) == 0
        assert not [pid for pid in workers.values() if is_running(pid)]
        assert list((tmp_path / "t").iterdir()) == []
        assert trunk.log() == ""


def test_no_worker_outlives_its_parent(tmp_path: Path) -> None:
    with running_workers(tmp_path) as trunk:
        call = trunk.phone().call(ECHO, media="none").wait_answered(PATIENCE)
        workers = trunk.worker_ids()
        trunk.process.kill()
        assert trunk.run_until(lambda: call.ended_by == "remote")
        assert trunk.run_until(lambda: not any(is_running(pid) for pid in workers.values()))
        assert list((tmp_path / "t").iterdir()) == []


def call_is_of(call: PhoneCall, worker: int) -> bool:
    """Whether a worker made the To-tag of a call."""
    return (call.answer_message.to.tag or "").startswith(f"{worker:x}")


def from_another_port(trunk: WorkersProcess, call: PhoneCall, method: str, later: int) -> int:
    """The status of a request inside the dialog, so many after its INVITE, that is sent from a new socket."""
    answer, invite = call.answer_message, call.invite
    cseq = invite.cseq.number + later
    lines = (
        f"{method} {answer.contacts[0].uri} SIP/2.0",
        f"Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK{cseq}{method};rport",
        "Max-Forwards: 70",
        f"From: {invite.headers.get('From')}",
        f"To: {answer.headers.get('To')}",
        f"Call-ID: {call.call_id}",
        f"CSeq: {cseq} {method}",
        "Content-Length: 0",
    )
    return ask(trunk, "\r\n".join([*lines, "", ""]).encode()).status


def ask(trunk: WorkersProcess, data: bytes) -> Response:
    """The first response to a packet from a new socket."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(PATIENCE)
        data = re.sub(rb"\nVia: SIP/2.0/UDP [^;]*", b"\nVia: SIP/2.0/UDP 127.0.0.1:9", data, count=1)
        data = data if b";rport" in data else re.sub(rb"(;branch=z9hG4bK\w+)", rb"\1;rport", data, count=1)
        sock.sendto(data, trunk.hop()[1:])
        message = parse_message(sock.recv(65_535))
    assert isinstance(message, Response)
    return message
