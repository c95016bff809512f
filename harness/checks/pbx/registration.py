"""Registration: who registers, for whom, and whether the binding is kept alive.

What credentials a REGISTER carries is judged in `credentials`; here it only matters that the trunk took it.
How a PBX refreshes is its own affair: same Call-ID or not, cached credentials or a fresh challenge.
"""

from collections.abc import Iterator

from harness.checks.pbx.credentials import carries_any, digest_holds, what_is_wrong
from harness.checks.pbx.leg_message import Exchange, LegMessage
from harness.checks.pbx.patience import CLOCKS, REACTION
from harness.checks.pbx.registry import judges_pbx
from harness.checks.pbx.ruling import Sight
from harness.checks.pbx.trunk_leg import TrunkLeg
from harness.sip.errors import ParseError
from harness.sip.message import Message
from harness.sip.uri import SipUri

STORM = 6
"""Registrations from nothing (no credentials) that are too many ..."""
STORM_WINDOW = 10.0
"""... within so many seconds: Kamailio tries again every 4 s, Asterisk far less often."""


def _no_registration(leg: TrunkLeg) -> str:
    if leg.setup.mode == "ip":
        return "a profile with IP authentication does not register"
    if leg.registers:
        return "no registration came to its end in the trace"
    return "no REGISTER in the trace, which may begin later (--from-start says that it does not)"


@judges_pbx("registration.pbx-registers", _no_registration)
def registers(leg: TrunkLeg) -> Iterator[Sight | None]:
    """A REGISTER with the profile's credentials was accepted."""
    if leg.setup.mode == "ip":
        return
    tried = [each for each in leg.registers if expiry_asked(each.request) != 0]
    for exchange in tried:
        is_right = not carries_any(exchange.request) or digest_holds(exchange.request, leg.setup) is not False
        if 200 <= exchange.status < 300 and is_right:
            user = user_of_to(exchange.request)
            yield Sight(True, f"REGISTER for {user} was answered {exchange.status}", exchange.final, "start")
            return
    taken = next((each for each in tried if 200 <= each.status < 300), None)
    if taken is not None:
        seen = "the digest of REGISTER does not fit the password given, though the trunk took it"
        yield Sight(False, seen, taken.first, "Authorization")
    elif tried and (last := tried[-1]).status >= 300 and _is_over(leg, last):
        seen = f"no REGISTER was accepted; the last answer was {words(last)}"
        if carries_any(last.request) and digest_holds(last.request, leg.setup) is False:
            seen += f", and {what_is_wrong(last.request, leg.setup)}"
        yield Sight(False, seen, last.first, "Authorization")
    elif not tried and leg.setup.from_start and leg.messages:
        yield Sight(False, "the PBX sent no REGISTER to the trunk from its start on", leg.messages[0])


@judges_pbx("registration.pbx-aor", "the PBX sent no REGISTER to the trunk")
def registers_its_username(leg: TrunkLeg) -> Iterator[Sight | None]:
    """The To of each REGISTER names the SIP username."""
    for exchange in leg.registers:
        user = user_of_to(exchange.request)
        yield Sight(user == leg.setup.sip_username, f"To of REGISTER names {user}", exchange.first, "To")


@judges_pbx("registration.pbx-refreshes", "no registration came near its expiry")
def refreshes(leg: TrunkLeg) -> Iterator[Sight | None]:
    """No binding lapses: the next REGISTER is accepted before the granted expiry is over."""
    held: LegMessage | None = None
    granted = 0
    for exchange in leg.registers:
        final = exchange.final
        if final is None or not 200 <= final.status < 300 or "Contact" not in exchange.request.headers:
            continue
        removal = expiry_asked(exchange.request) == 0
        if held is not None:
            passed = final.time - held.time
            if passed > granted + CLOCKS:
                yield _lapse(held, granted, f"the next one was accepted {passed:.1f} s later")
            elif not removal:
                seen = f"registered again after {passed:.1f} s of {granted} s"
                yield Sight(True, seen, exchange.first, "start")
        held, granted = final, expiry_granted(final.message, exchange.request)
        if removal or granted <= 0:
            held = None
    if held is not None and leg.end - held.time > granted + CLOCKS:
        yield _lapse(held, granted, f"no other was accepted in the {leg.end - held.time:.1f} s until the end")


def _lapse(held: LegMessage, granted: int, what: str) -> Sight:
    seen = f"the binding lapsed: {granted} s were granted, and {what}"
    line = "Expires" if "Expires" in held.message.headers else "Contact"
    return Sight(False, seen, held, line)


@judges_pbx("registration.pbx-unregisters", "the PBX did not try to unregister")
def unregisters(leg: TrunkLeg) -> Iterator[Sight | None]:
    """Who unregisters does it to the end: the challenge of a REGISTER with expiry 0 is answered."""
    removals = [each for each in leg.registers if expiry_asked(each.request) == 0]
    for exchange in removals:
        if 200 <= exchange.status < 300:
            yield Sight(True, "REGISTER with expiry 0 was accepted", exchange.first, "start")
            return
    if removals and removals[-1].status >= 300 and _is_over(leg, removals[-1]):
        last = removals[-1]
        yield Sight(False, f"the {words(last)} to REGISTER with expiry 0 was left", last.final, "start")


@judges_pbx("registration.pbx-min-expires", "the trunk sent no 423")
def obeys_min_expires(leg: TrunkLeg) -> Iterator[Sight | None]:
    """After 423 the expiry asked for is long enough."""
    for place, exchange in enumerate(leg.registers):
        final = exchange.final
        if final is None or final.status != 423:
            continue
        least = _number(final.message, "Min-Expires")
        after = [each for each in leg.registers[place + 1 :] if expiry_asked(each.request) != 0]
        if least is None or not after:
            continue
        asked = expiry_asked(after[0].request)
        seen = f"asked for {asked if asked is not None else 'no expiry'} after 423 with Min-Expires: {least}"
        yield Sight(asked is None or asked >= least, seen, after[0].first, "Expires")


def _no_beginning(leg: TrunkLeg) -> str:
    if leg.registers:
        return "the trace has no REGISTER that the trunk challenged, so none that began anew"
    return "the PBX sent no REGISTER to the trunk"


@judges_pbx("registration.pbx-no-storm", _no_beginning)
def keeps_quiet(leg: TrunkLeg) -> Iterator[Sight | None]:
    """New registrations do not follow each other without end: at most five within ten seconds."""
    fresh = [each for each in leg.registers if _is_fresh(each) and expiry_asked(each.request) != 0]
    for earlier, exchange in zip(fresh, fresh[STORM - 1 :], strict=False):
        passed = exchange.time - earlier.time
        if passed <= STORM_WINDOW:
            yield Sight(False, f"{STORM} registrations within {passed:.1f} s", exchange.first, "start")
            return
    if fresh:
        yield Sight(
            True,
            f"{len(fresh)} registration{'s' if len(fresh) > 1 else ''} in the trace",
            fresh[-1].first,
            "start",
        )


def _is_fresh(exchange: Exchange) -> bool:
    """Whether it starts a registration rather than answering a challenge or a 423."""
    return exchange.is_challenged and "Authorization" not in exchange.request.headers


def _is_over(leg: TrunkLeg, exchange: Exchange) -> bool:
    """Whether the trace goes on long enough after the answer to see that nothing followed.

    A final refusal needs no waiting; a challenge does.
    """
    final = exchange.final
    if final is None:
        return False
    return not exchange.is_challenged or carries_any(exchange.request) or leg.end - final.time > REACTION


def user_of_to(message: Message) -> str:
    """The user of To, escapes resolved; the whole URI when it has none."""
    uri = message.to.uri
    return uri.unescaped_user or str(uri) if isinstance(uri, SipUri) else str(uri)


def expiry_asked(request: Message) -> int | None:
    """Seconds that a REGISTER asks for; the contact's parameter counts first (RFC 3261 section 10.3)."""
    contact = _contact_expiry(request)
    return contact if contact is not None else _number(request, "Expires")


def expiry_granted(response: Message, request: Message) -> int:
    """Seconds that the 200 grants to the contact of the request (RFC 3261 section 10.2.4)."""
    own = _contact_expiry(response, request)
    if own is not None:
        return own
    granted = _number(response, "Expires")
    if granted is not None:
        return granted
    asked = expiry_asked(request)
    return asked if asked is not None else 3600  # RFC 3261 section 10.2.1.1: about an hour by default


def _contact_expiry(message: Message, request: Message | None = None) -> int | None:
    """The least ``expires`` of the contacts, of those that the request names if it names any."""
    try:
        contacts = message.contacts
        wanted = {str(each.uri) for each in request.contacts} if request is not None else set()
    except ParseError:
        return None
    own = [each for each in contacts if str(each.uri) in wanted] or contacts
    texts = [each.params.get("expires") for each in own]
    numbers = [int(text) for text in texts if text is not None and text.isdecimal()]
    return min(numbers, default=None)


def _number(message: Message, name: str) -> int | None:
    text = (message.headers.get(name) or "").strip()
    return int(text) if text.isdecimal() and len(text) < 10 else None


def words(exchange: Exchange) -> str:
    """Status and reason of the final response: ``403 Forbidden``."""
    final = exchange.final
    return final.message.start_line.partition(" ")[2].strip() if final is not None else "nothing"
