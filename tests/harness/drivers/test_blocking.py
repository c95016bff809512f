"""Two phones on real loopback sockets, pumped by one driver."""

import socket
import time
from collections.abc import Iterator

import pytest

from harness.drivers.blocking import BlockingDriver
from harness.drivers.errors import AddressUnusable, TargetUnreachable
from harness.drivers.phone import Phone
from harness.drivers.udp_socket import RECEIVE_BUFFER
from harness.sip.hop import Hop
from harness.sip.message import Request
from harness.ua.account import Account


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
            incoming = bob.wait_call()
            incoming.ring()
            outgoing.wait_ringing()
            incoming.answer()
            outgoing.wait_answered().play_tone(1004)
            incoming.wait_tone(1004)
            incoming.send_dtmf("7")
            assert outgoing.wait_dtmf() == "7"
            incoming.hang_up()
            outgoing.wait_ended()
            assert outgoing.ended_by == "remote"

    @pytest.mark.parametrize("transport", ["tcp", "tls"])
    def test_one_connection_serves_all_requests_to_a_hop(
        self, driver: BlockingDriver, transport: str
    ) -> None:
        alice, bob = pair(driver, transport)
        with alice, bob:
            for _ in range(3):
                assert alice.request("OPTIONS").status == 200
            assert len({received.packet.source for received in bob.received}) == 1

    def test_phones_may_have_addresses_of_their_own(self, driver: BlockingDriver) -> None:
        bob = phone(driver, "bob", Hop("udp", "127.0.0.1", 9), "127.0.0.3")
        with bob, phone(driver, "alice", bob.local, "127.0.0.2") as alice:
            assert alice.request("OPTIONS").status == 200
            assert bob.received[0].packet.source.host == "127.0.0.2"

    def test_a_message_longer_than_a_packet_passes_over_udp(self, driver: BlockingDriver) -> None:
        alice, bob = pair(driver)
        with alice, bob:
            exchange = alice.request("OPTIONS", headers=[("X-Long", "x" * 8000)])
            assert exchange.status == 200


class TestFailures:
    def test_a_port_nobody_listens_on_is_noticed_at_once_over_udp(self, driver: BlockingDriver) -> None:
        with phone(driver, "alice", free_hop("udp")) as alice:
            started = time.monotonic()
            with pytest.raises(TargetUnreachable, match="nobody listens there"):
                alice.request("OPTIONS")
            assert time.monotonic() - started < 2

    @pytest.mark.parametrize("transport", ["tcp", "tls"])
    def test_a_refused_connection_is_noticed_at_once(self, driver: BlockingDriver, transport: str) -> None:
        alice = phone(driver, "alice", free_hop(transport))
        with alice, pytest.raises(TargetUnreachable, match="refused"):
            alice.call("bob").wait_answered()

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
        with alice, bob:
            for _ in range(3):
                alice.send(b"\r\n\r\n", free_hop("udp"))
                assert alice.request("OPTIONS").status == 200


class TestPump:
    def test_every_packet_is_traced_with_its_kind(self, driver: BlockingDriver) -> None:
        alice, bob = pair(driver)
        with alice, bob:
            outgoing = alice.call("bob")
            bob.wait_call().answer()
            outgoing.wait_answered().wait_media(2)
            alice.send(b"\r\n\r\n", bob.local)
        kinds = [traced.kind for traced in driver.trace]
        assert set(kinds) == {"sip", "rtp", "other"}
        sip = [traced for traced in driver.trace if traced.kind == "sip"]
        assert len(sip) % 2 == 0  # each was sent and received within this process

    def test_waiting_ends_when_the_time_is_over(self, driver: BlockingDriver) -> None:
        started = time.monotonic()
        assert not driver.run_until(lambda: False, 0.05)
        assert 0.04 < time.monotonic() - started < 1

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
        incoming = bob.wait_call()
        incoming.answer()
        outgoing.wait_answered()
        started = time.monotonic()
        alice.close()
        assert time.monotonic() - started < 1
        incoming.wait_ended()
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

            driver.run_until(answered, 5)
            assert answer == b"\r\n"

    def test_two_messages_in_one_segment_are_two(self, driver: BlockingDriver) -> None:
        bob = phone(driver, "bob", Hop("tcp", "127.0.0.1", 9))
        with bob, socket.create_connection((bob.local.host, bob.local.port)) as peer:
            request = bob.build_request("OPTIONS")
            other = bob.build_request("OPTIONS")
            peer.sendall(bytes(request) + bytes(other))
            assert driver.run_until(lambda: len(bob.received) == 2, 5)
            assert all(isinstance(received.message, Request) for received in bob.received)


def free_hop(transport: str) -> Hop:
    """A port that was free a moment ago."""
    kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
    with socket.socket(socket.AF_INET, kind) as sock:
        sock.bind(("127.0.0.1", 0))
        return Hop(transport, "127.0.0.1", sock.getsockname()[1])
