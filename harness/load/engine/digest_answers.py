"""Answers to digest challenges at the speed of one hash: what stays the same between challenges is kept.

A server's challenges differ in the nonce alone. So the text around the nonce is read once, by the general
parser (`harness.sip.challenge`), and becomes a `Recipe`: the credentials as a template with four gaps. What
is unusual (several challenges, -sess, userhash) goes through `harness.sip.digest_response` each time.
"""

import hashlib
import itertools
import re
from collections.abc import Callable

from harness.sip.challenge import Challenge, choose_challenge, parse_challenges
from harness.sip.digest_response import hash_a1, respond
from harness.sip.errors import SipError
from harness.sip.message import parse_message

CHALLENGES = re.compile(rb"\r\n((?:WWW|Proxy)-Authenticate)[ \t]*+:[ \t]*+([^\r\n]*+)", re.IGNORECASE)
NONCE = re.compile(rb'[ ,]nonce="([^"\\]*)"', re.IGNORECASE)
ONE_NAME = b"uthenticate"
"""What stands once in a response with one challenge."""
STALE = re.compile(rb'[ ,]stale="?true', re.IGNORECASE)

KNOWN_URIS = 4096
"""URIs whose HA2 stays at hand; more are computed again."""
KNOWN_SHAPES = 64
"""Texts around a nonce that are remembered; a server that changes more than the nonce is read each time."""

Hash = Callable[[bytes], str]


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


FAST_HASHES: dict[str, Hash] = {"MD5": _md5, "SHA-256": _sha256}


class Recipe:
    """How to answer challenges that differ in the nonce alone."""

    __slots__ = ("_agreed", "_ha1", "_ha2", "_hash", "_template", "counts")

    def __init__(self, challenge: Challenge, username: str, password: str, cnonce: str) -> None:
        """``challenge`` must be one for which `is_fast` holds."""
        algorithm = challenge.algorithm
        self._hash = FAST_HASHES[algorithm.upper()]
        self._ha1 = hash_a1(username, challenge.realm, password, algorithm).encode("ascii")
        self._ha2: dict[tuple[bytes, bytes], bytes] = {}
        self.counts = bool(challenge.qop)
        """Whether there is a qop, so that a nonce can be used again (RFC 7616 section 3.4)."""
        self._agreed = f":{cnonce}:auth:".encode("ascii")
        told = f"{username}{challenge}"  # what looks like a nonce count in there must stay as it is
        nc = next(number for number in itertools.count(1) if f"nc={number:08x}" not in told)
        sample = respond(
            challenge, username=username, password=password, method="X", uri="\0uri", cnonce=cnonce, nc=nc
        )
        text = f"{challenge.answer_header_name}: {sample}\r\n".replace("%", "%%")
        for gap in (sample.nonce, "\0uri", sample.response):  # in the order of the header field
            text = text.replace(f'"{gap}"', '"%b"')
        text = text.replace(f"nc={nc:08x}", "nc=%b")
        self._template = text.encode("utf-8", "surrogateescape")

    def answer(self, nonce: bytes, nc: int, method: bytes, uri: bytes) -> bytes:
        """The header line with the credentials for a request, its line end included."""
        known = self._ha2
        ha2 = known.get((method, uri))
        if ha2 is None:
            if len(known) >= KNOWN_URIS:
                known.clear()
            ha2 = known[method, uri] = self._hash(method + b":" + uri).encode("ascii")
        if not self.counts:  # RFC 2069 section 2.4
            response = self._hash(b"%b:%b:%b" % (self._ha1, nonce, ha2)).encode("ascii")
            return self._template % (nonce, uri, response)
        count = b"%08x" % nc
        response = self._hash(b"%b:%b:%b%b%b" % (self._ha1, nonce, count, self._agreed, ha2)).encode("ascii")
        return self._template % (nonce, uri, response, count)


class DigestAnswers:
    """The credentials of one line."""

    __slots__ = ("_cnonce", "_count", "_latest", "_password", "_recipes", "_reuse", "_username", "_usual")

    def __init__(self, username: str, password: str, cnonce: str, *, reuse: bool = False) -> None:
        """With ``reuse`` the last nonce is used for later requests too, with nc counted up."""
        self._username = username
        self._password = password
        self._cnonce = cnonce
        self._reuse = reuse
        self._recipes: dict[tuple[bytes, bytes, bytes], Recipe] = {}
        self._usual: tuple[bytes, bytes, Recipe] | None = None
        """The bytes of the last challenge up to its nonce and behind it: the next one is mostly the same."""
        self._latest: tuple[Recipe, bytes] | None = None
        self._count = 0

    def answer(self, response: bytes, method: bytes, uri: bytes, refused: bytes) -> bytes | None:
        """The credentials for a 401 or 407, as header lines; None when they would be useless.

        ``refused`` are those that the challenged request carried, b"" for none: credentials made for a fresh
        nonce are made once, unless the server calls the nonce stale (RFC 7616 section 3.3).
        """
        if refused and not self._may_try_again(response, refused):
            return None
        read = self._read(response)
        if read is None:
            return self._answer_slowly(response, method, uri)
        recipe, nonce = read
        if self._reuse and recipe.counts:
            self._latest, self._count = (recipe, nonce), 1
        return recipe.answer(nonce, 1, method, uri)

    def preemptive(self, method: bytes, uri: bytes) -> bytes:
        """Credentials for a request that nobody has challenged yet; b"" without a nonce to use again."""
        if self._latest is None:
            return b""
        recipe, nonce = self._latest
        self._count += 1
        return recipe.answer(nonce, self._count, method, uri)

    def _may_try_again(self, response: bytes, refused: bytes) -> bool:
        if STALE.search(response) is not None:
            return True
        self._latest = None
        return b"nc=" in refused and b"nc=00000001" not in refused  # an old nonce may be dropped unspoken

    def _read(self, response: bytes) -> tuple[Recipe, bytes] | None:
        """The recipe and the nonce of the one challenge in a response; None when it is not a usual one."""
        if self._usual is not None and response.count(ONE_NAME) == 1:
            before, after, recipe = self._usual
            nonce, quote, rest = response.partition(before)[2].partition(b'"')
            plain = b"\\" not in nonce and b"\r" not in nonce and b"\n" not in nonce
            if quote and plain and rest.startswith(after):
                return recipe, nonce
        found = list(CHALLENGES.finditer(response))
        place = NONCE.search(response, *found[0].span(2)) if len(found) == 1 else None
        if place is None:
            return None
        (begin, end), (start, stop) = found[0].span(2), place.span(1)
        name, before, after = found[0][1], response[begin:start], response[stop:end]
        known = self._recipes.get((name, before, after)) or self._learn(name, before, after)
        if known is None:
            return None
        line_end = response[end : end + 2]
        self._usual = (response[found[0].start() : start], response[stop + 1 : end] + line_end, known)
        return known, response[start:stop]

    def _learn(self, name: bytes, before: bytes, after: bytes) -> Recipe | None:
        """Read the text around a nonce; None when it is not the usual challenge."""
        value = (before + b"nonce-of-a-recipe" + after).decode("utf-8", "surrogateescape")
        proxy = name[:1] in b"Pp"
        challenges = parse_challenges([value], proxy=proxy)
        if len(challenges) != 1 or not is_fast(challenges[0]):
            return None
        recipe = Recipe(challenges[0], self._username, self._password, self._cnonce)
        if len(self._recipes) >= KNOWN_SHAPES:
            self._recipes.clear()
        self._recipes[name, before, after] = recipe
        return recipe

    def _answer_slowly(self, response: bytes, method: bytes, uri: bytes) -> bytes | None:
        try:
            headers = parse_message(response).headers
        except SipError:
            return None
        lines = []
        for name, proxy in (("WWW-Authenticate", False), ("Proxy-Authenticate", True)):
            challenge = choose_challenge(parse_challenges(headers.get_lines(name), proxy=proxy))
            if challenge is not None:
                credentials = respond(
                    challenge,
                    username=self._username,
                    password=self._password,
                    method=method.decode(),
                    uri=uri.decode("utf-8", "surrogateescape"),
                    cnonce=self._cnonce,
                    nc=1,
                )
                lines.append(f"{challenge.answer_header_name}: {credentials}\r\n")
        return "".join(lines).encode("utf-8", "surrogateescape") or None


def is_fast(challenge: Challenge) -> bool:
    """Whether a recipe can be made for it: MD5 or SHA-256, plain, qop auth or none."""
    return (
        challenge.algorithm.upper() in FAST_HASHES
        and (not challenge.qop or "auth" in challenge.qop)
        and not challenge.userhash
    )
