"""Ladder steps out of a trace."""

from harness.capture.ladder import ladder_steps, step_label
from harness.capture.trace import Trace
from harness.sip.hop import Hop
from tests.harness.capture.packet_factory import (
    ACK,
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

NAMES = {"127.0.0.1:40312": "phone", "127.0.0.1:5060": "trunk"}


def answered_call() -> Trace:
    trace = Trace()
    trace.append(BEGIN, sent(INVITE), "sip")
    trace.append(BEGIN + 0.1, received(OK), "sip")
    trace.append(BEGIN + 0.1, sent(ACK), "sip")
    for sequence in range(50):
        time = BEGIN + 0.2 + sequence * 0.02
        trace.append(time, sent(rtp_packet(sequence), PHONE_MEDIA, TRUNK_MEDIA), "rtp")
        trace.append(time, sent(rtp_packet(sequence), TRUNK_MEDIA, PHONE_MEDIA), "rtp")
    trace.append(BEGIN + 1, sent(rtp_packet(51, 101), PHONE_MEDIA, TRUNK_MEDIA), "rtp")
    trace.append(BEGIN + 2, sent(b"\r\n\r\n"), "other")
    trace.append(BEGIN + 2, sent(BYE), "sip")
    trace.append(BEGIN + 2.1, sent(rtp_packet(52), PHONE_MEDIA, TRUNK_MEDIA), "rtp")
    return trace


def test_media_between_messages_is_folded_by_direction_and_payload() -> None:
    steps = ladder_steps(answered_call(), NAMES)
    assert [(step.source, step.destination, step.label, step.count) for step in steps] == [
        ("phone", "trunk", "INVITE sip:+442079460000@sip.skype.com", 1),
        ("trunk", "phone", "200 OK", 1),
        ("phone", "trunk", "ACK sip:+442079460000@127.0.0.1:5060", 1),
        ("phone", "trunk", "RTP PCMA", 50),
        ("trunk", "phone", "RTP PCMA", 50),
        ("phone", "trunk", "RTP telephone-event", 1),
        ("phone", "trunk", "BYE sip:+442079460000@127.0.0.1:5060", 1),
        ("phone", "trunk", "RTP PCMA", 1),
    ]


def test_marked_packets_are_marked_even_inside_a_run() -> None:
    steps = ladder_steps(answered_call(), NAMES, marked={2, 30})
    assert [step.label for step in steps if step.marked] == ["200 OK", "RTP PCMA"]


def test_hops_without_a_name_show_their_address_or_what_the_others_are_called() -> None:
    trace = Trace()
    trace.append(BEGIN, sent(INVITE, Hop("tcp", "::1", 4), Hop("tcp", "192.0.2.1", 5060)), "sip")
    (step,) = ladder_steps(trace, {"192.0.2.1": "trunk"})
    assert (step.source, step.destination) == ("[::1]:4", "trunk")
    (step,) = ladder_steps(trace, {"192.0.2.1": "trunk"}, others="phone")
    assert step.source == "phone"


def test_a_message_sent_again_says_so() -> None:
    trace = Trace()
    trace.append(BEGIN, sent(INVITE), "sip")
    trace.append(BEGIN + 0.5, sent(INVITE), "sip")
    assert [step.label.endswith("(again)") for step in ladder_steps(trace)] == [False, True]


def test_a_huge_message_is_cut() -> None:
    trace = Trace()
    trace.append(BEGIN, sent(sip_message("MESSAGE sip:x SIP/2.0", body=b"x" * 9000)), "sip")
    (step,) = ladder_steps(trace, text_limit=500)
    assert len(step.text) < 560
    assert step.text.endswith("more characters]")


def test_bytes_that_are_no_text_show_as_escapes() -> None:
    trace = Trace()
    trace.append(BEGIN, sent(b"SIP/2.0 200 \xff\r\n\r\n"), "sip")
    (step,) = ladder_steps(trace)
    assert step.label == "200 \\xff"


def test_labels_of_odd_start_lines_are_never_empty() -> None:
    assert step_label(b"SIP/2.0\r\n") == "SIP/2.0"
    assert step_label(b"INVITE  sip:x  SIP/2.0\r\n") == "INVITE  sip:x"
    assert step_label(b"SIP/2.0 200\r\n") == "200"


def test_a_keep_alive_is_called_so() -> None:
    assert [step_label(data) for data in (b"\r\n\r\n", b"\r\n", b"\0\0\0\0", b"")] == ["keep-alive"] * 4
