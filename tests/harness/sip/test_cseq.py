"""Tests of `harness.sip.cseq`."""

import pytest

from harness.sip.cseq import CSeq
from harness.sip.errors import ParseError


def test_number_and_method_are_read() -> None:
    assert CSeq.parse("0009   INVITE") == CSeq(9, "INVITE")
    assert str(CSeq(9, "INVITE")) == "9 INVITE"


@pytest.mark.parametrize(
    "text", ["", "1", "INVITE", "-1 INVITE", "1 INVITE x", "x INVITE", "9" * 65 + " INVITE"]
)
def test_what_is_no_cseq_is_refused(text: str) -> None:
    with pytest.raises(ParseError):
        CSeq.parse(text)


def test_numbers_end_below_two_to_the_31() -> None:
    """RFC 3261 section 8.1.1.5."""
    assert CSeq.parse("2147483647 INVITE", strict=True).number == 2**31 - 1
    with pytest.raises(ParseError):
        CSeq.parse("2147483648 INVITE", strict=True)
    assert CSeq.parse("2147483648 INVITE").number == 2**31
