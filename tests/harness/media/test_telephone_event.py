"""Telephone-events, RFC 4733: what is sent tick by tick, and what is recognised."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.media.errors import RtpError
from harness.media.telephone_event import (
    DIGITS,
    EventFrame,
    TelephoneEvent,
    TelephoneEventReceiver,
    TelephoneEventSender,
)


def play(sender: TelephoneEventSender, start: int = 0) -> list[EventFrame | None]:
    """All ticks until nothing is left."""
    frames: list[EventFrame | None] = []
    while not sender.is_idle:
        frames.append(sender.next_frame((start + 160 * len(frames)) & 0xFFFFFFFF))
    return frames


@given(
    st.builds(
        TelephoneEvent,
        st.integers(0, 255),
        st.booleans(),
        st.integers(0, 63),
        st.integers(0, 0xFFFF),
        st.booleans(),
    )
)
def test_what_is_written_is_read_again(event: TelephoneEvent) -> None:
    assert TelephoneEvent.parse(bytes(event)) == event


@given(st.binary())
def test_any_bytes_are_read_or_refused(payload: bytes) -> None:
    try:
        assert bytes(TelephoneEvent.parse(payload)) == payload[:4]
    except RtpError:
        assert len(payload) < 4


def test_a_digit_grows_ends_three_times_and_pauses() -> None:
    """RFC 4733 section 2.5.1"""
    sender = TelephoneEventSender(duration_ms=60, pause_ms=40)
    sender.send("5")
    frames = play(sender, start=1000)
    sent = [TelephoneEvent.parse(frame.payload) for frame in frames if frame]
    assert [(each.event, each.duration, each.end) for each in sent] == [
        (5, 160, False),
        (5, 320, False),
        (5, 480, True),
        (5, 480, True),
        (5, 480, True),
    ]
    assert [frame.marker for frame in frames if frame] == [True, False, False, False, False]
    assert {frame.timestamp for frame in frames if frame} == {1000}
    assert frames[5:] == [None, None]


def test_nothing_queued_is_nothing_sent() -> None:
    sender = TelephoneEventSender()
    assert sender.is_idle
    assert sender.next_frame(0) is None


def test_an_unknown_digit_is_refused_whole() -> None:
    sender = TelephoneEventSender()
    with pytest.raises(ValueError, match="'x' is no DTMF digit"):
        sender.send("12x")
    assert sender.is_idle


def test_a_duration_must_fit_its_field() -> None:
    with pytest.raises(ValueError, match="longer than"):
        TelephoneEventSender(duration_ms=9000)


@given(st.text(DIGITS, max_size=8), st.integers(0, 0xFFFFFFFF), st.integers(0, 200), st.integers(20, 200))
def test_what_is_sent_is_recognised(digits: str, start: int, pause: int, duration: int) -> None:
    sender, receiver = TelephoneEventSender(duration_ms=duration, pause_ms=pause), TelephoneEventReceiver()
    sender.send(digits)
    for frame in play(sender, start):
        if frame:
            receiver.receive(frame.payload, frame.timestamp)
    assert receiver.digits == digits
    assert all(event.ended for event in receiver.events)


@pytest.mark.parametrize("seed", range(5))
def test_losses_and_repetitions_do_not_change_the_digits(seed: int) -> None:
    rng = random.Random(seed)
    sender, receiver = TelephoneEventSender(), TelephoneEventReceiver()
    sender.send("1122*#")
    for number, frame in enumerate(play(sender)):
        if frame and (number % 3 == 0 or rng.random() < 0.5):
            for _ in range(rng.randint(1, 3)):
                receiver.receive(frame.payload, frame.timestamp)
    assert receiver.digits == "1122*#"


def test_only_the_first_packet_of_an_event_is_news() -> None:
    receiver = TelephoneEventReceiver()
    first = receiver.receive(bytes(TelephoneEvent(16, False, 10, 160)), 0)
    assert first is not None
    assert first.digit is None
    assert receiver.receive(bytes(TelephoneEvent(16, True, 10, 320)), 0) is None
    assert (first.duration, first.ended, first.packets) == (320, True, 2)


def test_a_very_long_event_is_one() -> None:
    """RFC 4733 section 2.5.1.3"""
    receiver = TelephoneEventReceiver()
    receiver.receive(bytes(TelephoneEvent(1, False, 10, 0xFFFF)), 100)
    receiver.receive(bytes(TelephoneEvent(1, False, 10, 160)), 100 + 0xFFFF)
    receiver.receive(bytes(TelephoneEvent(1, True, 10, 320)), 100 + 0xFFFF)
    assert receiver.digits == "1"
    assert (receiver.events[0].duration, receiver.events[0].ended) == (0xFFFF + 320, True)
