"""The sentences that errors make of their parts."""

from harness.media.errors import MediaError, NoCommonCodec, RtcpError, RtpError, SdpError


def test_all_are_media_errors() -> None:
    for error in (SdpError, NoCommonCodec, RtpError, RtcpError):
        assert issubclass(error, MediaError)


def test_an_sdp_error_says_where_what_and_what_else() -> None:
    assert str(SdpError(3, "x", "c=IN IP4 ADDRESS")) == "SDP line 3: seen 'x', expected c=IN IP4 ADDRESS"


def test_no_common_codec_says_both_lists() -> None:
    assert str(NoCommonCodec(["GSM"], ["PCMA", "PCMU"])) == (
        "no codec in common: offered GSM; we have PCMA, PCMU"
    )
