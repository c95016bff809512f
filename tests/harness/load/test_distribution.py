"""Locust's master with two workers as processes: one run, nothing given twice, nothing left behind."""

import os
import signal
from pathlib import Path
from typing import Any

from harness.drivers.free_port import free_port
from harness.load.load_settings import LoadSettings
from tests.harness.load.load_run import LoadRun, load_run, target_of
from tests.harness.load.trunk_fixtures import trunk as trunk
from tests.interop.trunk_process import TrunkProcess, username


def two_workers() -> tuple[str, ...]:
    """Arguments of a master that forks two workers."""
    port = str(free_port())
    return (
        "--processes",
        "2",
        "--master-bind-host",
        "127.0.0.1",
        "--master-bind-port",
        port,
        "--master-port",
        port,
    )


def settings_for(trunk: TrunkProcess, **options: Any) -> LoadSettings:
    return LoadSettings.made_of(target_of(trunk), {"hold": 0.3, "duration": 2.0, "rate": 20.0, **options})


def both_at_work(run: LoadRun) -> dict[str, Any]:
    for event in run.events():
        if event["event"] == "progress" and event["workers"] == 2 and event["attempts"] > 10:
            return event
    raise AssertionError(f"two workers never made calls:\n{run.output}")


def test_the_figures_of_both_workers_are_one_run(trunk: TrunkProcess, tmp_path: Path) -> None:
    """As many calls as channels: however long the machine stalls, none is refused."""
    with load_run(settings_for(trunk, rate=5.0), tmp_path, *two_workers()) as run:
        result = run.result()
    [calls] = result.totals
    assert (calls.kind, calls.attempts, calls.completed) == ("call", 10, 10)
    assert result.workers == 2
    assert [each.attempts for each in result.evidence.sources] == [5, 5]
    assert result.evidence.offered == 10


def test_each_worker_has_profiles_of_its_own(trunk: TrunkProcess, tmp_path: Path) -> None:
    """A profile that answers can't be split: one binding each, and no call at the wrong worker."""
    settings = settings_for(trunk, user="IncomingAnswerer", profile_names=("all",), rate=10.0)
    settings = settings.model_copy(update={"target": target_of(trunk, profiles=2)})
    with load_run(settings, tmp_path, *two_workers()) as run:
        result = run.result()
    found = {each.kind: each for each in result.totals}
    assert found["register"].attempts == 2
    assert (found["answer"].attempts, found["answer"].failed) == (20, 0)


def test_a_worker_that_is_lost_voids_the_run(trunk: TrunkProcess, tmp_path: Path) -> None:
    """Its calls keep the trunk's channels after it: so this test has a profile of its own."""
    settings = settings_for(trunk, duration=60.0, rate=5.0)
    settings = settings.model_copy(
        update={"target": target_of(trunk, profiles=3), "profile_names": (username(2),)}
    )
    with load_run(settings, tmp_path, *two_workers()) as run:
        os.kill(both_at_work(run)["pids"][0], signal.SIGKILL)
        run.wait_progress("lost", 1)
        run.interrupt()
        result = run.result()
    assert result.verdict == "void"
    assert "workers lost" in [each.topic for each in result.reasons]


def test_ctrl_c_ends_the_calls_of_all_workers(trunk: TrunkProcess, tmp_path: Path) -> None:
    settings = settings_for(trunk, user="MixedChannels", calls=8, hold=60.0, duration=60.0, rate=None)
    with load_run(settings, tmp_path, *two_workers()) as run:
        run.wait_progress("concurrent", 8)
        assert trunk.channels_used(username(0)) == 8
        run.interrupt()
        result = run.result()
    assert result.interrupted
    assert trunk.channels_used(username(0)) == 0
    assert trunk.contacts(username(0)) == []
