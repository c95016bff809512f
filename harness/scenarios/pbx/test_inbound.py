"""Calls from the trunk to the PBX."""

import pytest

from harness.pytest_plugin.inside_phone import InsideLine
from harness.pytest_plugin.trunk_side import TrunkSide
from harness.scenarios.pbx.steps import taken
from harness.settings.pbx import PbxFile

pytestmark = pytest.mark.supports("inbound")


@pytest.mark.requirement("inbound.pbx-trusts")
def test_an_inbound_call_is_not_challenged(trunk: TrunkSide, inside: InsideLine, pbx: PbxFile) -> None:
    """A call from the trunk is taken without a challenge."""
    taken(trunk, inside, pbx)
    trunk.judge("inbound.pbx-trusts")
