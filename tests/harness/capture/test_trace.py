"""The trace and its slices."""

from harness.capture.trace import Trace
from harness.sip.hop import Hop
from tests.harness.capture.packet_factory import (
    BEGIN,
    BYE,
    INVITE,
    OK,
    PHONE_MEDIA,
    TRUNK_MEDIA,
    received,
    rtp_packet,
    sent,
    sip_message,
)


def call_beside_another() -> Trace:
    trace = Trace()
    trace.append(BEGIN, sent(sip_message("OPTIONS sip:x SIP/2.0", call_id="two")), "sip")
    trace.append(BEGIN + 1, sent(INVITE), "sip")
    trace.append(BEGIN + 2, received(OK), "sip")
    trace.append(BEGIN + 3, sent(rtp_packet(1), PHONE_MEDIA, TRUNK_MEDIA), "rtp")
    trace.append(
        BEGIN + 3, sent(rtp_packet(1), Hop("udp", "127.0.0.1", 9), Hop("udp", "127.0.0.1", 8)), "rtp"
    )
    control = (PHONE_MEDIA._replace(port=30001), TRUNK_MEDIA._replace(port=30101))
    trace.append(BEGIN + 4, sent(b"\x80\xc8" + b"\0" * 10, *control), "other")
    trace.append(BEGIN + 5, sent(BYE), "sip")
    trace.append(BEGIN + 6, sent(rtp_packet(2), PHONE_MEDIA, TRUNK_MEDIA), "rtp")
    return trace


def test_packets_are_numbered_from_one() -> None:
    trace = call_beside_another()
    assert [traced.number for traced in trace] == list(range(1, 9))
    assert len(trace) == len(trace.packets) == 8


def test_a_slice_between_marks_keeps_the_numbers() -> None:
    trace = Trace()
    trace.append(BEGIN, sent(INVITE), "sip")
    start = trace.mark()
    trace.append(BEGIN, sent(BYE), "sip")
    end = trace.mark()
    trace.append(BEGIN, received(OK), "sip")
    assert [traced.number for traced in trace.since(start, end)] == [2]
    assert [traced.number for traced in trace.since(start)] == [2, 3]


def test_a_packet_is_found_by_its_number_in_a_slice_too() -> None:
    trace = call_beside_another()
    whole, gaps = trace.since(3), trace.of_call("one@phone")
    assert whole.find(5) is trace.packets[4]
    assert gaps.find(7) is trace.packets[6]
    assert gaps.find(5) is None
    assert whole.find(1) is None
    assert Trace().find(1) is None


def test_a_call_is_its_messages_and_the_media_they_announce() -> None:
    assert [traced.number for traced in call_beside_another().of_call("one@phone")] == [2, 3, 4, 6, 7]


def test_a_call_id_nobody_used_gives_an_empty_trace() -> None:
    assert len(call_beside_another().of_call("three")) == 0


def test_call_ids_are_told_once_each_in_order() -> None:
    assert call_beside_another().call_ids() == ["two", "one@phone"]
