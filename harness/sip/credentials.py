"""Digest credentials: the value of an Authorization or Proxy-Authorization header.

Reads and writes them. Computing the response is `digest`'s work.
"""

from dataclasses import dataclass, field
from urllib.parse import unquote

from harness.sip.auth_parameters import parse_auth_parameters, quote
from harness.sip.errors import ParseError


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a client answers to a challenge (RFC 7616 section 3.4)."""

    username: str
    realm: str
    nonce: str
    uri: str
    response: str
    """Hexadecimal digits, as they came."""
    algorithm: str = "MD5"
    """As it came; ``MD5`` where the credentials name none."""
    cnonce: str | None = None
    qop: str | None = None
    """Lower case; None is RFC 2069."""
    nc: int | None = None
    opaque: str | None = None
    userhash: bool = False
    """Whether ``username`` is the hash of the name and the realm (RFC 7616 section 3.4.4)."""
    nc_text: str | None = field(default=None, compare=False)
    """`nc` as it came, which is what goes into the response; None: eight digits in lower case."""

    @classmethod
    def parse(cls, value: str) -> "Credentials":
        """Read one header value; raises `ParseError` naming the parameter that is missing or unreadable."""
        found = parse_auth_parameters(value)
        if len(found) != 1 or found[0].scheme.lower() != "digest":
            seen = ", ".join(each.scheme for each in found) or value
            raise ParseError("digest.credentials", 0, seen, "the scheme Digest, once")
        parameters = found[0].parameters
        qop = parameters.get("qop")
        try:
            return cls(
                username=_username(parameters),
                realm=parameters["realm"],
                nonce=parameters["nonce"],
                uri=parameters["uri"],
                response=parameters["response"],
                algorithm=parameters.get("algorithm") or "MD5",
                cnonce=parameters.get("cnonce"),
                qop=qop.lower() if qop else None,
                nc=_nonce_count(parameters.get("nc")),
                opaque=parameters.get("opaque"),
                userhash=parameters.get("userhash", "").lower() == "true",
                nc_text=parameters.get("nc"),
            )
        except KeyError as missing:
            name = str(missing.args[0])
            raise ParseError(f"digest.{name}", 0, ", ".join(parameters), f"the parameter {name}") from None

    @property
    def sent_nc(self) -> str | None:
        """The nc as it stands in the header field."""
        return f"{self.nc:08x}" if self.nc_text is None and self.nc is not None else self.nc_text

    def __str__(self) -> str:
        parts = [
            f"Digest username={quote(self.username)}",
            f"realm={quote(self.realm)}",
            f"nonce={quote(self.nonce)}",
            f"uri={quote(self.uri)}",
            f'response="{self.response}"',
            f"algorithm={self.algorithm}",
        ]
        if self.cnonce is not None:
            parts.append(f"cnonce={quote(self.cnonce)}")
        if self.opaque is not None:
            parts.append(f"opaque={quote(self.opaque)}")
        if self.qop is not None:
            parts.append(f"qop={self.qop}")
        if (sent := self.sent_nc) is not None:
            parts.append(f"nc={sent}")
        if self.userhash:
            parts.append("userhash=true")
        return ", ".join(parts)


def _username(parameters: dict[str, str]) -> str:
    """``username``, or ``username*`` in the encoding of RFC 5987; KeyError when neither is there."""
    extended = parameters.get("username*")
    if extended is None or "username" in parameters:
        return parameters["username"]
    charset, _, rest = extended.partition("'")
    if charset.lower() != "utf-8" or "'" not in rest:
        raise ParseError("digest.username*", 0, extended, "UTF-8'' and a percent-encoded name (RFC 5987)")
    return unquote(rest.partition("'")[2], errors="surrogateescape")


def _nonce_count(text: str | None) -> int | None:
    """``nc-value = 8LHEX``; fewer or upper-case digits are read too, PBXs send both."""
    if text is None:
        return None
    if not 1 <= len(text) <= 8 or not set(text) <= set("0123456789abcdefABCDEF"):
        raise ParseError("digest.nc", 0, text, "up to eight hexadecimal digits")
    return int(text, 16)
