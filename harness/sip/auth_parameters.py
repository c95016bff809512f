"""The outer grammar that challenges and credentials share: ``scheme name=value, name="value"``.

Knows commas, quotes and schemes (RFC 7235 section 2.1, RFC 3261 section 25.1), and nothing of what a
parameter means: that is `challenge`'s and `credentials`' work.
"""

import re
from typing import NamedTuple

from harness.sip.errors import ParseError

_TOKEN = r"[A-Za-z0-9!#$%&'*+.^_`|~-]+"
_ITEM = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*")+', re.DOTALL)
"""Whatever stands between two commas outside quotes."""
_SCHEME = re.compile(rf"({_TOKEN})(?:\s+(?!=)(.*))?", re.DOTALL)
"""``auth-scheme [SP rest]``; ``name = value`` is no scheme, so an equals sign may not follow."""
_PARAMETER = re.compile(rf'({_TOKEN})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^"\s]*))', re.DOTALL)
_PLAIN_PARAMETER = re.compile(r'\s*([A-Za-z]+)=(?:"([^"\\]*)"|([^",\s=]+))(?:,|\Z)')
"""The form nearly all senders use; what it does not match takes the long way."""
_QUOTED_PAIR = re.compile(r"\\(.)", re.DOTALL)


class AuthParameters(NamedTuple):
    """One challenge or one set of credentials, of any scheme."""

    scheme: str
    """As it came: ``Digest``, ``Basic``, ``NTLM``."""
    parameters: dict[str, str]
    """Values without quotes and escapes, by lower-case name; of a repeated name the first value stays."""


def parse_auth_parameters(value: str) -> list[AuthParameters]:
    """Split a header value, which may hold several challenges, at its schemes.

    Raises `ParseError` for an open quote, a missing scheme or a word that is neither scheme nor parameter.
    """
    if (plain_digest := _plain_digest(value)) is not None:
        return [AuthParameters("Digest", plain_digest)]
    found: list[AuthParameters] = []
    for item, offset in _split_at_commas(value):
        parameter = _PARAMETER.fullmatch(item)
        if parameter is None:
            item = _open_scheme(item, offset, found)
            parameter = _PARAMETER.fullmatch(item)
        if parameter is not None:
            if not found:
                raise ParseError(
                    "digest.auth-scheme", offset, item, "a scheme such as Digest before the parameters"
                )
            name, quoted, plain = parameter.groups()
            found[-1].parameters.setdefault(name.lower(), plain if quoted is None else unescape(quoted))
        elif item and found[-1].scheme.lower() == "digest":
            raise ParseError("digest.auth-param", offset, item, 'name=value or name="value"')
    return found


def unescape(quoted: str) -> str:
    """Undo the quoted pairs of a quoted string, given without its quotes (RFC 3261 section 25.1)."""
    return _QUOTED_PAIR.sub(r"\1", quoted) if "\\" in quoted else quoted


def quote(text: str) -> str:
    """A quoted string, with quoted pairs where ``"`` and ``\\`` need them."""
    if '"' in text or "\\" in text:
        text = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def _plain_digest(value: str) -> dict[str, str] | None:
    """The parameters of a lone Digest value in its usual form, at a fifth of the cost; None for any other."""
    if not value.startswith("Digest "):
        return None
    parameters: dict[str, str] = {}
    position, end = 7, len(value)
    while position < end:
        parameter = _PLAIN_PARAMETER.match(value, position)
        if parameter is None:
            return None
        name, quoted, plain = parameter.groups()
        parameters.setdefault(name.lower(), plain if quoted is None else quoted)
        position = parameter.end()
    return parameters


def _open_scheme(item: str, offset: int, found: list[AuthParameters]) -> str:
    """Start the set that ``item`` opens with its scheme; returns what follows the scheme."""
    opened = _SCHEME.fullmatch(item)
    if opened is None:
        raise ParseError("digest.auth-scheme", offset, item, "a scheme such as Digest, or name=value")
    scheme, rest = opened.groups()
    found.append(AuthParameters(scheme, {}))
    return rest or ""


def _split_at_commas(value: str) -> list[tuple[str, int]]:
    """The non-empty items with their offsets."""
    items: list[tuple[str, int]] = []
    position = 0
    while position < len(value):
        if value[position] == ",":
            position += 1
            continue
        item = _ITEM.match(value, position)
        if item is None:
            raise ParseError("digest.quoted-string", position, value[position:], 'a closing "')
        if item.end() < len(value) and value[item.end()] == '"':
            raise ParseError("digest.quoted-string", item.end(), value[item.end() :], 'a closing "')
        if text := item.group().strip():
            items.append((text, position))
        position = item.end()
    return items
