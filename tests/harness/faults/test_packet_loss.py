"""Packets that are meant are lost or late, all others pass at once."""

import pytest

from harness.faults.packet_loss import (
    REMEMBERED,
    delayed,
    drop,
    drop_acks,
    drop_payload_types,
    drop_repeated,
    drop_requests,
    is_any_request,
    is_request,
    is_response_to_invite,
)
from tests.harness.faults.packets import packet, request, response


def test_packets_that_are_meant_are_lost() -> None:
    mutate = drop(lambda data: data == b"lost")()
    assert mutate(packet(b"lost"), 0.0) == []
    assert mutate(packet(b"kept"), 0.0) == [packet(b"kept")]


def test_requests_are_lost_by_method() -> None:
    mutate = drop_requests("ACK", "BYE")()
    left = [mutate(packet(request(each)), 0.0) for each in ("ACK", "BYE", "INVITE")]
    assert [len(each) for each in left] == [0, 0, 1]


def test_of_equal_packets_the_first_alone_passes() -> None:
    mutate = drop_repeated(lambda data: data != b"free")()
    left = [len(mutate(packet(each), 0.0)) for each in (b"once", b"once", b"free", b"free")]
    assert left == [1, 0, 1, 1]


def test_what_came_long_ago_is_forgotten() -> None:
    mutate = drop_repeated(lambda _data: True)()
    for number in range(REMEMBERED + 1):
        mutate(packet(str(number).encode()), 0.0)
    assert len(mutate(packet(b"0"), 0.0)) == 1
    assert mutate(packet(str(REMEMBERED).encode()), 0.0) == []


@pytest.mark.parametrize(("of_success", "refusal", "success"), [(True, 1, 0), (False, 0, 1)])
def test_an_ack_is_told_by_the_branch_of_its_invite(of_success: bool, refusal: int, success: int) -> None:
    """RFC 3261 section 17.1.1.3: ACK to a refusal has the INVITE's branch, ACK to 2xx one of its own."""
    mutate = drop_acks(of_success=of_success)()
    mutate(packet(request("INVITE", "z9hG4bK1")), 0.0)
    assert len(mutate(packet(request("ACK", "z9hG4bK1")), 0.0)) == refusal
    assert len(mutate(packet(request("ACK", "z9hG4bK2")), 0.0)) == success
    assert len(mutate(packet(request("BYE")), 0.0)) == 1


def test_rtp_is_lost_by_payload_type_whatever_the_marker_says() -> None:
    mutate = drop_payload_types(lambda number: number == 101)()
    left = [len(mutate(packet(bytes([0x80, second])), 0.0)) for second in (101, 101 | 0x80, 0)]
    assert left == [0, 0, 1]


def test_a_packet_waits_until_the_next_one_after_its_time() -> None:
    mutate = delayed(3.0)()
    assert mutate(packet(b"first"), 0.0) == []
    assert mutate(packet(b"second"), 2.0) == []
    assert mutate(packet(b"third"), 3.0) == [packet(b"first")]


@pytest.mark.parametrize(
    ("data", "is_one"), [(request("BYE"), True), (response(200), False), (b"\r\n\r\n", False)]
)
def test_keepalives_and_responses_are_no_requests(data: bytes, is_one: bool) -> None:
    assert is_any_request(data) == is_one
    assert not is_request(data, "INVITE")


@pytest.mark.parametrize(
    ("data", "is_one"),
    [
        (response(486), True),
        (response(200), False),
        (response(486, "BYE"), False),
        (request("INVITE"), False),
    ],
)
def test_refusals_of_invite_are_told_apart(data: bytes, is_one: bool) -> None:
    assert is_response_to_invite(data, range(300, 700)) == is_one
