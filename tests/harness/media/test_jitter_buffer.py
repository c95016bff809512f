"""The simulated jitter buffer."""

from harness.media.jitter_buffer import JitterBuffer


def test_a_packet_within_the_depth_is_in_time() -> None:
    buffer = JitterBuffer(60.0)
    assert not buffer.receive(0, 10.0)
    assert not buffer.receive(160, 10.02 + 0.059)
    assert buffer.receive(320, 10.04 + 0.061)
    assert buffer.late == 1


def test_a_timestamp_may_wrap() -> None:
    buffer = JitterBuffer(60.0)
    buffer.receive(0xFFFFFFFF - 159, 10.0)
    assert not buffer.receive(0, 10.02)
    assert not buffer.receive(0xFFFFFFFF - 159, 10.05)


def test_a_talk_spurt_begins_anew() -> None:
    """RFC 3551 section 4.1"""
    buffer = JitterBuffer(60.0)
    buffer.receive(0, 10.0)
    assert not buffer.receive(160, 11.0, restart=True)
    buffer.reset()
    assert not buffer.receive(99999, 12.0)
