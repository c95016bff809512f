"""Tests of `harness.sip.body_parts`."""

import pytest

from harness.sip.body_parts import split_parts
from harness.sip.errors import ParseError

BODY = (
    b"preamble\r\n--frontier\r\nContent-Type: application/sdp\r\nContent-ID:\r\n <1>\r\n\r\nv=0\r\n"
    b"\r\n--frontier \r\n\r\nplain\xff\r\n--frontier--\r\nepilogue"
)


def test_parts_have_their_own_fields_and_bytes() -> None:
    """RFC 2046 section 5.1.1."""
    first, second = split_parts('multipart/mixed; boundary="frontier"', BODY)
    assert (first.content_type, first.headers.get("Content-ID"), first.body) == (
        "application/sdp",
        "<1>",
        b"v=0\r\n",
    )
    assert (second.content_type, second.body) == ("text/plain", b"plain\xff")


def test_a_body_that_is_not_multipart_is_one_part() -> None:
    (part,) = split_parts("application/sdp", b"v=0\r\n")
    assert (part.content_type, part.body) == ("application/sdp", b"v=0\r\n")
    assert split_parts(None, b"") == ()


@pytest.mark.parametrize("content_type", ["multipart/mixed", "multipart/mixed;boundary=other"])
def test_a_boundary_that_is_missing_is_an_error(content_type: str) -> None:
    with pytest.raises(ParseError) as raised:
        split_parts(content_type, BODY)
    assert raised.value.rule == "multipart.boundary"
