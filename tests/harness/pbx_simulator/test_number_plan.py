"""What a dialled number means: never an emergency number or a national form for the trunk."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.pbx_simulator.number_plan import Destination, Emergency, Inside, NumberPlan, Outside, Unassigned
from tests.harness.pbx_simulator.virtual_office import settings

BRITISH, AMERICAN = NumberPlan(settings()), NumberPlan(settings(country_code="1"))


@pytest.mark.parametrize(
    ("dialled", "meant"),
    [
        ("101", Inside("101")),
        ("02079460123", Outside("+442079460123")),
        ("(020) 7946-0123", Outside("+442079460123")),
        ("0014155550123", Outside("+14155550123")),
        ("+14155550123", Outside("+14155550123")),
        ("999", Emergency("999")),
        ("+44112", Emergency("+44112")),
        ("00112", Emergency("00112")),
        ("103", Unassigned(404)),
        ("02", Unassigned(484)),
        ("+4412345678901234567", Unassigned(484)),
        ("echo@home", Unassigned(404)),
        ("", Unassigned(404)),
        ("+", Unassigned(404)),
    ],
)
def test_a_british_pbx(dialled: str, meant: Destination) -> None:
    assert BRITISH.read(dialled) == meant


@pytest.mark.parametrize(
    ("dialled", "meant"),
    [
        ("4155550123", Outside("+14155550123")),
        ("14155550123", Outside("+14155550123")),
        ("01144 20 7946 0123", Outside("+442079460123")),
        ("911", Emergency("911")),
        ("1911", Emergency("1911")),
        ("5550123", Unassigned(404)),
    ],
)
def test_an_american_pbx(dialled: str, meant: Destination) -> None:
    assert AMERICAN.read(dialled) == meant


@given(st.text("0123456789+ -().#*a", max_size=20))
def test_what_goes_outside_is_e164(dialled: str) -> None:
    for plan in (BRITISH, AMERICAN):
        meant = plan.read(dialled)
        if isinstance(meant, Outside):
            assert meant.number[0] == "+"
            assert 7 <= len(meant.number) - 1 <= 15
            assert meant.number[1:].isdecimal()
            assert meant.number[1:] not in plan.emergency
