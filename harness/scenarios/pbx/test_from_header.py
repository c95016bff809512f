"""From in calls of the PBX: the SIP username, whatever extension calls."""

import pytest

from harness.checks.breach import Inconclusive, NotApplicable
from harness.checks.expect import expect
from harness.checks.pbx.call import Call
from harness.checks.pbx.credentials import carries_any, digest_holds, what_is_wrong
from harness.checks.pbx.leg_message import Exchange
from harness.pytest_plugin.inside_phone import InsideLine, SipLine
from harness.pytest_plugin.pbx_run import PbxRun
from harness.pytest_plugin.trunk_side import TrunkSide
from harness.scenarios.pbx.steps import SETTLE, dial
from harness.settings.pbx import PbxFile
from harness.sip.uri import SipUri

pytestmark = pytest.mark.supports("outbound")

START_UP = "from_header.pbx-start-up"


@pytest.mark.requirement(START_UP)
def test_a_pbx_that_serves_its_phones_starts_up_at_the_trunk(
    heard_trunk: TrunkSide, pbx_run: PbxRun, pbx: PbxFile
) -> None:
    """A PBX that works inside has its credentials and From right at the trunk too, from its first call on."""
    line = _served_line(pbx_run)
    heard_trunk.from_start()
    _judge_registration(heard_trunk, pbx_run, line)
    if not heard_trunk.leg().outbound:
        dial(heard_trunk, line, pbx)
    heard_trunk.wait(lambda leg: _is_told(leg.outbound[0]), SETTLE)
    _judge_call(heard_trunk, heard_trunk.leg().outbound[0], line)


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


def _served_line(run: PbxRun) -> InsideLine:
    """A phone that the PBX serves. Raises Inconclusive."""
    if not run.lines:
        raise NotApplicable("pbx.toml has no [[phone]] that could act behind the PBX")
    line = run.lines[0]
    line.make_ready()
    return line


def _inside(line: InsideLine) -> str:
    return f"the PBX serves extension {line.extension}"


def _judge_registration(trunk: TrunkSide, run: PbxRun, line: InsideLine) -> None:
    """Of a PBX that the trunk has not let in: whether its credentials are why. Inconclusive otherwise."""
    if not run.order.absent:
        return
    if not isinstance(line, SipLine):
        raise Inconclusive(run.order.absent)  # nobody knows whether a device is served
    wrong = next((each for each in trunk.leg().registers if _is_wrong(trunk, each)), None)
    if wrong is not None:
        seen = f"{_inside(line)}, yet at the trunk {what_is_wrong(wrong.request, trunk.setup)}"
        expect(False, START_UP, seen, wrong.request, "Authorization")
    raise Inconclusive(run.order.absent)


def _judge_call(trunk: TrunkSide, call: Call, line: InsideLine) -> None:
    """The first call of the PBX: its From, and its credentials where there must be some."""
    uri = call.invite.message.from_.uri
    user = uri.unescaped_user if isinstance(uri, SipUri) else ""
    seen = f"{_inside(line)}, yet From of its first call to the trunk names {user or uri}"
    expect(user == trunk.setup.sip_username, START_UP, seen, call.invite.message, "From")
    if trunk.setup.mode == "ip":
        return
    tried = [each for each in call.attempts if carries_any(each.request)]
    if not tried:
        raise Inconclusive("not observed: the first call of the PBX came to no credentials")
    last = tried[-1].request
    seen = f"{_inside(line)}, yet in its first call to the trunk {what_is_wrong(last, trunk.setup)}"
    is_right = not all(_is_wrong(trunk, each) for each in tried)
    expect(is_right, START_UP, seen, last, "Proxy-Authorization")


def _is_wrong(trunk: TrunkSide, exchange: Exchange) -> bool:
    """Whether a request carries credentials that are not the profile's."""
    return carries_any(exchange.request) and digest_holds(exchange.request, trunk.setup) is False


def _is_told(call: Call) -> bool:
    """Whether a call has its credentials, or its end without."""
    is_refused = call.refusal is not None and not call.attempts[-1].is_challenged
    return call.answer is not None or is_refused or any(carries_any(each.request) for each in call.attempts)
