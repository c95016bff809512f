"""From in calls of the PBX: the SIP username, whatever extension calls."""

import pytest

from harness.pytest_plugin.inside_phone import InsideLine
from harness.pytest_plugin.trunk_side import TrunkSide
from harness.scenarios.pbx.steps import dial
from harness.settings.pbx import PbxFile

pytestmark = pytest.mark.supports("outbound")


@pytest.mark.requirement("from_header.pbx-username")
def test_from_names_the_sip_username(trunk: TrunkSide, inside: InsideLine, pbx: PbxFile) -> None:
    """A call of an extension carries the SIP username in From."""
    dial(trunk, inside, pbx)
    trunk.judge("from_header.pbx-username")
