"""The trunk's own ids of calls: they grow with time, so that the database writes rows of one moment together.

Random ones would touch a page of every index for every call, which costs more than the rows themselves. The
first hexadecimal digit is the worker's mark (`workers.marks`); ids are no secrets.
"""

import random

MARK_BITS, TIME_BITS, COUNT_BITS = 4, 41, 19
"""A mark, milliseconds since the epoch (until 2039), and a number among the calls of one process."""


class CallIds:
    """Makes the ids of one process."""

    def __init__(self, rng: random.Random) -> None:
        first = rng.getrandbits(MARK_BITS + TIME_BITS + COUNT_BITS)
        self._mark = first >> (TIME_BITS + COUNT_BITS)
        self._count = first & (1 << COUNT_BITS) - 1

    def new(self, now: float) -> str:
        """The id of a call that begins now: 16 hexadecimal digits."""
        self._count = (self._count + 1) & (1 << COUNT_BITS) - 1
        milliseconds = int(now * 1000) & (1 << TIME_BITS) - 1
        return f"{(self._mark << TIME_BITS | milliseconds) << COUNT_BITS | self._count:016x}"
