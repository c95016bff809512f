"""Which call sends which tone: no two calls of a load at once have the same one while there are enough.

A share of the numbers belongs to each worker. What a tone sounds like is `harness.media.tone`'s business.
"""

from collections import deque

TONES = 310
"""As many calls as `harness.media.tone.tone_of_call` tells apart."""


class TonePool:
    """The tone numbers of one worker."""

    def __init__(self, index: int = 0, count: int = 1) -> None:
        """Worker `index` of `count` has every `count`-th tone; neighbours go to different ones."""
        self._free = deque(range(index % TONES, TONES, min(count, TONES)))
        self._next = 0
        self.shared = 0
        """How many calls got a tone that another call had too: there are more calls than tones."""

    def take(self) -> int:
        """A tone that no call of this worker has; when all are taken, one that is in use."""
        if self._free:
            return self._free.popleft()
        self.shared += 1
        self._next = (self._next + 1) % TONES
        return self._next

    def give_back(self, number: int) -> None:
        """The call with this tone is over."""
        if number not in self._free:
            self._free.append(number)
