"""The generator over real sockets, against the reference trunk and against SIPp."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.generator import challenging_server
from tests.interop.peer_process import Processes
from tests.interop.trunk_process import ECHO_NUMBER, PASSWORD, TrunkProcess, running_trunk, username

ANSWERS = "+442079460000"
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def trunk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrunkProcess]:
    with Processes() as processes, running_trunk(processes, tmp_path_factory.mktemp("trunk"), 2) as started:
        yield started


def generate(port: str, sip_username: str, calls: int, number: str, *more: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.harness.load.generator_process", port, sip_username, PASSWORD]
    done = subprocess.run(
        [*command, str(calls), number, *more],
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen


def test_two_hundred_calls_complete_on_the_trunk_and_each_has_its_record(trunk: TrunkProcess) -> None:
    seen = generate(trunk.address("udp").rpartition(":")[2], username(0), 200, ANSWERS)
    assert seen["causes"] == [""] * 200
    assert seen["challenged"]
    assert seen["kinds"] == ["call", "register", "unregister"]
    assert (seen["left"], seen["stray"]) == (0, 0)
    assert seen["judged"] > 0
    assert seen["findings"] == []
    assert seen["receive_buffer"] > 0
    assert trunk.channels_used(username(0)) == 0
    assert trunk.contacts(username(0)) == []
    records = [each for each in trunk._get("/records") if each["profile"] == username(0)]  # noqa: SLF001
    assert len(records) == 200


def test_the_audio_of_calls_at_the_same_time_comes_back_to_each_its_own(trunk: TrunkProcess) -> None:
    seen = generate(trunk.address("udp").rpartition(":")[2], username(1), 20, ECHO_NUMBER, "audio")
    assert seen["causes"] == [""] * 20
    assert len(seen["heard"]) == 20
    assert min(seen["heard"]) > 10
    assert seen["foreign"] == 0


@pytest.mark.interop
@pytest.mark.skipif(shutil.which("sipp") is None, reason="sipp is not installed")
def test_calls_complete_on_sipp() -> None:
    with challenging_server() as server:
        seen = generate(str(server.port), username(0), 100, ANSWERS, "unregistered")
    assert seen["causes"] == [""] * 100
    assert seen["findings"] == []
