"""The page of a load run."""

import re

import pytest

from harness.results import Evidence, LoadVerdict, Series
from reports.html import MOST_BYTES
from reports.load_html import render_load_html
from tests.reports.load_factory import make_load, make_search
from tests.reports.run_factory import NASTY
from tests.reports.test_html import Page


@pytest.mark.parametrize("verdict", list(LoadVerdict))
def test_every_element_is_closed_and_every_id_is_there_once(verdict: LoadVerdict) -> None:
    page = Page(render_load_html(make_load(verdict, search=make_search())))
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))
    links = {value[1:] for tag, name, value in page.attributes if name == "href" and value.startswith("#")}
    assert links <= set(page.ids)


def test_the_page_needs_no_network_and_has_no_script() -> None:
    page = Page(render_load_html(make_load(name=NASTY)))
    assert "script" not in page.tags
    assert "img" not in page.tags
    sources = [value for _, name, value in page.attributes if name in ("src", "href")]
    assert not [value for value in sources if "//" in value]
    assert "49" not in page.words.split("alert(2)>", 1)[1][:20]


def test_a_void_run_says_why_and_what_to_change() -> None:
    words = Page(render_load_html(make_load(LoadVerdict.VOID))).words
    assert "says nothing about the target" in words
    assert "sysctl -w net.core.rmem_max=8388608" in words


def test_the_machine_and_the_files_are_told_under_names_with_a_capital() -> None:
    page = render_load_html(make_load())
    assert "<dt>Cores</dt><dd>2</dd>" in page
    assert not [
        name for name in re.findall(r"<dt>(.)", page.partition("About this run</h2>")[2]) if name.islower()
    ]


def test_a_metric_without_denominator_reads_undefined() -> None:
    words = Page(render_load_html(make_load())).words
    assert "undefined" in words.split("IRA · ", 1)[1][:300]


def test_the_search_shows_the_fields_of_the_rfc() -> None:
    """RFC 7502 section 5."""
    words = Page(render_load_html(make_load(search=make_search()))).words
    for field in ("Session Attempt Rate", "Total Sessions Attempted", "Establishment Threshold Time"):
        assert field in words
    assert "180 per second" in words
    assert "900.0 per second" in words


def test_a_run_in_which_nothing_happened_has_a_page() -> None:
    nothing = Series(
        start=0,
        step_s=1,
        offered={},
        achieved={},
        concurrent=[],
        codes={},
        failed=[],
        retransmissions=[],
        latency_ms={},
        mos_mean=[],
        mos_lowest=[],
    )
    update = {"series": nothing, "totals": [], "latencies": [], "media": None, "evidence": Evidence()}
    page = Page(render_load_html(make_load(LoadVerdict.FAIL).model_copy(update=update)))
    assert page.open == []
    assert "No attempt was made" in page.words
    assert "not measured" in page.words


def test_a_run_of_an_hour_still_fits_into_a_mail() -> None:
    assert len(render_load_html(make_load(seconds=3600)).encode()) < MOST_BYTES
