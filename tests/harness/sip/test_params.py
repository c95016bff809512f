"""Tests of `harness.sip.params`."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.sip.errors import LocalError
from harness.sip.params import Params


def test_names_are_case_blind_and_order_is_kept() -> None:
    params = Params.parse(";Tag=abc;lr;expires=60")
    assert params.get("tag") == "abc"
    assert params.get("EXPIRES") == "60"
    assert [name for name, _ in params] == ["Tag", "lr", "expires"]


def test_a_parameter_without_a_value_is_told_from_one_that_is_absent() -> None:
    params = Params.parse(";rport;branch=z")
    assert params.get("rport") == ""
    assert params["rport"] is None
    assert params.get("received") is None
    assert "rport" in params
    assert "received" not in params


def test_quoted_values_may_hold_semicolons_and_escapes() -> None:
    params = Params.parse(r';a="x;y=\"1\"" ; b = 2')
    assert params.get("a") == 'x;y="1"'
    assert params.get("b") == "2"


def test_empty_parameters_are_skipped() -> None:
    assert Params.parse(";;a=1;;").pairs == (("a", "1"),)


def test_a_value_is_replaced_in_its_place_or_added_at_the_end() -> None:
    params = Params.parse(";rport;branch=z")
    assert str(params.with_value("rport", "5060")) == ";rport=5060;branch=z"
    assert str(params.with_value("received", "192.0.2.1")) == ";rport;branch=z;received=192.0.2.1"
    assert str(params.without("RPORT")) == ";branch=z"


def test_a_value_that_would_read_back_as_something_else_is_refused() -> None:
    with pytest.raises(LocalError, match="write"):
        Params([("a", "1;b=2")])


@given(st.text())
def test_any_text_survives_and_can_be_read(text: str) -> None:
    params = Params.parse(text)
    assert str(params) == text
    for name, _ in params.pairs:
        params.get(name)


TOKENS = st.text(alphabet="abcXYZ019-.!%*_+`'~", min_size=1)


@given(st.lists(st.tuples(TOKENS, st.none() | TOKENS), unique_by=lambda pair: pair[0].lower()))
def test_what_was_written_is_read_back(pairs: list[tuple[str, str | None]]) -> None:
    read = Params.parse(str(Params(pairs)))
    assert read.pairs == tuple(pairs)
    assert all(read.get(name) == (value or "") for name, value in pairs)


def test_a_parameter_is_taken_away_or_changed_whatever_the_others_look_like() -> None:
    params = Params.parse(";q=>0.4;expires=60")
    assert str(params.without("expires")) == ";q=>0.4"
    assert str(params.with_value("expires", "90")) == ";q=>0.4;expires=90"
