"""A digest challenge: the value of a WWW-Authenticate or Proxy-Authenticate header.

Reads and writes challenges and chooses among several. Answering one is `digest.respond`'s work, remembering
it is `credential_store`'s, issuing nonces is `nonce`'s.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.sip.auth_parameters import AuthParameters, parse_auth_parameters, quote
from harness.sip.errors import ParseError

SUPPORTED_ALGORITHMS = ("SHA-512-256", "SHA-256", "MD5", "SHA-512-256-SESS", "SHA-256-SESS", "MD5-SESS")
"""In upper case, as `is_supported` compares them (RFC 7616 section 6.1)."""
SUPPORTED_QOP = ("auth", "auth-int")


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a server asks for (RFC 7616 section 3.3, RFC 8760)."""

    realm: str
    nonce: str
    algorithm: str = "MD5"
    """As it came; ``MD5`` where the challenge names none."""
    qop: tuple[str, ...] = ("auth",)
    """Offered qualities of protection, lower case; empty is RFC 2069."""
    opaque: str | None = None
    stale: bool = False
    proxy: bool = False
    """Whether it came in Proxy-Authenticate; not part of the value itself."""
    domain: str | None = None
    userhash: bool = False
    charset: str | None = None

    @classmethod
    def parse(cls, value: str, *, proxy: bool = False) -> "Challenge":
        """The one Digest challenge in ``value``; raises `ParseError` when it is not just that."""
        found = parse_auth_parameters(value)
        if len(found) != 1:
            raise ParseError("digest.challenge", 0, value, "one challenge")
        return _from_parameters(found[0], proxy=proxy)

    @property
    def is_supported(self) -> bool:
        """Whether `digest.respond` knows the algorithm and one of the offered qualities."""
        return self.algorithm.upper() in SUPPORTED_ALGORITHMS and (
            not self.qop or any(qop in SUPPORTED_QOP for qop in self.qop)
        )

    @property
    def header_name(self) -> str:
        """The header that carries it."""
        return "Proxy-Authenticate" if self.proxy else "WWW-Authenticate"

    @property
    def answer_header_name(self) -> str:
        """The header that carries the credentials for it."""
        return "Proxy-Authorization" if self.proxy else "Authorization"

    def __str__(self) -> str:
        parts = [f"Digest realm={quote(self.realm)}", f"nonce={quote(self.nonce)}"]
        if self.domain is not None:
            parts.append(f"domain={quote(self.domain)}")
        if self.opaque is not None:
            parts.append(f"opaque={quote(self.opaque)}")
        if self.stale:
            parts.append("stale=true")
        parts.append(f"algorithm={self.algorithm}")
        if self.qop:
            parts.append(f'qop="{",".join(self.qop)}"')
        if self.charset is not None:
            parts.append(f"charset={self.charset}")
        if self.userhash:
            parts.append("userhash=true")
        return ", ".join(parts)


def parse_challenges(values: Iterable[str], *, proxy: bool = False) -> list[Challenge]:
    """All Digest challenges in several header values, topmost first.

    Other schemes and values that cannot be read are left out: a client goes on with what it understands.
    A value that begins without a scheme continues the one before it, so values split at their commas are
    welcome too.
    """
    joined: list[AuthParameters] = []
    for value in values:
        try:
            found = parse_auth_parameters(value)
        except ParseError:
            found = _continuation(value)
            if joined and found:
                for name, text in found[0].parameters.items():
                    joined[-1].parameters.setdefault(name, text)
            continue
        joined.extend(found)
    challenges: list[Challenge] = []
    for parameters in joined:
        try:
            challenges.append(_from_parameters(parameters, proxy=proxy))
        except ParseError:
            continue  # Basic, Bearer, or a Digest without nonce: nothing to answer
    return challenges


def choose_challenge(challenges: Sequence[Challenge]) -> Challenge | None:
    """The one to answer: the topmost supported one (RFC 8760 section 2.4), but MD5 only for want of others.

    Passing over a topmost MD5 is the local policy that the section allows; it defeats a bidding-down.
    """
    supported = [challenge for challenge in challenges if challenge.is_supported]
    for challenge in supported:
        if not challenge.algorithm.upper().startswith("MD5"):
            return challenge
    return supported[0] if supported else None


def _continuation(value: str) -> list[AuthParameters]:
    """``value`` read as further parameters of an open Digest challenge; empty when it is not that either."""
    try:
        return parse_auth_parameters(f"Digest {value}")
    except ParseError:
        return []


def _from_parameters(found: AuthParameters, *, proxy: bool) -> Challenge:
    if found.scheme.lower() != "digest":
        raise ParseError("digest.auth-scheme", 0, found.scheme, "Digest")
    parameters = found.parameters
    for name in ("realm", "nonce"):
        if name not in parameters:
            raise ParseError(
                f"digest.{name}", 0, ", ".join(parameters) or "no parameters", f"the parameter {name}"
            )
    return Challenge(
        realm=parameters["realm"],
        nonce=parameters["nonce"],
        algorithm=parameters.get("algorithm") or "MD5",
        qop=tuple(word.strip().lower() for word in parameters.get("qop", "").split(",") if word.strip()),
        opaque=parameters.get("opaque"),
        stale=parameters.get("stale", "").lower() == "true",
        proxy=proxy,
        domain=parameters.get("domain"),
        userhash=parameters.get("userhash", "").lower() == "true",
        charset=parameters.get("charset"),
    )
