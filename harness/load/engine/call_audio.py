"""What a call and its audio want of each other; the sockets and packets are `harness.load.media`'s."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from harness.load.figures.attempt import HeardAudio

if TYPE_CHECKING:
    from harness.load.engine.call_messages import Wording


@dataclass(frozen=True, slots=True)
class Audio:
    """What a call sends and what must come back."""

    tone: int
    """The number of its own tone, 0 to 309 (`harness.media.tone.tone_of_call`)."""
    expected: int | None = None
    """The tone that must come back; None: its own, as from a far end that echoes."""
    anything: bool = False
    """What comes back is counted and not compared."""


class CallAudio(Protocol):
    """The audio of one call."""

    offer: bytes
    """Our session description behind its header fields."""
    port: int
    """Where we receive RTP."""

    def begin(self, answer: bytes, now: float) -> None:
        """Start: ``answer`` is the far end's session description, alone or at the end of its message."""

    def move(self, description: bytes, now: float) -> None:
        """The far end described its session anew."""

    def stop(self, now: float) -> None:
        """Send nothing more; what is still on its way is heard."""

    def conclude(self, now: float) -> HeardAudio | None:
        """Close the port and say what was heard."""


class AudioSource(Protocol):
    """Makes the audio of calls."""

    def open(self, audio: Audio, wording: "Wording") -> CallAudio:
        """A port for a call. Raises `LoadInputError` when there is none left."""
