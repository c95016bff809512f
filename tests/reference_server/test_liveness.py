"""Calls whose peer is gone end by themselves."""

from tests.reference_server.trunk_play import ECHO, TrunkPlay, play

QUIET = {"media": {"rtp_timeout": 20}}


def last_cause(trunk: TrunkPlay) -> str:
    return trunk.store.records()[-1].cause


def test_rtp_that_stops_ends_the_call() -> None:
    trunk = play(dialect=QUIET)
    phone = trunk.phone()
    phone.call(ECHO).wait_answered()
    trunk.wait(30)
    assert trunk.channels_used() == 1
    trunk.network.release(phone.local)
    trunk.network.drop_if = lambda packet: packet.source.host == phone.local.host
    trunk.wait(60)
    assert trunk.channels_used() == 0
    assert last_cause(trunk) == "no RTP for 20 s"


def test_hold_is_no_silence() -> None:
    trunk = play(dialect=QUIET)
    call = trunk.phone().call(ECHO)
    call.wait_answered()
    trunk.wait(1)
    call.reinvite(direction="inactive")
    trunk.wait(60)
    assert trunk.channels_used() == 1
    call.resume()
    trunk.wait(30)
    assert trunk.channels_used() == 1


def test_a_peer_that_never_sent_rtp_is_asked_and_kept_while_it_answers() -> None:
    trunk = play(dialect=QUIET)
    phone = trunk.phone()
    phone.call(ECHO, media="none").wait_answered()
    trunk.wait(100)
    assert trunk.channels_used() == 1
    trunk.network.drop_if = lambda packet: packet.source.host == phone.local.host
    trunk.wait(120)
    assert trunk.channels_used() == 0
    assert "does not know the call" in last_cause(trunk)


def test_a_silent_peer_is_asked_once_in_the_time_that_silence_may_last() -> None:
    trunk = play(dialect=QUIET)
    call = trunk.phone().call(ECHO, media="none").wait_answered()
    trunk.wait(100)
    asked = [request for request in call.requests if request.method == "OPTIONS"]
    assert len(asked) == 4


def test_a_call_beyond_all_measure_ends() -> None:
    trunk = play(dialect={"longest_call": 50})
    call = trunk.phone().call(ECHO)
    call.wait_answered()
    trunk.wait(52)
    assert call.ended_by == "remote"
    assert last_cause(trunk) == "longest call reached"
