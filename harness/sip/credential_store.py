"""A client's memory: usernames and passwords by realm, and the challenges it has met.

Turns challenges into the headers of the next try and knows when to give up. Works on header values alone, so
it needs no message; sending the next try is the user agent's work.
"""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from harness.sip.challenge import Challenge, choose_challenge, parse_challenges
from harness.sip.credentials import Credentials
from harness.sip.digest_response import respond
from harness.sip.errors import ParseError

STALE_ROUNDS = 3  # stale challenges in a row that one request follows; our own choice
_REMEMBERED_ROUNDS = 1000  # nonces whose stale round is kept


class _HeaderLines(Protocol):
    """As much of `message.Headers` as is needed here."""

    def get_lines(self, name: str) -> list[str]: ...


class _SomeMessage(Protocol):
    @property
    def headers(self) -> _HeaderLines: ...


class _SomeRequest(_SomeMessage, Protocol):
    @property
    def method(self) -> str: ...

    @property
    def uri(self) -> str: ...

    @property
    def body(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Answer:
    """What to do about a 401 or 407; true when there is something to send."""

    headers: tuple[tuple[str, str], ...]
    """Names and values; they replace all Authorization and Proxy-Authorization headers of the request."""
    gave_up: str | None = None
    """Why there is nothing to send, for the user."""

    def __bool__(self) -> bool:
        return self.gave_up is None


@dataclass(slots=True)
class _Met:
    """A challenge met, and how often its nonce was used."""

    challenge: Challenge
    cnonce: str
    nc: int = 0


class CredentialStore:
    """The accounts of one client and the challenges it answered.

    One cnonce serves a nonce for life, so the two readings of the -sess algorithms agree.
    """

    def __init__(self, username: str, password: str, *, rng: random.Random) -> None:
        """``username`` and ``password`` serve every realm that `add` names no others for."""
        self._rng = rng
        self._default = (username, password)
        self._accounts: dict[str, tuple[str, str]] = {}
        self._met: dict[tuple[bool, str], _Met] = {}
        self._stale_rounds: dict[str, int] = {}

    def add(self, realm: str, username: str, password: str) -> None:
        """Use these for ``realm``."""
        self._accounts[realm] = (username, password)

    def authorization_for(self, request: _SomeRequest, response: _SomeMessage) -> Answer:
        """`answer` for a request and the 401 or 407 that came for it."""
        return self.answer(
            www=response.headers.get_lines("WWW-Authenticate"),
            proxy=response.headers.get_lines("Proxy-Authenticate"),
            sent=request.headers.get_lines("Authorization"),
            sent_proxy=request.headers.get_lines("Proxy-Authorization"),
            method=request.method,
            uri=request.uri,
            body=request.body,
        )

    def answer(
        self,
        *,
        www: Iterable[str] = (),
        proxy: Iterable[str] = (),
        sent: Iterable[str] = (),
        sent_proxy: Iterable[str] = (),
        method: str,
        uri: str,
        body: bytes = b"",
    ) -> Answer:
        """Answer the challenges of one response, given the credentials its request carried.

        Gives up when credentials made for a fresh nonce were refused, because the next would be too, and
        when the server calls `STALE_ROUNDS` nonces in a row stale. Credentials for other realms, which the
        server did not challenge again, are renewed and stay in the request.
        """
        carried = _read_credentials(sent, proxy=False) | _read_credentials(sent_proxy, proxy=True)
        by_realm = _group(parse_challenges(www), parse_challenges(proxy, proxy=True))
        if not by_realm:
            return Answer((), "the response carries no Digest challenge that can be read")
        chosen: dict[tuple[bool, str], Challenge] = {}
        for key, challenges in by_realm.items():
            challenge = choose_challenge(challenges)
            if challenge is None:
                offered = ", ".join(each.algorithm for each in challenges)
                return Answer((), f"realm {key[1]!r}: no supported algorithm and qop among {offered}")
            if reason := self._reason_to_give_up(challenge, carried.get(key)):
                return Answer((), f"realm {key[1]!r}: {reason}")
            chosen[key] = challenge
        for key, challenge in chosen.items():
            self._met[key] = _Met(challenge, f"{self._rng.getrandbits(64):016x}")
        keys = list(chosen) + [key for key in carried if key not in chosen and key in self._met]
        return Answer(tuple(self._use(key, method, uri, body) for key in keys))

    def preemptive(
        self, *, method: str, uri: str, body: bytes = b"", proxy: bool | None = None, realm: str | None = None
    ) -> tuple[tuple[str, str], ...]:
        """Headers for a request that nobody has challenged yet: the nonces met before, with nc + 1.

        Only nonces with a qop can be counted; others are not used again. ``proxy`` and ``realm`` narrow the
        choice.
        """
        return tuple(
            self._use(key, method, uri, body)
            for key, met in self._met.items()
            if met.challenge.qop and proxy in (None, key[0]) and realm in (None, key[1])
        )

    def forget(self) -> None:
        """Forget all challenges, so the next request goes out without credentials."""
        self._met.clear()
        self._stale_rounds.clear()

    def _use(self, key: tuple[bool, str], method: str, uri: str, body: bytes) -> tuple[str, str]:
        met = self._met[key]
        met.nc += 1
        username, password = self._accounts.get(key[1], self._default)
        credentials = respond(
            met.challenge,
            username=username,
            password=password,
            method=method,
            uri=uri,
            body=body,
            cnonce=met.cnonce,
            nc=met.nc,
        )
        return met.challenge.answer_header_name, str(credentials)

    def _reason_to_give_up(self, challenge: Challenge, refused: Credentials | None) -> str | None:
        """Why another try would be useless; None when it is not."""
        if refused is None:
            return None
        if refused.nonce == challenge.nonce:
            return "challenged again with the nonce that was just answered"
        if challenge.stale:
            rounds = self._stale_rounds.pop(refused.nonce, 0) + 1
            if rounds > STALE_ROUNDS:
                return f"{STALE_ROUNDS} fresh nonces in a row were called stale"
            self._stale_rounds[challenge.nonce] = rounds
            if len(self._stale_rounds) > _REMEMBERED_ROUNDS:
                del self._stale_rounds[next(iter(self._stale_rounds))]
            return None
        if refused.nc is None or refused.nc == 1:
            return "the credentials were refused"
        return None  # they reused an old nonce, which a server may drop without the word stale


def _read_credentials(values: Iterable[str], *, proxy: bool) -> dict[tuple[bool, str], Credentials]:
    """Credentials by kind and realm; those that cannot be read were not ours."""
    found: dict[tuple[bool, str], Credentials] = {}
    for value in values:
        try:
            credentials = Credentials.parse(value)
        except ParseError:
            continue
        found[proxy, credentials.realm] = credentials
    return found


def _group(*lists: Sequence[Challenge]) -> dict[tuple[bool, str], list[Challenge]]:
    """Challenges by kind and realm, in their order."""
    groups: dict[tuple[bool, str], list[Challenge]] = {}
    for challenges in lists:
        for challenge in challenges:
            groups.setdefault((challenge.proxy, challenge.realm), []).append(challenge)
    return groups
