"""The rules of RFC 3261 section 8.2.6.2: a right response passes, each wrong one is named."""

from harness.checks.response import (
    contact_in_2xx,
    content_length_counts,
    cseq_copied,
    from_and_call_id_copied,
    record_route_copied,
    same_answer,
    to_tag_added,
    to_tag_stable,
    via_copied,
)
from tests.harness.checks.messages import invite, response


def test_a_right_response_passes_every_rule() -> None:
    request, answer = invite(), response()
    assert via_copied(request, answer) is None
    assert cseq_copied(request, answer) is None
    assert from_and_call_id_copied(request, answer) is None
    assert to_tag_added(answer) is None
    assert contact_in_2xx(answer) is None
    assert content_length_counts(bytes(answer), answer) is None


def test_received_and_rport_in_the_first_via_are_no_change() -> None:
    answer = response()
    lines = answer.headers.get_all("Via")
    answer.headers.set("Via", f"{lines[0]};received=127.0.0.1, {lines[1]}")
    assert via_copied(invite(), answer) is None


def test_swapped_vias_are_seen() -> None:
    answer = response()
    first, second = answer.headers.get_all("Via")
    answer.headers.set("Via", f"{second}, {first}")
    breach = via_copied(invite(), answer)
    assert breach is not None
    assert (breach.requirement, breach.line) == ("call.via-copied", "Via")


def test_another_cseq_is_seen() -> None:
    breach = cseq_copied(invite(), response(CSeq="8 INVITE"))
    assert breach is not None
    assert "8 INVITE" in breach.seen
    assert "7 INVITE" in breach.seen


def test_another_from_tag_is_seen() -> None:
    breach = from_and_call_id_copied(invite(), response(From="<sip:99051000000231@sip.skype.com>;tag=other"))
    assert breach is not None
    assert breach.line == "From"


def test_only_100_may_lack_the_to_tag() -> None:
    bare = {"To": "<sip:+442079460000@sip.skype.com>"}
    assert to_tag_added(response(100, to_tag=None, **bare)) is None
    assert to_tag_added(response(180, **bare)) is not None


def test_a_to_tag_that_changes_is_seen_but_not_for_100() -> None:
    ringing, answer = response(180), response(200)
    trying = response(100, To="<sip:+442079460000@sip.skype.com>;tag=early")
    assert to_tag_stable([trying, ringing, answer]) is None
    other = response(200, To="<sip:+442079460000@sip.skype.com>;tag=another")
    assert to_tag_stable([ringing, other]) is not None


def test_a_content_length_that_lies_is_seen() -> None:
    answer = response()
    data = bytes(answer).replace(b"Content-Length: 0", b"Content-Length: 9")
    lying = response(Content_Length="9")
    assert content_length_counts(data, lying) is not None


def test_a_record_route_that_is_lost_is_seen() -> None:
    answer = response()
    answer.headers.remove("Record-Route")
    breach = record_route_copied(invite(), answer)
    assert breach is not None
    assert "192.0.2.7" in breach.seen


def test_two_answers_differ_in_what_is_not_ignored() -> None:
    one, other = response(Server="a"), response(403, Server="b")
    assert same_answer(one, response(Server="a"), []) == []
    differences = " ".join(same_answer(one, other, ["Via"]))
    assert "200 OK against 403 Forbidden" in differences
    assert "server" in differences.lower()
