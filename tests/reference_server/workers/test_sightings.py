"""A worker keeps the packets that pass while it is asked for them, and no more than so many."""

import json

import pytest

from harness.sip.hop import Hop
from reference_server.workers.sightings import (
    LONGEST_PACKET,
    MOST_PACKETS,
    WATCHED_FOR,
    Sighting,
    Sightings,
)
from tests.reference_server.trunk_play import ECHO, TrunkPlay, play

LOCAL, PEER = Hop("udp", "127.0.0.1", 5060), Hop("tcp", "192.0.2.7", 5070)


@pytest.fixture
def trunk() -> TrunkPlay:
    return play()


@pytest.fixture
def sightings(trunk: TrunkPlay) -> Sightings:
    return Sightings(trunk.trunk, trunk.network.now)


def test_nothing_is_kept_before_the_first_question(trunk: TrunkPlay, sightings: Sightings) -> None:
    trunk.phone().register()
    assert trunk.trunk.watch is None
    assert sightings.fetch() == []


def test_what_passes_between_two_questions_is_told_once(trunk: TrunkPlay, sightings: Sightings) -> None:
    phone = trunk.phone()
    sightings.fetch()
    call = phone.call(ECHO).wait_answered()
    seen = sightings.fetch()
    lines = [one.data.partition(b" sip:")[0].partition(b"\r\n")[0] for one in seen]
    assert lines[0] == b"INVITE"
    assert b"SIP/2.0 200 OK" in lines
    assert (seen[0].incoming, seen[0].peer) == (True, phone.local)
    assert [one.at for one in seen] == sorted(one.at for one in seen)
    call.hang_up()
    assert [one.data[:4] for one in sightings.fetch() if one.incoming][-1] == b"BYE "


def test_a_while_after_the_last_question_the_trunk_is_let_go(trunk: TrunkPlay, sightings: Sightings) -> None:
    sightings.fetch()
    trunk.wait(WATCHED_FOR + 1)
    trunk.phone().register()
    assert trunk.trunk.watch is None
    assert sightings.fetch() == []
    assert trunk.trunk.watch is not None


def test_memory_stays_bounded(trunk: TrunkPlay, sightings: Sightings) -> None:
    sightings.fetch()
    for _ in range(MOST_PACKETS + 5):
        sightings.note(True, b"x" * (LONGEST_PACKET + 1), LOCAL, PEER, trunk.network.now())
    seen = sightings.fetch()
    assert len(seen) == MOST_PACKETS
    assert {len(one.data) for one in seen} == {LONGEST_PACKET}


def test_a_sighting_comes_through_json_as_it_was() -> None:
    sighting = Sighting(False, b"SIP/2.0 200 OK\r\n\xff\x00", LOCAL, PEER, 12.5)
    assert Sighting.of(json.loads(json.dumps(sighting.told()))) == sighting
