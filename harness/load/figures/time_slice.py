"""What happened in one second of a run (or a few, in a long one): a point of each plot.

`figures` keeps them by time. What belongs to which second: a start to the second it was intended for, its
latency likewise, a response and a score to the second of the attempt's outcome.
"""

from collections import defaultdict
from typing import ClassVar

from harness.load.figures.histogram import Histogram
from harness.load.figures.tally import Tally


class TimeSlice(Tally):
    """All attempts of one slice of time."""

    SUMS: ClassVar[tuple[str, ...]] = (
        "answered",
        "over",
        "failed",
        "retransmissions",
        "mos_total",
        "mos_count",
    )
    COUNTS: ClassVar[tuple[str, ...]] = ("offered", "started", "codes")
    SORTED_HISTOGRAMS: ClassVar[tuple[str, ...]] = ("latency",)
    LOWEST: ClassVar[tuple[str, ...]] = ("mos_lowest",)

    answered: int
    """Calls that were answered, both ways."""
    over: int
    """Answered calls that ended."""
    failed: int
    retransmissions: int
    mos_total: int
    """Sum of the scores of the calls that ended, in ten-thousandths."""
    mos_count: int
    offered: defaultdict[str, int]
    """By kind: attempts whose intended start lies here."""
    started: defaultdict[str, int]
    """By kind: attempts that left here."""
    codes: defaultdict[str, int]
    """Outcomes: final statuses, or causes where there was none."""
    latency: defaultdict[str, Histogram]
    """By kind: from the intended start to the response."""
    mos_lowest: float | None
