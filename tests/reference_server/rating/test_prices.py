"""The price list: the built-in one is whole, and mistakes are told by line."""

from pathlib import Path

import phonenumbers
import pytest

from harness.settings.errors import SettingsError
from reference_server.ledger.money import parse_money
from reference_server.rating.prices import Prices

GOOD = """\
currency = "EUR"
timezone = "Europe/Tallinn"
channel = "5.95"
us_minute_bundle = "39.95"

[[country]]
code = "GB"
name = "United Kingdom"
number = "4.50"

[[country.area]]
name = "London"
first = "+442079460700"
count = 10
"""
MORE = """
[[country.area]]
name = "Greenwich"
first = "+442079460705"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "prices.toml"
    path.write_text(text, encoding="utf-8")
    return path


def error(folder: Path, text: str) -> str:
    with pytest.raises(SettingsError) as raised:
        Prices.load(written(folder, text))
    return str(raised.value).removeprefix(str(folder))


def test_the_built_in_list_sells_channels_bundles_and_numbers() -> None:
    prices = Prices.load()
    assert prices.channel > 0
    assert prices.us_minute_bundle > 0
    assert {country.code for country in prices.country} >= {"GB", "US", "DE", "EE"}
    assert str(prices.zone) == prices.timezone


def test_all_numbers_for_sale_are_numbers_of_their_country() -> None:
    for country in Prices.load().country:
        for area in country.area:
            for number in area.numbers():
                parsed = phonenumbers.parse(number, None)
                assert phonenumbers.region_code_for_number(parsed) == country.code, number


def test_a_number_is_found_in_its_country_and_area(tmp_path: Path) -> None:
    prices = Prices.load(written(tmp_path, GOOD))
    country = prices.country_of("+442079460709")
    area = prices.area_of("+442079460709")
    assert country is not None
    assert country.number == parse_money("4.50")
    assert country == prices.country_named("GB")
    assert area is not None
    assert list(area.numbers())[::9] == ["+442079460700", "+442079460709"]
    assert prices.country_named("FR") is None


@pytest.mark.parametrize("number", ["+442079460710", "+442079460699", "+4420794607005"])
def test_a_number_beside_the_stock_belongs_to_nobody(tmp_path: Path, number: str) -> None:
    prices = Prices.load(written(tmp_path, GOOD))
    assert prices.country_of(number) is None
    assert prices.area_of(number) is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('"EUR"', '"Euro"'), ":1: currency: seen 'Euro'; write three capital letters, as \"EUR\""),
        (("Tallinn", "Talinn"), ":2: timezone: seen 'Europe/Talinn'; write a name of the time zone database"),
        (("Europe/Tallinn", "../UTC"), ":2: timezone: seen '../UTC'; write a name of the time zone database"),
        (('"5.95"', "5.95"), ":3: channel: seen 5.95; write the amount in quotes"),
        (('"GB"', '"gb"'), ":7: country[0].code: seen 'gb'; write two capital letters"),
        (("count = 10", "count = 0"), ":14: country[0].area[0].count: seen 0; write how many numbers, 1 to"),
        (("count =", "cuont ="), ":14: country[0].area[0].cuont: unknown key; write count"),
        (("count = 10\n", "count = 10\n" + MORE), ":18: country[0].area[1].first: +442079460705 is in the"),
        (
            (
                "[[country]]\n",
                '[[country]]\ncode = "GB"\nname = "Britain"\nnumber = "1"\narea = []\n\n[[country]]\n',
            ),
            ":13: country[1].code: country[0] has the code GB too",
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_to_write(
    tmp_path: Path, change: tuple[str, str], said: str
) -> None:
    assert error(tmp_path, GOOD.replace(*change)).startswith(f"/prices.toml{said}")
