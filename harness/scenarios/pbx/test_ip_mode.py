"""IP mode: no registration, no challenge; the trunk knows the PBX by the address that was entered."""

import pytest

from harness.checks.breach import Inconclusive
from harness.checks.expect import expect
from harness.pytest_plugin.inside_phone import InsideLine
from harness.pytest_plugin.pbx_run import PbxRun
from harness.pytest_plugin.trunk_side import TrunkSide
from harness.scenarios.pbx.steps import SOON, answered
from harness.settings.pbx import PbxFile

pytestmark = pytest.mark.mode("ip")


@pytest.mark.supports("outbound")
@pytest.mark.requirement("ip_mode.pbx-source")
def test_calls_come_from_the_entered_address(heard_trunk: TrunkSide, pbx_run: PbxRun, pbx: PbxFile) -> None:
    """Every call of the PBX comes from the address and port that the profile names."""
    if not pbx_run.lines:
        raise Inconclusive("pbx.toml has no [[phone]] that could call")
    line = pbx_run.lines[0]
    line.make_ready()
    line.dial(pbx.dial.e164("+17606604690"))
    if not heard_trunk.wait(lambda leg: leg.outbound, pbx.timeouts.setup):
        raise Inconclusive("no call reached the trunk")
    invite = heard_trunk.leg().outbound[-1].invite
    source, hop = invite.traced.packet.source, pbx.pbx.hop
    is_right = source.host == hop.host and (source.port == hop.port or source.transport != "udp")
    seen = f"the call came from {source.host}:{source.port}, the profile names {hop.host}:{hop.port}"
    expect(is_right, "ip_mode.pbx-source", seen, invite.message, "Via")


@pytest.mark.supports("outbound")
@pytest.mark.requirement("from_header.pbx-username")
def test_a_call_goes_through_without_a_challenge(trunk: TrunkSide, inside: InsideLine, pbx: PbxFile) -> None:
    """A call is answered without credentials, by the SIP username in From alone."""
    answered(trunk, inside, pbx)
    trunk.wait(lambda leg: leg.outbound[-1].answer, SOON)
    trunk.judge("from_header.pbx-username")
