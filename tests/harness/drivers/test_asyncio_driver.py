"""A user agent on the asyncio driver in a thread of its own, called by a blocking phone."""

import asyncio
import queue
import random
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from harness.drivers import asyncio_driver
from harness.drivers.asyncio_driver import AsyncioDriver
from harness.drivers.blocking import BlockingDriver
from harness.drivers.errors import AddressUnusable, TargetUnreachable
from harness.drivers.phone import Phone
from harness.drivers.udp_socket import open_udp
from harness.sip.hop import Hop
from harness.ua.account import Account
from harness.ua.call_options import CallOptions
from harness.ua.user_agent import UserAgent

PATIENCE = 60.0
"""Seconds for what must happen, on a machine that stands still now and then."""


class EchoServer:
    """Answers each call at once and echoes its media, on one loop in one thread."""

    def __init__(self, local: Hop, tls: ssl.SSLContext | None) -> None:
        self._local = local
        self._tls = tls
        self._ready: queue.Queue[Hop] = queue.Queue()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self.driver: AsyncioDriver | None = None
        self.agent: UserAgent | None = None
        self._thread = threading.Thread(target=lambda: asyncio_driver.run(self._serve()))
        self._thread.start()
        self.hop = self._ready.get(timeout=PATIENCE)

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        driver = AsyncioDriver(media_ports=range(30_000, 40_000), on_turn=self._answer)
        hop = await driver.listen(self._local, self._tls)
        agent = UserAgent(
            Account("server", "x", Hop(hop.transport, hop.host, 9)),
            local=hop,
            rng=random.Random(1),
            media_address=lambda: driver.media_address(hop.host),
            release_media=driver.release_media,
        )
        agent.incoming_options = CallOptions(media="echo")
        self.driver, self.agent = driver, agent
        driver.core = agent
        self._ready.put(hop)
        await self._stop.wait()
        for call in agent.calls:
            call.hang_up(driver.now())
        await driver.close()

    def _answer(self, now: float) -> None:
        assert self.agent is not None
        assert self.driver is not None
        for event in self.agent.events_received():
            event.call.ring(now)
            event.call.answer(now)
            self.driver.wake()

    def act(self, wish: str) -> None:
        """Do something to the first call, from another thread."""
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._act, wish)

    def _act(self, wish: str) -> None:
        assert self.agent is not None
        assert self.driver is not None
        call = next(iter(self.agent.calls))
        if wish == "hang up":
            call.hang_up(self.driver.now())
        else:
            call.hold(self.driver.now())
        self.driver.wake()

    def close(self) -> None:
        assert self._loop is not None
        assert self._stop is not None
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(PATIENCE)


@contextmanager
def serving(
    transport: str = "udp", host: str = "127.0.0.1", tls: ssl.SSLContext | None = None
) -> Iterator[EchoServer]:
    server = EchoServer(Hop(transport, host, 0), tls)
    try:
        yield server
    finally:
        server.close()


@contextmanager
def calling(server: EchoServer) -> Iterator[Phone]:
    driver = BlockingDriver()
    account = Account("alice", "x", server.hop)
    with Phone(driver, account, local=(server.hop.host, 0), transport=server.hop.transport) as phone:
        yield phone
    driver.close()


class TestServing:
    @pytest.mark.parametrize(
        ("transport", "host"), [("udp", "127.0.0.1"), ("tcp", "127.0.0.1"), ("udp", "::1"), ("tcp", "::1")]
    )
    def test_a_phone_calls_and_hears_itself(self, transport: str, host: str) -> None:
        with serving(transport, host) as server, calling(server) as phone:
            call = phone.call("+17606604690").wait_answered(PATIENCE)
            call.play_tone(900).wait_tone(900, PATIENCE)
            call.hang_up(PATIENCE)
            assert list(dict.fromkeys(call.statuses)) == [100, 180, 200]  # the last again when an ACK is late

    def test_a_phone_without_a_certificate_calls_over_tls_and_is_hung_up(
        self, certificate: tuple[str, str]
    ) -> None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*certificate)
        with serving("tls", tls=context) as server, calling(server) as phone:
            call = phone.call("+17606604690").wait_answered(PATIENCE)
            server.act("hang up")
            call.wait_ended(PATIENCE)
            assert call.ended_by == "remote"

    def test_what_is_done_from_outside_goes_out_at_once(self) -> None:
        with serving() as server, calling(server) as phone:
            call = phone.call("+17606604690").wait_answered(PATIENCE)
            server.act("hold")
            assert b"a=sendonly" in call.wait_request("INVITE", PATIENCE).body

    def test_retransmissions_run_on_the_loops_timer(self) -> None:
        with serving() as server, calling(server) as phone:
            call = phone.call("+17606604690", send_ack=False)
            call.wait_status(200, timeout=PATIENCE)
            assert phone.driver.run_until(lambda: call.statuses.count(200) >= 3, PATIENCE)

    def test_many_calls_at_once_all_are_answered(self) -> None:
        with serving() as server, calling(server) as phone:
            calls = [phone.call("+17606604690", media="none") for _ in range(60)]
            for call in calls:
                call.wait_answered(PATIENCE)
            assert phone.driver.run_until(lambda: all(call.core.was_answered for call in calls), PATIENCE)

    def test_closing_the_server_ends_its_calls(self) -> None:
        server = EchoServer(Hop("udp", "127.0.0.1", 0), None)
        with calling(server) as phone:
            call = phone.call("+17606604690").wait_answered(PATIENCE)
            server.close()
            call.wait_ended(PATIENCE)
            assert call.ended_by == "remote"

    def test_a_server_that_is_gone_is_noticed_over_tcp(self) -> None:
        server = EchoServer(Hop("tcp", "127.0.0.1", 0), None)
        with calling(server) as phone:
            assert phone.request("OPTIONS", timeout=PATIENCE).status == 200
            server.close()
            with pytest.raises(TargetUnreachable):
                phone.request("OPTIONS", timeout=PATIENCE)


class TestAddresses:
    def test_a_port_in_use_says_so(self) -> None:
        async def listen_twice() -> None:
            driver = AsyncioDriver()
            try:
                hop = await driver.listen(Hop("udp", "127.0.0.1", 0))
                with pytest.raises(AddressUnusable, match="in use"):
                    await driver.listen(hop)
                stream = await driver.listen(Hop("tcp", "127.0.0.1", 0))
                with pytest.raises(AddressUnusable, match="in use"):
                    await driver.listen(stream)
            finally:
                await driver.close()

        asyncio.run(listen_twice())

    def test_media_ports_stay_in_their_range_and_come_back(self) -> None:
        async def open_and_release() -> None:
            driver = AsyncioDriver(media_ports=range(41_000, 41_100))
            hops = [driver.media_address("127.0.0.1") for _ in range(5)]
            assert all(41_000 <= hop.port < 41_100 and hop.port % 2 == 0 for hop in hops)
            assert len(set(hops)) == 5
            for hop in hops:
                driver.release_media(hop)
            again = AsyncioDriver(media_ports=range(hops[0].port, hops[0].port + 2))
            assert again.media_address("127.0.0.1") == hops[0]
            await again.close()
            await driver.close()

        asyncio.run(open_and_release())

    def test_a_range_without_an_even_port_is_refused(self) -> None:
        async def make() -> None:
            AsyncioDriver(media_ports=range(5001, 5002))

        with pytest.raises(ValueError, match="no even port"):
            asyncio.run(make())


def test_sockets_that_are_bound_already_are_used_and_streams_are_told_of() -> None:
    """UDP and TCP on one port that somebody else opened, as a parent process does for its workers."""
    told: list[tuple[str, bool]] = []

    async def play() -> None:
        changed = asyncio.Event()

        def on_stream(local: Hop, peer: Hop, is_open: bool) -> None:
            told.append((str(local), is_open))
            changed.set()

        driver = AsyncioDriver(on_stream=on_stream)
        udp, hop = open_udp(Hop("udp", "127.0.0.1", 0))
        tcp = socket.create_server(("127.0.0.1", 0))
        over_tcp = Hop("tcp", "127.0.0.1", tcp.getsockname()[1])
        account = Account("a", "b", hop)
        driver.core = UserAgent(account, local=hop, rng=random.Random(1), media_address=lambda: hop)
        assert await driver.listen(hop, bound=udp) == hop
        assert await driver.listen(over_tcp, bound=tcp) == over_tcp
        _, writer = await asyncio.open_connection(over_tcp.host, over_tcp.port)
        await asyncio.wait_for(changed.wait(), PATIENCE)
        changed.clear()
        writer.close()
        await asyncio.wait_for(changed.wait(), PATIENCE)
        assert told == [(str(over_tcp), True), (str(over_tcp), False)]
        await driver.close()

    asyncio.run(play())
