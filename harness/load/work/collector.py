"""Python's garbage collector in a process that makes load: called seldom, and not over what was imported.

Calls free themselves by their reference counts; with Locust's modules in memory a full collection takes
longer than a hundred calls do, and holds up the answers that come meanwhile.
"""

import gc

THRESHOLDS = (20_000, 10, 10)
"""Allocations before the youngest objects are looked at, and how often before older ones are; Python's own
700, 10 and 10 come by every few dozen calls."""


def calm_collector() -> None:
    """Leaves what is there now out of collections, and collects seldom from now on."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
