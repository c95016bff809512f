"""From in calls of the PBX: the SIP username, whatever extension calls."""

import pytest

from harness.checks.breach import NotApplicable
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


@pytest.mark.requirement("from_header.pbx-username")
def test_from_names_the_sip_username_for_another_extension(
    trunk: TrunkSide, inside_lines: list[InsideLine], pbx: PbxFile
) -> None:
    """From stays the same when another extension calls."""
    if len(inside_lines) < 2:
        raise NotApplicable("pbx.toml has only one [[phone]]")
    dial(trunk, inside_lines[-1], pbx)
    trunk.judge("from_header.pbx-username")


@pytest.mark.requirement("from_header.pbx-domain")
def test_from_is_of_the_domain(trunk: TrunkSide, inside: InsideLine, pbx: PbxFile) -> None:
    """The host of From is the trunk's domain."""
    dial(trunk, inside, pbx)
    trunk.judge("from_header.pbx-domain")
