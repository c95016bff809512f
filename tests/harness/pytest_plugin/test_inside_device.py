"""A phone that commands move and a watch command listens to: what scenarios can see of it, and what not."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from harness.checks.breach import Inconclusive, NotApplicable
from harness.drivers.errors import WaitTimeout
from harness.pytest_plugin.inside_device import DeviceLine, commanded, manual
from harness.pytest_plugin.operator_desk import OperatorDesk
from harness.pytest_plugin.progress import Progress
from harness.pytest_plugin.trunk_side import TrunkSide
from harness.settings.pbx_phone import InsidePhone

PATIENCE = 60.0
"""Seconds for what must happen, on a machine that stands still now and then."""
TAIL = """
import sys, time
with open(sys.argv[1]) as lines:
    while True:
        line = lines.readline()
        if line:
            print(line, end="", flush=True)
        else:
            time.sleep(0.01)
"""
"""A watch command: prints a file that grows."""
APPEND = "import sys; open(sys.argv[1], 'a').write(' '.join(sys.argv[2:]) + '\\n')"


class Device:
    """A device made of files: `said` is what it tells, `did` what it was told."""

    def __init__(self, folder: Path, *, watched: bool = True) -> None:
        self.said, self.did = folder / "said", folder / "did"
        self.said.touch()
        for name, text in {"tail": TAIL, "append": APPEND}.items():
            (folder / f"{name}.py").write_text(text)
        do = f"{sys.executable} {folder}/append.py {self.did}"
        commands = {"dial": f"{do} dial {{number}}", "hang_up": f"{do} hang_up", "answer": f"{do} answer"}
        if watched:
            commands["watch"] = f"{sys.executable} {folder}/tail.py {self.said}"
        self.line: DeviceLine = commanded(
            InsidePhone.model_validate({"extension": "101", "commands": commands}), wait
        )

    def tell(self, *lines: str) -> None:
        with self.said.open("a") as file:
            file.writelines(f"{line}\n" for line in lines)


def wait(holds: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


@pytest.fixture
def device(tmp_path: Path) -> Iterator[Device]:
    made = Device(tmp_path)
    made.line.make_ready()
    yield made
    made.line.close()


def test_an_incoming_call_is_waited_for_until_the_device_rings(device: Device) -> None:
    device.tell("rings")
    device.line.wait_incoming(PATIENCE).answer()
    assert device.did.read_text() == "answer\n"
    assert device.line.ring()


def test_a_device_that_does_not_ring_is_a_timeout_as_of_a_phone_of_the_harness(device: Device) -> None:
    with pytest.raises(WaitTimeout, match=r"no incoming call within 0\.05 s"):
        device.line.wait_incoming(0.05)


def test_the_status_of_a_refusal_is_what_the_device_was_told(device: Device) -> None:
    call = device.line.dial("+17606604690")
    device.tell("something else", "refused 486")
    assert call.wait_refused(PATIENCE) == 486
    assert call.is_over()


def test_a_device_that_does_not_tell_the_status_is_inconclusive(device: Device) -> None:
    call = device.line.dial("1")
    device.tell("ended")
    with pytest.raises(Inconclusive, match="does not show why"):
        call.wait_refused(PATIENCE)


def test_a_call_that_is_open_is_hung_up_behind_a_scenario_and_one_that_is_over_is_not(device: Device) -> None:
    call = device.line.dial("1")
    device.tell("answered", "ended")
    call.wait_ended(PATIENCE)
    device.line.end_calls()
    assert device.did.read_text() == "dial 1\n"
    device.tell("rings")
    device.line.wait_incoming(PATIENCE)
    device.line.end_calls()
    assert device.did.read_text() == "dial 1\nhang_up\n"


def test_a_watch_command_that_ends_is_told(tmp_path: Path) -> None:
    settings = InsidePhone.model_validate(
        {"extension": "101", "commands": {"dial": "true", "hang_up": "true", "watch": "true"}}
    )
    line = commanded(settings, wait)
    with pytest.raises(Inconclusive, match="watch command has ended"):
        line.wait_incoming(PATIENCE)
    line.close()


def test_without_a_watch_command_nobody_sees_what_the_phone_shows(tmp_path: Path) -> None:
    line = Device(tmp_path, watched=False).line
    call = line.dial("1")
    with pytest.raises(Inconclusive, match="nobody can see what phone 101 shows"):
        call.wait_refused(0)
    assert not call.is_over()
    assert not line.shows_calls


def test_an_action_without_a_command_is_inconclusive_and_answering_may_be_its_own_affair(
    tmp_path: Path,
) -> None:
    line = Device(tmp_path, watched=False).line
    with pytest.raises(Inconclusive, match="no command that lets phone 101 hold"):
        line.do("hold")
    with pytest.raises(NotApplicable):
        line.dial("1", display_name="x")


def test_a_command_that_fails_is_told_with_its_last_words(tmp_path: Path) -> None:
    settings = InsidePhone.model_validate({"extension": "101", "commands": {"dial": "false", "hang_up": "x"}})
    with pytest.raises(Inconclusive, match="phone 101: dial ended with 1: it said nothing"):
        commanded(settings, wait).dial("1")


def test_a_person_who_is_late_makes_it_inconclusive() -> None:
    """No time passes: who waits sees at once that nobody has answered."""
    _, asking = os.pipe()
    hearing, _ = os.pipe()
    desk = OperatorDesk(Progress(asking), hearing, lambda holds, _seconds: holds())
    trunk = cast("TrunkSide", SimpleNamespace(leg=lambda: SimpleNamespace(outbound=[]), release=lambda: None))
    line = manual(InsidePhone(extension="desk", manual=True), desk, 2.0, trunk)
    with pytest.raises(Inconclusive, match="'On phone desk dial 1' was not done within 2 s"):
        line.dial("1")
