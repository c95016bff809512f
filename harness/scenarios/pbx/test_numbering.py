"""Numbers: whatever people dial, the trunk gets `+` and full E.164, and never an emergency call."""

import pytest

from harness.checks.breach import Inconclusive, NotApplicable
from harness.pytest_plugin.inside_phone import InsideCall, InsideLine, SipCall
from harness.pytest_plugin.trunk_side import TrunkSide
from harness.scenarios.pbx.steps import dial
from harness.settings.pbx import PbxFile

pytestmark = pytest.mark.supports("outbound")

E164 = "numbering.pbx-e164"
LOCAL_DIGITS = "2079460599"
"""A national significant number; for countries other than the one of the far ends it is just as long."""


@pytest.mark.requirement(E164)
def test_a_full_number_is_sent_in_e164(trunk: TrunkSide, inside: InsideLine, pbx: PbxFile) -> None:
    """A number with its country code goes to the trunk with the plus."""
    dial(trunk, inside, pbx)
    trunk.judge(E164)


@pytest.mark.supports("national_numbers")
@pytest.mark.requirement(E164)
def test_a_national_number_becomes_e164(trunk: TrunkSide, inside: InsideLine, pbx: PbxFile) -> None:
    """A national number goes to the trunk in E.164, or the PBX refuses it."""
    dialled = pbx.dial.at_home(f"+{pbx.trunk.country_code}{LOCAL_DIGITS}", pbx.trunk.country_code)
    assert dialled is not None
    _dial_and_judge(trunk, inside, pbx, dialled)


@pytest.mark.supports("national_numbers")
@pytest.mark.requirement(E164)
def test_an_international_prefix_becomes_a_plus(trunk: TrunkSide, inside: InsideLine, pbx: PbxFile) -> None:
    """A number with the international prefix goes to the trunk with a plus, or the PBX refuses it."""
    _dial_and_judge(trunk, inside, pbx, pbx.dial.abroad("+17606604690"))


@pytest.mark.supports("short_numbers")
@pytest.mark.requirement(E164)
def test_a_number_that_is_too_short_stays_inside(trunk: TrunkSide, inside: InsideLine, pbx: PbxFile) -> None:
    """A number that is too short for E.164 does not go to the trunk as it was dialled."""
    if not pbx.dial.short_number:
        raise NotApplicable("pbx.toml has no short_number in [dial]")
    _dial_and_judge(trunk, inside, pbx, pbx.dial.short_number)


@pytest.mark.supports("emergency_route")
@pytest.mark.requirement("numbering.pbx-emergency")
def test_an_emergency_call_does_not_reach_the_trunk(
    trunk: TrunkSide, inside: InsideLine, pbx: PbxFile
) -> None:
    """An emergency number leaves by another way than the trunk."""
    if not pbx.dial.emergency:
        raise Inconclusive("nobody dialled an emergency number: [dial] emergency of pbx.toml names none")
    _wait_for_trunk(trunk, inside.dial(pbx.dial.emergency), pbx)
    if trunk.leg().outbound:
        trunk.judge("numbering.pbx-emergency")


def _dial_and_judge(trunk: TrunkSide, inside: InsideLine, pbx: PbxFile, dialled: str) -> None:
    """What reaches the trunk is E.164; what the PBX refuses or keeps to itself is fine too."""
    _wait_for_trunk(trunk, inside.dial(dialled), pbx)
    if trunk.leg().outbound:
        trunk.judge(E164)


def _wait_for_trunk(trunk: TrunkSide, call: InsideCall, pbx: PbxFile) -> None:
    """Until the call reaches the trunk, or is over, or would have reached it. Raises Inconclusive."""
    trunk.wait(lambda leg: leg.outbound or call.is_over(), pbx.timeouts.setup)
    if not trunk.leg().outbound and isinstance(call, SipCall) and not call.sip.statuses:
        raise Inconclusive("the PBX did not answer the phone's INVITE")
