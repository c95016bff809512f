"""SIP, SIPS and tel URIs, and room for all others (RFC 3261 section 19.1, RFC 3966).

Values that never change. The fields keep their spelling and their % escapes; ``str()`` gives back what was
parsed. Where a URI leads to is `location`'s work; the name and parameters around it are `name_addr`'s.
"""

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from harness.sip.errors import ParseError
from harness.sip.grammar import error, split_host_port, unescape
from harness.sip.params import NO_PARAMS, Params

ESCAPED = r"%[0-9A-Fa-f]{2}"
UNRESERVED = r"A-Za-z0-9\-_.!~*'()"
SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+\-.]*")
USER = re.compile(rf"(?:[{UNRESERVED}&=+$,;?/]|{ESCAPED})+")
PASSWORD = re.compile(rf"(?:[{UNRESERVED}&=+$,]|{ESCAPED})*")
PARAM = re.compile(rf"(?:[{UNRESERVED}\[\]/:&+$]|{ESCAPED})+(?:=(?:[{UNRESERVED}\[\]/:&+$]|{ESCAPED})+)?")
HEADER = re.compile(rf"(?:[{UNRESERVED}\[\]/?:+$]|{ESCAPED})+=(?:[{UNRESERVED}\[\]/?:+$]|{ESCAPED})*")
TEL_NUMBER = re.compile(r"\+?[0-9A-Fa-f*#\-.()]+")
# RFC 3986: what may stand in a URI at all
URI_CHARACTERS = re.compile(rf"(?:[{UNRESERVED};/?:@&=+$,\[\]#]|{ESCAPED})+")
# what nearly all SIP URIs look like: no password, no IPv6, no headers
USUAL = re.compile(
    r"(sips?):(?:([A-Za-z0-9+\-_.%]+)@)?([A-Za-z0-9.\-]+)(?::([0-9]{1,4}))?(;[A-Za-z0-9=;.\-_]+)?"
)
# a parameter that one URI lacks breaks equivalence only when it is one of these (RFC 3261 section 19.1.4)
COMPARED_WHEN_ABSENT = frozenset({"user", "ttl", "method", "maddr", "transport"})


@dataclass(frozen=True, slots=True)
class SipUri:
    """A ``sip:`` or ``sips:`` URI."""

    scheme: str = "sip"
    """``sip`` or ``sips``, spelled as it came."""
    user: str | None = None
    """The user part, % escapes kept; None when there is no @."""
    password: str | None = None
    host: str = ""
    """A name or an address; IPv6 stands here without its brackets."""
    port: int | None = None
    params: Params = NO_PARAMS
    headers: str = ""
    """What follows the ``?``, as it came."""

    @property
    def unescaped_user(self) -> str:
        """The user part with its % escapes resolved; "" when there is none."""
        return unescape(self.user) if self.user else ""

    @property
    def is_secure(self) -> bool:
        """Whether the scheme is ``sips``."""
        return self.scheme.lower() == "sips"

    @property
    def transport(self) -> str | None:
        """The ``transport`` parameter in lower case."""
        value = self.params.get("transport")
        return value.lower() if value else None

    @property
    def maddr(self) -> str | None:
        """The ``maddr`` parameter without brackets."""
        value = self.params.get("maddr")
        return value.strip("[]") if value else None

    def replace(self, **changes: Any) -> "SipUri":
        """A copy with other fields."""
        return replace(self, **changes)

    def equivalent(self, other: object) -> bool:
        """Whether both name the same resource (RFC 3261 section 19.1.4)."""
        return (
            isinstance(other, SipUri)
            and comparison_key(self) == comparison_key(other)
            and (params_agree(self.params, other.params))
        )

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        if self.user is not None:
            password = "" if self.password is None else f":{self.password}"
            host = f"{self.user}{password}@{host}"
        port = "" if self.port is None else f":{self.port}"
        headers = f"?{self.headers}" if self.headers else ""
        return f"{self.scheme}:{host}{port}{self.params}{headers}"


@dataclass(frozen=True, slots=True)
class TelUri:
    """A ``tel:`` URI (RFC 3966)."""

    number: str
    """As it came, visual separators included."""
    params: Params = NO_PARAMS

    @property
    def scheme(self) -> str:
        """Always ``tel``."""
        return "tel"

    def equivalent(self, other: object) -> bool:
        """Whether both name the same number: visual separators do not count (RFC 3966 section 4)."""
        return isinstance(other, TelUri) and (
            re.sub(r"[\-.()]", "", self.number).lower() == re.sub(r"[\-.()]", "", other.number).lower()
            and folded_params(self.params) == folded_params(other.params)
        )

    def __str__(self) -> str:
        return f"tel:{self.number}{self.params}"


@dataclass(frozen=True, slots=True)
class OtherUri:
    """A URI of any other scheme: ``http``, ``isbn``, ``urn``."""

    scheme: str
    """As it came; "" for what stands in a URI's place and is none, which only `name_addr` lets pass."""
    rest: str
    """What follows the colon."""

    def equivalent(self, other: object) -> bool:
        """Whether both are the same text, the scheme apart from its case."""
        return isinstance(other, OtherUri) and (self.scheme.lower(), self.rest) == (
            other.scheme.lower(),
            other.rest,
        )

    def __str__(self) -> str:
        return f"{self.scheme}:{self.rest}" if self.scheme else self.rest


Uri = SipUri | TelUri | OtherUri


@lru_cache(maxsize=8192)
def parse_uri(text: str, *, strict: bool = False) -> Uri:
    """Read a URI; `strict` refuses every slip. Raises ParseError (``uri.scheme``, ``uri.host`` ...)."""
    usual = None if strict else USUAL.fullmatch(text)
    if usual is not None:
        scheme, user, host, port, params = usual.groups()
        number = int(port) if port else None
        return SipUri(scheme, user, None, host, number, Params.parse(params) if params else NO_PARAMS)
    scheme, colon, rest = text.partition(":")
    lowered = scheme.lower()
    if lowered in ("sip", "sips") and colon:
        try:
            return parse_sip(scheme, rest, strict=strict)
        except ParseError as failure:
            raise failure.moved(len(scheme) + 1) from None
    if not colon or not SCHEME.fullmatch(scheme):
        raise error("uri.scheme", text, 0, "a URI that starts with a scheme, such as sip:")
    if strict and not URI_CHARACTERS.fullmatch(rest):
        raise refusal("uri.characters", URI_CHARACTERS, text, len(scheme) + 1, len(text), "URI characters")
    if lowered == "tel":
        digits, semicolon, tail = rest.partition(";")
        if not TEL_NUMBER.fullmatch(digits):
            raise error("uri.number", text, 4, "a telephone number")
        return TelUri(digits, Params.parse(semicolon + tail))
    return OtherUri(scheme, rest)


def parse_sip(scheme: str, rest: str, *, strict: bool) -> SipUri:
    """Read what follows ``sip:``. A user may contain ``;`` and ``?``, so the @ is looked for first."""
    userinfo, at, host_part = rest.rpartition("@")
    user: str | None = None
    password: str | None = None
    if at:
        user, colon, secret = userinfo.partition(":")
        password = secret if colon else None
    head, question, headers = host_part.partition("?")
    host_port, semicolon, params = head.partition(";")
    start = len(rest) - len(host_part)
    try:
        host, port = split_host_port(host_port, "uri", strict=strict)
    except ParseError as failure:
        raise failure.moved(len(rest[:start].encode("utf-8", "surrogateescape"))) from None
    if strict:
        check_parts(rest, user, password, semicolon + params, question + headers)
    return SipUri(
        scheme,
        user,
        password,
        host,
        port,
        Params.parse(semicolon + params) if semicolon else NO_PARAMS,
        headers,
    )


def check_parts(rest: str, user: str | None, password: str | None, params: str, headers: str) -> None:
    """Hold the parts of a SIP URI against the grammar. Raises ParseError."""
    if user is not None:
        if not USER.fullmatch(user):
            raise refusal("uri.user", USER, rest, 0, len(user), "user characters, others as % escapes")
        if password is not None and not PASSWORD.fullmatch(password):
            start = len(user) + 1
            raise refusal("uri.password", PASSWORD, rest, start, start + len(password), "password characters")
    position = len(rest) - len(headers) - len(params)
    for piece in params.split(";")[1:]:
        position += 1
        if not PARAM.fullmatch(piece):
            raise refusal("uri.parameter", PARAM, rest, position, position + len(piece), "name or name=value")
        position += len(piece)
    for piece in headers[1:].split("&") if headers else ():
        position += 1
        if not HEADER.fullmatch(piece):
            raise refusal("uri.header", HEADER, rest, position, position + len(piece), "name=value after ?")
        position += len(piece)


def refusal(
    rule: str, pattern: re.Pattern[str], text: str, start: int, end: int, expected: str
) -> ParseError:
    """The error for text[start:end], placed at the first character that `pattern` does not take."""
    match = pattern.match(text, start, end)
    return error(rule, text, match.end() if match else start, expected)


def comparison_key(uri: SipUri) -> tuple[object, ...]:
    """What must be the same for two SIP URIs to be equivalent, their parameters apart."""
    headers = (
        frozenset(unescape(piece).lower() for piece in uri.headers.split("&")) if uri.headers else frozenset()
    )
    user = None if uri.user is None else unescape(uri.user)
    password = None if uri.password is None else unescape(uri.password)
    return uri.scheme.lower(), user, password, uri.host.lower(), uri.port, headers


def folded_params(params: Params) -> dict[str, str]:
    """Parameters with case and escapes taken away."""
    return {unescape(name).lower(): unescape(value or "").lower() for name, value in params}


def params_agree(first: Params, second: Params) -> bool:
    """The parameter rules of RFC 3261 section 19.1.4."""
    if not first and not second:
        return True
    left, right = folded_params(first), folded_params(second)
    if any(left[name] != right[name] for name in left.keys() & right.keys()):
        return False
    return not (left.keys() ^ right.keys()) & COMPARED_WHEN_ABSENT
