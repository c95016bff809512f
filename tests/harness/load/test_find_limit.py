"""The search for the limit, under a real Locust: it finds that of a target that has one."""

from pathlib import Path

from harness.load.load_settings import LoadSettings, SearchSettings
from harness.results import LimitSearch
from tests.harness.load.load_run import load_run, target_of
from tests.harness.load.trunk_fixtures import trunk as trunk
from tests.interop.trunk_process import TrunkProcess

TRIES = 3
"""A machine that stands still in three steps running, one at each rate down to 1/s, leaves nothing found."""


def test_the_channels_of_a_profile_are_its_limit(trunk: TrunkProcess, tmp_path: Path) -> None:
    """Ten channels and calls of a second: 10 calls/s and no more; fewer when the machine stalls."""
    for attempt in range(TRIES):
        search = searched(trunk, tmp_path / str(attempt))
        if search.rate_found is not None:
            break
    assert (search.test, search.authentication) == ("6.2", True)
    assert search.rate_found is not None
    assert 1 <= search.rate_found <= 10
    assert any(not step.passed for step in search.steps)
    assert not any(step.passed for step in search.steps if step.rate > 10)
    assert "Session Establishment Rate" in dict(search.report_fields)


def searched(trunk: TrunkProcess, folder: Path) -> LimitSearch:
    """What a search finds."""
    folder.mkdir()
    settings = LoadSettings.made_of(target_of(trunk), {"hold": 1.0}).model_copy(
        update={
            "search": SearchSettings(
                attempts=16, first_rate=4, at_rest=0, coarse_seconds=1.0, confirm_seconds=1.5
            )
        }
    )
    with load_run(settings, folder) as run:
        search = run.result().search
    assert search is not None
    return search
