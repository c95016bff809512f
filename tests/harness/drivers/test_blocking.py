"""Two phones on real loopback sockets, pumped by one driver."""

import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from harness.drivers.blocking import BlockingDriver
from harness.drivers.errors import AddressUnusable, TargetUnreachable
from harness.drivers.phone import Phone
from harness.drivers.udp_socket import RECEIVE_BUFFER
from harness.sip.hop import Hop
from harness.sip.message import Request
from harness.ua.account import Account

FOR_EVER = 3600.0
"""Seconds that no test lasts: what is told with this patience was not waited for."""
PATIENCE = 60.0
"""Seconds for what must happen, on a machine that stands still now and then."""


@pytest.fixture
def driver(certificate: tuple[str, str]) -> Iterator[BlockingDriver]:
    driver = BlockingDriver(certificate=certificate)
    yield driver
    driver.close()


def phone(driver: BlockingDriver, name: str, target: Hop, host: str = "127.0.0.1") -> Phone:
    account = Account(name, "secret", target, domain="example.com")
    return Phone(driver, account, local=(host, 0), transport=target.transport)


def pair(driver: BlockingDriver, transport: str = "udp", host: str = "127.0.0.1") -> tuple[Phone, Phone]:
    bob = phone(driver, "bob", Hop(transport, host, 9), host)
    return phone(driver, "alice", bob.local, host), bob


class TestTransports:
    @pytest.mark.parametrize(
        ("transport", "host"),
        [("udp", "127.0.0.1"), ("tcp", "127.0.0.1"), ("tls", "127.0.0.1"), ("udp", "::1"), ("tcp", "::1")],
    )
    def test_a_call_with_sound_and_digits(self, driver: BlockingDriver, transport: str, host: str) -> None:
        alice, bob = pair(driver, transport, host)
        with alice, bob:
            outgoing = alice.call("bob")
            incoming = bob.wait_call(PATIENCE)
            incoming.ring()
            outgoing.wait_ringing(PATIENCE)
            incoming.answer(PATIENCE)
            outgoing.wait_answered(PATIENCE).play_tone(1004)
            incoming.wait_tone(1004, PATIENCE)
            incoming.send_dtmf("7")
            assert outgoing.wait_dtmf(timeout=PATIENCE) == "7"
            incoming.hang_up(PATIENCE)
            outgoing.wait_ended(PATIENCE)
            assert outgoing.ended_by == "remote"

    @pytest.mark.parametrize("transport", ["tcp", "tls"])
    def test_one_connection_serves_all_requests_to_a_hop(
        self, driver: BlockingDriver, transport: str
    ) -> None:
        alice, bob = pair(driver, transport)
        with alice, bob:
            for _ in range(3):
                assert alice.request("OPTIONS", timeout=PATIENCE).status == 200
            assert len({received.packet.source for received in bob.received}) == 1

    def test_phones_may_have_addresses_of_their_own(self, driver: BlockingDriver) -> None:
        bob = phone(driver, "bob", Hop("udp", "127.0.0.1", 9), "127.0.0.3")
        with bob, phone(driver, "alice", bob.local, "127.0.0.2") as alice:
            assert alice.request("OPTIONS", timeout=PATIENCE).status == 200
            assert bob.received[0].packet.source.host == "127.0.0.2"

    def test_a_message_longer_than_a_packet_passes_over_udp(self, driver: BlockingDriver) -> None:
        alice, bob = pair(driver)
        with alice, bob:
            exchange = alice.request("OPTIONS", headers=[("X-Long", "x" * 8000)], timeout=PATIENCE)
            assert exchange.status == 200


class TestFailures:
    def test_a_port_nobody_listens_on_is_noticed_at_once_over_udp(self, driver: BlockingDriver) -> None:
        with (
            deaf_hop("udp") as nobody,
            phone(driver, "alice", nobody) as alice,
            pytest.raises(TargetUnreachable, match="nobody listens there"),
        ):
            alice.request("OPTIONS", timeout=FOR_EVER)

    @pytest.mark.parametrize("transport", ["tcp", "tls"])
    def test_a_refused_connection_is_noticed_at_once(self, driver: BlockingDriver, transport: str) -> None:
        with (
            deaf_hop(transport) as nobody,
            phone(driver, "alice", nobody) as alice,
            pytest.raises(TargetUnreachable, match="refused"),
        ):
            alice.call("bob").wait_answered(FOR_EVER)

    def test_a_server_with_an_unknown_certificate_is_refused_when_asked_to_verify(
        self, certificate: tuple[str, str]
    ) -> None:
        driver = BlockingDriver(certificate=certificate, verify_tls=True)
        alice, bob = pair(driver, "tls")
        with alice, bob, pytest.raises(TargetUnreachable, match=r"(?i)certificate"):
            alice.request("OPTIONS")
        driver.close()

    def test_a_port_in_use_says_so(self, driver: BlockingDriver) -> None:
        _, bob = pair(driver)
        account = Account("alice", "x", bob.local)
        with pytest.raises(AddressUnusable, match="in use"):
            Phone(driver, account, local=(bob.local.host, bob.local.port))

    def test_one_dead_destination_does_not_disturb_the_others(self, driver: BlockingDriver) -> None:
        alice, bob = pair(driver)
        with alice, bob, deaf_hop("udp") as nobody:
            for _ in range(3):
                alice.send(b"\r\n\r\n", nobody)
                assert alice.request("OPTIONS", timeout=PATIENCE).status == 200


class TestPump:
    def test_every_packet_is_traced_with_its_kind(self, driver: BlockingDriver) -> None:
        alice, bob = pair(driver)
        with alice, bob:
            outgoing = alice.call("bob")
            bob.wait_call(PATIENCE).answer(PATIENCE)
            outgoing.wait_answered(PATIENCE).wait_media(2, timeout=PATIENCE)
            alice.send(b"\r\n\r\n", bob.local)

            def seen() -> Counter[tuple[str, bytes]]:
                return Counter((traced.kind, traced.packet.data) for traced in driver.trace)

            def all_arrived() -> bool:
                """Each is there when it was sent, and once more when it was received within this process."""
                return all(count % 2 == 0 for (kind, _), count in seen().items() if kind != "rtp")

            assert driver.run_until(all_arrived, PATIENCE)
            assert {kind for kind, _ in seen()} == {"sip", "rtp", "other"}

    def test_waiting_ends_when_the_time_is_over(self, driver: BlockingDriver) -> None:
        began = driver.now()
        assert not driver.run_until(lambda: False, 0.05)
        assert driver.now() - began >= 0.05

    def test_time_in_which_this_process_stood_still_is_given_back(
        self, driver: BlockingDriver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Otherwise the far end would be blamed for what lies unread in our own socket."""
        bob, clock = phone(driver, "bob", Hop("udp", "127.0.0.1", 9)), Clock(driver)
        monkeypatch.setattr(driver, "now", clock.now)
        with bob, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            turns: list[float] = []

            def fourth_turn() -> bool:
                turns.append(clock.now())
                clock.stand_still_soon(2.0)
                peer.sendto(b"\r\n\r\n", (bob.local.host, bob.local.port))
                return len(turns) == 4

            assert driver.run_until(fourth_turn, 3.0)

    def test_a_machine_that_always_stands_still_does_not_wait_for_ever(
        self, driver: BlockingDriver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        clock = Clock(driver)
        monkeypatch.setattr(driver, "now", clock.now)
        assert not driver.run_until(lambda: clock.stand_still_soon(FOR_EVER), 0.05)

    def test_the_receive_buffer_that_was_granted_is_told(self, driver: BlockingDriver) -> None:
        alice, bob = pair(driver)
        with alice, bob:
            assert driver.receive_buffer_granted is not None
            assert 0 < driver.receive_buffer_granted <= 2 * RECEIVE_BUFFER

    def test_closing_a_phone_frees_its_port(self, driver: BlockingDriver) -> None:
        alice, bob = pair(driver)
        bob.close()
        with Phone(driver, bob.account, local=(bob.local.host, bob.local.port)) as again:
            assert again.local == bob.local
        alice.close()

    def test_closing_in_the_middle_of_a_call_ends_it_for_the_other_side(self, driver: BlockingDriver) -> None:
        alice, bob = pair(driver)
        outgoing = alice.call("bob")
        incoming = bob.wait_call(PATIENCE)
        incoming.answer(PATIENCE)
        outgoing.wait_answered(PATIENCE)
        alice.close()
        incoming.wait_ended(PATIENCE)
        assert [request.method for request in incoming.requests] == ["INVITE", "ACK", "BYE"]
        bob.close()

    def test_a_keepalive_over_tcp_is_answered(self, driver: BlockingDriver) -> None:
        bob = phone(driver, "bob", Hop("tcp", "127.0.0.1", 9))
        with bob, socket.create_connection((bob.local.host, bob.local.port)) as peer:
            peer.sendall(b"\r\n\r\n")
            peer.setblocking(False)
            answer = bytearray()

            def answered() -> bool:
                try:
                    answer.extend(peer.recv(10))
                except BlockingIOError:
                    return False
                return True

            assert driver.run_until(answered, PATIENCE)
            assert answer == b"\r\n"

    def test_two_messages_in_one_segment_are_two(self, driver: BlockingDriver) -> None:
        bob = phone(driver, "bob", Hop("tcp", "127.0.0.1", 9))
        with bob, socket.create_connection((bob.local.host, bob.local.port)) as peer:
            request = bob.build_request("OPTIONS")
            other = bob.build_request("OPTIONS")
            peer.sendall(bytes(request) + bytes(other))
            assert driver.run_until(lambda: len(bob.received) == 2, PATIENCE)
            assert all(isinstance(received.message, Request) for received in bob.received)


class Clock:
    """The driver's clock, which jumps when it is told to: as if the process had stood still."""

    def __init__(self, driver: BlockingDriver) -> None:
        self._real = driver.now
        self._jumped = 0.0
        self._jumps: list[float] = []

    def stand_still_soon(self, seconds: float) -> bool:
        """Within the turn that begins now: its first look at the clock is as ever, its second is late."""
        self._jumps = [0.0, seconds]
        return False

    def now(self) -> float:
        self._jumped += self._jumps.pop(0) if self._jumps else 0.0
        return self._real() + self._jumped


@contextmanager
def deaf_hop(transport: str) -> Iterator[Hop]:
    """A port that nobody else can take and at which nobody is heard: the kernel refuses what comes."""
    kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
    with socket.socket(socket.AF_INET, kind) as holder:
        holder.bind(("127.0.0.1", 0))
        if transport == "udp":
            holder.connect(("127.0.0.1", 9))  # from elsewhere it takes nothing
        yield Hop(transport, "127.0.0.1", holder.getsockname()[1])
