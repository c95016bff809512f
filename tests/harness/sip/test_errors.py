"""Tests of `harness.sip.errors`."""

import pickle

from harness.sip.errors import Defect, ParseError, SipError


def test_an_error_says_what_where_and_what_instead() -> None:
    failure = ParseError("uri.port", 12, "70000", "a port number", "Via")
    assert str(failure) == "uri.port in Via at byte 12: expected a port number, seen b'70000'"


def test_an_error_keeps_its_parts_and_is_the_same_finding_as_its_defect() -> None:
    failure = ParseError("uri.port", 12, b"70000", "a port number")
    assert failure.defect == Defect("uri.port", 12, b"70000", "a port number")
    assert isinstance(failure, SipError)


def test_an_error_can_be_seen_from_the_surrounding_text() -> None:
    moved = ParseError("uri.port", 12, "70000", "a port number").moved(100, "To")
    assert (moved.offset, moved.part) == (112, "To")


def test_an_error_keeps_a_short_piece_of_a_long_text() -> None:
    assert len(ParseError("uri.host", 0, "x" * 1000, "a host").seen) == 60


def test_a_foreign_version_is_answered_with_505_and_all_else_with_400() -> None:
    assert ParseError("start-line.version", 0, "", "").status == 505
    assert ParseError("uri.host", 0, "", "").status == 400


def test_an_error_survives_pickling() -> None:
    failure = pickle.loads(pickle.dumps(ParseError("uri.port", 1, "x", "a port", "To")))
    assert (failure.rule, failure.part) == ("uri.port", "To")
