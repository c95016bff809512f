"""Advice per product: each for a known requirement, each product recognised by what it calls itself."""

import pytest

from harness.requirements import load_catalogue
from harness.requirements.product_advice import load_products, named, recognise


def test_every_advice_is_for_a_requirement_that_binds_a_pbx() -> None:
    binding = {entry.id for entry in load_catalogue().binding("pbx")}
    for product in load_products():
        assert set(product.advice) <= binding, product.name
        assert all(text.strip() for text in product.advice.values())


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Asterisk PBX 22.10.1", "Asterisk (chan_pjsip)"),
        ("FreeSWITCH-mod_sofia/1.10.9", "FreeSWITCH (mod_sofia)"),
        ("kamailio (5.6.3 (x86_64/linux))", "Kamailio (uac)"),
        ("YATE/6.4.1", "Yate"),
        ("baresip v1.0.0 (x86_64/linux)", "baresip"),
        ("Linphone/3.12.0 (belle-sip/1.6.3)", "linphone"),
    ],
)
def test_a_product_is_recognised(agent: str, name: str) -> None:
    found = recognise(["nobody", agent])
    assert found is not None
    assert found.name == name


def test_nobody_is_recognised_by_a_strange_name() -> None:
    assert recognise(["Acme Phone 1", ""]) is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Kamailio project Kamailio with uac", "Kamailio (uac)"),
        ("Sangoma Asterisk 22", "Asterisk (chan_pjsip)"),
        ("Belledonne linphone", "linphone"),
        ("Acme Gateway", None),
    ],
)
def test_a_product_is_known_by_what_its_vendor_calls_it(text: str, name: str | None) -> None:
    found = named(text)
    assert (found.name if found is not None else None) == name
