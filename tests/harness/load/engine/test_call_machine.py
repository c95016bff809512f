import pytest

from harness.load.engine import call_machine
from harness.load.engine.call_states import STATES, State


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.name)
def test_every_state_has_an_action_for_every_status(state: State) -> None:
    assert set(state.responses) == {b"%d" % status for status in range(100, 700)}
    assert callable(state.release)
    assert call_machine.__doc__
