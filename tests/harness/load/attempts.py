"""Attempts as the engine would hand them over, for the tests of figures."""

from harness.load.figures.attempt import Attempt, HeardAudio

START = 1_700_000_000.0
"""Seconds since the epoch; the beginning of a full slice of any width that tests need."""


def call(
    at: float = 0.0,
    *,
    status: int | None = 200,
    cause: str = "",
    late: float = 0.0,
    ringing: float = 0.05,
    answer: float = 0.1,
    hold: float = 2.0,
    bye_takes: float | None = 0.02,
    media: HeardAudio | None = None,
    retransmissions: int = 0,
    source: str = "",
    retry_after: bool = False,
    kind: str = "call",
) -> Attempt:
    """A call intended at `at` seconds after `START`; the other times follow from one another."""
    intended = START + at
    started = intended + late
    answered = started + answer if status is not None and 200 <= status < 300 else None
    bye_sent = answered + hold if answered is not None else None
    bye_answered = bye_sent + bye_takes if bye_sent is not None and bye_takes is not None else None
    ended = bye_answered or (bye_sent + 32 if bye_sent is not None else started + answer)
    return Attempt(
        kind=kind,
        profile="12345",
        intended=intended,
        started=started,
        first_response=started + ringing if status is not None else None,
        answered=answered,
        status=status,
        cause=cause or ("" if answered is not None else str(status)),
        challenged=True,
        bye_sent=bye_sent,
        bye_answered=bye_answered,
        ended=ended,
        completed=bye_answered is not None and not cause,
        retransmissions=retransmissions,
        media=media,
        source=source,
        retry_after=retry_after,
    )


def registration(
    at: float = 0.0, *, status: int | None = 200, took: float = 0.03, cause: str = ""
) -> Attempt:
    """A REGISTER intended and sent at `at` seconds after `START`."""
    moment = START + at
    answered = moment + took if status == 200 else None
    return Attempt(
        kind="register",
        profile="12345",
        intended=moment,
        started=moment,
        first_response=moment + took if status is not None else None,
        answered=answered,
        status=status,
        cause=cause or ("" if answered else str(status or "timer F")),
        challenged=True,
        bye_sent=None,
        bye_answered=None,
        ended=moment + took,
        completed=answered is not None,
        retransmissions=0,
    )


def heard(mos: float = 4.4, *, lost: int = 0, foreign: int = 0, names: tuple[str, ...] = ()) -> HeardAudio:
    """The audio of a call of a second or so."""
    return HeardAudio(
        sent=100,
        received=100 - lost,
        lost=lost,
        late=0,
        jitter_ms=1.5,
        delay_ms=60.0,
        mos=mos,
        foreign=foreign,
        foreign_calls=names,
    )
