"""The small pieces of SIP's grammar: tokens, quoted strings, lists, hosts (RFC 3261 section 25.1).

Text is the message decoded as UTF-8 with surrogateescape, so that every byte survives. Whole header fields
are read by `uri`, `name_addr`, `via`; which header field has which syntax is `header_syntax`'s table.
"""

import ipaddress
import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from harness.sip.errors import ParseError

TOKEN = r"[A-Za-z0-9\-.!%*_+`'~]+"
QUOTED = r'"(?:[^"\\]|\\[\x00-\x09\x0b\x0c\x0e-\x7f])*"'
LWS = r"[ \t]*+"  # folds have become spaces before a value is read; gives nothing back, for linear time

is_token: Callable[[str], object] = re.compile(TOKEN).fullmatch
FOLDED_LINES = re.compile(r"[^\r\n]*(?:\r\n[ \t][^\r\n]*)*")
ESCAPED_PAIR = re.compile(r"\\(.)", re.DOTALL)
PERCENT = re.compile(rb"%([0-9A-Fa-f]{2})")
IS_QUOTED = re.compile(QUOTED, re.DOTALL)
# hostname = *( domainlabel "." ) toplabel [ "." ]; underscores are no part of it
HOSTNAME = re.compile(
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9\-]*[A-Za-z0-9])?\.)*[A-Za-z](?:[A-Za-z0-9\-]*[A-Za-z0-9])?\.?"
)
IPV4 = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}")


def is_digits(text: str) -> bool:
    """Whether `text` is one or more of 0 to 9."""
    return text.isascii() and text.isdigit()


def encoded(text: str) -> bytes:
    """The bytes that `text` was decoded from."""
    return text.encode("utf-8", "surrogateescape")


def byte_length(text: str) -> int:
    """How many bytes `text` takes on the wire."""
    return len(text) if text.isascii() else len(encoded(text))


def error(rule: str, text: str, index: int, expected: str, seen: str | None = None) -> ParseError:
    """A ParseError about `text` from character `index` on; its offset counts bytes."""
    return ParseError(rule, byte_length(text[:index]), text[index:] if seen is None else seen, expected)


def unfold(value: str) -> str:
    """A folded value on one line, each fold one space (RFC 3261 section 7.3.1); so is each stray line end."""
    return " ".join(line.strip(" \t\r") for line in value.split("\n")).replace("\r", " ").strip(" \t")


def unquote(text: str) -> str:
    """The content of a quoted string with its escapes resolved; any other text as it is."""
    if len(text) >= 2 and text[0] == '"' and text[-1] == '"':
        text = text[1:-1]
        return ESCAPED_PAIR.sub(r"\1", text) if "\\" in text else text
    return text


def quote(text: str) -> str:
    """`text` as a quoted string, with the escapes it needs."""
    if "\\" in text or '"' in text:
        text = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def unescape(text: str) -> str:
    """Resolve % escapes; a % that starts no escape stays."""
    if "%" not in text:
        return text
    raw = PERCENT.sub(lambda match: bytes([int(match[1], 16)]), encoded(text))
    return raw.decode("utf-8", "surrogateescape")


def end_of_quoted(text: str, start: int) -> int:
    """The index after the quoted string that opens at `start`; -1 when it never closes."""
    index = start + 1
    while True:
        close = text.find('"', index)
        if close < 0:
            return -1
        backslashes = close - 1
        while backslashes > start and text[backslashes] == "\\":
            backslashes -= 1
        if (close - 1 - backslashes) % 2 == 0:
            return close + 1
        index = close + 1


def split_outside_quotes(text: str, separator: str) -> list[str]:
    """Split at `separator` outside quoted strings; an unclosed quote is an ordinary character."""
    if '"' not in text:
        return text.split(separator)
    return [text[start:end] for start, end in spans(text, separator, angles=False)]


def split_list(text: str) -> list[str]:
    """The elements of a comma-separated list, stripped, without empty ones; sees quotes and brackets."""
    if "," not in text:
        text = text.strip(" \t")
        return [text] if text else []
    if '"' not in text and "<" not in text:
        pieces = text.split(",")
    else:
        pieces = [text[start:end] for start, end in spans(text, ",", angles=True)]
    return [piece for piece in (raw.strip(" \t\r\n") for raw in pieces) if piece]


def spans(text: str, separator: str, *, angles: bool) -> Iterator[tuple[int, int]]:
    """Where the pieces of `text` between separators lie, the empty ones too."""
    stops = stops_at(separator + ('"<' if angles else '"'))
    start = index = 0
    while (match := stops.search(text, index)) is not None:
        index = match.end()
        if match[0] == separator:
            yield start, index - 1
            start = index
            continue
        after = end_of_quoted(text, index - 1) if match[0] == '"' else text.find(">", index) + 1
        if after > 0:
            index = after
        else:  # never closes: an ordinary character, and so are those that follow
            stops = stops_at(stops.pattern[1:-1].replace(match[0], ""))
    yield start, len(text)


@lru_cache(maxsize=16)
def stops_at(characters: str) -> re.Pattern[str]:
    """A pattern that finds the next of these characters."""
    return re.compile(f"[{characters}]")


@lru_cache(maxsize=4096)
def is_host(host: str) -> bool:
    """Whether `host` is a host name, an IPv4 address or (without brackets) an IPv6 address."""
    if ":" in host:
        try:
            ipaddress.IPv6Address(host)
        except ValueError:
            return False
        return "%" not in host
    if IPV4.fullmatch(host):
        return all(int(part) < 256 for part in host.split("."))
    return HOSTNAME.fullmatch(host) is not None


def split_host_port(text: str, rule: str, *, strict: bool) -> tuple[str, int | None]:
    """Read ``host[:port]``; IPv6 loses its brackets. Raises ParseError `rule`.host or `rule`.port."""
    port_text: str | None
    if text.startswith("["):
        close = text.find("]")
        if close < 0:
            raise error(f"{rule}.host", text, 0, "a ] after the IPv6 address")
        host, rest = text[1:close], text[close + 1 :]
        if rest.strip() and not rest.lstrip().startswith(":"):
            raise error(f"{rule}.port", text, close + 1, "nothing or :port after ]")
        port_text = rest.strip()[1:] if rest.strip() else None
        proper = ":" in host and (not strict or is_host(host))
    else:
        host, colon, after = text.partition(":")
        port_text = after if colon else None
        host = host.strip()
        proper = bool(host) and (is_host(host) if strict else not any(c in host for c in ' \t<>",;@'))
    if not proper:
        raise error(f"{rule}.host", text, 0, "a host name, an IPv4 address or an IPv6 address in brackets")
    return host, read_port(port_text, text, rule, strict=strict)


def read_port(port_text: str | None, text: str, rule: str, *, strict: bool) -> int | None:
    """The port number in `port_text`, None for none. Raises ParseError `rule`.port."""
    if port_text is None:
        return None
    digits = port_text.strip()
    if not digits and not strict:
        return None
    if not is_digits(digits) or len(digits) > 5 or int(digits) > 65535:
        raise error(f"{rule}.port", text, len(text) - len(port_text), "a port number from 0 to 65535")
    return int(digits)
