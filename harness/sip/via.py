"""Via: one hop that a request has passed (RFC 3261 section 20.42, RFC 3581).

A value that never changes. Which branch matches which transaction is `transaction_layer`'s work.
"""

import re
from dataclasses import dataclass, replace
from typing import Any

from harness.sip.errors import ParseError
from harness.sip.grammar import TOKEN, byte_length, error, spans, split_host_port, split_list
from harness.sip.name_addr import check_params
from harness.sip.params import NO_PARAMS, Params

MAGIC_COOKIE = "z9hG4bK"  # RFC 3261 section 8.1.1.7: a branch that starts so is unique over space and time
# sent-protocol LWS sent-by: white space may surround the slashes and the colon
SHAPE = re.compile(
    rf"[ \t]*({TOKEN})[ \t]*/[ \t]*({TOKEN})[ \t]*/[ \t]*({TOKEN})[ \t]++([^;,]*)(;.*)?", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Via:
    """The transport, the sender and the branch of one hop."""

    protocol: str
    """``SIP/2.0``."""
    transport: str
    """In upper case: ``UDP``, ``TCP``, ``TLS`` ..."""
    host: str
    """The sent-by host; IPv6 stands here without its brackets."""
    port: int | None = None
    params: Params = NO_PARAMS

    @classmethod
    def parse(cls, text: str, *, strict: bool = False) -> "Via":
        """Read one Via value. Raises ParseError ``via.*``."""
        if not strict and text[:8] == "SIP/2.0/":
            sent, semicolon, params = text.partition(";")
            pieces = sent[8:].split(" ")
            if len(pieces) == 2 and "[" not in sent:
                host, colon, port = pieces[1].partition(":")
                if host and (not colon or (port.isdecimal() and len(port) < 5)):
                    number = int(port) if colon else None
                    tail = Params.parse(semicolon + params) if semicolon else NO_PARAMS
                    return cls("SIP/2.0", pieces[0].upper(), host, number, tail)
        return parse_slowly(text, strict=strict)

    @property
    def branch(self) -> str:
        """The ``branch`` parameter; "" when there is none (RFC 2543)."""
        return self.params.get("branch") or ""

    @property
    def received(self) -> str | None:
        """The ``received`` address without brackets (RFC 5118 section 4.5 knows both spellings)."""
        value = self.params.get("received")
        return value.strip("[]") if value else None

    @property
    def rport(self) -> int | None:
        """The ``rport`` value; None when absent or empty: ``"rport" in via.params`` tells these apart."""
        value = self.params.get("rport")
        return int(value) if value and value.isdecimal() and len(value) < 6 else None

    @property
    def maddr(self) -> str | None:
        """The ``maddr`` parameter without brackets."""
        value = self.params.get("maddr")
        return value.strip("[]") if value else None

    def replace(self, **changes: Any) -> "Via":
        """A copy with other fields."""
        return replace(self, **changes)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port is None else f":{self.port}"
        return f"{self.protocol}/{self.transport} {host}{port}{self.params}"


def parse_via_list(text: str, *, strict: bool = False) -> list[Via]:
    """Read a comma-separated list of Via values. Raises ParseError."""
    if not strict:
        return [Via.parse(piece) for piece in split_list(text)]
    found = []
    for start, end in spans(text, ",", angles=False):
        try:
            found.append(Via.parse(text[start:end], strict=True))
        except ParseError as failure:
            raise failure.moved(byte_length(text[:start])) from None
    return found


def parse_slowly(text: str, *, strict: bool) -> Via:
    """Read any Via the grammar allows, with white space and IPv6."""
    shape = SHAPE.fullmatch(text)
    if shape is None:
        raise error("via.sent-protocol", text, 0, "SIP/2.0/TRANSPORT host:port and parameters")
    name, version, transport, sent_by, tail = shape.groups()
    if strict and name.upper() != "SIP":
        raise error("via.sent-protocol", text, shape.start(1), "SIP/2.0")
    sent_by = sent_by.rstrip(" \t")
    try:
        host, port = split_host_port(sent_by, "via", strict=strict)
    except ParseError as failure:
        raise failure.moved(byte_length(text[: shape.start(4)])) from None
    if tail is None:
        return Via(f"{name}/{version}", transport.upper(), host, port)
    if strict:
        check_params(text, shape.start(5), "via.parameter")
        check_branch(text, Params.parse(tail))
    return Via(f"{name}/{version}", transport.upper(), host, port, Params.parse(tail.rstrip(" \t")))


def check_branch(text: str, params: Params) -> None:
    """The magic cookie alone identifies nothing (RFC 4475 section 3.2.1). Raises ParseError."""
    branch = params.get("branch")
    if branch == MAGIC_COOKIE or (branch == "" and "branch" in params):
        raise error("via.branch", text, max(text.find("branch"), 0), "something unique after z9hG4bK")
