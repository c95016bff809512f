"""The table of rates: the longest prefix counts, whole steps are paid, and mistakes are told by line."""

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.settings.errors import SettingsError
from reference_server.ledger.money import parse_money
from reference_server.rating.tariff import EVERYWHERE, Rate, Tariff

GOOD = """\
[[rate]]
prefix = "+"
name = "Everywhere else"
per_minute = "1.15"

[[rate]]
prefix = "+44"
name = "United Kingdom landline"
per_minute = "0.017"
setup = "0.039"
step = 60
"""

rates = st.builds(
    Rate,
    prefix=st.just("+44"),
    name=st.just("somewhere"),
    per_minute=st.integers(0, 9_000_000),
    setup=st.integers(0, 1_000_000),
    step=st.integers(1, 3600),
)
digits = st.text("0123", max_size=5)


def error(folder: Path, text: str) -> str:
    path = folder / "tariff.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as raised:
        Tariff.load(path)
    return str(raised.value).removeprefix(str(folder))


@given(rates, st.integers(0, 20_000), st.integers(0, 20_000))
def test_a_longer_call_never_costs_less(rate: Rate, seconds: int, more: int) -> None:
    assert rate.cost(seconds) <= rate.cost(seconds + more)


@given(rates, st.integers(1, 20_000))
def test_each_started_step_is_paid_whole_and_rounded_up(rate: Rate, seconds: int) -> None:
    steps = next(n for n in range(1, seconds + 1) if n * rate.step >= seconds)
    exact = rate.setup + Fraction(rate.per_minute * steps * rate.step, 60)
    assert exact <= rate.cost(seconds) < exact + 1
    assert rate.cost(seconds) == rate.cost(rate.whole_steps(seconds)) == rate.cost(steps * rate.step)


@given(rates)
def test_an_answered_call_has_begun_its_first_step(rate: Rate) -> None:
    assert rate.cost(0) == rate.cost(1)


@given(rates.filter(lambda rate: rate.per_minute > 0), st.integers(0, 50_000_000))
def test_money_lasts_for_as_many_steps_as_it_pays_and_no_more(rate: Rate, money: int) -> None:
    seconds = rate.seconds_for(money)
    assert seconds % rate.step == 0
    assert rate.cost(seconds + 1) > money
    if seconds:
        assert rate.cost(seconds) <= money


@pytest.mark.parametrize(
    ("step", "seconds", "cost"),
    [(60, 1, "0.056"), (60, 60, "0.056"), (60, 61, "0.073"), (1, 1, "0.039284"), (1, 60, "0.056")],
)
def test_a_call_is_paid_by_started_minutes_or_seconds(step: int, seconds: int, cost: str) -> None:
    rate = Rate("+44", "United Kingdom landline", parse_money("0.017"), parse_money("0.039"), step)
    assert rate.cost(seconds) == parse_money(cost)


@given(st.sets(digits), digits)
def test_the_longest_prefix_counts(prefixes: set[str], number: str) -> None:
    table = {EVERYWHERE, *("+" + prefix for prefix in prefixes)}
    tariff = Tariff(Rate(prefix, "somewhere", 1, 0, 60) for prefix in table)
    naive = max((prefix for prefix in table if ("+" + number).startswith(prefix)), key=len)
    assert tariff.rate_of("+" + number).prefix == naive


@pytest.mark.parametrize(
    ("number", "name"),
    [
        ("+442079460123", "United Kingdom landline"),
        ("+447700900123", "United Kingdom mobile"),
        ("+4930231250", "Germany landline"),
        ("+4915112345678", "Germany mobile"),
        ("+3726001234", "Estonia landline"),
        ("+37251234567", "Estonia mobile"),
        ("+12125550123", "United States"),
        ("+18005550123", "United States toll-free"),
        ("+14165550123", "Canada"),
        ("+18765550123", "Jamaica"),
        ("+6765550", "Everywhere else"),
    ],
)
def test_the_built_in_table_knows_landlines_and_mobiles(number: str, name: str) -> None:
    assert Tariff.load().rate_of(number).name == name


def test_the_built_in_table_is_a_believable_one() -> None:
    tariff = Tariff.load()
    assert len(tariff.rates) >= 60
    assert {rate.step for rate in tariff.rates} == {1, 60}
    assert tariff.rate_of("+442079460123").text == "United Kingdom landline (+44) 0.039 + 0.017/min"
    assert tariff.rate_of("+18005550123").text == "United States toll-free (+1800) 0.00/min"


def test_a_table_without_a_rate_for_everywhere_else_is_refused() -> None:
    with pytest.raises(ValueError, match="all other numbers"):
        Tariff([Rate("+44", "United Kingdom", 1, 0, 60)])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('"0.017"', "0.017"), ':9: rate[1].per_minute: seen 0.017; write the amount in quotes, as "0.017"'),
        (
            ('"0.017"', '"0,017"'),
            ":9: rate[1].per_minute: seen '0,017'; write a point before the decimals and nothing between",
        ),
        (
            ('"0.017"', '"-1"'),
            ":9: rate[1].per_minute: seen '-1'; write an amount of 0 or more, as \"0.017\"",
        ),
        (
            ('"+44"', '"44"'),
            ":7: rate[1].prefix: seen '44'; write + and the first digits in quotes, as \"+44\"",
        ),
        (('"+44"', '"+"'), ":7: rate[1].prefix: rate[0] has the prefix + too; leave one of them out"),
        (("step = 60", "step = 0"), ":11: rate[1].step: seen 0; write seconds paid at a time, 1 to 3600"),
        (("setup", "set_up"), ":10: rate[1].set_up: unknown key; write setup"),
        (('"+"', '"+1"'), ':1: rate: no row for all other numbers; write a [[rate]] with prefix = "+" too'),
        (('per_minute = "0.017"\n', ""), ":6: rate[1].per_minute: the key is missing; write an amount"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_to_write(
    tmp_path: Path, change: tuple[str, str], said: str
) -> None:
    assert error(tmp_path, GOOD.replace(*change)).startswith(f"/tariff.toml{said}")


def test_a_table_of_ones_own_is_read(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(GOOD, encoding="utf-8")
    tariff = Tariff.load(path)
    assert tariff.rate_of("+442079460123").setup == parse_money("0.039")
    assert tariff.rate_of("+12125550123").prefix == EVERYWHERE
