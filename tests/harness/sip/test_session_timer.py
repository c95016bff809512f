"""Session timers (RFC 4028)."""

import pytest

from harness.sip.errors import ParseError
from harness.sip.message import Request
from harness.sip.session_timer import (
    IntervalTooSmall,
    Role,
    SessionExpires,
    SessionTimer,
    after_422,
    answer_request,
    read_response,
    request_headers,
)
from tests.harness.sip.transaction_play import peer_via, request

SUPPORTED = ("Supported", "100rel, timer")


def invite(*headers: tuple[str, str]) -> Request:
    """An INVITE that asks for something."""
    return request("INVITE", *headers, via=peer_via())


def test_a_value_is_read_and_written() -> None:
    value = SessionExpires.parse("1800 ;Refresher=UAS;x=1")
    assert (value.seconds, value.refresher) == (1800, "uas")
    assert str(value) == "1800;refresher=uas;x=1"


@pytest.mark.parametrize("text", ["", "soon", "-1", "90;refresher=me"])
def test_a_value_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ParseError):
        SessionExpires.parse(text)


def test_half_the_interval_is_the_refreshers() -> None:
    """Sections 7.2 and 10: half, and min(32, a third) before the end."""
    assert SessionTimer(1800, True, 100.0).refresh_at == 1000.0
    assert SessionTimer(1800, False, 100.0).refresh_at is None
    assert SessionTimer(1800, True, 100.0).expires_at == 1868.0
    assert SessionTimer(90, False, 0.0).expires_at == 60.0
    assert (SessionTimer(90, True, 0.0).next_timer, SessionTimer(90, False, 0.0).next_timer) == (45.0, 60.0)


@pytest.mark.parametrize(
    ("headers", "refresher", "expected"),
    [
        # section 9, table 2: who refreshes
        ([SUPPORTED, ("Session-Expires", "300;refresher=uac")], "uas", "uac"),
        ([SUPPORTED, ("Session-Expires", "300;refresher=uas")], "uac", "uas"),
        ([SUPPORTED, ("Session-Expires", "300")], "uas", "uas"),
        ([SUPPORTED, ("Session-Expires", "300")], None, "uac"),
        ([("Session-Expires", "300")], None, "uas"),
        ([SUPPORTED, ("x", "300")], None, "uac"),
    ],
)
def test_the_answer_names_the_refresher(
    headers: list[tuple[str, str]], refresher: Role | None, expected: str
) -> None:
    timer, answer = answer_request(invite(*headers), 5.0, refresher=refresher)
    assert timer == SessionTimer(300, expected == "uas", 5.0)
    assert ("Session-Expires", f"300;refresher={expected}") in answer
    assert (("Require", "timer") in answer) == (expected == "uac")


def test_without_a_wish_on_either_side_there_is_no_timer() -> None:
    assert answer_request(invite(SUPPORTED), 0.0) == (None, ())


def test_a_uas_may_want_a_timer_where_the_uac_asked_for_none() -> None:
    timer, answer = answer_request(invite(), 0.0, preferred=600)
    assert timer == SessionTimer(600, True, 0.0)
    assert answer == (("Session-Expires", "600;refresher=uas"),)


def test_an_interval_may_be_lowered_down_to_min_se() -> None:
    asked = invite(SUPPORTED, ("Session-Expires", "1800"), ("Min-SE", "200"))
    timer, _ = answer_request(asked, 0.0, preferred=100)
    assert timer is not None
    assert timer.interval == 200


def test_an_interval_is_never_raised() -> None:
    timer, _ = answer_request(invite(SUPPORTED, ("Session-Expires", "300")), 0.0, preferred=1800)
    assert timer is not None
    assert timer.interval == 300


def test_too_small_an_interval_is_answered_422_with_min_se() -> None:
    with pytest.raises(IntervalTooSmall, match="answer 422") as caught:
        answer_request(invite(SUPPORTED, ("Session-Expires", "60")), 0.0)
    assert caught.value.headers == (("Min-SE", "90"),)


def test_after_a_422_the_interval_is_raised_and_min_se_said() -> None:
    """Section 7.3."""
    response = invite().response(422, headers=[("Min-SE", "600")])
    assert after_422(response, 90) == (600, 600)
    assert request_headers(600, min_se=600, refresher="uac") == (
        ("Session-Expires", "600;refresher=uac"),
        ("Min-SE", "600"),
    )


def test_a_422_without_min_se_is_refused() -> None:
    with pytest.raises(ParseError, match=r"min-se\.missing"):
        after_422(invite().response(422), 90)


def test_the_uac_reads_its_role_from_the_response() -> None:
    response = invite().response(200, headers=[("Session-Expires", "300;refresher=uas")])
    assert read_response(response, 1.0) == SessionTimer(300, False, 1.0)
    response.headers.set("Session-Expires", "300;refresher=uac")
    assert read_response(response, 1.0) == SessionTimer(300, True, 1.0)


def test_a_uas_that_knows_no_timers_leaves_the_refresh_to_us() -> None:
    response = invite().response(200)
    assert read_response(response, 1.0, requested=300) == SessionTimer(300, True, 1.0)
    assert read_response(response, 1.0) is None
