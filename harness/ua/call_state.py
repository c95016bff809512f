"""The states of a call and what moves it from one to the next, as a table.

The table serves both sides of a call. What is done on the way lies in `outgoing`, `incoming`,
`in_dialog_requests` and `in_dialog_answers`; the transactions below have tables of their own in
`harness.sip.transaction_tables`.
"""

from enum import Enum

from harness.sip.errors import LocalError


class CallState(Enum):
    """How far a call is."""

    __hash__ = object.__hash__  # members are single; Enum's own hash is Python code, twice in each step

    CALLING = "calling"
    """INVITE sent or received, nothing answered yet."""
    PROCEEDING = "proceeding"
    """100 passed."""
    RINGING = "ringing"
    """A provisional response above 100 passed."""
    ANSWERED = "answered"
    """A 2xx passed."""
    ENDING = "ending"
    """Our CANCEL or BYE is on its way and waits for its end."""
    ENDED = "ended"


class CallInput(Enum):
    """What moves a call."""

    __hash__ = object.__hash__

    TRYING = "100"
    PROGRESS = "101-199"
    ANSWER = "2xx"
    REFUSAL = "3xx-6xx"
    RELEASE = "CANCEL or BYE sent"
    PEER_RELEASE = "CANCEL or BYE received"
    LOSS = "timeout or transport failure"
    CONCLUSION = "last answer in"


class ImpossibleStep(LocalError):
    """A call was asked for a step that its state does not allow."""

    def __init__(self, state: CallState, step: CallInput) -> None:
        super().__init__(f"a call that is {state.value} cannot take {step.value}")
        self.state = state
        self.step = step


_S, _I = CallState, CallInput

CALL_TABLE: dict[CallState, dict[CallInput, CallState]] = {
    _S.CALLING: {
        _I.TRYING: _S.PROCEEDING,
        _I.PROGRESS: _S.RINGING,
        _I.ANSWER: _S.ANSWERED,
        _I.REFUSAL: _S.ENDED,
        _I.RELEASE: _S.ENDING,
        _I.PEER_RELEASE: _S.ENDED,
        _I.LOSS: _S.ENDED,
    },
    _S.PROCEEDING: {
        _I.TRYING: _S.PROCEEDING,
        _I.PROGRESS: _S.RINGING,
        _I.ANSWER: _S.ANSWERED,
        _I.REFUSAL: _S.ENDED,
        _I.RELEASE: _S.ENDING,
        _I.PEER_RELEASE: _S.ENDED,
        _I.LOSS: _S.ENDED,
    },
    _S.RINGING: {
        _I.TRYING: _S.RINGING,
        _I.PROGRESS: _S.RINGING,
        _I.ANSWER: _S.ANSWERED,
        _I.REFUSAL: _S.ENDED,
        _I.RELEASE: _S.ENDING,
        _I.PEER_RELEASE: _S.ENDED,
        _I.LOSS: _S.ENDED,
    },
    _S.ANSWERED: {  # provisional responses may overtake each other, or come late from another fork
        _I.TRYING: _S.ANSWERED,
        _I.PROGRESS: _S.ANSWERED,
        _I.ANSWER: _S.ANSWERED,
        _I.RELEASE: _S.ENDING,
        _I.PEER_RELEASE: _S.ENDED,
        _I.LOSS: _S.ENDED,
    },
    _S.ENDING: {
        _I.TRYING: _S.ENDING,
        _I.PROGRESS: _S.ENDING,
        _I.ANSWER: _S.ENDING,  # 200 crossed CANCEL: it gets ACK and BYE (RFC 3261 section 9.1)
        _I.REFUSAL: _S.ENDED,
        _I.RELEASE: _S.ENDING,
        _I.PEER_RELEASE: _S.ENDING,  # BYE crossed BYE
        _I.LOSS: _S.ENDED,
        _I.CONCLUSION: _S.ENDED,
    },
    _S.ENDED: {
        _I.LOSS: _S.ENDED,
        _I.CONCLUSION: _S.ENDED,
        _I.ANSWER: _S.ENDED,  # late 200 of another fork
    },
}


def next_state(state: CallState, step: CallInput) -> CallState:
    """The state that a step leads to. Raises `ImpossibleStep`."""
    try:
        return CALL_TABLE[state][step]
    except KeyError:
        raise ImpossibleStep(state, step) from None


def step_of_status(status: int) -> CallInput:
    """What a response to an INVITE means to the call."""
    if status == 100:
        return CallInput.TRYING
    if status < 200:
        return CallInput.PROGRESS
    return CallInput.ANSWER if status < 300 else CallInput.REFUSAL
