"""The table of call states."""

import pytest

from harness.ua.call_state import (
    CALL_TABLE,
    CallInput,
    CallState,
    ImpossibleStep,
    next_state,
    step_of_status,
)


class TestTable:
    def test_each_state_has_a_row(self) -> None:
        assert set(CALL_TABLE) == set(CallState)

    def test_each_state_but_the_first_is_reached(self) -> None:
        reached = {state for row in CALL_TABLE.values() for state in row.values()}
        assert reached == set(CallState) - {CallState.CALLING}

    def test_loss_ends_a_call_in_every_state(self) -> None:
        assert {row[CallInput.LOSS] for row in CALL_TABLE.values()} == {CallState.ENDED}

    def test_nothing_leads_out_of_the_end(self) -> None:
        assert set(CALL_TABLE[CallState.ENDED].values()) == {CallState.ENDED}

    def test_a_pair_that_is_not_in_the_table_names_both(self) -> None:
        with pytest.raises(ImpossibleStep, match="ended cannot take 101-199"):
            next_state(CallState.ENDED, CallInput.PROGRESS)


@pytest.mark.parametrize(
    ("status", "step"),
    [
        (100, CallInput.TRYING),
        (183, CallInput.PROGRESS),
        (200, CallInput.ANSWER),
        (302, CallInput.REFUSAL),
        (603, CallInput.REFUSAL),
    ],
)
def test_a_status_is_a_step(status: int, step: CallInput) -> None:
    assert step_of_status(status) is step
