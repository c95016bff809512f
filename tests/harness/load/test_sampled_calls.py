"""A part of the calls of a load run goes through all checks: a target that answers wrongly fails the run."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.load.load_settings import LoadSettings
from harness.results import LoadResult
from tests.harness.load.load_run import load_run, target_of
from tests.interop.peer_process import Processes
from tests.interop.trunk_process import TrunkProcess, running_trunk


@pytest.fixture
def careless_trunk(tmp_path: Path) -> Iterator[TrunkProcess]:
    """A trunk whose answers to INVITE have no Contact."""
    folder = tmp_path / "trunk"
    folder.mkdir()
    with (
        Processes() as processes,
        running_trunk(processes, folder, 1, options=("--fault", "contact-missing")) as started,
    ):
        yield started


def result_of(trunk: TrunkProcess, folder: Path, sample: float) -> LoadResult:
    options = {"rate": 10.0, "duration": 1.0, "hold": 0.1, "sample": sample}
    with load_run(LoadSettings.made_of(target_of(trunk), options), folder) as run:
        return run.result()


def test_a_finding_in_a_sampled_call_fails_the_run(careless_trunk: TrunkProcess, tmp_path: Path) -> None:
    result = result_of(careless_trunk, tmp_path, sample=0.5)
    assert result.sampled_calls == 5
    finding = result.findings[0]
    assert (finding.requirement, finding.call_id is not None) == ("call.contact-in-2xx", True)
    assert "Contact" in finding.required
    [criterion] = [each for each in result.criteria if "sampled" in each.name]
    assert not criterion.met
    assert f"call.contact-in-2xx (5, first in Call-ID {finding.call_id})" in criterion.seen


def test_without_a_sample_nothing_is_said_of_it(careless_trunk: TrunkProcess, tmp_path: Path) -> None:
    result = result_of(careless_trunk, tmp_path, sample=0.0)
    assert (result.sampled_calls, result.findings) == (0, [])
    assert not [each for each in result.criteria if "sampled" in each.name]
