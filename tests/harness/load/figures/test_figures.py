"""All figures of a run: adding, merging, handing over."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from harness.load.figures.attempt import Attempt
from harness.load.figures.figures import MOST_SLICES, Figures
from tests.harness.load.attempts import START, call, heard, registration

audio = st.none() | st.builds(
    heard,
    st.floats(1.0, 4.5),
    lost=st.integers(0, 100),
    foreign=st.integers(0, 3),
    names=st.sampled_from([(), ("tone 1",), ("tone 2", "tone 3")]),
)
calls = st.builds(
    call,
    st.floats(0, 300),
    status=st.sampled_from([200, 200, 200, 302, 407, 486, 503, None]),
    late=st.sampled_from([0.0, 0.0004, 0.3]),
    ringing=st.floats(0.001, 40),
    answer=st.floats(0.001, 40),
    hold=st.floats(0, 60),
    bye_takes=st.none() | st.floats(0.001, 5),
    media=audio,
    retransmissions=st.integers(0, 3),
    source=st.sampled_from(["", "192.0.2.1:5060", "192.0.2.2:5060"]),
    retry_after=st.booleans(),
    kind=st.sampled_from(["call", "answer"]),
)
registrations = st.builds(
    registration, st.floats(0, 300), status=st.sampled_from([200, 403, None]), took=st.floats(0.001, 32)
)
attempt_lists = st.lists(calls | registrations, max_size=12)


def counted(attempts: list[Attempt]) -> Figures:
    figures = Figures()
    for attempt in attempts:
        figures.add(attempt)
    return figures


@given(st.lists(attempt_lists, min_size=3, max_size=3))
@settings(max_examples=60, deadline=None)
def test_merging_in_any_order_gives_what_one_process_would_have_counted(parts: list[list[Attempt]]) -> None:
    one, two, three = (counted(part) for part in parts)
    forth, back = Figures(), Figures()
    for each in (one, two, three):
        forth.merge(each)
    for each in (three, two, one):
        back.merge(each)
    assert forth == back == counted([attempt for part in parts for attempt in part])


@given(attempt_lists)
@settings(max_examples=60, deadline=None)
def test_json_brings_the_figures_back(attempts: list[Attempt]) -> None:
    figures = counted(attempts)
    assert Figures.from_json(json.loads(json.dumps(figures.to_json()))) == figures


def test_what_was_handed_over_is_not_handed_over_again() -> None:
    worker, master = Figures(), Figures()
    for at in (0.0, 1.0):
        worker.add(call(at))
        master.merge(Figures.from_json(worker.hand_over()))
    assert master.calls.attempts == 2
    assert worker == Figures()


def test_starts_and_their_latency_belong_to_the_second_they_were_intended_for() -> None:
    figures = counted([call(0.5, late=2.0, ringing=0.1)])
    first, third = figures.slices[int(START)], figures.slices[int(START) + 2]
    assert first.offered == {"call": 1}
    assert third.started == {"call": 1}
    assert first.latency["call"].largest > 2.0


def test_calls_at_once_follow_from_answers_and_ends() -> None:
    figures = counted([call(0.0, hold=3.0), call(1.0, hold=3.0), call(1.0, status=486)])
    running = figures.concurrent()
    assert [running.get(int(START) + second) for second in (0, 1, 3, 4)] == [1, 2, 1, 0]


def test_a_long_run_keeps_few_slices_and_loses_no_attempt() -> None:
    figures = counted([call(float(second)) for second in range(0, 3 * MOST_SLICES, 2)])
    assert len(figures.slices) <= MOST_SLICES
    assert figures.step == 4
    assert sum(part.offered["call"] for part in figures.slices.values()) == 3 * MOST_SLICES // 2


def test_figures_of_different_steps_merge_in_both_directions() -> None:
    long = counted([call(float(second)) for second in range(MOST_SLICES + 10)])
    short = counted([call(5.0)])
    one, other = Figures(), Figures()
    one.merge(long)
    one.merge(short)
    other.merge(short)
    other.merge(long)
    assert one == other
    assert one.attempts == MOST_SLICES + 11


def test_a_second_of_a_thousand_calls_travels_as_a_few_kilobytes() -> None:
    figures = counted([call(number / 1000, ringing=0.001 + number / 5000) for number in range(1000)])
    assert len(json.dumps(figures.to_json())) < 20_000


def test_attempts_are_told_apart_by_the_address_they_left() -> None:
    figures = counted(
        [
            call(source="192.0.2.1:5060"),
            call(source="192.0.2.2:5060", status=None, cause="timer B"),
            call(source="192.0.2.2:5060", status=503, retry_after=True),
            call(source="192.0.2.2:5060", status=503),
        ]
    )
    limited = figures.sources["192.0.2.2:5060"]
    assert (limited.attempts, limited.throttled, limited.silent) == (3, 1, 1)
    assert figures.sources["192.0.2.1:5060"].throttled == 0


def test_registrations_and_refreshes_are_one_and_removals_are_not() -> None:
    removal = registration()
    removal.kind = "unregister"
    refresh = registration()
    refresh.kind = "refresh"
    assert counted([registration(), refresh, removal]).registrations.attempts == 2
