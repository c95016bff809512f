"""A broken rule becomes a finding with the deciding line, the source's words and the product's advice."""

import pytest

from harness.checks.pbx.finding import advice_for, deciding_line, finding_of, names_of, product_of
from harness.checks.pbx.judgement import judge_leg
from harness.checks.pbx.ruling import Ruling, Sight
from harness.checks.pbx.trunk_leg import TrunkLeg
from harness.requirements import load_catalogue
from tests.harness.checks.pbx.recordings import SETUP, recording

RULE = "from_header.pbx-username"


@pytest.mark.parametrize(
    ("name", "product", "words"),
    [
        ("ast_f_from_ext", "Asterisk (chan_pjsip)", "from_user=99051000000231"),
        ("yate_f_from_ext", "Yate", "caller=99051000000231"),
        ("kam_ok", "Kamailio (uac)", "uac_replace_from"),
        ("bare_f_badpw", "baresip", "<sip:99051000000231@sip.skype.com>"),
    ],
)
def test_the_advice_is_the_products(name: str, product: str, words: str) -> None:
    found = product_of(TrunkLeg(recording(name), SETUP))
    assert found is not None
    assert found.name == product
    assert words in advice_for(load_catalogue().get(RULE), found, SETUP.sip_username)


def test_a_proxy_is_known_by_its_own_requests_before_its_phones() -> None:
    assert names_of(TrunkLeg(recording("kam_ok"), SETUP))[0].startswith("kamailio")


def test_a_finding_shows_the_line_that_decides() -> None:
    leg = TrunkLeg(recording("ast_f_from_ext"), SETUP)
    (ruling,) = judge_leg(leg, only=[RULE])
    finding = finding_of(ruling, load_catalogue().get(RULE), None, "", "tshark")
    assert finding.marked_line is not None
    assert finding.marked_line.startswith('From: "Alice Ext" <sip:101@sip.skype.com>')
    assert finding.marked_line in finding.evidence
    assert (finding.packet, finding.level, finding.source) == (14, "MUST", "guide line 155")
    assert finding.what_to_change == load_catalogue().get(RULE).advice


@pytest.mark.parametrize(
    ("line", "begins"),
    [
        ("start", "INVITE"),
        ("CSeq", "CSeq:"),
        ("c=", "c=IN"),
        ("m=", "m=audio"),
        ("Nothing", None),
        (None, None),
    ],
)
def test_lines_are_found_by_start_header_or_body(line: str | None, begins: str | None) -> None:
    leg = TrunkLeg(recording("ast_f_from_ext"), SETUP)
    found = deciding_line(Sight(True, "", leg.outbound[0].invite, line))
    assert (found is None) if begins is None else (found is not None and found.startswith(begins))


def test_a_sight_without_a_message_has_no_line() -> None:
    assert deciding_line(Sight(False, "nothing came", None, "start")) is None
    assert Ruling("a.b", (), "nothing").breach is None
