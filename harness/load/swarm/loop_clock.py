"""The clock of gevent's loop, brought up to date before Locust sets timers.

The loop reads the clock when it turns. Between its first reading and Locust's start lies the import of
everything, some seconds on a busy machine. A timer counts from the old reading: `-t 6s` could end after one.
"""

import gevent


def catch_up_with_the_clock() -> None:
    """Timers that are set from now on count from now."""
    gevent.get_hub().loop.update_now()
