"""The arithmetic of digest authentication: responses, made by a client and verified by a server.

RFC 7616 section 3.4, with RFC 8760 for the algorithms SIP uses and RFC 2069 where no qop is agreed. Reads no
headers (`challenge`, `credentials` do) and keeps no state but a cache of hashes; replay is `nonce`'s affair.
"""

import hashlib
import hmac
from collections.abc import Callable
from functools import lru_cache

from harness.sip.challenge import Challenge
from harness.sip.credentials import Credentials
from harness.sip.errors import LocalError, ParseError

KNOWN_HA2 = 1024  # pairs of method and digest uri; those of one PBX are few
KNOWN_HA1 = 8192  # passwords whose HA1 stays at hand; a trunk has one a profile


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _sha512_256(data: bytes) -> str:
    return hashlib.new("sha512_256", data).hexdigest()


_HASHES: dict[str, tuple[Callable[[bytes], str], bool]] = {
    "MD5": (_md5, False),
    "MD5-SESS": (_md5, True),
    "SHA-256": (_sha256, False),
    "SHA-256-SESS": (_sha256, True),
    "SHA-512-256": (_sha512_256, False),
    "SHA-512-256-SESS": (_sha512_256, True),
}
"""Algorithm in upper case -> its hash function, and whether A1 holds nonce and cnonce too."""


def respond(
    challenge: Challenge,
    *,
    username: str,
    password: str,
    method: str,
    uri: str,
    body: bytes = b"",
    cnonce: str,
    nc: int,
) -> Credentials:
    """Answer ``challenge``; ``nc`` counts from 1 for each nonce.

    Prefers qop ``auth``. Raises `LocalError` when the challenge is not one that `Challenge.is_supported`.
    """
    if not challenge.is_supported:
        raise LocalError(f"cannot answer algorithm {challenge.algorithm}, qop {','.join(challenge.qop)!r}")
    qop = None
    if challenge.qop:
        qop = "auth" if "auth" in challenge.qop else "auth-int"
    sent_cnonce = cnonce if qop or _HASHES[challenge.algorithm.upper()][1] else None
    sent_nc = nc if qop else None
    ha1 = hash_a1(username, challenge.realm, password, challenge.algorithm)
    nc_text = f"{nc:08x}" if qop else None
    response = _response(
        challenge.algorithm, ha1, challenge.nonce, nc_text, sent_cnonce, qop, method, uri, body
    )
    if challenge.userhash:
        username = hash_username(username, challenge.realm, challenge.algorithm)
    return Credentials(
        username=username,
        realm=challenge.realm,
        nonce=challenge.nonce,
        uri=uri,
        response=response,
        algorithm=challenge.algorithm,
        cnonce=sent_cnonce,
        qop=qop,
        nc=sent_nc,
        opaque=challenge.opaque,
        userhash=challenge.userhash,
    )


def expected_response(
    credentials: Credentials,
    *,
    method: str,
    password: str | None = None,
    ha1: str | None = None,
    username: str | None = None,
    body: bytes = b"",
) -> str:
    """The response that the holder of ``password`` (or of ``ha1``, see `hash_a1`) would have sent.

    ``username`` is needed where the credentials only carry its hash. Raises `ParseError` for an algorithm or
    a qop nobody knows, or for credentials without the nc and cnonce that their qop demands.
    """
    algorithm = credentials.algorithm
    if algorithm.upper() not in _HASHES:
        raise ParseError("digest.algorithm", 0, algorithm, " or ".join(_HASHES))
    qop = credentials.qop
    if qop not in (None, "auth", "auth-int"):
        raise ParseError("digest.qop", 0, str(qop), "auth or auth-int")
    if qop and (credentials.nc is None or credentials.cnonce is None):
        raise ParseError("digest.nc", 0, str(credentials), "nc and cnonce, because there is a qop")
    if ha1 is None:
        if password is None:
            raise LocalError("expected_response needs a password or an HA1")
        ha1 = hash_a1(username or credentials.username, credentials.realm, password, algorithm)
    return _response(
        algorithm,
        ha1,
        credentials.nonce,
        credentials.sent_nc,
        credentials.cnonce,
        qop,
        method,
        credentials.uri,
        body,
    )


def verify(
    credentials: Credentials,
    *,
    method: str,
    password: str | None = None,
    ha1: str | None = None,
    username: str | None = None,
    body: bytes = b"",
) -> bool:
    """Whether the credentials prove knowledge of the password; compares in constant time.

    Credentials that cannot be computed at all (unknown algorithm, missing nc) prove nothing: False.
    """
    try:
        expected = expected_response(
            credentials, method=method, password=password, ha1=ha1, username=username, body=body
        )
    except ParseError:
        return False
    seen = credentials.response.lower().encode("utf-8", "surrogateescape")
    return hmac.compare_digest(expected.encode("ascii"), seen)


@lru_cache(maxsize=KNOWN_HA1)
def hash_a1(username: str, realm: str, password: str, algorithm: str = "MD5") -> str:
    """H(username:realm:password), what a server may keep instead of the password (RFC 7616 section 3.4.2).

    For a -sess algorithm too: nonce and cnonce are added when a response is computed.
    """
    hash_function, _ = _HASHES[algorithm.upper()]
    return hash_function(f"{username}:{realm}:{password}".encode("utf-8", "surrogateescape"))


def hash_username(username: str, realm: str, algorithm: str) -> str:
    """What credentials with ``userhash=true`` carry for ``username`` (RFC 7616 section 3.4.4)."""
    hash_function, _ = _HASHES[algorithm.upper()]
    return hash_function(f"{username}:{realm}".encode("utf-8", "surrogateescape"))


@lru_cache(maxsize=KNOWN_HA2)
def _hash_a2(hash_function: Callable[[bytes], str], method: str, uri: str) -> str:
    """H(A2) without a body, RFC 7616 section 3.4.3."""
    return hash_function(f"{method}:{uri}".encode("utf-8", "surrogateescape"))


def _response(
    algorithm: str,
    ha1: str,
    nonce: str,
    nc: str | None,
    cnonce: str | None,
    qop: str | None,
    method: str,
    uri: str,
    body: bytes,
) -> str:
    """KD(H(A1), nonce ... H(A2)), RFC 7616 section 3.4.1; without qop RFC 2069 section 2.4."""
    hash_function, session = _HASHES[algorithm.upper()]
    if session:  # RFC 7616 section 3.4.2
        ha1 = hash_function(f"{ha1}:{nonce}:{cnonce or ''}".encode("utf-8", "surrogateescape"))
    if qop == "auth-int":  # RFC 7616 section 3.4.3
        ha2 = hash_function(f"{method}:{uri}:{hash_function(body)}".encode("utf-8", "surrogateescape"))
    else:
        ha2 = _hash_a2(hash_function, method, uri)
    agreed = "" if qop is None else f"{nc or ''}:{cnonce}:{qop}:"
    text = f"{ha1}:{nonce}:{agreed}{ha2}"
    return hash_function(text.encode("utf-8", "surrogateescape"))
