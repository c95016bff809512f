"""The lock against guessing."""

from harness.sip.hop import Hop
from reference_server.lockout import REMEMBERED, Lockout

SOURCE = Hop("udp", "10.0.0.9", 5060)


def test_failures_within_the_time_lock_this_pair_only() -> None:
    lockout = Lockout(3, 60)
    for at in (0, 10, 20):
        lockout.failed(SOURCE, "one", at)
    assert lockout.seconds_left(SOURCE, "one", 20) == 60
    assert lockout.seconds_left(SOURCE._replace(port=9), "one", 20) == 60
    assert lockout.seconds_left(SOURCE, "two", 20) == 0
    assert lockout.seconds_left(SOURCE._replace(host="10.0.0.8"), "one", 20) == 0
    assert lockout.seconds_left(SOURCE, "one", 81) == 0


def test_failures_long_ago_do_not_count() -> None:
    lockout = Lockout(3, 60)
    for at in (0, 10, 80):
        lockout.failed(SOURCE, "one", at)
    assert lockout.seconds_left(SOURCE, "one", 80) == 0


def test_a_source_that_proved_the_password_is_not_locked_by_its_neighbour() -> None:
    lockout = Lockout(2, 60)
    lockout.proved(SOURCE, "one")
    neighbour = SOURCE._replace(port=9999)
    for at in (0, 1):
        lockout.failed(neighbour, "one", at)
    assert lockout.seconds_left(neighbour, "one", 1) > 0
    assert lockout.seconds_left(SOURCE, "one", 1) == 0


def test_memory_is_bounded() -> None:
    lockout = Lockout(2, 60)
    for number in range(REMEMBERED + 10):
        lockout.failed(SOURCE, str(number), 0)
        lockout.proved(SOURCE, str(number) + "p")
    assert lockout.seconds_left(SOURCE, "0", 0) == 0
