"""An observed trunk without stage directions is the same trunk: every scenario passes before it too."""

from pathlib import Path

import pytest

from harness.results import Verdict
from tests.virtual.pack_run import run_pack
from tests.virtual.test_trunk_pack import EXCLUDED

pytestmark = pytest.mark.timeout(900)  # a run of all scenarios, which is seconds on an idle machine


def test_the_pack_passes_before_an_observed_trunk(tmp_path: Path) -> None:
    run = run_pack(tmp_path, "--virtual-observe", without=EXCLUDED)
    results = [result for each in run.results.values() for result in each]
    assert len(results) > 100
    assert not [f"{each.name}: {each.reason}" for each in results if each.verdict is not Verdict.PASS]
