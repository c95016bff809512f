"""Numbers: what a PBX dials is `+` and a full E.164 number, and never an emergency number.

Country codes and lengths are the `phonenumbers` package's knowledge. An escaped plus (%2B) is a plus, and
`;user=phone` is welcome.
"""

from collections.abc import Iterator

from harness.checks.pbx.call import Call
from harness.checks.pbx.registry import judges_pbx
from harness.checks.pbx.ruling import Sight
from harness.checks.pbx.trunk_leg import TrunkLeg
from harness.sip.errors import ParseError
from harness.sip.message import Request
from harness.sip.uri import SipUri, TelUri

SEPARATORS = str.maketrans("", "", "-.()")
"""Visual separators (RFC 3966 section 5.1.1)."""
MOST_DIGITS = 15
"""ITU-T E.164 section 6."""
EMERGENCY = frozenset(
    {"112", "911", "999", "000", "110", "119", "118", "113", "115", "117", "15", "17", "18"}
)
"""Emergency numbers of many countries, as the trunk's dialect lists them."""
MISSING = "the PBX made no call"


@judges_pbx("numbering.pbx-e164", MISSING)
def dials_e164(leg: TrunkLeg) -> Iterator[Sight | None]:
    """The user of the Request-URI is a full E.164 number."""
    for call in leg.outbound:
        number = dialled(call)
        if number.removeprefix("+") in EMERGENCY:
            continue
        fault = fault_in(number)
        seen = f"dialled {number}" + (f": {fault}" if fault else "")
        yield Sight(not fault, seen, call.invite, "start")


@judges_pbx("numbering.pbx-emergency", MISSING)
def keeps_emergency_calls_away(leg: TrunkLeg) -> Iterator[Sight | None]:
    """No emergency number is dialled."""
    for call in leg.outbound:
        number = dialled(call)
        seen = f"dialled {number}"
        yield Sight(number.removeprefix("+") not in EMERGENCY, seen, call.invite, "start")


def dialled(call: Call) -> str:
    """The number in the Request-URI of a call without visual separators, as far as there is one."""
    request = call.attempts[0].request
    return number_of(request)


def number_of(request: Request) -> str:
    """The user of the Request-URI: escapes resolved, without separators and telephone parameters."""
    try:
        uri = request.parsed_uri
    except ParseError:
        return request.uri
    match uri:
        case SipUri():
            text = uri.unescaped_user.partition(";")[0]
        case TelUri():
            text = uri.number
        case _:
            return request.uri
    plain = text.translate(SEPARATORS)
    return plain if plain.removeprefix("+").isdecimal() else text


def fault_in(number: str) -> str:
    """Why `number` is not `+` and a full E.164 number; empty when it is."""
    if not number.startswith("+"):
        return "it does not begin with + and a country code"
    digits = number[1:]
    if not digits.isdecimal():
        return "there is more than digits behind the +"
    if len(digits) > MOST_DIGITS:
        return f"it has {len(digits)} digits, more than {MOST_DIGITS}"
    import phonenumbers  # slow to import: only when a call is judged

    try:
        read = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return "no country has such a number"
    if not phonenumbers.is_possible_number(read):
        return "its length does not fit its country code"
    return ""
