"""What a test call's end means, in words: Quick Start Guide step 8."""

from typing import Any

import pytest

from reference_server.control.models import CallMedia, CallShown
from reference_server.manager.call_outcome import outcome_of


def call(**values: Any) -> CallShown:
    """A test call that rings."""
    plain: dict[str, Any] = {
        "id": "1",
        "call_id": "1@trunk",
        "profile": "99051000000231",
        "direction": "inbound",
        "number": "+442079460700",
        "caller": "test",
        "state": "ringing",
        "status": None,
        "cause": "",
        "released_by": "",
        "started": 100.0,
        "answered": None,
        "ended": None,
        "fault_of_pbx": None,
        "remarks": [],
        "media": None,
    }
    return CallShown.model_validate({**plain, **values})


def sound(packets: int) -> CallMedia:
    return CallMedia(received_packets=packets, lost_packets=0, jitter_ms=0.1, digits="")


def test_while_it_rings_nobody_can_tell() -> None:
    outcome = outcome_of(call())
    assert (outcome.state, outcome.passed) == ("ringing", None)
    assert outcome.words == "Calling +442079460700: nobody has answered yet"


def test_answered_with_sound_it_has_passed() -> None:
    outcome = outcome_of(call(state="answered", answered=101.25, media=sound(50)))
    assert (outcome.state, outcome.passed) == ("answered", True)
    assert outcome.words == "Answered after 1.2 s; 50 packets of sound came back"


def test_answered_without_sound_nobody_can_tell_until_it_ends() -> None:
    assert outcome_of(call(state="answered", answered=101.0)).passed is None
    ended = outcome_of(call(state="ended", answered=101.0, ended=109.0, media=sound(0)))
    assert (ended.state, ended.passed) == ("ended", False)
    assert "firewall or NAT" in ended.words


@pytest.mark.parametrize(
    ("status", "cause", "words"),
    [
        (480, "no contact is registered", "enter SIP user and password"),
        (486, "no channel free", "all channels of the profile are in use"),
        (404, "Not Found", "let it route that number"),
        (488, "Not Acceptable Here", "allow G.711"),
        (418, "I am a teapot", "I am a teapot (418)"),
        (None, "", "refused"),
    ],
)
def test_a_call_that_failed_says_why_and_what_to_do(status: int | None, cause: str, words: str) -> None:
    outcome = outcome_of(call(state="ended", status=status, cause=cause, ended=101.0))
    assert (outcome.state, outcome.passed) == ("ended", False)
    assert words in outcome.words


def test_a_call_that_nobody_answered_says_so() -> None:
    outcome = outcome_of(call(state="ended", cause="no answer", ended=130.0))
    assert (outcome.passed, outcome.words) == (False, "Nobody answered: it rang, or the PBX was silent")


def test_a_mistake_of_the_pbx_is_told_too() -> None:
    outcome = outcome_of(call(state="ended", cause="failed", fault_of_pbx="407 to the trunk", ended=101.0))
    assert outcome.words.endswith("The PBX made a mistake: 407 to the trunk")
