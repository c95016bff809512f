"""The metrics of RFC 6076."""

import pytest

from harness.load.figures.attempt import Attempt
from harness.load.figures.kind_figures import KindFigures
from tests.harness.load.attempts import START, call, registration


def counted(*attempts: Attempt) -> KindFigures:
    figures = KindFigures()
    for attempt in attempts:
        figures.add(attempt)
    return figures


@pytest.mark.parametrize("status", [200, 486])
def test_delays_do_not_hold_what_lay_in_our_own_socket(status: int) -> None:
    figures = KindFigures()
    attempt = call(status=status, ringing=0.050)
    attempt.waited = 0.020
    assert figures.add(attempt) == pytest.approx(0.030, rel=0.001)
    delay = figures.request_delay if status == 200 else figures.refusal_delay
    assert delay.percentile(50) == pytest.approx(0.030, rel=0.01)


def test_a_ratio_without_denominator_is_undefined() -> None:
    nothing = KindFigures()
    assert nothing.session_establishment_ratio is None
    assert nothing.session_establishment_effectiveness_ratio is None
    assert nothing.ineffective_session_attempts is None
    assert nothing.session_completion_ratio is None
    assert nothing.ineffective_registration_attempts is None
    only_redirected = counted(call(status=302))
    assert only_redirected.session_establishment_ratio is None
    assert only_redirected.session_completion_ratio == 0.0


def test_establishment_leaves_redirected_calls_out() -> None:
    """RFC 6076 sections 4.6 and 4.7."""
    figures = counted(call(), call(status=302), call(status=486), call(status=404))
    assert figures.session_establishment_ratio == pytest.approx(100 / 3)
    assert figures.session_establishment_effectiveness_ratio == pytest.approx(200 / 3)


@pytest.mark.parametrize("status", [480, 486, 600, 603])
def test_somebody_who_does_not_take_the_call_was_reached(status: int) -> None:
    """RFC 6076 section 4.7."""
    assert counted(call(status=status)).session_establishment_effectiveness_ratio == 100.0


def test_ineffective_attempts_are_four_statuses_of_all() -> None:
    """RFC 6076 section 4.8; a 3xx stays in the denominator."""
    figures = counted(*(call(status=status) for status in (408, 500, 503, 504, 302, 404, 502, 200)))
    assert figures.ineffective_session_attempts == 50.0


def test_completion_needs_a_proper_end() -> None:
    """RFC 6076 section 4.9."""
    figures = counted(call(), call(bye_takes=None, cause="no answer to BYE"), call(status=503), call())
    assert figures.session_completion_ratio == 50.0
    assert figures.session_establishment_ratio == 75.0


def test_delays_of_answered_and_refused_calls_are_never_mixed() -> None:
    """RFC 6076 sections 4.3.1 and 4.3.2."""
    figures = counted(call(ringing=0.05), call(status=486, ringing=3.0), call(status=302, ringing=7.0))
    assert figures.request_delay.largest == pytest.approx(0.05, abs=1e-4)
    assert figures.refusal_delay.largest == pytest.approx(3.0, abs=1e-4)
    assert figures.refusal_delay.count == 1


def test_a_bye_that_nobody_answers_is_counted_apart_from_the_delay() -> None:
    """RFC 6076 section 4.4."""
    figures = counted(call(bye_takes=0.02), call(bye_takes=None, cause="no answer to BYE"))
    assert figures.disconnect_delay.count == 1
    assert figures.byes_unanswered == 1


def test_the_session_lasts_from_the_answer_to_the_bye() -> None:
    """RFC 6076 section 4.5."""
    assert counted(call(hold=2.0)).duration.largest == pytest.approx(2.0, abs=1e-3)


def test_a_call_that_the_far_end_ends_lasts_until_then() -> None:
    ended = call(hold=2.0)
    ended.bye_sent = ended.bye_answered = None
    assert counted(ended).duration.largest == pytest.approx(2.02, abs=1e-3)


@pytest.mark.parametrize(
    ("status", "failed"), [(401, 0), (402, 0), (407, 0), (403, 1), (503, 1), (603, 1), (None, 1)]
)
def test_challenges_are_no_failures_of_registrations_but_timeouts_are(
    status: int | None, failed: int
) -> None:
    """RFC 6076 section 4.2."""
    figures = counted(registration(), registration(status=status))
    assert figures.ineffective_registration_attempts == 50.0 * failed


def test_latency_counts_from_the_intended_start_and_the_request_delay_from_the_first_invite() -> None:
    figures = counted(call(late=1.5, ringing=0.05))
    assert figures.latency["200"].largest == pytest.approx(1.55, abs=1e-4)
    assert figures.request_delay.largest == pytest.approx(0.05, abs=1e-4)


def test_a_timeout_has_the_latency_until_it_was_given_up() -> None:
    figures = counted(call(status=None, cause="timer B", answer=32.0))
    assert figures.latency["timer B"].largest == pytest.approx(32.0)
    assert figures.codes == {"timer B": 1}
    assert figures.causes == {"timer B": 1}
    assert figures.failed == 1


def test_giving_up_on_purpose_is_no_failure() -> None:
    assert counted(call(status=487, cause="CANCEL by us")).failed == 0


def test_a_registration_takes_until_its_2xx() -> None:
    """RFC 6076 section 4.1."""
    figures = counted(registration(took=0.4))
    assert figures.request_delay.largest == pytest.approx(0.4, abs=1e-3)
    assert registration().intended == START


def test_scenarios_fail_for_many_reasons_and_have_one_outcome() -> None:
    attempts = [
        call(kind="scenario", status=None, cause=f"expected {number} " + "x" * 500) for number in (1, 2)
    ]
    figures = counted(*attempts)
    assert figures.codes == {"failed": 2}
    assert [len(cause) for cause in figures.causes] == [120, 120]
