"""Authentication: the PBX answers the trunk's challenges with the profile's credentials."""

from functools import partial

import pytest

from harness.checks.breach import Inconclusive, RequirementBroken
from harness.checks.expect import expect
from harness.checks.pbx.credentials import HEADERS, carries_any, credentials_of, digest_holds, what_is_wrong
from harness.checks.pbx.leg_message import Exchange
from harness.checks.pbx.ruling import Observed
from harness.checks.pbx.trunk_leg import TrunkLeg
from harness.pytest_plugin.inside_phone import InsideLine
from harness.pytest_plugin.pbx_run import PbxRun
from harness.pytest_plugin.trunk_side import TrunkSide
from harness.scenarios.pbx.steps import ECHO, SETTLE, SOON, dial, is_ended
from harness.settings.pbx import PbxFile
from harness.sip.credentials import Credentials

pytestmark = pytest.mark.mode("registration")

CREDENTIALS_REFUSED = 407
REPEATS = 4
"""Requests with rejected credentials that are too many; as the check has it."""


@pytest.mark.requirement("authentication.pbx-password")
def test_the_credentials_are_the_profiles(heard_trunk: TrunkSide) -> None:
    """The digest is made with the profile's username and password."""
    heard_trunk.from_start()
    tried = [each for each in heard_trunk.leg().registers if carries_any(each.request)]
    if not tried:
        raise Inconclusive("the PBX sent no REGISTER with credentials")
    wrong = next((each for each in tried if digest_holds(each.request, heard_trunk.setup) is False), None)
    if wrong is not None:
        seen = f"REGISTER: {what_is_wrong(wrong.request, heard_trunk.setup)}"
        expect(False, "authentication.pbx-password", seen, wrong.request, "Authorization")


@pytest.mark.supports("outbound")
@pytest.mark.requirement("authentication.pbx-answers-challenge")
def test_the_challenge_of_every_call_is_answered(trunk: TrunkSide, inside: InsideLine, pbx: PbxFile) -> None:
    """Each call is sent again with credentials after its 407."""
    for count in (1, 2):
        call = dial(trunk, inside, pbx)
        trunk.wait(partial(_have_credentials, count), SETTLE)
        call.hang_up()
        trunk.wait(lambda leg: all(is_ended(each) for each in leg.outbound), SOON)
    trunk.judge("authentication.pbx-answers-challenge")


@pytest.mark.requirement("authentication.pbx-realm")
def test_credentials_name_the_realm(heard_trunk: TrunkSide, pbx_run: PbxRun) -> None:
    """Credentials carry the realm of the trunk's challenge."""
    for each, exchange in _credentials(heard_trunk, pbx_run):
        seen = (
            f"the realm of the credentials is {each.realm}, that of the challenge {heard_trunk.setup.domain}"
        )
        _expect(each.realm == heard_trunk.setup.domain, "authentication.pbx-realm", seen, exchange)


@pytest.mark.requirement("authentication.pbx-qop")
def test_credentials_carry_qop(heard_trunk: TrunkSide, pbx_run: PbxRun) -> None:
    """Credentials carry qop=auth with cnonce and nc, as the challenge asks."""
    for each, exchange in _credentials(heard_trunk, pbx_run):
        seen = "the credentials have no qop with cnonce and nc though the challenge asks for qop=auth"
        is_whole = each.qop is not None and each.cnonce is not None and each.nc is not None
        _expect(is_whole, "authentication.pbx-qop", seen, exchange)


@pytest.mark.requirement("authentication.pbx-nc")
def test_a_nonce_is_not_used_twice_under_one_count(heard_trunk: TrunkSide, pbx_run: PbxRun) -> None:
    """The nonce count of a nonce grows, or each request has a fresh nonce."""
    last: dict[str, tuple[int, tuple[str, str]]] = {}
    for each, exchange in _credentials(heard_trunk, pbx_run, calls=2):
        if each.nc is None or exchange.request.method not in ("INVITE", "REGISTER"):
            continue
        count, response = last.get(each.nonce, (0, ("", "")))
        seen = f"nonce {each.nonce[:16]}... was used again with nc {each.nc}, after nc {count}"
        is_copy = (each.response, exchange.request.call_id) == response
        _expect(each.nc > count or is_copy, "authentication.pbx-nc", seen, exchange)
        last[each.nonce] = (each.nc, (each.response, exchange.request.call_id))


@pytest.mark.supports("outbound")
@pytest.mark.requirement("authentication.pbx-stale")
def test_a_stale_nonce_is_answered_with_the_new_one(
    trunk: TrunkSide, inside: InsideLine, pbx: PbxFile
) -> None:
    """A challenge with stale=true is answered at once with the new nonce."""
    trunk.direct(invite={"stale": True, "times": 1})
    dial(trunk, inside, pbx)
    trunk.wait(lambda leg: leg.outbound[-1].answer, SETTLE)
    attempts = trunk.leg().outbound[-1].attempts
    tried = [each for each in attempts if carries_any(each.request)]
    if not tried:
        raise Inconclusive("the PBX sent no credentials at all")
    seen = "the challenge with stale=true was not answered"
    _expect(len(tried) > 1, "authentication.pbx-stale", seen, tried[-1])


@pytest.mark.supports("outbound", "sha256")
@pytest.mark.requirement("authentication.pbx-sha256")
def test_a_sha256_challenge_is_answered_with_sha256(
    trunk: TrunkSide, inside: InsideLine, pbx: PbxFile
) -> None:
    """A challenge with algorithm SHA-256 is answered with a SHA-256 digest."""
    trunk.direct(authentication={"algorithm": "SHA-256"})
    dial(trunk, inside, pbx)
    trunk.wait(lambda leg: leg.outbound[-1].answer, SETTLE)
    attempts = trunk.leg().outbound[-1].attempts
    tried = [each for each in attempts if carries_any(each.request)]
    expect(
        tried,
        "authentication.pbx-sha256",
        "no credentials followed the SHA-256 challenge",
        attempts[-1].request,
        "start",
    )
    names = {str(each.algorithm or "MD5").upper() for each in credentials_of(tried[-1].request)}
    seen = f"a SHA-256 challenge was answered with {', '.join(sorted(names))}"
    _expect("SHA-256" in names, "authentication.pbx-sha256", seen, tried[-1])


@pytest.mark.requirement("authentication.pbx-stops")
def test_rejected_credentials_are_not_repeated(heard_trunk: TrunkSide, pbx_run: PbxRun, pbx: PbxFile) -> None:
    """Credentials that the trunk rejects are not sent again and again."""
    heard_trunk.from_start()
    ruling = heard_trunk.rule("authentication.pbx-stops")
    if ruling.breach is not None:
        raise RequirementBroken(ruling.breach)
    if ruling.verdict is Observed.NOT_OBSERVED and pbx_run.order.absent:
        raise Inconclusive(pbx_run.order.absent)
    if not pbx_run.lines or pbx.supports.lacks("outbound"):
        heard_trunk.judge("authentication.pbx-stops")
        return
    heard_trunk.direct(invite={"status": CREDENTIALS_REFUSED})
    line = pbx_run.lines[0]
    line.make_ready()
    dial(heard_trunk, line, pbx, ECHO)
    heard_trunk.wait(
        lambda leg: len(leg.outbound[-1].challenged) > REPEATS or is_ended(leg.outbound[-1]), SETTLE
    )
    heard_trunk.wait(lambda leg: len(leg.outbound[-1].challenged) > REPEATS, 1.0)
    heard_trunk.judge("authentication.pbx-stops")


def _have_credentials(count: int, leg: TrunkLeg) -> bool:
    calls = leg.outbound
    return len(calls) >= count and any(carries_any(each.request) for each in calls[-1].attempts)


def _credentials(trunk: TrunkSide, run: PbxRun, calls: int = 1) -> list[tuple[Credentials, Exchange]]:
    """Credentials of registrations, and of calls made now if the PBX has appeared; inconclusive without."""
    trunk.from_start()
    if run.lines and not run.order.absent and not run.settings.supports.lacks("outbound"):
        for _ in range(calls):
            run.lines[0].make_ready()
            before = len(trunk.leg().outbound)
            call = run.lines[0].dial(run.settings.dial.e164(ECHO))
            trunk.wait(partial(_have_credentials, before + 1), SETTLE)
            call.hang_up()
            trunk.wait(lambda leg: all(is_ended(each) for each in leg.outbound[-1:]), SOON)
    found: list[tuple[Credentials, Exchange]] = []
    challenged: set[str] = set()
    for each in trunk.leg().exchanges:
        if each.first.from_pbx:
            found += [(one, each) for one in _meant_for(trunk, each, challenged)]
            challenged |= {each.request.call_id} if each.is_challenged else set()
    if not found:
        raise Inconclusive(run.order.absent or "the PBX sent no credentials")
    return found


def _meant_for(trunk: TrunkSide, exchange: Exchange, challenged: set[str]) -> list[Credentials]:
    """The credentials of a request that are for the trunk.

    A proxy passes on those that its phones have for itself (RFC 3261 section 22.3): what another realm is
    named in beside the trunk's, or before the trunk has challenged the call, is not the trunk's affair.
    """
    named = credentials_of(exchange.request)
    own = [each for each in named if each.realm == trunk.setup.domain]
    return own or (named if exchange.request.call_id in challenged else [])


def _expect(holds: bool, requirement: str, seen: str, exchange: Exchange) -> None:
    line = next((name for name in HEADERS if name in exchange.request.headers), "start")
    expect(holds, requirement, seen, exchange.request, line)
