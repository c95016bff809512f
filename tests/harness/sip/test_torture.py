"""The torture messages of RFC 4475 and RFC 5118, each against what its RFC says of it.

A message is read without defects (and these facts), or has exactly these defects. Whether a well-formed
message gets a 416, 420, 483 or 501 is for a server to say; the fact it decides by is in the table.
"""

from pathlib import Path
from typing import Any

import pytest

from harness.sip.errors import ParseError
from harness.sip.message import Message, parse_message
from harness.sip.uri import OtherUri, SipUri, TelUri

FOLDER = Path(__file__).resolve().parents[2] / "data" / "torture"

ACCEPTED: dict[str, dict[str, Any]] = {
    # RFC 4475 section 3.1.1: valid messages
    "wsinv": {
        "to.tag": "1918181833n",
        "from_.display": 'J Rosenberg \\"',
        "from_.tag": "98asjd8",
        "max_forwards": 68,
        "cseq": (9, "INVITE"),
        "via.host": "192.0.2.2",
        "branch": "390skdjuw",
        "vias.1.host": "spindle.example.com",
        "vias.1.branch": "z9hG4bK9ikj8",
        "vias.2.transport": "UDP",
        "vias.2.branch": "z9hG4bK30239",
        "subject": "",
        "newfangledheader": "newfangled value continued newfangled value",
        "unknownheaderwithunusualvalue": ";;,,;;,;",
        "contacts.0.display": 'Quoted string ""',
        "contacts.0.params.q": "0.33",
        "contacts.0.params.newparam": "newvalue",
        "contacts.0.params.secondparam": "",
        "routes.0.uri.params.unknownwith": "value",
        "body.length": 150,
    },
    "intmeth": {
        "method": "!interesting-Method0123456789_*+`.%indeed'~",
        "parsed_uri.user": "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*",
        "parsed_uri.password": "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)",
        "to.display": "BEL:\a NUL:\0 DEL:\x7f",
        "from_.display": "token1~` token2'+_ token3*%!.-",
        "from_.tag": "_token~1'+`*%!-.",
        "call_id": "intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{",
    },
    "esc01": {
        "parsed_uri.unescaped_user": "sips:user@example.com",
        "parsed_uri.host": "example.net",
        "to.uri.unescaped_user": "user",
        "from_.uri.unescaped_user": "I have spaces",
        "contacts.0.uri.params.%6C%72": "",
    },
    "escnull": {"contacts.0.uri.unescaped_user": "\0", "contacts.1.uri.unescaped_user": "\0\0"},
    "esc02": {
        "method": "RE%47IST%45R",
        "to.display": "%Z%45",
        "contacts.length": 2,
        "branch": "z9hG4bK209%fzsnel234",
    },
    "lwsdisp": {"from_.display": "caller", "from_.tag": "323"},
    "longreq": {"vias.length": 34, "vias.33.received": "192.0.2.5", "via.host": "sip33.example.com"},
    "dblreq": {
        "method": "REGISTER",
        "body": b"",
        "discarded.length": 450,
        "contacts.0.uri.host": "host.example.com",
    },
    "semiuri": {"parsed_uri.unescaped_user": "user;par=u@example.net", "parsed_uri.host": "example.com"},
    "transports": {"vias.length": 5, "vias.1.transport": "SCTP", "vias.3.transport": "UNKNOWN"},
    "mpart01": {
        "parts.length": 2,
        "parts.0.body": b"Hello",
        "parts.1.content_type": "application/octet-stream",
    },
    "unreason": {"status": 200, "reason": "= 2**3 * 5**2 но сто девяносто девять - простое"},
    "noreason": {"status": 100, "reason": ""},
    # section 3.3: sound messages that deserve a refusal of another kind
    "unkscm": {"parsed_uri": OtherUri("nobodyKnowsThisScheme", "totallyopaquecontent")},  # 416
    "novelsc": {"parsed_uri": OtherUri("soap.beep", "//192.0.2.103:3002")},  # 416
    "unksm2": {"to.uri": OtherUri("isbn", "2983792873"), "contacts.0.uri.scheme": "name"},
    "bext01": {"require": ("nothingSupportsThis", "nothingSupportsThisEither")},  # 420
    "invut": {"media_type": "application/unknownformat"},  # 415
    "regaut01": {"authorization": "NoOneKnowsThisScheme opaque-data=here"},  # 401
    "bcast": {"vias.length": 2, "vias.1.host": "255.255.255.255"},  # dropped: the top Via alone is ours
    "zeromf": {"max_forwards": 0},  # 483, unless it is for us
    "cparam01": {"contacts.0.params.unknownparam": "", "contacts.0.uri.params": ""},
    "cparam02": {"contacts.0.params": "", "contacts.0.uri.params.unknownparam": ""},
    "regescrt": {"contacts.0.uri.headers": "Route=%3Csip:sip.example.com%3E"},
    "sdp01": {"accept": "text/nobodyKnowsThis"},  # 406
    "inv2543": {"branch": "", "from_.tag": None, "max_forwards": None, "body.length": 105},
    # RFC 5118
    "ipv6-good": {"parsed_uri.host": "2001:db8::10", "via.host": "2001:db8::9:1", "via.port": None},
    "port-ambiguous": {"parsed_uri.host": "2001:db8::10:5070", "parsed_uri.port": None},
    "port-unambiguous": {"parsed_uri.host": "2001:db8::10", "parsed_uri.port": 5070},
    "via-received-param-with-delim": {"via.received": "2001:db8::9:255"},
    "via-received-param-no-delim": {"via.received": "2001:db8::9:255", "branch": "z9hG4bKas3"},
    "mult-ip-in-header": {"vias.0.port": 6050, "vias.1.host": "192.0.2.1", "vias.2.received": "192.0.2.200"},
    "mult-ip-in-sdp": {"body.length": 181, "discarded.length": 8},
    "ipv4-mapped-ipv6": {"via.host": "::ffff:192.0.2.10", "via.port": 19823, "discarded.length": 9},
    "ipv6-correct-abnf-2-colons": {"parsed_uri.host": "2001:db8::192.0.2.1"},
}

REFUSED: dict[str, list[str]] = {
    # RFC 4475 section 3.1.2: invalid messages
    "badinv01": ["via.parameter", "name-addr.parameter"],
    "clerr": ["content-length.too-large"],
    "ncl": ["content-length.number"],
    "scalar02": ["cseq.number", "max-forwards.number", "expires.number", "contact.expires"],
    "scalarlg": ["cseq.number", "warning.value"],
    "quotbal": ["name-addr.quote"],
    "ltgtruri": ["request-uri.angle"],
    "lwsruri": ["request-uri.space"],
    "lwsstart": ["start-line.space"],
    "trws": ["start-line.space"],
    "escruri": ["request-uri.headers"],
    "baddate": ["date.format"],
    "regbadct": ["name-addr.angle"],
    "badaspec": ["name-addr.space"],
    "baddn": ["name-addr.display", "name-addr.display", "message.empty-line"],
    "badvers": ["start-line.version"],
    "mismatch01": ["cseq.method"],
    "mismatch02": ["cseq.method"],
    "bigcode": ["start-line.status"],
    "badbranch": ["via.branch"],
    "insuf": ["from.missing", "to.missing", "call-id.missing"],
    "multi01": ["cseq.repeated", "call-id.repeated", "to.repeated", "from.repeated", "max-forwards.repeated"],
    "mcl01": ["content-length.repeated"],
    # RFC 5118
    "ipv6-bad": ["uri.host"],
    "ipv6-bug-abnf-3-colons": ["uri.host", "uri.host"],
    "ipv6-in-sdp": ["content-length.too-large"],  # its body came with LF line ends once
}

UNREADABLE = {"test": "start-line.request"}

MESSAGES = {path.stem: path.read_bytes() for path in sorted(FOLDER.glob("*/*.dat"))}


def read(value: Any, path: str) -> Any:
    """Follow a path like ``vias.1.host``; header values by their name, parameters as text."""
    for step in path.split("."):
        if step == "length":
            value = len(value)
        elif step.isdigit():
            value = value[int(step)]
        elif hasattr(value, step):
            value = getattr(value, step)
        elif isinstance(value, Message):
            value = value.headers.get(step)
        else:
            value = value.get(step)
    return str(value) if path.endswith("params") else value


def test_every_message_has_its_row() -> None:
    assert set(MESSAGES) == set(ACCEPTED) | set(REFUSED) | set(UNREADABLE)
    assert len(MESSAGES) == 50 + 12


@pytest.mark.parametrize("name", sorted(ACCEPTED))
def test_a_sound_message_is_read_as_its_rfc_says(name: str) -> None:
    message = parse_message(MESSAGES[name], strict=True)
    assert {path: read(message, path) for path in ACCEPTED[name]} == ACCEPTED[name]


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_broken_message_is_refused_for_the_right_reason(name: str) -> None:
    message = parse_message(MESSAGES[name])
    assert [defect.rule for defect in message.defects] == REFUSED[name]
    assert {defect.status for defect in message.defects} == {505 if name == "badvers" else 400}
    with pytest.raises(ParseError) as raised:
        parse_message(MESSAGES[name], strict=True)
    assert raised.value.rule == REFUSED[name][0]


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_defect_points_at_the_bytes_it_quotes(name: str) -> None:
    data = MESSAGES[name]
    for defect in parse_message(data).defects:
        assert data[defect.offset :].startswith(defect.seen)


@pytest.mark.parametrize("name", sorted(UNREADABLE))
def test_a_message_without_a_start_line_cannot_be_read(name: str) -> None:
    with pytest.raises(ParseError) as raised:
        parse_message(MESSAGES[name])
    assert raised.value.rule == UNREADABLE[name]


@pytest.mark.parametrize("name", sorted(ACCEPTED | REFUSED))
def test_nothing_is_lost(name: str) -> None:
    assert bytes(parse_message(MESSAGES[name])) == MESSAGES[name]


@pytest.mark.parametrize("name", sorted(set(ACCEPTED | REFUSED) - {"baddn"}))
def test_a_change_that_is_undone_leaves_the_bytes_as_they_were(name: str) -> None:
    message = parse_message(MESSAGES[name])
    message.headers.add("X-Passing", "by")
    assert bytes(message) != MESSAGES[name]
    message.headers.remove("X-Passing")
    assert bytes(message) == MESSAGES[name]


def test_lenient_reading_goes_on_where_the_meaning_is_plain() -> None:
    """RFC 4475 sections 3.1.2.13, 3.1.2.15; RFC 5118 section 4.10."""
    aspec = parse_message(MESSAGES["badaspec"]).to
    assert (aspec.display, str(aspec.uri)) == ("Watson, Thomas", "sip:t.watson@example.org")
    unquoted = parse_message(MESSAGES["baddn"]).from_
    assert (unquoted.display, unquoted.tag) == ("Bell, Alexander", "43")
    colons = parse_message(MESSAGES["ipv6-bug-abnf-3-colons"]).to.uri
    assert isinstance(colons, SipUri)
    assert not isinstance(colons, TelUri)
    assert colons.host == "2001:db8:::192.0.2.1"
