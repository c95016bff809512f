"""Media sockets on a real loop: datagrams reach their receiver, replies their sender."""

import asyncio
import random
import socket
from collections.abc import Awaitable, Callable
from functools import partial

import pytest

from harness.drivers import asyncio_driver
from harness.drivers.errors import AddressUnusable
from harness.drivers.media_ports import STEADY, MediaSockets
from harness.drivers.udp_socket import RECEIVE_BUFFER
from harness.media.codec import codec_named
from harness.media.offer_answer import MediaAddress, Negotiated
from harness.media.rtp import RtpPacket
from harness.sip.hop import Hop, Packet
from harness.sip.transaction_layer import TransactionLayer
from harness.ua.endpoint import Endpoint, MediaReceiver
from harness.ua.media_session import MediaSession
from harness.ua.received_stream import ReceivedStream, as_number

PATIENCE = 60.0
"""Seconds after which a test has failed."""


class Mirror:
    """Sends everything back to where it came from."""

    stream: ReceivedStream | None = None

    def __init__(self) -> None:
        self.seen: list[bytes] = []

    def receive(self, packet: Packet, now: float) -> None:
        raise AssertionError(f"{packet} at {now} took the long way")

    def receive_rtp(self, data: bytes, source: tuple[str, int], now: float) -> tuple[bytes, tuple[str, int]]:
        assert now > 0
        self.seen.append(data)
        return data, source


class Scene:
    """Media sockets, and what they told."""

    def __init__(self) -> None:
        self.delivered: list[Packet] = []
        self.failed: list[Hop] = []
        self.batches = 0
        self.passed_on: list[bool] = []
        loop = asyncio.get_running_loop()
        self.sockets = MediaSockets(
            loop,
            clock=loop.time,
            deliver=lambda packet, _now: self.delivered.append(packet),
            after=self._count,
            fail=self.failed.append,
            ports=None,
            receive_buffer=RECEIVE_BUFFER,
            rtcp=True,
        )

    def _count(self, passed_on: bool) -> None:
        self.batches += 1
        self.passed_on.append(passed_on)

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not condition():
                await asyncio.sleep(0)


def run(play: Callable[[Scene, socket.socket], Awaitable[None]]) -> None:
    async def main() -> None:
        scene = Scene()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            peer.bind(("127.0.0.1", 0))
            peer.settimeout(PATIENCE)
            try:
                await play(scene, peer)
            finally:
                scene.sockets.close()

    asyncio_driver.run(main())


def test_datagrams_go_straight_to_their_receiver_and_replies_back() -> None:
    async def play(scene: Scene, peer: socket.socket) -> None:
        hops = [scene.sockets.open("127.0.0.1") for _ in range(3)]
        mirrors = {hop: Mirror() for hop in hops}
        receivers: dict[Hop, MediaReceiver] = dict(mirrors)
        scene.sockets.receivers = receivers
        for turn in range(5):
            for hop in hops:
                peer.sendto(b"%d" % turn, (hop.host, hop.port))
        await scene.until(lambda: all(len(mirror.seen) == 5 for mirror in mirrors.values()))
        assert {peer.recv(99) for _ in range(15)} == {b"0", b"1", b"2", b"3", b"4"}
        assert not scene.delivered
        assert scene.batches

    run(play)


def test_without_receivers_and_for_rtcp_packets_go_to_the_core() -> None:
    async def play(scene: Scene, peer: socket.socket) -> None:
        hop = scene.sockets.open("127.0.0.1")
        peer.sendto(b"rtp", (hop.host, hop.port))
        await scene.until(lambda: len(scene.delivered) == 1)
        scene.sockets.receivers = {hop: Mirror()}
        peer.sendto(b"rtcp", (hop.host, hop.port + 1))
        await scene.until(lambda: len(scene.delivered) == 2)
        assert [packet.data for packet in scene.delivered] == [b"rtp", b"rtcp"]
        assert scene.delivered[1].destination == Hop("udp", "127.0.0.1", hop.port + 1)
        assert scene.delivered[0].source.port == peer.getsockname()[1]

    run(play)


def test_what_a_call_that_is_over_still_gets_is_dropped() -> None:
    async def play(scene: Scene, peer: socket.socket) -> None:
        hop, other = scene.sockets.open("127.0.0.1"), scene.sockets.open("127.0.0.1")
        mirror = Mirror()
        scene.sockets.receivers = {other: mirror}
        peer.sendto(b"late", (hop.host, hop.port))
        peer.sendto(b"good", (other.host, other.port))
        await scene.until(lambda: mirror.seen == [b"good"])
        assert not scene.delivered

    run(play)


def test_media_is_heard_again_after_a_silence() -> None:
    async def play(scene: Scene, peer: socket.socket) -> None:
        hop = scene.sockets.open("127.0.0.1")
        mirror = Mirror()
        scene.sockets.receivers = {hop: mirror}
        for count in range(1, 4):
            peer.sendto(b"x", (hop.host, hop.port))
            await scene.until(lambda count=count: len(mirror.seen) == count)  # type: ignore[misc]
            await scene.until(lambda: not scene.sockets.is_busy)

    run(play)


def test_a_released_port_is_closed_and_free() -> None:
    async def play(scene: Scene, peer: socket.socket) -> None:
        hop = scene.sockets.open("127.0.0.1")
        assert hop in scene.sockets
        assert len(scene.sockets) == 2
        scene.sockets.release(hop)
        scene.sockets.release(hop)
        assert len(scene.sockets) == 0
        scene.sockets.send(Packet(b"x", hop, Hop("udp", *peer.getsockname())))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as again:
            again.bind((hop.host, hop.port))

    run(play)


def test_a_packet_leaves_from_its_port() -> None:
    async def play(scene: Scene, peer: socket.socket) -> None:
        hop = scene.sockets.open("127.0.0.1")
        scene.sockets.send(Packet(b"tone", hop, Hop("udp", *peer.getsockname())))
        assert peer.recvfrom(99) == (b"tone", (hop.host, hop.port))

    run(play)


def test_a_host_that_is_not_ours_is_refused() -> None:
    async def play(scene: Scene, _peer: socket.socket) -> None:
        with pytest.raises(AddressUnusable):
            scene.sockets.open("192.0.2.1")
        assert len(scene.sockets) == 0

    run(play)


def test_a_destination_that_cannot_be_reached_is_told() -> None:
    async def play(scene: Scene, _peer: socket.socket) -> None:
        hop = scene.sockets.open("127.0.0.1")
        nowhere = Hop("udp", "192.0.2.1", 9)  # not to be reached from the loopback address
        scene.sockets.send(Packet(b"x", hop, nowhere))
        await scene.until(lambda: scene.failed == [nowhere])

    run(play)


class EchoedCall:
    """A session that echoes to where its packets come from, and a phone."""

    def __init__(self, scene: Scene, phone: socket.socket) -> None:
        self.scene = scene
        self.hop = scene.sockets.open("127.0.0.1")
        rng = random.Random(1)
        endpoint = Endpoint(TransactionLayer(rng), rng, self.hop, "<sip:x>", lambda: self.hop, symmetric=True)
        self.session = MediaSession(endpoint, self.hop, source="echo", keeps_sound=False)
        address = MediaAddress(*phone.getsockname())
        self.session.update(Negotiated(codec_named("PCMA"), 8, 8, 101, 101, address, "sendrecv", 20), 0.0)
        scene.sockets.receivers = {self.hop: self.session}
        self.number = 0

    async def talk(self, phone: socket.socket, packets: int, *, ssrc: int = 7) -> list[RtpPacket]:
        """Sends packets one by one; gives back the echoes."""
        phone.setblocking(False)
        loop = asyncio.get_running_loop()
        echoes = []
        for _ in range(packets):
            self.number += 1
            sent = RtpPacket(8, self.number, self.number * 160, ssrc, bytes(160))
            phone.sendto(bytes(sent), (self.hop.host, self.hop.port))
            async with asyncio.timeout(PATIENCE):
                echoes.append(RtpPacket.parse(await loop.sock_recv(phone, 2048)))
        return echoes


def second_phone() -> socket.socket:
    phone = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    phone.bind(("127.0.0.1", 0))
    return phone


def descriptors(scene: Scene) -> int:
    return len(scene.sockets._by_descriptor)  # noqa: SLF001 - how many sockets there are is the point


def test_a_steady_sender_gets_a_socket_of_its_own_and_notices_nothing() -> None:
    async def play(scene: Scene, peer: socket.socket) -> None:
        call = EchoedCall(scene, peer)
        echoes = await call.talk(peer, 200)
        assert descriptors(scene) == 3
        assert [echo.sequence for echo in echoes] == list(range(1, 201))
        assert {echo.ssrc for echo in echoes} != {7}
        assert call.session.received_packets == call.session.sent_packets == 200
        assert call.session.statistics.quality().lost == 0
        assert call.session.source_addresses == {peer.getsockname(): 200}

    run(play)


def test_a_phone_that_moves_is_heard_and_answered_at_its_new_port() -> None:
    async def play(scene: Scene, peer: socket.socket) -> None:
        call = EchoedCall(scene, peer)
        await call.talk(peer, 2 * STEADY)
        with second_phone() as moved:
            assert len(await call.talk(moved, 3)) == 3  # its echoes come at once
            assert len(await call.talk(moved, 3 * STEADY)) == 3 * STEADY
            assert call.session.source_addresses[moved.getsockname()] == 3 + 3 * STEADY
            assert descriptors(scene) == 3
            assert len(await call.talk(peer, 2 * STEADY)) == 2 * STEADY  # and back

    run(play)


def test_a_new_source_of_sound_on_the_same_port_is_counted() -> None:
    async def play(scene: Scene, peer: socket.socket) -> None:
        call = EchoedCall(scene, peer)
        await call.talk(peer, 2 * STEADY)
        await call.talk(peer, 2 * STEADY, ssrc=8)
        assert call.session.statistics.quality().sources == 2
        assert call.session.sent_packets == 4 * STEADY

    run(play)


def test_a_port_with_a_steady_sender_is_still_ours_alone_and_free_once_released() -> None:
    async def play(scene: Scene, peer: socket.socket) -> None:
        call = EchoedCall(scene, peer)
        await call.talk(peer, 2 * STEADY)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as thief:
            thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with pytest.raises(OSError, match="in use"):
                thief.bind((call.hop.host, call.hop.port))
            scene.sockets.release(call.hop)
            assert descriptors(scene) == 0
            thief.bind((call.hop.host, call.hop.port))

    run(play)


def test_packets_of_ours_leave_where_the_steady_sender_hears_them() -> None:
    async def play(scene: Scene, peer: socket.socket) -> None:
        call = EchoedCall(scene, peer)
        await call.talk(peer, 2 * STEADY)
        for phone in (peer, second_phone()):
            phone.settimeout(PATIENCE)
            scene.sockets.send(Packet(b"tone", call.hop, Hop("udp", *phone.getsockname())))
            assert phone.recvfrom(99) == (b"tone", (call.hop.host, call.hop.port))
            phone.close()

    run(play)


def test_a_phone_that_is_gone_does_no_harm() -> None:
    async def play(scene: Scene, peer: socket.socket) -> None:
        call = EchoedCall(scene, peer)
        with second_phone() as phone:
            await call.talk(phone, 2 * STEADY)
            gone = Hop("udp", *phone.getsockname())
        for _ in range(3):
            scene.sockets.send(Packet(b"tone", call.hop, gone))
        assert len(await call.talk(peer, 2 * STEADY)) == 2 * STEADY
        assert not scene.failed

    run(play)


def test_packets_that_streams_take_alone_disturb_nobody() -> None:
    """The driver then has no turn: a look at nothing but echoes would cost one for each few packets."""

    class Steady(Mirror):
        def __init__(self, peer: socket.socket) -> None:
            super().__init__()
            self.packet = RtpPacket(0, 0, 0, 7, b"sound")
            self.heard = ReceivedStream(0.0, keeps_sound=False)
            self.heard.count(self.packet, len(bytes(self.packet)), peer.getsockname(), 0.0)
            self.heard.usual = as_number(bytes(self.packet)[:2])
            self.stream = self.heard

        def receive_rtp(
            self, data: bytes, source: tuple[str, int], now: float
        ) -> tuple[bytes, tuple[str, int]]:
            self.heard.note(data, now)
            return super().receive_rtp(data, source, now)

    async def play(scene: Scene, peer: socket.socket) -> None:
        def more_than(batches: int) -> bool:
            return scene.batches > batches

        hop, steady = scene.sockets.open("127.0.0.1"), Steady(peer)
        scene.sockets.receivers = {hop: steady}
        for number in range(STEADY + 3):
            before = scene.batches
            peer.sendto(bytes(steady.packet._replace(sequence=number)), (hop.host, hop.port))
            await scene.until(partial(more_than, before))
        assert len(steady.seen) == STEADY
        assert scene.passed_on == [True] * STEADY + [False] * 3

    run(play)
