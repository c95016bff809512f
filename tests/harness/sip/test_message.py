"""Tests of `harness.sip.message`."""

from functools import partial

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from harness.sip.errors import LocalError, ParseError
from harness.sip.message import Message, Request, Response, parse_message
from harness.sip.uri import SipUri
from tests.harness.sip.sample_messages import INVITE, messages, place_of_error

FIELDS = [
    ("Via", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa"),
    ("From", "<sip:a@example.com>;tag=1"),
    ("To", "<sip:b@example.com>"),
    ("Call-ID", "x"),
    ("CSeq", "1 OPTIONS"),
]


def invite() -> Request:
    message = parse_message(INVITE, strict=True)
    assert isinstance(message, Request)
    return message


class TestReading:
    def test_a_request_line_is_taken_apart(self) -> None:
        assert (invite().method, invite().uri, invite().version) == (
            "INVITE",
            "sip:+17606604690@sip.skype.com",
            "SIP/2.0",
        )
        assert isinstance(invite().parsed_uri, SipUri)

    def test_a_status_line_is_taken_apart(self) -> None:
        message = parse_message(b"SIP/2.0 486 Busy Here Now\r\n\r\n")
        assert isinstance(message, Response)
        assert (message.status, message.reason) == (486, "Busy Here Now")

    def test_typed_views_read_the_fields_that_route_a_message(self) -> None:
        message = invite()
        assert [via.branch for via in message.vias] == ["z9hG4bK-one", "z9hG4bK-two", "z9hG4bK-three"]
        assert (message.via, message.branch) == (message.vias[0], "z9hG4bK-one")
        assert (message.from_.display, message.from_.tag, message.to.tag) == ("Alice", "from1", None)
        assert (message.call_id, message.cseq.number, message.cseq.method) == ("abc@192.0.2.1", 102, "INVITE")
        assert str(message.contacts[0].uri) == "sip:99051000000231@192.0.2.1:5060"
        assert (message.max_forwards, message.expires) == (70, None)
        assert (message.supported, message.require, message.allow) == (("timer", "100rel"), (), ())
        assert str(message.record_routes[0].uri) == "sip:192.0.2.3;lr"
        assert message.routes == []
        assert (message.content_type, message.media_type) == ("application/sdp", "application/sdp")
        assert message.body == b"v=0\r\n"

    def test_a_branch_is_that_of_the_topmost_via(self) -> None:
        start = b"OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/UDP a"
        assert parse_message(start + b", SIP/2.0/UDP b;branch=2\r\n\r\n").branch == ""
        assert parse_message(start + b";branch=1, SIP/2.0/UDP b;branch=2\r\n\r\n").branch == "1"
        assert parse_message(start + b"; BRANCH = 1;x\r\n\r\n").branch == "1"

    def test_a_star_contact_is_told_from_addresses(self) -> None:
        """RFC 3261 section 10.2.2."""
        message = parse_message(b"REGISTER sip:a SIP/2.0\r\nContact: *\r\n\r\n")
        assert message.contact_is_star
        assert message.contacts == []

    def test_a_view_follows_a_change(self) -> None:
        message = invite()
        assert message.cseq.number == 102
        message.headers.set("CSeq", "103 INVITE")
        assert message.cseq.number == 103

    def test_a_missing_field_is_an_error_that_names_it(self) -> None:
        message = parse_message(b"OPTIONS sip:a SIP/2.0\r\n\r\n")
        for name, view in (
            ("From", "from_"),
            ("To", "to"),
            ("Via", "via"),
            ("CSeq", "cseq"),
            ("Call-ID", "call_id"),
        ):
            with pytest.raises(ParseError) as raised:
                getattr(message, view)
            assert (raised.value.rule, raised.value.part) == (f"{name.lower()}.missing", name)

    @pytest.mark.parametrize("value", ["x", "-1", "", "9" * 5000, "²"])
    def test_a_number_that_is_none_is_an_error(self, value: str) -> None:
        message = Request.build("OPTIONS", "sip:a", [("Expires", value), ("CSeq", f"{value} OPTIONS")])
        for view in ("expires", "cseq"):
            with pytest.raises(ParseError):
                getattr(message, view)

    @pytest.mark.parametrize(
        "data", [b"", b"\r\n\r\n", b"\0", b"hello\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"SIP/2.0 OK\r\n"]
    )
    def test_what_has_no_start_line_is_refused(self, data: bytes) -> None:
        with pytest.raises(ParseError):
            parse_message(data)

    def test_empty_lines_in_front_are_ignored(self) -> None:
        """RFC 3261 section 7.5."""
        assert parse_message(b"\r\n\r\n" + INVITE).branch == "z9hG4bK-one"

    def test_bytes_that_are_no_utf8_survive(self) -> None:
        data = b'OPTIONS sip:\xff@a SIP/2.0\r\nFrom: "\xfe\xe9" <sip:a@b>;tag=\xfd\r\n\r\n\xff'
        message = parse_message(data)
        message.headers.add("X", message.from_.display or "")
        assert bytes(message) == data.replace(b"\r\n\r\n", b"\r\nX: \xfe\xe9\r\n\r\n")

    def test_a_stray_carriage_return_reads_as_a_space(self) -> None:
        message = parse_message(b"OPTIONS sip:a SIP/2.0\r\nSubject: a\rb\r\n\r\n")
        assert message.headers.get("Subject") == "a b"
        assert "message.line-end" in [defect.rule for defect in message.defects]

    def test_bare_line_feeds_are_read_and_reported(self) -> None:
        data = INVITE.replace(b"\r\n", b"\n")
        message = parse_message(data)
        assert (message.cseq.method, message.headers.get("Subject"), bytes(message)) == (
            "INVITE",
            "a folded value",
            data,
        )
        assert "message.line-end" in [defect.rule for defect in message.defects]


class TestContentLength:
    """RFC 3261 section 18.3."""

    def test_bytes_behind_the_body_are_discarded_but_not_lost(self) -> None:
        message = parse_message(INVITE + b"more")
        assert (message.body, message.discarded) == (b"v=0\r\n", b"more")
        assert bytes(message) == INVITE + b"more"
        assert message.defects == ()

    def test_a_body_that_is_too_short_is_a_defect(self) -> None:
        message = parse_message(INVITE[:-1])
        assert message.body == b"v=0\r"
        assert [defect.rule for defect in message.defects] == ["content-length.too-large"]

    def test_without_it_the_body_is_the_rest_of_the_datagram(self) -> None:
        message = parse_message(INVITE.replace(b"Content-Length: 5\r\n", b"") + b"more")
        assert message.body == b"v=0\r\nmore"


class TestChanging:
    def test_a_change_touches_its_own_line_only(self) -> None:
        message = invite()
        message.headers.set("Max-Forwards", "69")
        assert bytes(message) == INVITE.replace(b"Max-Forwards: 70", b"Max-Forwards: 69")

    def test_a_new_request_uri_touches_the_first_line_only(self) -> None:
        message = invite()
        message.uri = "sip:other@example.com"
        assert bytes(message) == INVITE.replace(
            b"sip:+17606604690@sip.skype.com SIP", b"sip:other@example.com SIP"
        )

    def test_a_new_body_corrects_its_length(self) -> None:
        message = parse_message(INVITE + b"more")
        message.body = b"v=0\r\ns=-\r\n"
        assert bytes(message) == INVITE.replace(b"Content-Length: 5", b"Content-Length: 10") + b"s=-\r\n"

    def test_a_wrong_length_can_be_set_on_purpose(self) -> None:
        message = invite()
        message.headers.set("Content-Length", "9999")
        assert bytes(message) == INVITE.replace(b"Content-Length: 5", b"Content-Length: 9999")
        assert [defect.rule for defect in message.defects] == ["content-length.too-large"]

    def test_a_copy_lives_its_own_life(self) -> None:
        message = invite()
        twin = message.copy()
        twin.headers.set("Max-Forwards", "0")
        twin.method = "MESSAGE"
        assert bytes(message) == INVITE
        assert bytes(twin) == INVITE.replace(b"70", b"0").replace(b"INVITE sip", b"MESSAGE sip")


class TestBuilding:
    def test_a_request_has_its_length_and_crlf_ends(self) -> None:
        request = Request.build("OPTIONS", "sip:example.com", FIELDS, b"body")
        assert bytes(request).startswith(b"OPTIONS sip:example.com SIP/2.0\r\nVia: ")
        assert bytes(request).endswith(b"\r\nContent-Length: 4\r\n\r\nbody")
        assert parse_message(bytes(request), strict=True).body == b"body"
        assert request.defects == ()

    def test_a_length_that_was_given_is_kept(self) -> None:
        request = Request.build("OPTIONS", "sip:a", [("l", "7")], b"body")
        assert bytes(request) == b"OPTIONS sip:a SIP/2.0\r\nl: 7\r\n\r\nbody"

    @pytest.mark.parametrize(
        ("method", "uri"), [("", "sip:a"), ("A B", "sip:a"), ("A", ""), ("A", "sip:a b"), ("A", "sip:a\r\n")]
    )
    def test_what_would_be_no_request_is_refused(self, method: str, uri: str) -> None:
        with pytest.raises(LocalError):
            Request.build(method, uri)

    def test_a_response_gets_the_registered_phrase(self) -> None:
        assert bytes(Response.build(486)).startswith(b"SIP/2.0 486 Busy Here\r\n")
        assert bytes(Response.build(599)).startswith(b"SIP/2.0 599 \r\n")
        assert bytes(Response.build(200, "Fine")).startswith(b"SIP/2.0 200 Fine\r\n")

    def test_what_would_be_no_response_is_refused(self) -> None:
        for status, reason in ((99, None), (700, None), (200, "a\r\nb")):
            with pytest.raises(LocalError):
                Response.build(status, reason)

    def test_a_field_that_breaks_its_line_is_refused(self) -> None:
        with pytest.raises(LocalError):
            Request.build("OPTIONS", "sip:a", [("Subject", "a\r\nVia: b")])


class TestResponding:
    """RFC 3261 section 8.2.6.2."""

    def test_the_fields_that_match_a_response_are_copied_as_they_came(self) -> None:
        response = invite().response(486, to_tag="to1")
        assert bytes(response) == (
            b"SIP/2.0 486 Busy Here\r\n"
            b"Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK-one;rport\r\n"
            b"v: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK-two, SIP/2.0/TCP 192.0.2.3;branch=z9hG4bK-three\r\n"
            b'From: "Alice" <sip:99051000000231@sip.skype.com>;tag=from1\r\n'
            b"t: <sip:+17606604690@sip.skype.com>;tag=to1\r\n"
            b"Call-ID: abc@192.0.2.1\r\n"
            b"CSeq: 102 INVITE\r\n"
            b"Content-Length: 0\r\n"
            b"\r\n"
        )

    def test_a_100_gets_no_tag_but_the_timestamp(self) -> None:
        """RFC 3261 section 8.2.6.1."""
        request = invite()
        request.headers.add("Timestamp", "54")
        response = request.response(100, to_tag="to1")
        assert response.to.tag is None
        assert response.headers.get("Timestamp") == "54"
        assert request.response(180, to_tag="to1").headers.get("Timestamp") is None

    def test_the_route_set_goes_into_what_forms_a_dialog(self) -> None:
        """RFC 3261 section 12.1.1."""
        assert [len(invite().response(status).record_routes) for status in (100, 180, 200, 404)] == [
            0,
            1,
            1,
            0,
        ]

    def test_a_tag_that_is_there_stays(self) -> None:
        for value in ("<sip:a@b>;tag=old", "sip:a@b ; TAG=old", '"tag" <sip:a@b;tag=x>;tag=old'):
            request = Request.build("BYE", "sip:a@b", [("To", value)])
            assert request.response(200, to_tag="new").headers.get("To") == value

    def test_a_tag_inside_the_uri_or_the_name_is_no_tag(self) -> None:
        for value in ("<sip:a@b;tag=x>", '";tag=x" <sip:a@b>', "<sip:tag@b>"):
            request = Request.build("BYE", "sip:a@b", [("To", value)])
            assert request.response(200, to_tag="new").headers.get("To") == f"{value};tag=new"

    def test_a_broken_to_can_be_answered_too(self) -> None:
        request = Request.build("BYE", "sip:a@b", [("To", '"tag <sip:a@b>')])
        assert request.response(400, to_tag="new").headers.get("To") == '"tag <sip:a@b>;tag=new'

    def test_own_fields_and_a_body_follow(self) -> None:
        response = invite().response(200, "Fine", headers=[("Content-Type", "text/plain")], body=b"hi")
        assert bytes(response).endswith(b"\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nhi")

    def test_a_tag_that_is_no_token_is_refused(self) -> None:
        with pytest.raises(LocalError):
            invite().response(200, to_tag="a;b")

    def test_repeated_singletons_are_copied_once(self) -> None:
        request = Request.build("OPTIONS", "sip:a", [*FIELDS, ("CSeq", "2 OPTIONS")])
        assert request.response(400).headers.get_all("CSeq") == ["1 OPTIONS"]


VIEWS = (
    "via", "vias", "branch", "from_", "to", "call_id", "cseq", "contacts", "contact_is_star", "routes",
    "record_routes", "max_forwards", "expires", "require", "supported", "allow", "content_type",
    "media_type", "parts", "defects", "parsed_uri", "discarded", "start_line",
)  # fmt: skip


def read_every_view(message: Message) -> None:
    """Read all there is; a ParseError is the only way out."""
    for view in VIEWS:
        try:
            getattr(message, view, None)
        except ParseError:
            continue


LONG = 60_000
HOSTILE = [
    "Via: SIP/2.0/UDP " + " " * LONG + ",",
    "Via: SIP/2.0/UDP a" + " " * LONG + "b",
    "Subject: a" + " " * LONG + "b\r\n c",
    "Subject: a" + "\r\n c" * (LONG // 4),
    "Retry-After: 1" + " " * LONG + "x",
    "Content-Type: a/b" + " ;c= d" * (LONG // 6) + " x",
    "Contact: " + "a " * (LONG // 2) + '"',
    "Contact: " + "<" * LONG,
    "Contact: " + "<sip:a>," * (LONG // 8) + '"',
    "From: " + '\\"' * (LONG // 2),
    "From: <sip:" + "a." * (LONG // 2) + "_>",
    "To: sip:a" + ";" * LONG,
    "Warning: " + '399 a "b",' * (LONG // 10) + '"' + "\\" * 100,
    "Accept: " + "a/b;" * (LONG // 4),
    "\r\n".join(["a: b"] * (LONG // 6)),
]


class TestHostileMessages:
    @pytest.mark.timeout(10)
    @pytest.mark.parametrize("line", HOSTILE, ids=range(len(HOSTILE)))
    def test_a_datagram_full_of_one_thing_is_read_in_linear_time(self, line: str) -> None:
        message = parse_message(f"OPTIONS sip:a SIP/2.0\r\n{line}\r\n\r\n".encode())
        read_every_view(message)


class TestAnyBytes:
    @given(messages())
    def test_nothing_is_lost(self, data: bytes) -> None:
        message = parse_message(data)
        assert bytes(message) == data
        read_every_view(message)
        assert bytes(message) == data

    @given(messages(), st.integers(0, 10))
    def test_a_change_that_is_undone_leaves_the_bytes_as_they_were(self, data: bytes, place: int) -> None:
        message = parse_message(data)
        message.headers.add("X-Passing", "by") if place else message.headers.add_first("X-Passing", "by")
        message.headers.remove("X-Passing")
        assert message.headers.modified
        assert bytes(message) == data

    @settings(max_examples=300)
    @given(st.binary(max_size=300), st.integers(0, len(INVITE)), st.integers(0, 40))
    @example(b"\n", 0, 0)
    @example(b"\r", 45, 2)
    def test_a_spoilt_message_is_read_or_refused_and_never_crashes(
        self, junk: bytes, start: int, removed: int
    ) -> None:
        for data in (junk, INVITE[:start] + junk + INVITE[start + removed :]):
            for strict in (False, True):
                assert 0 <= place_of_error(partial(parse_message, data, strict=strict)) <= len(data)
            try:
                message = parse_message(data)
            except ParseError:
                continue
            assert bytes(message) == data
            read_every_view(message)
            if isinstance(message, Request):
                bytes(message.response(400, to_tag="t"))
