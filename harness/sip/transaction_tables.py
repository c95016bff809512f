"""The four transaction machines of RFC 3261 section 17, as corrected by RFC 6026, as data.

A machine is rows: state -> input -> (next state, actions). `transaction_layer` runs them and gives each
action its meaning; nothing here sends, waits or knows a message. `draw` makes the pictures for the documents.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

from harness.sip.errors import LocalError


class State(StrEnum):
    """Where a transaction stands."""

    CALLING = "Calling"
    TRYING = "Trying"
    PROCEEDING = "Proceeding"
    COMPLETED = "Completed"
    CONFIRMED = "Confirmed"
    ACCEPTED = "Accepted"
    TERMINATED = "Terminated"


class Input(StrEnum):
    """What happens to a transaction."""

    RECEIVE_1XX = "1xx"
    RECEIVE_2XX = "2xx"
    RECEIVE_300_699 = "300-699"
    REQUEST = "request again"
    ACK = "ACK"
    SEND_1XX = "1xx from TU"
    SEND_2XX = "2xx from TU"
    SEND_300_699 = "300-699 from TU"
    TIMER_TRYING = "200 ms without answer"
    TIMER_A = "Timer A"
    TIMER_B = "Timer B"
    TIMER_D = "Timer D"
    TIMER_E = "Timer E"
    TIMER_F = "Timer F"
    TIMER_G = "Timer G"
    TIMER_H = "Timer H"
    TIMER_I = "Timer I"
    TIMER_J = "Timer J"
    TIMER_K = "Timer K"
    TIMER_L = "Timer L"
    TIMER_M = "Timer M"
    TIMER_CANCEL = "64*T1 after CANCEL"
    TRANSPORT_ERROR = "transport error"


class Action(StrEnum):
    """What a transaction does; a timer that does not apply to the transport is not started."""

    SEND_REQUEST = "send request"
    SEND_ACK = "send ACK"
    SEND_WANTED_CANCEL = "send CANCEL if wanted"
    SEND_RESPONSE = "send response"
    SEND_LAST_RESPONSE = "send last response again"
    SEND_TRYING = "send 100"
    REPORT_RESPONSE = "response to TU"
    REPORT_STRAY = "stray response to TU"
    REPORT_ACK = "ACK to TU"
    REPORT_TIMEOUT = "timeout to TU"
    REPORT_FAILURE = "transport error to TU"
    STOP_TIMERS = "stop timers"
    START_TRYING = "start 200 ms"
    START_A = "start A"
    DOUBLE_A = "double A"
    START_B = "start B"
    START_D = "start D"
    START_E = "start E"
    DOUBLE_E = "double E up to T2"
    START_E_AT_T2 = "start E at T2"
    START_F = "start F"
    START_G = "start G"
    DOUBLE_G = "double G up to T2"
    START_H = "start H"
    START_I = "start I"
    START_J = "start J"
    START_K = "start K"
    START_L = "start L"
    START_M = "start M"


Step: TypeAlias = tuple[State, tuple[Action, ...]]
Rows: TypeAlias = Mapping[State, Mapping[Input, Step]]


@dataclass(frozen=True, slots=True)
class Machine:
    """One state machine."""

    name: str
    start: Step
    """The first state and what is done on entering it."""
    rows: Rows


class UnexpectedInput(LocalError):
    """A machine was given an input that its state has no row for: a mistake of the caller's."""

    def __init__(self, machine: str, state: State, stimulus: Input) -> None:
        self.machine = machine
        self.state = state
        self.stimulus = stimulus
        super().__init__(machine, state, stimulus)

    def __str__(self) -> str:
        return f"{self.machine}: nothing is defined for {self.stimulus.value!r} in state {self.state.value!r}"


Handler: TypeAlias = Callable[[Any, float], None]
"""What an action does: called with the transaction and ``now``."""


class RunnableMachine:
    """A machine whose actions have got their meaning."""

    __slots__ = ("name", "rows", "start_actions", "start_state")

    def __init__(self, machine: Machine, handlers: Mapping[Action, Handler]) -> None:
        self.name = machine.name
        self.start_state, actions = machine.start
        self.start_actions = tuple(handlers[action] for action in actions)
        self.rows = {
            state: {
                stimulus: (next_state, tuple(handlers[action] for action in actions))
                for stimulus, (next_state, actions) in row.items()
            }
            for state, row in machine.rows.items()
        }

    def step(self, state: State, stimulus: Input) -> tuple[State, tuple[Handler, ...]]:
        """Return the next state and what to do. Raises UnexpectedInput for a pair not in the table."""
        step = self.rows[state].get(stimulus)
        if step is None:
            raise UnexpectedInput(self.name, state, stimulus)
        return step


# RFC 3261 section 17.1.1 (figure 5) with RFC 6026 section 8.4: Accepted and timer M.
# RFC 3261 section 9.1 gives up 64*T1 after CANCEL. The RFCs name no transport error in Proceeding; here it
# ends the transaction, or a call whose peer died while ringing would wait for ever.
INVITE_CLIENT = Machine(
    name="INVITE client transaction",
    start=(State.CALLING, (Action.SEND_REQUEST, Action.START_A, Action.START_B)),
    rows={
        State.CALLING: {
            Input.TIMER_A: (State.CALLING, (Action.SEND_REQUEST, Action.DOUBLE_A)),
            Input.TIMER_B: (State.TERMINATED, (Action.REPORT_TIMEOUT,)),
            Input.TRANSPORT_ERROR: (State.TERMINATED, (Action.REPORT_FAILURE,)),
            Input.RECEIVE_1XX: (
                State.PROCEEDING,
                (Action.STOP_TIMERS, Action.REPORT_RESPONSE, Action.SEND_WANTED_CANCEL),
            ),
            Input.RECEIVE_2XX: (
                State.ACCEPTED,
                (Action.STOP_TIMERS, Action.REPORT_RESPONSE, Action.START_M),
            ),
            Input.RECEIVE_300_699: (
                State.COMPLETED,
                (Action.STOP_TIMERS, Action.SEND_ACK, Action.REPORT_RESPONSE, Action.START_D),
            ),
        },
        State.PROCEEDING: {
            Input.RECEIVE_1XX: (State.PROCEEDING, (Action.REPORT_RESPONSE,)),
            Input.RECEIVE_2XX: (
                State.ACCEPTED,
                (Action.STOP_TIMERS, Action.REPORT_RESPONSE, Action.START_M),
            ),
            Input.RECEIVE_300_699: (
                State.COMPLETED,
                (Action.STOP_TIMERS, Action.SEND_ACK, Action.REPORT_RESPONSE, Action.START_D),
            ),
            Input.TIMER_CANCEL: (State.TERMINATED, (Action.REPORT_TIMEOUT,)),
            Input.TRANSPORT_ERROR: (State.TERMINATED, (Action.REPORT_FAILURE,)),
        },
        State.COMPLETED: {
            Input.RECEIVE_1XX: (State.COMPLETED, ()),
            Input.RECEIVE_2XX: (State.COMPLETED, (Action.REPORT_STRAY,)),
            Input.RECEIVE_300_699: (State.COMPLETED, (Action.SEND_ACK,)),
            Input.TIMER_D: (State.TERMINATED, ()),
            Input.TRANSPORT_ERROR: (State.TERMINATED, (Action.REPORT_FAILURE,)),
        },
        State.ACCEPTED: {
            Input.RECEIVE_1XX: (State.ACCEPTED, ()),
            Input.RECEIVE_2XX: (State.ACCEPTED, (Action.REPORT_RESPONSE,)),
            Input.RECEIVE_300_699: (State.ACCEPTED, (Action.REPORT_STRAY,)),
            Input.TIMER_M: (State.TERMINATED, ()),
            Input.TRANSPORT_ERROR: (State.ACCEPTED, ()),
        },
        State.TERMINATED: {},
    },
)

# RFC 3261 section 17.1.2 (figure 6).
NON_INVITE_CLIENT = Machine(
    name="non-INVITE client transaction",
    start=(State.TRYING, (Action.SEND_REQUEST, Action.START_E, Action.START_F)),
    rows={
        State.TRYING: {
            Input.TIMER_E: (State.TRYING, (Action.SEND_REQUEST, Action.DOUBLE_E)),
            Input.TIMER_F: (State.TERMINATED, (Action.REPORT_TIMEOUT,)),
            Input.TRANSPORT_ERROR: (State.TERMINATED, (Action.REPORT_FAILURE,)),
            Input.RECEIVE_1XX: (State.PROCEEDING, (Action.REPORT_RESPONSE,)),
            Input.RECEIVE_2XX: (
                State.COMPLETED,
                (Action.STOP_TIMERS, Action.REPORT_RESPONSE, Action.START_K),
            ),
            Input.RECEIVE_300_699: (
                State.COMPLETED,
                (Action.STOP_TIMERS, Action.REPORT_RESPONSE, Action.START_K),
            ),
        },
        State.PROCEEDING: {
            Input.TIMER_E: (State.PROCEEDING, (Action.SEND_REQUEST, Action.START_E_AT_T2)),
            Input.TIMER_F: (State.TERMINATED, (Action.REPORT_TIMEOUT,)),
            Input.TRANSPORT_ERROR: (State.TERMINATED, (Action.REPORT_FAILURE,)),
            Input.RECEIVE_1XX: (State.PROCEEDING, (Action.REPORT_RESPONSE,)),
            Input.RECEIVE_2XX: (
                State.COMPLETED,
                (Action.STOP_TIMERS, Action.REPORT_RESPONSE, Action.START_K),
            ),
            Input.RECEIVE_300_699: (
                State.COMPLETED,
                (Action.STOP_TIMERS, Action.REPORT_RESPONSE, Action.START_K),
            ),
        },
        State.COMPLETED: {
            Input.RECEIVE_1XX: (State.COMPLETED, ()),
            Input.RECEIVE_2XX: (State.COMPLETED, ()),
            Input.RECEIVE_300_699: (State.COMPLETED, ()),
            Input.TIMER_K: (State.TERMINATED, ()),
            Input.TRANSPORT_ERROR: (State.COMPLETED, ()),
        },
        State.TERMINATED: {},
    },
)

# RFC 3261 section 17.2.1 (figure 7) as replaced by RFC 6026 section 8.5: Accepted, timer L, and transport
# errors that are reported without ending the transaction.
INVITE_SERVER = Machine(
    name="INVITE server transaction",
    start=(State.PROCEEDING, (Action.START_TRYING,)),
    rows={
        State.PROCEEDING: {
            Input.REQUEST: (State.PROCEEDING, (Action.SEND_LAST_RESPONSE,)),
            Input.ACK: (State.PROCEEDING, ()),
            Input.TIMER_TRYING: (State.PROCEEDING, (Action.SEND_TRYING,)),
            Input.SEND_1XX: (State.PROCEEDING, (Action.STOP_TIMERS, Action.SEND_RESPONSE)),
            Input.SEND_2XX: (
                State.ACCEPTED,
                (Action.STOP_TIMERS, Action.SEND_RESPONSE, Action.START_L),
            ),
            Input.SEND_300_699: (
                State.COMPLETED,
                (Action.STOP_TIMERS, Action.SEND_RESPONSE, Action.START_G, Action.START_H),
            ),
            Input.TRANSPORT_ERROR: (State.PROCEEDING, (Action.REPORT_FAILURE,)),
        },
        State.ACCEPTED: {
            Input.REQUEST: (State.ACCEPTED, ()),
            Input.ACK: (State.ACCEPTED, (Action.REPORT_ACK,)),
            Input.SEND_2XX: (State.ACCEPTED, (Action.SEND_RESPONSE,)),
            Input.TIMER_L: (State.TERMINATED, ()),
            Input.TRANSPORT_ERROR: (State.ACCEPTED, (Action.REPORT_FAILURE,)),
        },
        State.COMPLETED: {
            Input.REQUEST: (State.COMPLETED, (Action.SEND_LAST_RESPONSE,)),
            Input.ACK: (State.CONFIRMED, (Action.STOP_TIMERS, Action.START_I)),
            Input.TIMER_G: (State.COMPLETED, (Action.SEND_LAST_RESPONSE, Action.DOUBLE_G)),
            Input.TIMER_H: (State.TERMINATED, (Action.REPORT_TIMEOUT,)),
            Input.TRANSPORT_ERROR: (State.COMPLETED, (Action.REPORT_FAILURE,)),
        },
        State.CONFIRMED: {
            Input.REQUEST: (State.CONFIRMED, ()),
            Input.ACK: (State.CONFIRMED, ()),
            Input.TIMER_I: (State.TERMINATED, ()),
            Input.TRANSPORT_ERROR: (State.CONFIRMED, ()),
        },
        State.TERMINATED: {},
    },
)

# RFC 3261 section 17.2.2 (figure 8).
NON_INVITE_SERVER = Machine(
    name="non-INVITE server transaction",
    start=(State.TRYING, ()),
    rows={
        State.TRYING: {
            Input.REQUEST: (State.TRYING, ()),
            Input.SEND_1XX: (State.PROCEEDING, (Action.SEND_RESPONSE,)),
            Input.SEND_2XX: (State.COMPLETED, (Action.SEND_RESPONSE, Action.START_J)),
            Input.SEND_300_699: (State.COMPLETED, (Action.SEND_RESPONSE, Action.START_J)),
            Input.TRANSPORT_ERROR: (State.TRYING, ()),
        },
        State.PROCEEDING: {
            Input.REQUEST: (State.PROCEEDING, (Action.SEND_LAST_RESPONSE,)),
            Input.SEND_1XX: (State.PROCEEDING, (Action.SEND_RESPONSE,)),
            Input.SEND_2XX: (State.COMPLETED, (Action.SEND_RESPONSE, Action.START_J)),
            Input.SEND_300_699: (State.COMPLETED, (Action.SEND_RESPONSE, Action.START_J)),
            Input.TRANSPORT_ERROR: (State.TERMINATED, (Action.STOP_TIMERS, Action.REPORT_FAILURE)),
        },
        State.COMPLETED: {
            Input.REQUEST: (State.COMPLETED, (Action.SEND_LAST_RESPONSE,)),
            # "Any other final responses passed by the TU MUST be discarded while in the Completed state."
            Input.SEND_2XX: (State.COMPLETED, ()),
            Input.SEND_300_699: (State.COMPLETED, ()),
            Input.TIMER_J: (State.TERMINATED, ()),
            Input.TRANSPORT_ERROR: (State.TERMINATED, (Action.STOP_TIMERS, Action.REPORT_FAILURE)),
        },
        State.TERMINATED: {},
    },
)

MACHINES = (INVITE_CLIENT, NON_INVITE_CLIENT, INVITE_SERVER, NON_INVITE_SERVER)


def check(machine: Machine) -> None:
    """Raise ValueError unless each state that can be reached has a row and each row can be reached."""
    reachable = {machine.start[0]}
    waiting = [machine.start[0]]
    while waiting:
        state = waiting.pop()
        if state not in machine.rows:
            raise ValueError(f"{machine.name}: state {state.value!r} has no row")
        for next_state, _ in machine.rows[state].values():
            if next_state not in reachable:
                reachable.add(next_state)
                waiting.append(next_state)
    for state in machine.rows:
        if state not in reachable:
            raise ValueError(f"{machine.name}: state {state.value!r} is never reached")
    if State.TERMINATED not in reachable:
        raise ValueError(f"{machine.name}: it never ends")


def draw(machine: Machine, form: str = "mermaid") -> str:
    """Return the machine as text for a picture: ``mermaid`` (stateDiagram-v2) or ``dot`` (Graphviz)."""
    edges = [("[*]", machine.start[0].value, _label("start", machine.start[1]))]
    for state, row in machine.rows.items():
        for stimulus, (next_state, actions) in row.items():
            edges.append((state.value, next_state.value, _label(stimulus.value, actions)))
    if form == "mermaid":
        lines = [f"    {source} --> {target} : {label}" for source, target, label in edges]
        return "\n".join(["stateDiagram-v2", *lines, "    Terminated --> [*]", ""])
    if form == "dot":
        lines = [f'  "{source}" -> "{target}" [label="{label}"];' for source, target, label in edges]
        return "\n".join([f'digraph "{machine.name}" {{', *lines, "}", ""])
    raise ValueError(f"form is {form!r}; write 'mermaid' or 'dot'")


def _label(stimulus: str, actions: tuple[Action, ...]) -> str:
    return f"{stimulus} / {', '.join(action.value for action in actions)}" if actions else stimulus


for _machine in MACHINES:
    check(_machine)
