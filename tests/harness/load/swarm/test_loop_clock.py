"""The loop's clock, which stands still while Python imports."""

import time

import gevent

from harness.load.swarm.loop_clock import catch_up_with_the_clock


def test_a_loop_that_has_not_turned_for_a_while_reads_the_clock_again() -> None:
    loop = gevent.get_hub().loop
    old = loop.now()
    while time.time() <= old + 0.05:
        pass
    assert loop.now() == old
    catch_up_with_the_clock()
    assert loop.now() > old
