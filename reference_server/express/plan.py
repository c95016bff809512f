"""What is said in ordinary calls, prepared: once for each dialled number, and once for challenges.

The words are those of the general way (`harness.ua.incoming`, `harness.sip.challenge`), cut into pieces
around what differs from call to call. Which far ends are simple enough is decided here.
"""

from collections.abc import Iterable
from typing import NamedTuple

from harness.sip.challenge import Challenge
from harness.sip.message import Request, Response
from harness.sip.session_timer import SMALLEST_MIN_SE, answer_request
from harness.ua.call_options import CallOptions
from harness.ua.endpoint import Endpoint
from harness.ua.incoming import REMIND, response_fields
from reference_server.far_end import FarEnd

_NONCE = "0123456789abcdef"
"""Stands where the nonce will be; stays inside this module."""
QUIET = ("echo", "none")
"""Media sources that begin nothing."""
_RINGING = 180


class Plan(NamedTuple):
    """An ordinary call to one number."""

    far_end: FarEnd
    options: CallOptions
    answer_after: float
    """Seconds from the INVITE on."""
    ringing: bytes
    """The 180 behind the fields that it copies."""
    answered: bytes
    """The 200 behind the fields that it copies, up to the value of Content-Length."""
    answered_with_timer: bytes
    """The same for a caller that supports session timers."""
    lean_for: float
    """Seconds after the answer in which nothing of our own accord happens."""
    lean_for_with_timer: float
    quiet: bool
    """Whether the far end sends no RTP before some came."""


def make_plan(far_end: FarEnd, options: CallOptions, endpoint: Endpoint) -> Plan | None:
    """The plan of a far end that rings at once, answers and then does nothing for a time; None of others."""
    if far_end.answer_after is None or not _is_simple(far_end):
        return None
    without, with_timer = (_refresh(options, supported) for supported in ((), ("timer",)))
    script = min((seconds for seconds, _ in far_end.then), default=float("inf"))
    ringing = _behind(180, response_fields(endpoint, options, _RINGING, [], with_sdp=False))
    return Plan(
        far_end,
        options,
        far_end.answer_after,
        ringing,
        _answered(endpoint, options, without[0]),
        _answered(endpoint, options, with_timer[0]),
        min(script, without[1]),
        min(script, with_timer[1]),
        options.media in QUIET,
    )


class ChallengePieces(NamedTuple):
    """A 407 behind the fields that it copies, around its nonce."""

    before: bytes
    after: bytes


def make_challenge(server: str, realm: str, algorithm: str, qop: tuple[str, ...]) -> ChallengePieces:
    """The pieces of a challenge to an INVITE without credentials."""
    challenge = Challenge(realm, _NONCE, algorithm, qop, proxy=True)
    text = _behind(407, [("Server", server), (challenge.header_name, str(challenge))])
    before, _, after = text.partition(_NONCE.encode())
    return ChallengePieces(before, after)


def make_bye_answer(server: str) -> bytes:
    """The 200 to a BYE behind the fields that it copies."""
    return _behind(200, [("Server", server)] if server else [])


def _is_simple(far_end: FarEnd) -> bool:
    row = far_end.row
    is_plain = row.ring_status == _RINGING and row.ring_times == 1 and not (row.early_media or row.reliable)
    in_time = far_end.answer_after is not None and far_end.answer_after < REMIND
    return is_plain and in_time and far_end.reject is None and far_end.ring_after == 0.0


def _refresh(options: CallOptions, supported: Iterable[str]) -> tuple[tuple[tuple[str, str], ...], float]:
    """The session timer's fields of the 200, and the seconds until somebody must act on it (RFC 4028)."""
    invite = Request.build("INVITE", "sip:plan", [("Supported", tag) for tag in supported])
    timer, fields = answer_request(
        invite,
        0.0,
        preferred=options.session_expires,
        min_se=options.min_se or SMALLEST_MIN_SE,
        refresher="uac" if options.refresher == "uac" else "uas" if options.refresher else None,
    )
    return fields, float("inf") if timer is None else timer.next_timer


def _answered(endpoint: Endpoint, options: CallOptions, refresh: Iterable[tuple[str, str]]) -> bytes:
    fields = response_fields(endpoint, options, 200, list(refresh), with_sdp=True)
    return _behind(200, fields).removesuffix(b"0\r\n\r\n")


def _behind(status: int, fields: Iterable[tuple[str, str]]) -> bytes:
    """A response without its status line."""
    return bytes(Response.build(status, None, fields)).partition(b"\r\n")[2]
