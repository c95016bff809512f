"""Answers to offers that differ from earlier ones in port and session id alone, as a peer's usually do.

The rules are `harness.media.offer_answer`'s: each kind of offer is answered by them once, and then by putting
the numbers of the call into that answer's text. Offers of another shape always take the long way.
"""

from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from harness.media.offer_answer import MediaAddress, Negotiated, make_answer, negotiate
from harness.media.sdp import SessionDescription

KNOWN_OFFERS = 512
"""Kinds of offers whose answer is remembered: a few for each peer."""
_SESSION_ID = 1_999_999_999
_PORT = 65_534
"""Numbers to be found again in the text of an answer; they stay inside this module."""
_ORIGIN_WORDS = 6
"""RFC 4566 section 5.2."""


class Answer(NamedTuple):
    """What is sent back, and what both agree on."""

    body: bytes
    agreed: Negotiated | None


class _Kind(NamedTuple):
    """An offer without its origin and its port."""

    before_origin: bytes
    between: bytes
    after_port: bytes


class _Known(NamedTuple):
    pieces: tuple[bytes, bytes, bytes]
    """An answer's text around the session id and the port."""
    agreed: Negotiated


def answer_repeated(
    body: bytes, local: MediaAddress, codecs: tuple[str, ...], direction: str, session_id: int
) -> Answer | None:
    """The answer to an offer of the usual shape; None when it must be read with care."""
    prepared = prepare(body, local.host, codecs, direction)
    return None if prepared is None else Answer(prepared.text(session_id, local.port), prepared.agreed)


def prepare(body: bytes, host: str, codecs: tuple[str, ...], direction: str) -> "Prepared | None":
    """What `answer_repeated` answers, before session id and port of ours are known. Raises `MediaError`."""
    found = _kind_of(body)
    if found is None:
        return None
    kind, port = found
    known = _prepare(kind, host, codecs, direction)
    return None if known is None else Prepared(known, port)


class Prepared(NamedTuple):
    """The answer to one offer."""

    known: "_Known"
    remote_port: int

    def text(self, session_id: int, port: int) -> bytes:
        """The description."""
        first, second, third = self.known.pieces
        return b"%b%d%b%d%b" % (first, session_id, second, port, third)

    @property
    def agreed(self) -> Negotiated:
        """What both agree on."""
        agreed = self.known.agreed
        return replace(agreed, remote_address=MediaAddress(agreed.remote_address.host, self.remote_port))


def _kind_of(body: bytes) -> tuple[_Kind, int] | None:
    """Take origin and port out of an offer of one audio stream; None for any other shape."""
    origin = body.find(b"\r\no=")
    stream = body.find(b"\r\nm=audio ")
    if not 0 < origin < stream or body.count(b"\nm=") != 1:
        return None
    origin_end = body.find(b"\r\n", origin + 4)
    port_end = body.find(b" ", stream + 10)
    port = body[stream + 10 : port_end]
    if not port.isdigit() or len(port) > 5 or not 0 < int(port) < 65_536:
        return None
    if len(body[origin + 4 : origin_end].split()) != _ORIGIN_WORDS:
        return None
    return _Kind(body[:origin], body[origin_end : stream + 10], body[port_end:]), int(port)


@lru_cache(maxsize=KNOWN_OFFERS)
def _prepare(kind: _Kind, host: str, codecs: tuple[str, ...], direction: str) -> _Known | None:
    """Answer one offer of a kind by the rules. Raises `MediaError` as they do."""
    text = b"%b\r\no=- 1 1 IN IP4 192.0.2.1%b%d%b" % (kind.before_origin, kind.between, 9, kind.after_port)
    offer = SessionDescription.parse(text)
    answer = make_answer(offer, MediaAddress(host, _PORT), codecs, direction, _SESSION_ID)
    agreed = negotiate(answer, offer, local_is_answer=True)
    first, id_found, rest = bytes(answer).partition(b"%d" % _SESSION_ID)
    second, port_found, third = rest.partition(b"%d" % _PORT)
    if agreed is None or not id_found or not port_found:
        return None
    return _Known((first, second, third), agreed)
