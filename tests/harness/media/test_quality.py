"""Figures of a received stream, RFC 3550 appendix A."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.media.codec import G729
from harness.media.quality import LATE_IN_A_ROW, ReceiveStatistics
from harness.media.rtp import RtpPacket


def receive(numbers: list[int], start: int = 0) -> ReceiveStatistics:
    """A stream of 20 ms packets that arrive one by one in the order of ``numbers``."""
    statistics = ReceiveStatistics()
    for place, number in enumerate(numbers):
        statistics.receive((start + number) & 0xFFFF, number * 160, 100.0 + place * 0.02, ssrc=1)
    return statistics


def test_a_whole_stream_has_nothing_to_complain_of() -> None:
    quality = receive(list(range(1000)), start=65000).quality()
    assert (quality.expected, quality.received, quality.lost) == (1000, 1000, 0)
    assert (quality.duplicates, quality.reordered, quality.late) == (0, 0, 0)
    assert quality.jitter_ms == pytest.approx(0.0, abs=1e-6)
    assert quality.sources == 1


@pytest.mark.parametrize("start", [0, 65530])
def test_losses_duplicates_and_reordering_are_told_apart(start: int) -> None:
    quality = receive([0, 1, 1, 3, 2, 6, 5, 5, 9], start).quality()
    assert (quality.expected, quality.received, quality.lost) == (10, 7, 3)
    assert (quality.duplicates, quality.reordered) == (2, 2)
    assert quality.loss_percent == 30.0


def test_a_packet_before_the_first_counts() -> None:
    quality = receive([1, 0, 2]).quality()
    assert (quality.expected, quality.lost, quality.reordered) == (3, 0, 1)


@given(st.integers(0, 0xFFFF), st.lists(st.booleans(), min_size=2, max_size=300), st.randoms())
def test_figures_are_right_whatever_a_network_does(start: int, kept: list[bool], rng: random.Random) -> None:
    numbers = [number for number, keep in enumerate(kept) if keep or number in (0, len(kept) - 1)]
    repeated = [number for number in numbers for _ in range(rng.choice((1, 1, 2)))]
    middle = repeated[1:-1]
    for place in range(len(middle) - 1):
        if rng.random() < 0.3:
            middle[place], middle[place + 1] = middle[place + 1], middle[place]
    quality = receive([repeated[0], *middle, repeated[-1]], start).quality()
    assert (quality.expected, quality.received) == (len(kept), len(numbers))
    assert quality.duplicates == len(repeated) - len(numbers)


def test_jitter_follows_the_formula() -> None:
    """RFC 3550 appendix A.8"""
    statistics = ReceiveStatistics()
    expected, last = 0.0, 0.0
    for number, delay in enumerate([0.0, 0.01, 0.0, 0.005, 0.02]):
        statistics.receive(number, number * 160, number * 0.02 + delay)
        if number:
            expected += (abs(delay - last) * 8000 - expected) / 16
        last = delay
    assert statistics.jitter == pytest.approx(expected)
    assert statistics.quality().jitter_ms == pytest.approx(expected / 8)


def test_events_do_not_disturb_the_clock() -> None:
    statistics = ReceiveStatistics()
    for number in range(50):
        statistics.receive(number, 0 if number % 2 else number * 160, number * 0.02, timed=number % 2 == 0)
    assert statistics.quality().jitter_ms == pytest.approx(0.0, abs=1e-6)
    assert statistics.received == 50


def test_late_packets_count_as_loss_for_the_score() -> None:
    statistics = ReceiveStatistics(jitter_buffer_ms=40.0)
    for number in range(100):
        statistics.receive(number, number * 160, number * 0.02 + (0.05 if number % 20 == 19 else 0.0))
    quality = statistics.quality()
    assert (quality.lost, quality.late) == (0, 5)
    rating = quality.rate(network_delay_ms=10.0)
    assert (rating.loss_percent, rating.delay_ms) == (5.0, 50.0)
    assert quality.rate(G729).equipment_impairment == 11.0


def test_a_new_source_begins_a_new_count_and_keeps_the_old() -> None:
    statistics = ReceiveStatistics()
    for ssrc, numbers in ((1, (10, 12)), (2, (60000, 60001))):
        for number in numbers:
            statistics.receive_packet(RtpPacket(8, number, number * 160, ssrc, b""), number * 0.02)
    quality = statistics.quality()
    assert (quality.expected, quality.received, quality.lost, quality.sources) == (5, 4, 1, 2)


def test_one_wild_number_is_ignored_two_in_a_row_are_believed() -> None:
    """RFC 3550 appendix A.1"""
    statistics = receive([0, 1, 2])
    assert not statistics.receive(30000, 0, 1.0, ssrc=1)
    assert statistics.receive(3, 480, 1.0, ssrc=1)
    assert statistics.lost == 0
    assert not statistics.receive(30000, 0, 1.0, ssrc=1)
    assert statistics.receive(30001, 160, 1.0, ssrc=1)
    assert (statistics.expected, statistics.received) == (5, 5)


def test_a_report_tells_the_loss_since_the_last_one() -> None:
    """RFC 3550 appendix A.3"""
    statistics = receive([0, 1, 2, 3])
    first = statistics.report_block()
    assert first is not None
    assert (first.ssrc, first.fraction_lost, first.highest_sequence) == (1, 0, 3)
    for number in (5, 7):
        statistics.receive(number, number * 160, 100.0, ssrc=1)
    second = statistics.report_block(7, 8)
    assert second is not None
    assert (second.fraction_lost, second.cumulative_lost) == (128, 2)
    assert (second.last_sender_report, second.delay_since) == (7, 8)


def test_nothing_received_is_nothing_reported() -> None:
    statistics = ReceiveStatistics()
    quality = statistics.quality()
    assert statistics.report_block() is None
    assert (quality.expected, quality.loss_percent, quality.rate().loss_percent) == (0, 0.0, 0.0)


def test_a_talk_spurt_begins_anew() -> None:
    """RFC 3551 section 4.1"""
    statistics = ReceiveStatistics()
    statistics.receive(0, 0, 10.0)
    statistics.receive(1, 160, 11.0, marker=True)
    statistics.receive(2, 320, 11.02)
    assert statistics.late == 0


def test_a_timestamp_may_run_over() -> None:
    statistics = ReceiveStatistics()
    for number in range(10):
        statistics.receive(number, 0xFFFFFFFF - 800 + number * 160 & 0xFFFFFFFF, number * 0.02)
    assert statistics.jitter == pytest.approx(0.0, abs=1e-3)
    assert statistics.late == 0


@given(st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF), st.randoms())
def test_a_run_gives_the_same_figures_as_its_packets(
    sequence: int, timestamp: int, rng: random.Random
) -> None:
    one, other = ReceiveStatistics(), ReceiveStatistics()
    heads, arrivals, at = bytearray(), [], 100.0
    for _ in range(rng.randrange(1, 80)):
        step = rng.choice((1, 1, 1, 1, 1, 0, 2, -2, 4000))
        sequence = sequence + step & 0xFFFF
        timestamp = timestamp + 160 * step & 0xFFFFFFFF
        at += rng.choice((0.02, 0.02, 0.03, 0.2))
        ssrc, marker = rng.choice((1, 1, 1, 1, 2)), rng.random() < 0.1
        one.receive(sequence, timestamp, at, ssrc=ssrc, marker=marker)
        heads += bytes(RtpPacket(8, sequence, timestamp, ssrc, b"", marker))
        arrivals.append(at)
    other.receive_run(bytes(heads), arrivals)
    assert other.quality() == one.quality()
    assert other.report_block() == one.report_block()


@given(
    st.integers(0, 0xFFFF),
    st.integers(0, 0xFFFFFFFF),
    st.lists(st.lists(st.sampled_from([0.0, 0.003, -0.004, 0.05, 0.3]), min_size=1, max_size=9), max_size=6),
)
def test_runs_of_packets_that_follow_each_other_give_the_same_figures(
    sequence: int, timestamp: int, runs: list[list[float]]
) -> None:
    """Whichever packets came early or late, and wherever numbers run over."""
    one, other = ReceiveStatistics(), ReceiveStatistics()
    for number, late_by in enumerate([[0.0], *runs]):
        heads, arrivals = b"", []
        for place, late in enumerate(late_by):
            at = 100.0 + number + 0.02 * place + late
            one.receive(sequence, timestamp, at, ssrc=3)
            heads += bytes(RtpPacket(8, sequence, timestamp, 3, b""))
            arrivals.append(at)
            sequence, timestamp = sequence + 1 & 0xFFFF, timestamp + 160 & 0xFFFFFFFF
        timestamp = timestamp + 8000 - 160 * len(late_by) & 0xFFFFFFFF
        other.receive_run(heads, arrivals)
    assert other.quality() == one.quality()
    assert other.report_block() == one.report_block()


@pytest.mark.parametrize("in_runs", [True, False])
def test_a_way_that_became_longer_is_late_only_until_the_buffer_begins_anew(in_runs: bool) -> None:
    statistics = ReceiveStatistics()
    arrivals = [0.02 * number + (0.2 if number >= 50 else 0.0) for number in range(200)]
    heads = b"".join(
        bytes(RtpPacket(payload_type=8, sequence=number, timestamp=160 * number, ssrc=1, payload=b""))
        for number in range(200)
    )
    if in_runs:
        statistics.receive_run(heads, arrivals)
    else:
        for number, arrival in enumerate(arrivals):
            statistics.receive(number, 160 * number, arrival, ssrc=1)
    assert statistics.late == LATE_IN_A_ROW
