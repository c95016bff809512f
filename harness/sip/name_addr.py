"""name-addr: the ``"Display" <uri>;params`` of From, To, Contact, Route ... (RFC 3261 section 20.10).

Values that never change. Reading is lenient where the meaning is plain (a stray comma in a display name,
empty parameters); with ``strict=True`` every departure from the grammar is a ParseError. The wire text
itself stays in `headers`.
"""

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from harness.sip.errors import ParseError
from harness.sip.grammar import (
    IS_QUOTED,
    QUOTED,
    TOKEN,
    byte_length,
    end_of_quoted,
    error,
    quote,
    spans,
    split_list,
    unquote,
)
from harness.sip.params import NO_PARAMS, Params
from harness.sip.uri import OtherUri, SipUri, Uri, parse_uri

DISPLAY_TOKENS = re.compile(rf"(?:{TOKEN}[ \t]*)*")
# generic-param: token [ EQUAL ( token / host / quoted-string ) ]; IPv6 comes with or without brackets
GENERIC_PARAM = re.compile(rf"[ \t]*{TOKEN}[ \t]*(?:=[ \t]*(?:{TOKEN}|{QUOTED}|\[?[0-9A-Fa-f:.]+\]?)[ \t]*)?")


@dataclass(frozen=True, slots=True)
class NameAddr:
    """A URI with an optional display name, and the header field's own parameters."""

    display: str | None
    """The display name without quotes and escapes; None when there is none."""
    uri: Uri
    params: Params = NO_PARAMS
    """The parameters behind the ``>``: tag, expires, q, lr belongs to the URI."""

    @classmethod
    def parse(cls, text: str, *, strict: bool = False) -> "NameAddr":
        """Read one name-addr or addr-spec. Raises ParseError ``name-addr.*`` or ``uri.*``."""
        found = None if strict else parse_usual(text)
        return found or parse_slowly(text, strict=strict)

    @property
    def tag(self) -> str | None:
        """The ``tag`` parameter; None when there is none."""
        return self.params.get("tag")

    def replace(self, **changes: Any) -> "NameAddr":
        """A copy with other fields."""
        return replace(self, **changes)

    def with_tag(self, tag: str) -> "NameAddr":
        """A copy that has this tag."""
        return NameAddr(self.display, self.uri, self.params.with_value("tag", tag))

    @property
    def sip_uri(self) -> SipUri:
        """The URI when it is a SIP or SIPS URI. Raises ParseError ``uri.scheme`` when it is not."""
        if isinstance(self.uri, SipUri):
            return self.uri
        raise ParseError("uri.scheme", 0, str(self.uri), "a sip: or sips: URI")

    def __str__(self) -> str:
        display = "" if self.display is None else quote(self.display) + " "
        return f"{display}<{self.uri}>{self.params}"


def parse_name_addr_list(text: str, *, strict: bool = False) -> list[NameAddr]:
    """Read a comma-separated list of name-addrs. Raises ParseError."""
    if not strict:
        return [NameAddr.parse(piece) for piece in split_list(text)]
    found = []
    for start, end in spans(text, ",", angles=True):
        try:
            found.append(NameAddr.parse(text[start:end], strict=True))
        except ParseError as failure:
            raise failure.moved(byte_length(text[:start])) from None
    return found


def parse_usual(text: str) -> NameAddr | None:
    """Read ``"Display" <uri>;params`` in few steps; None for another shape, or an error to be placed."""
    before, _, rest = text.partition("<")
    uri, closing, tail = rest.partition(">")
    if not closing or " " in uri or (tail and tail[0] != ";"):
        return None
    display = before.strip(" \t") or None
    if display is not None and '"' in display:
        if display[0] != '"' or display[-1] != '"' or display.count('"') != 2 or "\\" in display:
            return None
        display = display[1:-1]
    try:
        return NameAddr(display, parse_uri(uri), Params.parse(tail) if tail else NO_PARAMS)
    except ParseError:
        return None


@lru_cache(maxsize=1024)
def parse_slowly(text: str, *, strict: bool) -> NameAddr:
    """Read the shapes with quotes, odd white space or no angle brackets."""
    start = len(text) - len(text.lstrip(" \t\r\n"))
    display: str | None = None
    index = start
    if text.startswith('"', start):
        index = end_of_quoted(text, start)
        if index < 0:
            raise error("name-addr.quote", text, start, 'a closing "')
        if strict and not IS_QUOTED.fullmatch(text, start, index):
            raise error("name-addr.display", text, start, "a quoted string with proper escapes")
        display = unquote(text[start:index])
    opening = text.find("<", index)
    if opening < 0:
        if display is not None:
            raise error("name-addr.angle", text, index, "a URI in angle brackets after the display name")
        return parse_addr_spec(text, start, strict=strict)
    closing = text.find(">", opening)
    if closing < 0:
        raise error("name-addr.angle", text, opening, "a closing >")
    if display is None:
        display = text[start:opening].strip(" \t\r\n") or None
        check_display(text, start, opening, strict=strict)
    elif text[index:opening].strip(" \t\r\n"):
        raise error(
            "name-addr.display", text, index, "nothing but white space between the display name and <"
        )
    uri = parse_inner_uri(text, opening + 1, closing, strict=strict)
    return NameAddr(display, uri, parse_params(text, closing + 1, strict=strict))


def check_display(text: str, start: int, end: int, *, strict: bool) -> None:
    """An unquoted display name is a row of tokens. Raises ParseError."""
    match = DISPLAY_TOKENS.match(text, start, end)
    reached = match.end() if match else start
    if reached == end:
        return
    if strict or ";" in text[start:end] or '"' in text[start:end]:
        raise error("name-addr.display", text, reached, "a display name of tokens, or in quotes")


def parse_inner_uri(text: str, start: int, end: int, *, strict: bool) -> Uri:
    """Read the URI between angle brackets. Raises ParseError with its place in `text`."""
    inner = text[start:end]
    stripped = inner.strip(" \t\r\n")
    if strict and stripped != inner:
        raise error("name-addr.space", text, start, "no white space inside the angle brackets")
    lead = len(inner) - len(inner.lstrip(" \t\r\n"))
    try:
        return parse_uri(stripped, strict=strict)
    except ParseError as failure:
        if not strict and stripped and failure.rule == "uri.scheme":
            return OtherUri(
                "", stripped
            )  # Yate's BYE says From: <Sales>;tag=1: its tag still names the dialog
        raise failure.moved(byte_length(text[: start + lead])) from None


def parse_addr_spec(text: str, start: int, *, strict: bool) -> NameAddr:
    """Read a URI without brackets: every parameter belongs to the header field (RFC 3261 section 20)."""
    at = text.find("@", start)
    semicolon = text.find(";", start)
    if 0 <= semicolon < at and '"' not in text[semicolon:at]:  # the user part holds a semicolon
        if strict:
            raise error("name-addr.angle", text, semicolon, "angle brackets around a URI with ; in it")
        semicolon = text.find(";", at)
    end = len(text) if semicolon < 0 else semicolon
    piece = text[start:end].rstrip(" \t\r\n")
    # "If the URI contains a comma, question mark or semicolon, it MUST be enclosed in angle brackets"
    for forbidden in ("?", ",") if strict else (",",):
        if forbidden in piece:
            raise error(
                "name-addr.angle",
                text,
                start + piece.index(forbidden),
                "angle brackets around a URI with ? or ,",
            )
    try:
        uri = parse_uri(piece, strict=strict)
    except ParseError as failure:
        raise failure.moved(byte_length(text[:start])) from None
    return NameAddr(None, uri, parse_params(text, end, strict=strict))


def parse_params(text: str, start: int, *, strict: bool) -> Params:
    """Read the parameters from `start` to the end. Raises ParseError ``name-addr.parameter``."""
    rest = text[start:].strip(" \t\r\n")
    if not rest:
        return NO_PARAMS
    if not rest.startswith(";"):
        raise error("name-addr.parameter", text, start, "; and a parameter, or nothing")
    if strict:
        check_params(text, text.index(";", start), "name-addr.parameter")
    return Params.parse(rest)


def check_params(text: str, start: int, rule: str) -> None:
    """Hold ``;name=value`` pieces from `start` on against generic-param. Raises ParseError `rule`."""
    pieces = spans(text[start:], ";", angles=False)
    next(pieces)  # what stands in front of the first ;
    for begin, end in pieces:
        if not GENERIC_PARAM.fullmatch(text, start + begin, start + end):
            raise error(rule, text, start + begin, "name or name=value after ;")
