"""The states of an outgoing call, by name; what happens in them is the table in `call_machine`.

Names and contents are apart because the actions name the states, and the table names the actions.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from harness.load.engine.outgoing_call import FastCall

Action: TypeAlias = Callable[["FastCall", bytes, bytes, bytes, float], None]
"""What a response does: called with the call, status, the value of To, the message and ``now``."""
Release: TypeAlias = Callable[["FastCall", float], None]
"""What the wish to end the call does."""


class State:
    """A row of the machine; a call's state is the row itself, so a response costs one look-up."""

    __slots__ = ("name", "release", "responses")

    def __init__(self, name: str) -> None:
        self.name = name
        self.responses: dict[bytes, Action] = {}
        """By status, from 100 to 699."""
        self.release: Release

    def __repr__(self) -> str:
        return f"<{self.name}>"


CALLING = State("INVITE sent, nothing heard")
PROCEEDING = State("a provisional response came")
CANCEL_WANTED = State("to be cancelled as soon as a provisional response comes")
CANCELLING = State("CANCEL sent")
TALKING = State("answered")
LEAVING = State("BYE sent")
OVER = State("reported")
STATES = (CALLING, PROCEEDING, CANCEL_WANTED, CANCELLING, TALKING, LEAVING, OVER)
