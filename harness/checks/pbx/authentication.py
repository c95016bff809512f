"""Authentication: the trunk challenges every INVITE of a registered profile, the PBX answers with its digest.

The digests themselves are read in `credentials`. A profile with IP authentication is not challenged, so
nothing is observed of it here.
"""

from collections.abc import Iterator

from harness.checks.pbx.call import Call
from harness.checks.pbx.credentials import HEADERS, carries_any, credentials_of, digest_holds, what_is_wrong
from harness.checks.pbx.leg_message import Exchange, LegMessage
from harness.checks.pbx.patience import REACTION
from harness.checks.pbx.registry import judges_pbx
from harness.checks.pbx.ruling import Sight
from harness.checks.pbx.trunk_leg import TrunkLeg
from harness.sip.challenge import parse_challenges
from harness.sip.errors import ParseError

MISSING = "no call of the PBX was challenged"
REPEATS = 3
"""Rounds with rejected credentials that are still taken for haste: there may be one for each nonce."""


@judges_pbx("authentication.pbx-answers-challenge", MISSING)
def answers_challenge(leg: TrunkLeg) -> Iterator[Sight | None]:
    """A challenged INVITE is followed by one with credentials."""
    for call in leg.outbound:
        if not call.challenged:
            continue
        later = call.attempts[call.attempts.index(call.challenged[0]) + 1 :]
        answered = next((each for each in later if carries_any(each.request)), None)
        if answered is not None:
            yield Sight(True, "INVITE was sent again with credentials", answered.first, _line(answered))
        elif (final := _given_up(leg, call)) is not None:
            yield Sight(False, f"no INVITE with credentials followed the {final.status}", final, "start")


def _no_proof(leg: TrunkLeg) -> str:
    if any(carries_any(attempt.request) for call in leg.outbound for attempt in call.attempts):
        return "the trunk's answer to the credentials does not tell whether they are right; --password would"
    return MISSING


@judges_pbx("authentication.pbx-password", _no_proof)
def proves_the_password(leg: TrunkLeg) -> Iterator[Sight | None]:
    """A challenged INVITE is followed by one whose digest is the profile's."""
    for call in leg.outbound:
        if call.challenged:
            yield _proof(leg, call)


def _proof(leg: TrunkLeg, call: Call) -> Sight | None:
    tries = [each for each in call.attempts if carries_any(each.request)]
    if not tries:
        final = _given_up(leg, call)
        seen = "no INVITE with credentials followed"
        return Sight(False, seen, final, "start") if final is not None else None
    verdicts = [(each, _accepted(each, leg)) for each in tries]
    right = next((each for each, verdict in verdicts if verdict), None)
    if right is not None:
        return Sight(True, "the digest of INVITE is the profile's", right.first, _line(right))
    wrong = [each for each, verdict in verdicts if verdict is False]
    if not wrong or len(wrong) < len(tries):
        return None
    last = wrong[-1]
    reason = what_is_wrong(last.request, leg.setup)
    answer = f"; the trunk answered {last.status}" if last.status else ""
    return Sight(False, f"{reason}{answer}", last.first, _line(last))


def _accepted(exchange: Exchange, leg: TrunkLeg) -> bool | None:
    """Whether the credentials of an INVITE are right; without the password by what the trunk answered.

    403 has more reasons than a password, so it decides nothing.
    """
    holds = digest_holds(exchange.request, leg.setup)
    if holds is not None:
        return holds
    if exchange.is_challenged:
        return None if _is_stale(exchange) else False
    final = [each.status for each in exchange.responses if each.status > 100]
    return None if not final or 403 in final else True


def _is_stale(exchange: Exchange) -> bool:
    final = exchange.final
    if final is None:
        return False
    name = "WWW-Authenticate" if final.status == 401 else "Proxy-Authenticate"
    try:
        return any(each.stale for each in parse_challenges(final.message.headers.get_lines(name)))
    except ParseError:
        return False


@judges_pbx("authentication.pbx-stops", "no credentials of the PBX were rejected")
def stops_when_rejected(leg: TrunkLeg) -> Iterator[Sight | None]:
    """Rejected credentials are not tried again and again (a stale nonce does not count as rejected)."""
    by_call: dict[str, list[Exchange]] = {}
    for exchange in leg.exchanges:
        if exchange.first.from_pbx and exchange.request.method in ("INVITE", "REGISTER"):
            by_call.setdefault(exchange.request.call_id, []).append(exchange)
    for exchanges in by_call.values():
        rejected = [
            each
            for each in exchanges
            if carries_any(each.request) and each.is_challenged and not _is_stale(each)
        ]
        if not rejected:
            continue
        count = len(rejected)
        method = rejected[0].request.method
        seen = f"{method} was sent {count} times with credentials that the trunk had rejected"
        if count == 1:
            seen = f"{method} was not repeated after its credentials were rejected"
        decisive = rejected[min(REPEATS, count - 1)]
        yield Sight(count <= REPEATS, seen, decisive.first, _line(decisive))


def _given_up(leg: TrunkLeg, call: Call) -> LegMessage | None:
    """The challenge that was left, once the trace has gone on long enough to know."""
    final = call.challenged[-1].final
    return final if final is not None and leg.end - final.time > REACTION else None


def _line(exchange: Exchange) -> str:
    return next((name for name in HEADERS if name in exchange.request.headers), "start")


def usernames(leg: TrunkLeg) -> list[str]:
    """Every username in the PBX's credentials, in the order they came."""
    found = [
        each.username
        for exchange in leg.exchanges
        if exchange.first.from_pbx
        for each in credentials_of(exchange.request)
    ]
    return list(dict.fromkeys(found))
