"""What of a description concerns the other side of a bridge."""

import pytest

from reference_server.community.offer import Offer, read_offer

KNOWN = ("PCMA", "PCMU", "telephone-event")
HEAD = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\n"


def body(*streams: str, host: str = "192.0.2.1") -> bytes:
    """A description with these lines after its head."""
    return (HEAD.format(host=host) + "".join(f"{line}\r\n" for line in streams)).encode()


class TestDirection:
    """RFC 3264 sections 6.1 and 8.4."""

    @pytest.mark.parametrize("direction", ["sendrecv", "sendonly", "recvonly", "inactive"])
    def test_it_is_as_written(self, direction: str) -> None:
        offer = read_offer(body("m=audio 4000 RTP/AVP 8", f"a={direction}"), KNOWN)
        assert offer == Offer(direction, ("PCMA",))

    def test_the_old_hold_is_one(self) -> None:
        assert read_offer(body("m=audio 4000 RTP/AVP 8", host="0.0.0.0"), KNOWN) == Offer(
            "sendonly", ("PCMA",)
        )

    def test_closed_streams_are_inactive(self) -> None:
        assert read_offer(body("m=audio 0 RTP/AVP 8"), KNOWN) == Offer("inactive", ())

    def test_a_closed_stream_beside_an_open_one_counts_nothing(self) -> None:
        offer = read_offer(body("m=audio 0 RTP/AVP 8", "m=audio 4000 RTP/AVP 0"), KNOWN)
        assert offer == Offer("sendrecv", ("PCMU",))


class TestCodecs:
    """The writer's order, the trunk's choice."""

    def test_the_writers_order_stays(self) -> None:
        written = body("m=audio 4000 RTP/AVP 0 18 96 8", "a=rtpmap:96 telephone-event/8000")
        offer = read_offer(written, KNOWN)
        assert offer is not None
        assert offer.codecs == ("PCMU", "telephone-event", "PCMA")

    @pytest.mark.parametrize(
        "streams",
        [
            ("m=audio 4000 RTP/AVP 18",),
            ("m=audio 4000 RTP/AVP 101", "a=rtpmap:101 telephone-event/8000"),
            ("m=video 4000 RTP/AVP 31",),
        ],
    )
    def test_nothing_in_common_is_nothing_to_hand_on(self, streams: tuple[str, ...]) -> None:
        assert read_offer(body(*streams), KNOWN) is None

    def test_what_cannot_be_read_is_nothing_to_hand_on(self) -> None:
        assert read_offer(b"garbage", KNOWN) is None
