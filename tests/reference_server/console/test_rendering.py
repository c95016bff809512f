"""Words for money, time and durations."""

from datetime import UTC, datetime
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from reference_server.console.rendering import Rendering, ending, lasting, minutes, movement_words, sentence

RENDERING = Rendering("EUR", ZoneInfo("Europe/Tallinn"))


@pytest.mark.parametrize(
    ("micros", "words"), [(25_000_000, "25.00 EUR"), (17_000, "0.017 EUR"), (-5_000_000, "−5.00 EUR")]
)
def test_money_has_its_currency(micros: int, words: str) -> None:
    assert RENDERING.money(micros).replace("\N{NO-BREAK SPACE}", " ") == words


def test_times_are_those_of_the_managers_zone() -> None:
    at = datetime(2026, 7, 1, 21, 30, tzinfo=UTC).timestamp()
    assert "2 Jul 2026, 00:30" in RENDERING.moment(at)
    assert 'datetime="2026-07-02T00:30:00+03:00"' in RENDERING.moment(at)
    assert "00:30:00" in RENDERING.clock_time(at)
    assert RENDERING.day(None) == "–"


@pytest.mark.parametrize(("seconds", "words"), [(9, "0:09"), (750, "12:30"), (3723, "1:02:03"), (-1, "0:00")])
def test_durations_read_like_a_clock(seconds: float, words: str) -> None:
    assert lasting(seconds) == words


def test_a_call_tells_who_hung_up() -> None:
    assert ending(SimpleNamespace(cause="BYE", released_by="caller")) == "caller hung up"
    assert ending(SimpleNamespace(cause="no contact is registered", released_by="trunk")) == (
        "no contact is registered"
    )


def test_the_smaller_words() -> None:
    assert minutes(299_280) == "4,988"
    assert sentence("write less") == "Write less."
    assert sentence("Really?") == "Really?"
    assert sentence("") == "."
    assert movement_words("auto-recharge") == "Auto-recharge"
    assert movement_words("some-new-kind") == "Some new kind"


def test_what_people_typed_is_never_markup() -> None:
    text = RENDERING.text("live_profiles.html.j2", profiles=[])
    assert "No SIP Profile yet" in text
