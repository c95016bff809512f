"""Which header field has which syntax (RFC 3261 section 25.1): a table of checks that raise ParseError.

Offsets count from the start of the value. A header field without a row may hold anything.
"""

import re
from collections.abc import Callable

from harness.sip.cseq import CSeq
from harness.sip.errors import ParseError
from harness.sip.grammar import LWS, QUOTED, TOKEN, byte_length, error, is_digits, spans
from harness.sip.name_addr import NameAddr, check_params, parse_name_addr_list
from harness.sip.via import parse_via_list

Check = Callable[[str], object]

WORD = r"[A-Za-z0-9\-.!%*_+`'~()<>:\\\"/\[\]?{}]+"
CALL_ID = re.compile(rf"{WORD}(?:@{WORD})?")
GENERIC = rf"{LWS};{LWS}{TOKEN}(?:{LWS}={LWS}(?:{TOKEN}|{QUOTED}|\[[0-9A-Fa-f:.]+\]))?"
MEDIA_TYPE = re.compile(rf"{TOKEN}{LWS}/{LWS}{TOKEN}(?:{GENERIC})*")
COMMENT = r"\((?:[^()\\]|\\.)*\)"
RETRY_AFTER = re.compile(rf"[0-9]+{LWS}(?:{COMMENT})?(?:{GENERIC})*")
DAY = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
DATE = re.compile(rf"{DAY}, [0-9]{{2}} {MONTH} [0-9]{{4}} [0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}} GMT")
WARNING = re.compile(rf"[0-9]{{3}}[ \t]+[^ \t\",]+[ \t]+{QUOTED}", re.DOTALL)
CREDENTIALS = re.compile(rf"{TOKEN}[ \t]+\S.*", re.DOTALL)
TOKEN_PARAMS = re.compile(rf"{TOKEN}(?:{GENERIC})*")
EXPIRES = re.compile(r"[0-9]{1,20}")
Q_VALUE = re.compile(r"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?")
LONGEST_NUMBER = 2**32 - 1  # RFC 3261 section 25.1: delta-seconds


def matches(pattern: re.Pattern[str], rule: str, expected: str) -> Check:
    """A check that the whole value is of one shape."""

    def check(value: str) -> None:
        if not pattern.fullmatch(value):
            raise error(rule, value, 0, expected)

    return check


def number(rule: str, maximum: int) -> Check:
    """A check for digits that mean at most `maximum`."""

    def check(value: str) -> None:
        if not is_digits(value) or len(value) > 20 or int(value) > maximum:
            raise error(rule, value, 0, f"a number from 0 to {maximum}")

    return check


def elements(pattern: re.Pattern[str], rule: str, expected: str, *, may_be_empty: bool) -> Check:
    """A check of each element of a comma-separated list."""

    def check(value: str) -> None:
        if may_be_empty and not value:
            return
        for start, end in spans(value, ",", angles=False):
            piece = value[start:end].strip(" \t")
            if not pattern.fullmatch(piece):
                raise error(rule, value, start, expected, piece)

    return check


def one_address(value: str) -> None:
    """From, To, Reply-To: one name-addr or addr-spec."""
    NameAddr.parse(value, strict=True)


def contact(value: str) -> None:
    """Contact: a star alone, or a list of addresses."""
    if value == "*":
        return
    addresses = parse_name_addr_list(value, strict=True)
    for (start, _), address in zip(spans(value, ",", angles=True), addresses, strict=True):
        check_contact_param(value, start, address, "expires", EXPIRES, "seconds below 2**32")
        check_contact_param(
            value, start, address, "q", Q_VALUE, "a number from 0 to 1 with up to three decimals"
        )


def check_contact_param(
    value: str, start: int, address: NameAddr, name: str, pattern: re.Pattern[str], expected: str
) -> None:
    """One parameter of the Contact that begins at `start`. Raises ParseError ``contact.<name>``."""
    found = address.params.get(name)
    if found is None or (pattern.fullmatch(found) and (name == "q" or int(found) <= LONGEST_NUMBER)):
        return
    place = value.lower().find(name, start)
    raise error(f"contact.{name}", value, place, expected)


def bracketed_addresses(value: str) -> None:
    """Route and its kin: a list in which every URI has its angle brackets (RFC 3261 section 20.34)."""
    parse_name_addr_list(value, strict=True)
    for start, end in spans(value, ",", angles=True):
        if "<" not in value[start:end]:
            raise ParseError(
                "name-addr.angle", byte_length(value[:start]), value[start:end], "angle brackets"
            )


def session_expires(value: str) -> None:
    """Session-Expires and Min-SE: seconds and parameters (RFC 4028 section 4)."""
    seconds, semicolon, _ = value.partition(";")
    number("session-expires.seconds", LONGEST_NUMBER)(seconds.strip())
    if semicolon:
        check_params(value, len(seconds), "session-expires.parameter")


TAGS = elements(re.compile(TOKEN), "option-tag.token", "option tags", may_be_empty=True)
REQUIRED_TAGS = elements(re.compile(TOKEN), "option-tag.token", "option tags", may_be_empty=False)
CREDENTIAL = matches(CREDENTIALS, "credentials.scheme", "a scheme and its parameters")

SYNTAX: dict[str, Check] = {
    "accept": elements(MEDIA_TYPE, "accept.media-range", "media ranges", may_be_empty=True),
    "allow": elements(re.compile(TOKEN), "allow.method", "methods", may_be_empty=True),
    "authorization": CREDENTIAL,
    "call-id": matches(CALL_ID, "call-id.word", "a word, or word@word"),
    "contact": contact,
    "content-disposition": matches(TOKEN_PARAMS, "content-disposition.type", "a type and parameters"),
    "content-length": number("content-length.number", LONGEST_NUMBER),
    "content-type": matches(MEDIA_TYPE, "content-type.media-type", "type/subtype and parameters"),
    "cseq": lambda value: CSeq.parse(value, strict=True),
    "date": matches(DATE, "date.format", "a date like Sat, 13 Nov 2010 23:29:00 GMT"),
    "event": matches(TOKEN_PARAMS, "event.type", "an event type and parameters"),
    "expires": number("expires.number", LONGEST_NUMBER),
    "from": one_address,
    "max-forwards": number("max-forwards.number", 255),
    "min-expires": number("min-expires.number", LONGEST_NUMBER),
    "min-se": session_expires,
    "p-asserted-identity": parse_name_addr_list,
    "path": bracketed_addresses,
    "proxy-authenticate": CREDENTIAL,
    "proxy-authorization": CREDENTIAL,
    "proxy-require": REQUIRED_TAGS,
    "record-route": bracketed_addresses,
    "refer-to": one_address,
    "referred-by": one_address,
    "reply-to": one_address,
    "require": REQUIRED_TAGS,
    "retry-after": matches(RETRY_AFTER, "retry-after.seconds", "seconds"),
    "route": bracketed_addresses,
    "rseq": number("rseq.number", LONGEST_NUMBER),
    "service-route": bracketed_addresses,
    "session-expires": session_expires,
    "supported": TAGS,
    "to": one_address,
    "unsupported": TAGS,
    "via": lambda value: parse_via_list(value, strict=True),
    "warning": elements(
        WARNING, "warning.value", "three digits, an agent and a quoted text", may_be_empty=False
    ),
    "www-authenticate": CREDENTIAL,
}
"""Key to check."""
