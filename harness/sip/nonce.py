"""A server's nonces: issued without being stored, checked for age and for replay.

A nonce carries its time of issue under a MAC, so only nonces that were used successfully take memory. The
response itself is `digest_response`'s work; which answer a verdict deserves is the server's.
"""

import hashlib
import hmac
import struct
from collections import OrderedDict
from dataclasses import dataclass
from enum import Enum
from typing import Final

from harness.sip.credentials import Credentials

LIFETIME = 300.0  # seconds; our own choice
REMEMBERED = 100_000  # used nonces of a lifetime: 300 authenticated requests a second
_NOTED = 64  # nonces whose time of issue is at hand
_STAMP = struct.Struct(">QI")  # milliseconds since the epoch, running number
_MARK_SHIFT = 28  # bits of the running number below the mark
_MOST_ISSUED = (1 << _MARK_SHIFT) - 1
_SIGNATURE_LENGTH: Final = 16  # bytes
_NONCE_LENGTH: Final = 2 * (_STAMP.size + _SIGNATURE_LENGTH)  # hexadecimal digits


class NonceVerdict(Enum):
    """What a server thinks of the nonce in some credentials."""

    FRESH = "fresh"
    """Go on and verify the response."""
    STALE = "stale"
    """Ours, but too old: challenge again with ``stale=true``."""
    REPLAYED = "replayed"
    """Ours, but its nc has been used: challenge again with ``stale=true`` (D: our own decision)."""
    UNKNOWN = "unknown"
    """Not ours: forged, or issued under another secret."""


@dataclass(slots=True)
class _LastUse:
    """The credentials last accepted for a nonce, and in which request."""

    issued: float
    nc: int
    response: str
    cnonce: str | None
    call_id: str | None
    cseq: int | None


class NonceIssuer:
    """Issues nonces and judges those that come back.

    The order of a server: `check`, then `digest.verify`, then `accept`. Only `accept` moves the nc on, so a
    stranger who saw a nonce cannot use it up.
    """

    def __init__(self, secret: bytes, lifetime: float = LIFETIME, remembered: int = REMEMBERED) -> None:
        """``secret`` signs the nonces, ``lifetime`` is in seconds, ``remembered`` bounds the table of nc."""
        self.lifetime = lifetime
        self._key = hashlib.sha256(secret).digest()
        self._remembered = remembered
        self.mark = 0
        """First hexadecimal digit of the running number, 0 to 15: tells issuers of one server apart."""
        self._issued = 0
        self._issue_times: dict[str, float] = {}
        """When nonces of ours were issued, of the last few: most come back within a moment."""
        self._last_uses: OrderedDict[str, _LastUse] = OrderedDict()
        self._forgotten_until = float("-inf")
        self._oldest_until = float("-inf")
        """Until when no nonce that was used is too old."""

    def issue(self, now: float) -> str:
        """A new nonce; no two are equal."""
        self._issued = (self._issued + 1) & _MOST_ISSUED
        milliseconds = max(0, int(now * 1000))
        stamp = _STAMP.pack(milliseconds, self.mark << _MARK_SHIFT | self._issued)
        nonce = (stamp + self._signature(stamp)).hex()
        self._note(nonce, milliseconds / 1000)
        return nonce

    def check(
        self, credentials: Credentials, now: float, *, call_id: str | None = None, cseq: int | None = None
    ) -> NonceVerdict:
        """Judge nonce and nc of ``credentials``, which came in the request ``call_id``, ``cseq``.

        nc must grow; it need not begin with 1, Yate counts across nonces. The very credentials accepted last
        are good once more in the same call under a higher CSeq: Asterisk repeats them after a 422.
        Credentials without qop count nothing (RFC 2069): only their age is judged.
        """
        last = self._last_uses.get(credentials.nonce)
        issued = last.issued if last is not None else self._issue_time(credentials.nonce)
        if issued is None:
            return NonceVerdict.UNKNOWN
        if now - issued > self.lifetime:
            return NonceVerdict.STALE
        if last is None:
            return NonceVerdict.STALE if issued <= self._forgotten_until else NonceVerdict.FRESH
        if credentials.nc is None or credentials.nc > last.nc:
            return NonceVerdict.FRESH
        if _is_repetition(last, credentials) and _is_later_in_call(last, call_id, cseq):
            return NonceVerdict.FRESH
        return NonceVerdict.REPLAYED

    def accept(
        self, credentials: Credentials, now: float, *, call_id: str | None = None, cseq: int | None = None
    ) -> None:
        """Remember credentials whose nonce was fresh and whose response was right."""
        if credentials.nc is None:
            return
        nonce = credentials.nonce
        last = self._last_uses.get(nonce)
        issued = last.issued if last is not None else self._issue_time(nonce)
        if issued is None:
            return
        self._last_uses[nonce] = _LastUse(
            issued, credentials.nc, credentials.response, credentials.cnonce, call_id, cseq
        )
        if last is None:
            self._forget_old(now)

    def __len__(self) -> int:
        """How many used nonces take memory."""
        return len(self._last_uses)

    def _forget_old(self, now: float) -> None:
        """Drop expired entries from the old end, and live ones when there are too many.

        A live nonce that was dropped must not become fresh again, so all nonces up to its age turn stale.
        """
        table = self._last_uses
        if now <= self._oldest_until and len(table) <= self._remembered:
            return
        while table:
            nonce, oldest = next(iter(table.items()))
            if now - oldest.issued <= self.lifetime:
                self._oldest_until = oldest.issued + self.lifetime
                if len(table) <= self._remembered:
                    return
                self._forgotten_until = max(self._forgotten_until, oldest.issued)
            del table[nonce]

    def _issue_time(self, nonce: str) -> float | None:
        """When we issued ``nonce``, seconds since the epoch; None when we did not."""
        known = self._issue_times.get(nonce)
        if known is not None:
            return known
        if len(nonce) != _NONCE_LENGTH:
            return None
        try:
            raw = bytes.fromhex(nonce)
        except ValueError:
            return None
        stamp, signature = raw[: _STAMP.size], raw[_STAMP.size :]
        if len(signature) != _SIGNATURE_LENGTH or raw.hex() != nonce:
            return None
        if not hmac.compare_digest(signature, self._signature(stamp)):
            return None
        milliseconds: int = _STAMP.unpack(stamp)[0]
        self._note(nonce, milliseconds / 1000)
        return milliseconds / 1000

    def _note(self, nonce: str, issued: float) -> None:
        if len(self._issue_times) >= _NOTED:
            self._issue_times.clear()  # those that still come are known by their signature
        self._issue_times[nonce] = issued

    def _signature(self, stamp: bytes) -> bytes:
        # keyed BLAKE2 is a MAC by itself (RFC 7693), at 0.5 us where HMAC-SHA-256 took 1.7
        return hashlib.blake2s(stamp, key=self._key, digest_size=_SIGNATURE_LENGTH).digest()


def _is_repetition(last: _LastUse, credentials: Credentials) -> bool:
    return (last.nc, last.response, last.cnonce) == (
        credentials.nc,
        credentials.response,
        credentials.cnonce,
    )


def _is_later_in_call(last: _LastUse, call_id: str | None, cseq: int | None) -> bool:
    """Whether the request is the next one of the call in which the credentials were accepted."""
    return cseq is not None and last.cseq is not None and cseq > last.cseq and call_id == last.call_id
