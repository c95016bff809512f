"""The ladder of a call."""

from xml.etree import ElementTree as ET

from reference_server.console.ladder import MOST_ROWS, Message, ladder_svg

PBX = "192.0.2.7:5070"


def said(text: str, at: float = 0.0, *, incoming: bool = True, peer: str = PBX) -> Message:
    return Message(1000 + at, incoming, peer, f"{text}\nCSeq: 1 INVITE\n")


def texts(drawing: str) -> list[str]:
    return [one.text or "" for one in ET.fromstring(drawing).iter("text")]


def test_nothing_seen_draws_nothing() -> None:
    assert ladder_svg([]) == ""


def test_messages_stand_under_each_other_with_their_times() -> None:
    shown = texts(ladder_svg([said("INVITE sip:a SIP/2.0"), said("SIP/2.0 200 OK", 1.25, incoming=False)]))
    assert shown == [f"PBX {PBX}", "Skype Connect", "0.000", "INVITE", "1.250", "200 OK"]


def test_arrows_point_to_who_got_the_message() -> None:
    drawing = ET.fromstring(
        ladder_svg([said("INVITE sip:a SIP/2.0"), said("SIP/2.0 200 OK", incoming=False)])
    )
    arrows = [one.get("d", "") for one in drawing.iter("path") if one.get("class") == "arrow"]
    assert "m-8" in arrows[0]
    assert "m8" in arrows[1]


def test_a_challenge_is_no_refusal() -> None:
    assert said("SIP/2.0 407 Proxy Authentication Required").outcome == "provisional"
    assert said("SIP/2.0 403 Forbidden").outcome == "refusal"
    assert said("SIP/2.0 180 Ringing").outcome == "provisional"
    assert said("BYE sip:a SIP/2.0").outcome == "request"


def test_what_peers_send_is_never_markup() -> None:
    drawing = ladder_svg([said("SIP/2.0 200 <script>alert(1)</script>", peer='"><b>')])
    assert "<script>" not in drawing
    ET.fromstring(drawing)


def test_a_second_peer_has_a_lifeline_of_its_own() -> None:
    drawing = ladder_svg([said("INVITE sip:a SIP/2.0"), said("INVITE sip:a SIP/2.0", peer="192.0.2.9:5060")])
    assert texts(drawing)[:3] == [f"PBX {PBX}", "192.0.2.9:5060", "Skype Connect"]


def test_a_very_long_call_is_cut_short() -> None:
    drawing = ladder_svg([said("INFO sip:a SIP/2.0", number) for number in range(500)])
    assert len(texts(drawing)) == 2 + 2 * MOST_ROWS
