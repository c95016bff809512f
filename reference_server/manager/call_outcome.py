"""What came of a test call, in words for people: Quick Start Guide step 8, "Make a test incoming call"."""

from typing import Literal

from pydantic import BaseModel

from reference_server.control.models import CallShown

ADVICE = {
    404: "the PBX does not know the number that is called: let it route that number to a phone",
    408: "the PBX did not answer: see whether it is reachable at the address that it registered",
    480: "no PBX is registered: enter SIP user and password of Authentication details in the PBX",
    486: "it is busy: all channels of the profile are in use, or the phone is",
    488: "no codec in common: allow G.711 in the PBX",
    401: "calls from the trunk carry no credentials: let the PBX take them without",
    407: "calls from the trunk carry no credentials: let the PBX take them without",
    503: "the trunk or the PBX had no room for the call; try again",
}
"""Final status -> what to do."""


class TestCallOutcome(BaseModel):
    """How a test call went."""

    __test__ = False  # for pytest: no class of tests

    id: str
    state: Literal["ringing", "answered", "ended"]
    passed: bool | None
    """None while nobody can tell."""
    words: str
    """One or two sentences: how it went, and what to do when it did not work."""
    call: CallShown


def outcome_of(call: CallShown) -> TestCallOutcome:
    """What is known of a call by now."""
    state: Literal["ringing", "answered", "ended"] = "ringing"
    passed: bool | None = None
    words = f"Calling {call.number}: nobody has answered yet"
    if call.answered is not None:
        state = "ended" if call.state == "ended" else "answered"
        passed, words = _answered(call, call.answered)
    elif call.state == "ended":
        state, passed, words = "ended", False, _refused(call)
    if call.fault_of_pbx and state == "ended":
        words += f". The PBX made a mistake: {call.fault_of_pbx}"
    return TestCallOutcome(id=call.id, state=state, passed=passed, words=words, call=call)


def _answered(call: CallShown, answered: float) -> tuple[bool | None, str]:
    begin = f"Answered after {max(0.0, answered - call.started):.1f} s"
    packets = 0 if call.media is None else call.media.received_packets
    if packets:
        return True, f"{begin}; {packets} packets of sound came back"
    if call.state != "ended":
        return None, f"{begin}; whoever answered hears a tone"
    return False, f"{begin}, but no sound came back: see whether a firewall or NAT holds RTP of the PBX back"


def _refused(call: CallShown) -> str:
    advice = ADVICE.get(call.status or 0)
    status = f" ({call.status})" if call.status else ""
    if call.cause in ("no answer", "caller gave up"):
        return "Nobody answered: it rang, or the PBX was silent"
    cause = call.cause or "refused"
    return f"The call failed: {cause}{status}" + (f"; {advice}" if advice else "")
