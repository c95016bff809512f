"""The machine of an outgoing call as a table: state -> status of a response -> action.

Reads like `harness.sip.transaction_tables`: RFC 3261 sections 17.1.1 (INVITE), 9.1 (CANCEL), 13.2.2.4 (2xx)
and 15.1.1 (BYE), joined, because a call has one request under way at a time. Importing it fills the states;
`engine` does.
"""

from harness.load.engine.call_repair import (
    accepted_after_all,
    accepted_again,
    accepted_too_late,
    cancel_heard,
    cancel_now,
    cancel_when_heard,
    ended_by_cancel,
    provisional_to_bye,
    refused_again,
)
from harness.load.engine.call_states import (
    CALLING,
    CANCEL_WANTED,
    CANCELLING,
    LEAVING,
    OVER,
    PROCEEDING,
    TALKING,
    Action,
    Release,
    State,
)
from harness.load.engine.outgoing_call import (
    FastCall,
    accepted,
    bye_challenged,
    bye_refused,
    challenged,
    leave,
    left,
    refused,
    ringing,
    trying,
)


def nothing(_call: FastCall, _status: bytes, _to: bytes, _data: bytes, _now: float) -> None:
    """Nothing changes."""


def stay(_call: FastCall, _now: float) -> None:
    """There is nothing to end, or its end is under way."""


def row(
    state: State,
    *,
    trying: Action,
    ringing: Action,
    success: Action,
    challenge: Action,
    failure: Action,
    release: Release,
) -> None:
    """Fill in a state: 100, other 1xx, 2xx, 401 and 407, other 3xx-6xx, and the wish to end the call."""
    classes = (ringing, success, failure, failure, failure, failure)
    state.responses.update({b"%d" % status: classes[status // 100 - 1] for status in range(100, 700)})
    state.responses.update({b"100": trying, b"401": challenge, b"407": challenge})
    state.release = release


row(
    CALLING,
    trying=trying,
    ringing=ringing,
    success=accepted,
    challenge=challenged,
    failure=refused,
    release=cancel_when_heard,
)
row(
    PROCEEDING,
    trying=nothing,
    ringing=ringing,
    success=accepted,
    challenge=challenged,
    failure=refused,
    release=cancel_now,
)
row(
    CANCEL_WANTED,
    trying=cancel_heard,
    ringing=cancel_heard,
    success=accepted_too_late,
    challenge=ended_by_cancel,
    failure=ended_by_cancel,
    release=stay,
)
row(
    CANCELLING,
    trying=nothing,
    ringing=nothing,
    success=accepted_too_late,
    challenge=ended_by_cancel,
    failure=ended_by_cancel,
    release=stay,
)
row(
    TALKING,
    trying=nothing,
    ringing=nothing,
    success=accepted_again,
    challenge=nothing,
    failure=nothing,
    release=leave,
)
row(
    LEAVING,
    trying=provisional_to_bye,
    ringing=provisional_to_bye,
    success=left,
    challenge=bye_challenged,
    failure=bye_refused,
    release=stay,
)
row(
    OVER,
    trying=nothing,
    ringing=nothing,
    success=accepted_after_all,
    challenge=refused_again,
    failure=refused_again,
    release=stay,
)
