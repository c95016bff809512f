"""Session descriptions: nothing is lost in reading, and errors name the line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.media.errors import SdpError
from harness.media.sdp import Connection, MediaDescription, Origin, RtpMap, SessionDescription, address_type

SKYPE = (
    b"v=0\r\no=- 20518 0 IN IP4 203.0.113.1\r\ns=Skype call\r\nc=IN IP4 203.0.113.1\r\nt=0 0\r\n"
    b"m=audio 54400/1 RTP/AVP 0 18 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:18 G729/8000/1\r\n"
    b"a=fmtp:18 annexb=no\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=ptime:20\r\n"
    b"m=video 0 RTP/AVP 31\r\nc=IN IP6 ::1\r\na=sendonly\r\n"
)
LINES = st.lists(
    st.tuples(
        st.sampled_from(
            ["s=x", "c=IN IP4 1.2.3.4", "a=sendrecv", "a=rtpmap:8 PCMA/8000", "m=audio 4 RTP/AVP 8"]
        )
        | st.text(st.characters(exclude_characters="\r\n", codec="utf-8")).map(lambda text: f"i={text}"),
        st.sampled_from(["\r\n", "\n", "\r\n\r\n"]),
    )
)


@given(LINES, st.sampled_from(["", "a=last"]))
def test_every_readable_description_keeps_its_bytes(lines: list[tuple[str, str]], tail: str) -> None:
    data = ("v=0\r\n" + "".join(line + ending for line, ending in lines) + tail).encode()
    assert bytes(SessionDescription.parse(data)) == data


@given(st.binary() | st.binary().map(lambda data: b"v=0\n" + data))
def test_any_bytes_are_kept_or_refused(data: bytes) -> None:
    try:
        description = SessionDescription.parse(data)
    except SdpError:
        return
    assert bytes(description) == data
    read_every_view(description)


@given(st.text("\x85\xa0 \t0123456789/:abcIN=m"), st.sampled_from("ocmavst"))
def test_every_view_of_a_readable_line_can_be_read(value: str, type: str) -> None:
    try:
        description = SessionDescription.parse(f"v=0\nm=audio 1 RTP/AVP 8\n{type}={value}\n".encode())
    except SdpError:
        return
    read_every_view(description)


def read_every_view(description: SessionDescription) -> None:
    _ = description.origin, description.name, description.times, description.connection
    for media in description.media:
        _ = media.kind, media.port, media.protocol, media.formats, media.rtpmaps, media.ptime
        _ = media.format_parameters, description.connection_of(media), description.direction_of(media)
        _ = media.rejected()


def test_the_views_show_what_is_there() -> None:
    description = SessionDescription.parse(SKYPE)
    assert description.origin == Origin("-", "20518", "0", "IN", "IP4", "203.0.113.1")
    assert description.name == "Skype call"
    assert description.times == ["0 0"]
    audio, video = description.media
    assert (audio.kind, audio.port, audio.protocol, audio.formats) == (
        "audio",
        54400,
        "RTP/AVP",
        ("0", "18", "101"),
    )
    assert audio.rtpmaps == {
        0: RtpMap("PCMU", 8000),
        18: RtpMap("G729", 8000, 1),
        101: RtpMap("telephone-event", 8000),
    }
    assert audio.format_parameters == {18: "annexb=no", 101: "0-16"}
    assert audio.ptime == 20
    assert audio.attribute("nothing") is None
    assert video.attribute("sendonly") == ""
    assert description.connection_of(audio) == Connection("IN", "IP4", "203.0.113.1")
    assert description.connection_of(video) == Connection("IN", "IP6", "::1")
    assert (description.direction_of(audio), description.direction_of(video)) == ("sendrecv", "sendonly")


def test_a_direction_of_the_session_holds_for_its_streams() -> None:
    """RFC 4566 section 6"""
    description = SessionDescription.parse(b"v=0\na=inactive\nm=audio 1 RTP/AVP 8\n")
    assert description.direction_of(description.media[0]) == "inactive"


def test_a_multicast_address_has_a_host() -> None:
    assert Connection("IN", "IP4", "224.2.1.1/127").host == "224.2.1.1"


@pytest.mark.parametrize(
    ("data", "line", "seen"),
    [
        (b"", 1, ""),
        (b"v=1\r\n", 1, "v=1"),
        (b"o=- 1 1 IN IP4 a\r\n", 1, "o=- 1 1 IN IP4 a"),
        (b"v=0\r\no=- 1 1 IN IP4\r\n", 2, "o=- 1 1 IN IP4"),
        (b"v=0\r\ns=-\r\nc=1.2.3.4\r\n", 3, "c=1.2.3.4"),
        (b"v=0\r\nnonsense\r\n", 2, "nonsense"),
        (b"v=0\r\nm=audio x RTP/AVP 0\r\n", 2, "m=audio x RTP/AVP 0"),
        (b"v=0\r\nm=audio 70000 RTP/AVP 0\r\n", 2, "m=audio 70000 RTP/AVP 0"),
        (b"v=0\r\nm=audio 1 RTP/AVP\r\n", 2, "m=audio 1 RTP/AVP"),
    ],
)
def test_an_error_names_line_and_text(data: bytes, line: int, seen: str) -> None:
    with pytest.raises(SdpError) as caught:
        SessionDescription.parse(data)
    assert (caught.value.line, caught.value.seen) == (line, seen)
    assert f"SDP line {line}: seen {seen!r}, expected " in str(caught.value)


def test_a_built_description_is_read_as_it_was_meant() -> None:
    media = MediaDescription.build(
        "audio",
        4000,
        "RTP/AVP",
        [8],
        [("sendrecv", None), ("ptime", "30")],
        Connection("IN", "IP4", "1.2.3.4"),
    )
    built = SessionDescription.build(
        Origin("-", "1", "2", "IN", "IP4", "1.2.3.4"), [media], attributes=[("tool", "x")]
    )
    assert SessionDescription.parse(bytes(built)) == built
    assert built.media[0].ptime == 30
    assert str(built).startswith("v=0\r\no=- 1 2 IN IP4 1.2.3.4\r\ns=-\r\nt=0 0\r\na=tool:x\r\nm=audio 4000")


def test_a_new_origin_changes_nothing_else() -> None:
    description = SessionDescription.parse(SKYPE)
    changed = description.with_origin(Origin("-", "20518", "1", "IN", "IP4", "203.0.113.1"))
    assert bytes(changed) == SKYPE.replace(b"20518 0", b"20518 1")


def test_the_address_type_follows_the_host() -> None:
    assert (address_type("::1"), address_type("127.0.0.1")) == ("IP6", "IP4")
