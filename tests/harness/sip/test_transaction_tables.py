"""The machines as data."""

import pytest

from harness.sip.transaction_tables import (
    INVITE_CLIENT,
    INVITE_SERVER,
    MACHINES,
    Action,
    Input,
    Machine,
    RunnableMachine,
    State,
    UnexpectedInput,
    check,
    draw,
)


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
def test_every_state_has_a_row(machine: Machine) -> None:
    check(machine)


def test_a_state_without_a_row_is_named() -> None:
    machine = Machine("lame", (State.CALLING, ()), {})
    with pytest.raises(ValueError, match="lame: state 'Calling' has no row"):
        check(machine)


def test_a_row_that_is_never_reached_is_named() -> None:
    rows = {
        State.CALLING: {Input.TIMER_B: (State.TERMINATED, ())},
        State.TERMINATED: {},
        State.TRYING: {},
    }
    with pytest.raises(ValueError, match="'Trying' is never reached"):
        check(Machine("wide", (State.CALLING, ()), rows))


def test_a_machine_that_never_ends_is_refused() -> None:
    with pytest.raises(ValueError, match="it never ends"):
        check(Machine("endless", (State.CALLING, ()), {State.CALLING: {}}))


def test_a_pair_not_in_the_table_is_an_error_naming_both() -> None:
    runnable = RunnableMachine(INVITE_SERVER, {action: lambda transaction, now: None for action in Action})
    with pytest.raises(UnexpectedInput, match="'2xx from TU' in state 'Completed'") as caught:
        runnable.step(State.COMPLETED, Input.SEND_2XX)
    assert (caught.value.state, caught.value.stimulus) == (State.COMPLETED, Input.SEND_2XX)


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
def test_no_peer_can_give_an_input_that_the_table_lacks(machine: Machine) -> None:
    """Whatever arrives from the network must have a row in each state but Terminated."""
    client = machine.name.endswith("client transaction")
    received = (
        {Input.RECEIVE_1XX, Input.RECEIVE_2XX, Input.RECEIVE_300_699} if client else {Input.REQUEST}
    ) | {Input.TRANSPORT_ERROR}
    if machine is INVITE_SERVER:
        received |= {Input.ACK}
    for state, row in machine.rows.items():
        if state is not State.TERMINATED:
            assert received <= row.keys(), state


def test_the_table_draws_itself_for_mermaid() -> None:
    picture = draw(INVITE_CLIENT)
    assert picture.startswith("stateDiagram-v2\n    [*] --> Calling : start / send request")
    assert "    Calling --> Proceeding : 1xx / stop timers, response to TU, send CANCEL if wanted" in picture


def test_the_table_draws_itself_for_graphviz() -> None:
    assert '"Accepted" -> "Terminated" [label="Timer M"];' in draw(INVITE_CLIENT, "dot")


def test_another_form_of_picture_is_refused() -> None:
    with pytest.raises(ValueError, match="write 'mermaid' or 'dot'"):
        draw(INVITE_CLIENT, "png")
