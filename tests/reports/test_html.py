"""The page: complete, harmless, small enough."""

import re
from html.parser import HTMLParser

import pytest

from harness.results import Verdict
from reports.html import MOST_BYTES, duration_label, render_html
from reports.report_view import headline, relative_link
from tests.reports.run_factory import (
    NASTY,
    TARGET,
    make_finding,
    make_ladder,
    make_mixed_run,
    make_run,
    make_scenario,
    make_step,
)

VOID = {"meta", "link", "br", "img", "input", "hr"}


class Page(HTMLParser):
    """Collects what a browser would act on, and whether every element is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.ids: list[str] = []
        self.open: list[str] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


def test_every_element_is_closed_and_every_id_is_there_once() -> None:
    page = Page(render_html(make_mixed_run()))
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))


def test_links_lead_to_places_on_the_page_or_to_files_beside_it() -> None:
    page = Page(render_html(make_mixed_run()))
    links = [value for tag, name, value in page.attributes if tag == "a" and name == "href"]
    places = {link[1:] for link in links if link.startswith("#")}
    assert places <= set(page.ids)
    assert "pcap/registration-test_scenario_number_0_does_what_it_should.pcap" in links
    assert not [link for link in links if re.match(r"[a-z]+:|//", link)]


def test_nothing_is_fetched_from_anywhere() -> None:
    page = Page(render_html(make_mixed_run()))
    sources = [value for tag, name, value in page.attributes if name in ("src", "srcset", "data", "action")]
    links = [value for tag, name, value in page.attributes if tag == "link" and name == "href"]
    assert sources == []
    assert links == ["data:,"]


def test_what_a_hostile_target_sends_stays_text() -> None:
    finding = make_finding(
        "call.rule-1",
        **dict.fromkeys(("seen", "required", "source", "evidence", "how_to_see", "what_to_change"), NASTY),
        call_id=NASTY,
        marked_line="<script>",
    )
    steps = [*make_ladder(NASTY, marked=True), make_step(900, NASTY, text=NASTY)]
    scenario = make_scenario(
        "call/test_it", Verdict.FAIL, title=NASTY, reason=NASTY, findings=[finding], ladder=steps, pcap=NASTY
    )
    target = TARGET.model_copy(update={"name": NASTY, "server_header": NASTY})
    page = Page(render_html(make_run([scenario], target=target, fault=NASTY)))
    assert page.tags.count("script") == 1
    assert "img" not in page.tags
    assert not [name for _, name, _ in page.attributes if name.startswith("on")]
    assert "49" not in re.findall(r"\{\{ 7\*7 \}\}|\b49\b", page.words)
    assert "Grüße \U0001f4de" in page.words


def test_only_the_pages_own_script_may_run() -> None:
    text = render_html(make_mixed_run(8))
    assert "script-src 'sha256-" in text.replace("&#39;", "'")
    assert "script-src 'unsafe-inline'" not in text


def test_each_failure_shows_what_a_person_needs() -> None:
    page = Page(render_html(make_mixed_run()))
    finding = make_finding()
    for part in (finding.seen, finding.required, finding.source, finding.how_to_see, finding.what_to_change):
        assert part in page.words
    assert page.tags.count("mark") == 2


def test_a_marked_line_that_is_not_in_the_evidence_marks_nothing() -> None:
    finding = make_finding("call.rule-1", marked_line="Warning: 399")
    text = render_html(make_run([make_scenario("call/test_it", Verdict.FAIL, findings=[finding])]))
    assert "<mark>" not in text


def test_a_finding_without_a_packet_is_shown_all_the_same() -> None:
    finding = make_finding(
        "call.rule-1", packet=None, time=None, call_id=None, evidence="", marked_line=None, how_to_see=""
    )
    text = render_html(make_run([make_scenario("call/test_it", Verdict.FAIL, findings=[finding], ladder=[])]))
    assert "The deciding packet" not in text
    assert finding.seen in text


def test_eighty_scenarios_with_ladders_stay_under_two_megabytes() -> None:
    assert len(render_html(make_mixed_run(80)).encode()) < 1_000_000


def test_huge_messages_are_cut_until_the_page_fits() -> None:
    steps = [make_step(number, f"MESSAGE sip:{number}@x", text="ü" * 8000) for number in range(1, 121)]
    scenarios = [
        make_scenario(
            f"call/test_{number}", Verdict.FAIL, ladder=steps, findings=[make_finding(evidence="ü" * 9000)]
        )
        for number in range(80)
    ]
    text = render_html(make_run(scenarios))
    assert len(text.encode()) <= MOST_BYTES
    assert "steps left out here; the capture has them" in text


def test_an_empty_run_is_still_a_page() -> None:
    page = Page(render_html(make_run([])))
    assert "Nothing was judged" in page.words
    assert "No scenario ran." in page.words


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        (Verdict.PASS, "The one requirement that was judged is met"),
        (Verdict.FAIL, "1 requirement of 1 judged is broken"),
        (Verdict.INCONCLUSIVE, "Nothing was seen broken, but 1 scenario could not be judged"),
        (Verdict.ERROR, "The harness itself failed in 1 scenario"),
        (Verdict.NOT_APPLICABLE, "Nothing was judged"),
    ],
)
def test_the_verdict_stands_at_the_top_in_a_sentence(verdict: Verdict, words: str) -> None:
    run = make_run([make_scenario("call/test_it", verdict)])
    assert headline(run) == words
    assert words in render_html(run)


def test_a_link_cannot_carry_a_scheme_or_a_host() -> None:
    assert relative_link("javascript:alert(1)") == "javascript%3Aalert%281%29"
    assert relative_link("//evil.example/x") == "evil.example/x"
    assert relative_link("pcap/call test.pcap") == "pcap/call%20test.pcap"


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.034, "34 ms"), (2.514, "2.51 s"), (41.72, "41.7 s"), (200, "3 min 20 s")]
)
def test_durations_are_told_as_people_tell_them(seconds: float, words: str) -> None:
    assert duration_label(seconds) == words
