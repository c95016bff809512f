"""How incoming calls of a line are treated."""

from collections.abc import Callable
from dataclasses import dataclass

from harness.load.engine.call_audio import Audio

BUSY_HERE = 486


@dataclass(frozen=True, slots=True)
class Answering:
    """What an incoming INVITE gets."""

    status: int = 200
    """200 answers, 300 to 699 refuses."""
    ring: float | None = 0.0
    """Seconds between 180 and the final response; None sends no 180."""
    hold: float | None = None
    """Seconds after the ACK until we hang up; None: the far end does."""
    audio: Audio | Callable[[], Audio] | None = None
    """What answered calls send and expect; a function gives each call a tone of its own."""
    channels: int | None = None
    """Calls of the line at once; one more is refused. None: no limit."""
    full: int = BUSY_HERE
    """What a call beyond the limit is refused with."""
