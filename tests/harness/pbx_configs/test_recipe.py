"""Printed configurations: complete for each mode and transport, well-formed, and true to the catalogue."""

import re
from itertools import product as every
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from harness.pbx_configs.emergency import emergency_numbers
from harness.pbx_configs.recipe import (
    FOLDER,
    Inputs,
    UnknownRecipe,
    lines_for,
    load_recipe,
    recipe_lines,
    recipe_names,
    render_recipe,
    requirements_in,
)
from harness.requirements import load_catalogue
from harness.requirements.product_advice import load_products
from harness.settings.pbx import PbxFile
from harness.sip.hop import Hop

NAMES = ("asterisk", "baresip", "freeswitch", "kamailio", "linphone", "yate")
COMBINATIONS = list(every(NAMES, ("registration", "ip"), ("udp", "tcp", "tls")))
SEVERAL_LINES = ("asterisk", "freeswitch", "kamailio", "yate")


def described(mode: str = "registration", transport: str = "udp", **dial: Any) -> PbxFile:
    return PbxFile.model_validate(
        {
            "pbx": {
                "vendor": "V",
                "product": "P",
                "version": "1",
                "mode": mode,
                "transport": transport,
                "address": "192.0.2.20:5060",
            },
            "trunk": {
                "listen": "192.0.2.1:5060",
                "password": "kR7vWq2mXe9LtB",
                "extension_tags": {"sales.example": "200"},
            },
            "phone": [
                {"extension": "101", "password": "one"},
                {"extension": "102", "password": "two", "rings_for": ["200"]},
            ],
            "dial": dial,
        }
    )


def rendered(name: str, pbx: PbxFile) -> dict[str, str]:
    inputs = Inputs(pbx, Hop(pbx.pbx.transport, "192.0.2.1", 5060), "/etc/pbx")
    return render_recipe(load_recipe(name), inputs)


def code_lines(text: str) -> list[str]:
    """Without lines that are comments."""
    return [line for line in text.splitlines() if not line.startswith(("#", ";", "<!--"))]


def test_these_products_are_known() -> None:
    assert recipe_names() == NAMES


@pytest.mark.parametrize(("name", "mode", "transport"), COMBINATIONS)
def test_each_combination_is_written_whole(name: str, mode: str, transport: str) -> None:
    texts = rendered(name, described(mode, transport))
    everything = "\n".join(texts.values())
    assert "99051000000231" in everything
    assert "sip.skype.com" in everything
    assert not re.search(r"{{|{%|Undefined|\bNone\b", everything)
    has_password = "kR7vWq2mXe9LtB" in everything
    assert has_password is (mode == "registration")
    if name in SEVERAL_LINES:
        assert re.search(r"\+?442079460123", everything)
        assert "102" in everything


@pytest.mark.parametrize(("name", "mode", "transport"), COMBINATIONS)
def test_comments_name_requirements_of_pbxs(name: str, mode: str, transport: str) -> None:
    known = {entry.id for entry in load_catalogue().binding("pbx")}
    named = requirements_in(rendered(name, described(mode, transport)))
    assert set(named) <= known
    assert "from_header.pbx-username" in named
    registers = mode == "registration"
    assert ("authentication.pbx-password" in named) is registers
    assert ("registration.pbx-registers" in named) is registers


@pytest.mark.parametrize("name", SEVERAL_LINES)
def test_a_pbx_with_phones_has_a_line_for_every_must_of_configuration(name: str) -> None:
    needed = {
        "registration.pbx-registers",
        "authentication.pbx-answers-challenge",
        "authentication.pbx-password",
        "from_header.pbx-username",
        "from_header.pbx-domain",
        "numbering.pbx-e164",
        "numbering.pbx-emergency",
        "inbound.pbx-trusts",
        "inbound.pbx-routes-by-ruri",
    }
    texts = rendered(name, described())
    assert needed <= set(requirements_in(texts))
    for requirement in needed:
        assert lines_for(requirement, texts)


def test_every_product_with_advice_has_a_recipe() -> None:
    assert {each.name.split()[0].lower() for each in load_products()} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_the_header_says_how_far_it_was_tried(name: str) -> None:
    recipe = load_recipe(name)
    assert recipe.proof.startswith(("Tried with", "Not run by our tests"))
    for file, text in rendered(name, described()).items():
        assert file.startswith("dbtext/") or recipe.proof in text


@pytest.mark.parametrize(("mode", "transport"), list(every(("registration", "ip"), ("udp", "tls"))))
def test_xml_is_well_formed(mode: str, transport: str) -> None:
    for text in rendered("freeswitch", described(mode, transport)).values():
        assert ET.fromstring(text).tag == "include"


def test_what_xml_gives_a_meaning_is_escaped() -> None:
    pbx = described()
    trunk = pbx.trunk.model_copy(update={"password": 'a<b>&"c'})
    texts = rendered("freeswitch", pbx.model_copy(update={"trunk": trunk}))
    gateway = ET.fromstring(texts["sip_profiles/external/skype_connect.xml"])
    values = {each.get("name"): each.get("value") for each in gateway.iter("param")}
    assert values["password"] == 'a<b>&"c'


@pytest.mark.parametrize("name", ["asterisk", "freeswitch", "yate"])
def test_emergency_numbers_come_before_the_trunk(name: str) -> None:
    lines = [line for text in rendered(name, described()).values() for line in code_lines(text)]
    emergency = next(place for place, line in enumerate(lines) if re.search(r"\b112\b", line))
    ways_out = ("line/", "sofia/gateway/", "Gosub(trunk")
    outgoing = [place for place, line in enumerate(lines) if any(way in line for way in ways_out)]
    assert emergency < min(outgoing)


def test_kamailio_reads_the_number_before_anything_else() -> None:
    lines = code_lines(rendered("kamailio", described())["kamailio.cfg"])
    replaced = next(place for place, line in enumerate(lines) if "uac_replace_from" in line)
    assert lines.index("    route(NUMBER);") < replaced


def test_lines_are_found_again_with_what_a_comment_stands_above() -> None:
    texts = {"a.conf": "; [x.y] why\nkey=1\nother=2\n", "b.conf": "k=2  ; [x.y]\n"}
    assert lines_for("x.y", texts) == "a.conf:\n; [x.y] why\nkey=1\n\nb.conf:\nk=2  ; [x.y]"
    assert lines_for("x.z", texts) == ""


def test_a_comment_above_a_block_stands_for_the_whole_block() -> None:
    text = "# [x.y] why\n# and more\nroute {\n    if (a) {\n        b;\n    }\n}\nroute[C] {\n}\n"
    assert lines_for("x.y", {"k.cfg": text}) == f"k.cfg:\n{text.partition('route[C]')[0].rstrip()}"


def test_an_unknown_name_says_which_there_are() -> None:
    with pytest.raises(UnknownRecipe) as caught:
        load_recipe("astrisk")
    assert "did you mean asterisk?" in str(caught.value)
    assert "kamailio" in str(caught.value)


@pytest.mark.parametrize(
    ("code", "expected"), [("44", {"112", "999"}), ("1", {"911"}), ("61", {"000"}), ("49", {"110", "112"})]
)
def test_each_country_has_its_emergency_numbers(code: str, expected: set[str]) -> None:
    assert expected <= set(emergency_numbers(code))


def test_an_unknown_country_has_those_of_mobiles() -> None:
    assert emergency_numbers("999") == ("112", "911")


def test_every_template_is_named_by_a_recipe() -> None:
    named = {each.template for name in NAMES for each in load_recipe(name).files}
    there = {str(path.relative_to(FOLDER)) for path in FOLDER.glob("*/*.j2")}
    assert named == there


def test_a_known_product_gets_its_lines_by_its_name() -> None:
    pbx = described()
    named = pbx.model_copy(update={"pbx": pbx.pbx.model_copy(update={"product": "FreePBX on Asterisk"})})
    lines = recipe_lines(named)
    assert "from_user=99051000000231" in lines["from_header.pbx-username"]
    assert recipe_lines(pbx) == {}


def test_lines_for_a_report_have_no_password() -> None:
    pbx = described()
    for name in NAMES:
        named = pbx.model_copy(update={"pbx": pbx.pbx.model_copy(update={"product": name})})
        lines = recipe_lines(named)
        assert lines
        assert "PASSWORD" in lines["authentication.pbx-password"]
        assert not any("kR7vWq2mXe9LtB" in each for each in lines.values())


@pytest.mark.parametrize("name", SEVERAL_LINES)
@pytest.mark.parametrize("requirement", ["inbound.pbx-routes-tag", "inbound.pbx-to-username"])
def test_tag_and_username_have_lines_of_their_own(name: str, requirement: str) -> None:
    number = {"inbound.pbx-routes-tag": "200", "inbound.pbx-to-username": "99051000000231"}[requirement]
    lines = lines_for(requirement, rendered(name, described()))
    assert number in lines
    assert "442079460123" not in lines
