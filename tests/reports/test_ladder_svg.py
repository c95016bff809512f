"""Ladders as SVG."""

from xml.etree.ElementTree import fromstring

from reports.ladder_svg import ladder_svg, shown_steps
from tests.reports.run_factory import NASTY, make_ladder, make_step


def test_a_ladder_is_well_formed_and_has_an_arrow_for_each_step() -> None:
    steps = make_ladder(marked=True)
    drawing = fromstring(ladder_svg(steps, limit=80, tooltips=True))
    groups = [group for group in drawing if group.tag == "g"]
    assert len(groups) == len(steps)
    assert [group.get("class") for group in groups].count("step success marked") == 1


def test_nothing_travelled_draws_nothing() -> None:
    assert ladder_svg([], limit=80, tooltips=True) == ""


def test_hostile_labels_stay_text() -> None:
    step = make_step(1, NASTY.replace("\x00", "").replace("\x1b", ""), up=False)
    drawing = fromstring(ladder_svg([step], limit=80, tooltips=True))
    assert not [element for element in drawing.iter() if element.tag in ("script", "img")]


def test_a_response_says_which_method_it_answers() -> None:
    text = "SIP/2.0 200 OK\nCSeq: 3 BYE\n"
    assert "BYE</tspan>" in ladder_svg([make_step(1, "200 OK", text=text)], limit=80, tooltips=False)


def test_a_run_of_rtp_says_how_many_packets_it_stands_for() -> None:
    assert "RTP PCMA × 147" in ladder_svg([make_step(1, "RTP PCMA", count=147)], limit=80, tooltips=False)


def test_a_message_to_oneself_is_drawn() -> None:
    step = make_step(1, "OPTIONS sip:x").model_copy(update={"destination": "phone"})
    assert "<path" in ladder_svg([step], limit=80, tooltips=False)


def test_a_long_ladder_keeps_its_ends_and_what_surrounds_the_marked_message() -> None:
    steps = [make_step(number, "OPTIONS sip:x", marked=number == 50) for number in range(1, 101)]
    shown = shown_steps(steps, 10)
    numbers = [step.packet for step in shown]
    assert numbers[:5] == [1, 2, 3, 4, 5]
    assert numbers[-5:] == [96, 97, 98, 99, 100]
    assert set(range(47, 54)) <= set(numbers)
    assert [step.label for step in shown if step.kind == "note"] == [
        "41 steps left out here; the capture has them",
        "42 steps left out here; the capture has them",
    ]
    assert len(fromstring(ladder_svg(steps, limit=10, tooltips=False))) > 10
