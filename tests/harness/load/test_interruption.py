"""Ctrl-C: calls are ended with BYE, bindings removed, results written."""

from pathlib import Path

from harness.load.load_settings import LoadSettings
from tests.harness.load.load_run import load_run, target_of
from tests.harness.load.trunk_fixtures import trunk as trunk
from tests.interop.trunk_process import TrunkProcess, username


def test_ctrl_c_leaves_nothing_behind(trunk: TrunkProcess, tmp_path: Path) -> None:
    options = {"user": "MixedChannels", "calls": 8, "hold": 60.0, "duration": 60.0}
    with load_run(LoadSettings.made_of(target_of(trunk), options), tmp_path) as run:
        run.wait_progress("concurrent", 8)
        assert (trunk.channels_used(username(0)), len(trunk.contacts(username(0)))) == (8, 1)
        run.interrupt()
        result = run.result()
    assert result.interrupted
    assert {each.kind for each in result.totals} == {"call", "answer", "register", "unregister"}
    assert (trunk.channels_used(username(0)), trunk.contacts(username(0))) == (0, [])


def test_the_end_of_time_is_no_interruption(trunk: TrunkProcess, tmp_path: Path) -> None:
    options = {"user": "RegisteringCaller", "rate": 5.0, "hold": 0.2, "duration": 1.0}
    with load_run(LoadSettings.made_of(target_of(trunk), options), tmp_path) as run:
        result = run.result()
    assert not result.interrupted
    assert (trunk.channels_used(username(0)), trunk.contacts(username(0))) == (0, [])
