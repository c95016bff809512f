"""The page in a real browser: headless Chromium of Debian, at desktop and phone width."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from harness.results import FaultMatrix, FaultResult, LoadVerdict, Verdict
from reports.load_render import write_load_reports
from reports.render import write_matrix, write_reports
from tests.reports.load_factory import make_load, make_search
from tests.reports.run_factory import make_mixed_run

CHROMIUM = Path("/usr/bin/chromium")
PATIENCE = 90_000
"""Milliseconds for each step of the browser, on a busy machine."""
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs the Debian package chromium"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS, timeout=PATIENCE)
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_reports(make_mixed_run(), tmp_path_factory.mktemp("report"))


def opened(browser: Browser, path: Path, width: int, *, script: bool = True) -> Page:
    context = browser.new_context(viewport={"width": width, "height": 900}, java_script_enabled=script)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(path.as_uri())
    assert [url for url in asked if url not in (path.as_uri(), "data:,")] == []
    assert complaints == []
    return page


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_overflows_and_failures_can_be_seen(browser: Browser, page_file: Path, width: int) -> None:
    page = opened(browser, page_file, width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("#attention").is_visible()
    assert page.get_by_text("harness run --target target.toml").first.is_visible()
    assert page.locator("#attention svg.ladder").count() == 4
    picture = page.screenshot(full_page=True)
    assert len(picture) > 50_000
    page.context.close()


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_overflows_when_everything_is_open(browser: Browser, page_file: Path, width: int) -> None:
    page = opened(browser, page_file, width)
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.context.close()


def test_a_verdict_can_be_chosen(browser: Browser, page_file: Path) -> None:
    page = opened(browser, page_file, 1280)
    page.get_by_role("button", name="Failed 1").click()
    assert page.locator(".row:visible").count() == 1
    page.get_by_role("button", name="All", exact=True).click()
    assert page.locator(".topic:visible").count() == 8
    page.context.close()


def test_a_link_opens_the_folded_part_it_leads_to(browser: Browser, page_file: Path) -> None:
    page = opened(browser, page_file, 1280)
    page.locator("#attention a[href='#r-numbering.national-refused']").first.click()
    page.locator("#r-numbering\\.national-refused blockquote").wait_for(state="visible")
    page.context.close()


def test_the_page_reads_without_its_script(browser: Browser, page_file: Path) -> None:
    page = opened(browser, page_file, 1280, script=False)
    assert page.locator("#attention").is_visible()
    assert not page.locator(".tools").is_visible()
    page.locator(".topic summary").first.click()
    assert page.locator(".row").first.is_visible()
    page.context.close()


@pytest.mark.parametrize("width", [1280, 390])
def test_the_fault_matrix_scrolls_in_its_own_frame(browser: Browser, tmp_path: Path, width: int) -> None:
    faults = [
        FaultResult(
            name=f"fault-number-{number}-of-many",
            requirement="call.answered",
            description="Calls are not answered.",
            caught_by=[f"call/test_scenario_{number}_sees_that_calls_are_answered"],
            caught=True,
            duration_s=2.0,
        )
        for number in range(40)
    ]
    page = opened(browser, write_matrix(FaultMatrix(baseline=Verdict.PASS, faults=faults), tmp_path), width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("tbody tr").count() == 40
    page.context.close()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_load_report_shows_its_plots_within_the_page(
    browser: Browser, tmp_path: Path, width: int, scheme: Literal["light", "dark"]
) -> None:
    path = write_load_reports(make_load(LoadVerdict.VOID, search=make_search()), tmp_path)
    page = opened(browser, path, width, script=False)
    page.emulate_media(color_scheme=scheme)
    assert page.locator("#reasons .reason").is_visible()
    assert page.locator("figure.plot svg").count() == 8
    for figure in page.locator("figure.plot").all():
        box = figure.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
    page.context.close()


@pytest.mark.parametrize("width", [1280, 390])
def test_a_load_report_is_no_wider_than_its_window(browser: Browser, tmp_path: Path, width: int) -> None:
    page = opened(browser, write_load_reports(make_load(search=make_search()), tmp_path), width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert len(page.screenshot(full_page=True)) > 50_000
    page.context.close()
