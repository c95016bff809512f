"""Which numbers may be dialled."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_server.numbering import Numbering
from reference_server.refusal import Refusals, Refused
from tests.reference_server.trunk_play import make_dialect

DIALECT = make_dialect()
NUMBERING = Numbering(DIALECT, Refusals(DIALECT))


@pytest.mark.parametrize(
    ("dialled", "number"),
    [
        ("+17606604690", "+17606604690"),
        ("+442079460123", "+442079460123"),
        ("+1-760-660.4690", "+17606604690"),
        ("+44(20)79460123", "+442079460123"),
        ("+390612345678", "+390612345678"),  # an Italian leading zero belongs to the number
        ("+4930123456", "+4930123456"),
        ("+80012345678", "+80012345678"),  # international freephone is a country code of its own
        ("+17606604690;phone-context=x", "+17606604690"),
    ],
)
def test_full_e164_numbers_are_taken(dialled: str, number: str) -> None:
    """Quick Start Guide: "sent to Skype in the full E.164 format"."""
    assert NUMBERING.dialled(dialled) == number


@pytest.mark.parametrize(
    ("dialled", "detail"),
    [
        ("02079460123", "no + in front"),
        ("442079460123", "no + in front"),
        ("00442079460123", "an international prefix instead of +"),
        ("+2101234567", "an unknown country code"),
        ("+9991234567", "an unknown country code"),
        ("+0441234567", "an unknown country code"),
        ("+1760660", "too short"),
        ("+44", "too short"),
        ("+1234567890123456", "too long"),
        ("+1760660469012", "too long"),
        ("+4402079460123", "a national prefix after the country code"),
        ("skype.name", "not a number"),
        ("+44abc", "not only digits after +"),
        ("+", "not only digits after +"),
    ],
)
def test_everything_else_is_484_and_says_why(dialled: str, detail: str) -> None:
    with pytest.raises(Refused) as refused:
        NUMBERING.dialled(dialled)
    assert refused.value.status == 484
    warning = dict(refused.value.headers)["Warning"]
    assert warning.startswith("399 sip.skype.com ")
    assert detail in warning
    assert "expected + and a full E.164 number" in warning


@pytest.mark.parametrize("dialled", ["112", "911", "999", "+1911", "+44999", "+49112"])
def test_emergency_numbers_are_403_and_go_by_the_landline(dialled: str) -> None:
    """Quick Start Guide: "cannot be used for emergency calling"."""
    with pytest.raises(Refused) as refused:
        NUMBERING.dialled(dialled)
    assert refused.value.status == 403
    assert "landline" in dict(refused.value.headers)["Warning"]


@given(st.text(max_size=40))
def test_any_user_part_is_either_taken_or_refused(dialled: str) -> None:
    try:
        number = NUMBERING.dialled(dialled)
    except Refused:
        return
    assert number.startswith("+")
    assert 3 <= len(number) <= 16


@pytest.mark.parametrize("dialled", ["+\u00b2112", "+\u0661112", "+44\u00b2079460123"])
def test_digits_of_other_alphabets_are_no_digits(dialled: str) -> None:
    with pytest.raises(Refused) as refused:
        NUMBERING.dialled(dialled)
    assert refused.value.rule == "not_e164"
