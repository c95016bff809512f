import random
import select
import socket
from collections.abc import Iterator

import pytest

from harness.load.engine.call_audio import Audio
from harness.load.engine.call_messages import Wording
from harness.load.errors import LoadInputError
from harness.load.media.call_sound import CallSound
from harness.load.media.media_plane import MediaPlane
from harness.media.rtp import RtpPacket
from harness.sip.hop import Hop

HOST = "127.0.0.1"
PATIENCE = 60.0  # seconds for what must happen
WORDING = Wording(user="u", domain="d", local=Hop("udp", HOST, 5060), run="r")


def free_range(size: int) -> range:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((HOST, 0))
        start = min(int(probe.getsockname()[1]), 65000)
    return range(start, start + size)


@pytest.fixture
def plane() -> Iterator[MediaPlane]:
    made = MediaPlane(HOST, free_range(40), random.Random(1))
    yield made
    made.shut()


@pytest.fixture
def far_end() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.bind((HOST, 0))
        made.settimeout(PATIENCE)
        yield made


def answer(port: int, more: str = "", law: str = "8 0") -> bytes:
    return (
        f"SIP/2.0 200 OK\r\n\r\nv=0\r\no=- 1 1 IN IP4 {HOST}\r\ns=-\r\nc=IN IP4 {HOST}\r\nt=0 0\r\n"
        f"m=audio {port} RTP/AVP {law} 101\r\n{more}"
    ).encode()


def drain(plane: MediaPlane) -> None:
    assert select.select([plane], [], [], PATIENCE)[0]
    plane.drain(1.0)


def begun(plane: MediaPlane, far_end: socket.socket, tone: int = 5) -> CallSound:
    sound = plane.open(Audio(tone), WORDING)
    sound.begin(answer(far_end.getsockname()[1]), 0.0)
    return sound


def test_a_call_sends_its_tone_and_hears_it_again(plane: MediaPlane, far_end: socket.socket) -> None:
    sound = begun(plane, far_end)
    for number in range(5):
        sound.send_next(number * 0.02)
        data, address = far_end.recvfrom(2048)
        assert RtpPacket.parse(data).payload_type == 8
        far_end.sendto(data, address)
        drain(plane)
    heard = sound.conclude(1.0)
    assert heard is not None
    assert (heard.sent, heard.received, heard.foreign, heard.unknown) == (5, 5, 0, 0)
    assert len(plane) == 0


def test_audio_from_another_address_is_heard_too(plane: MediaPlane, far_end: socket.socket) -> None:
    sound, other = begun(plane, far_end), begun(plane, far_end, tone=6)
    other.send_next(0.0)
    data = far_end.recv(2048)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.sendto(data, (HOST, sound.port))
        drain(plane)
    heard = sound.conclude(1.0)
    assert heard is not None
    assert heard.foreign_calls == ("tone 6",)


def test_a_hold_stops_the_sound_and_its_end_brings_it_back(plane: MediaPlane, far_end: socket.socket) -> None:
    sound = begun(plane, far_end)
    port = far_end.getsockname()[1]
    for more, sending in (("a=sendonly\r\n", False), ("a=sendrecv\r\n", True), ("a=inactive\r\n", False)):
        sound.move(answer(port, more), 0.0)
        assert sound.sending is sending
        assert len(plane.wheel) == sending


def test_the_far_ends_law_is_used(plane: MediaPlane, far_end: socket.socket) -> None:
    sound = plane.open(Audio(1), WORDING)
    sound.begin(answer(far_end.getsockname()[1], law="0"), 0.0)
    sound.send_next(0.0)
    assert RtpPacket.parse(far_end.recv(2048)).payload_type == 0


def test_a_refused_stream_is_not_fed(plane: MediaPlane) -> None:
    sound = plane.open(Audio(1), WORDING)
    sound.begin(answer(0), 0.0)
    assert not sound.sending


def test_ports_are_even_and_run_out_with_a_clear_word(plane: MediaPlane) -> None:
    first = plane.open(Audio(1), WORDING)
    assert first.port % 2 == 0
    while plane.free_ports > 1:
        try:
            plane.open(Audio(1), WORDING)
        except LoadInputError:  # a port of the range is somebody else's
            break
    with pytest.raises(LoadInputError, match="rtp_ports"):
        plane.open(Audio(1), WORDING), plane.open(Audio(1), WORDING)
    first.conclude(0.0)
    assert plane.open(Audio(1), WORDING).port == first.port
