"""Certificate and certification report in a real browser, at desktop and phone width, light and dark."""

from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser

from harness.results import Subject
from reports.certification_html import write_certification
from tests.reports.certified_run import MUST, SHOULD, make_certified_run
from tests.reports.test_page_in_browser import browser, opened, pytestmark

__all__ = ["browser", "pytestmark"]

SUBJECT = Subject(
    vendor="Łódzka Telefonia", product="Example PBX", version="4.2", not_supported=["holds calls"]
)
RECIPES = {MUST[0]: "pjsip.conf:\n" + "from_user=99051000000231 ; " + "a long comment " * 20}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("certification")
    run = make_certified_run(failed=MUST[:2], inconclusive=MUST[2:4], not_applicable=SHOULD[:1])
    write_certification(run, SUBJECT, out, RECIPES)
    return out


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["certificate.html", "report.html"])
def test_nothing_is_wider_than_the_window(
    browser: Browser, folder: Path, name: str, width: int, scheme: Literal["light", "dark"]
) -> None:
    page = opened(browser, folder / name, width)
    page.emulate_media(color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.get_by_text("not certified").first.is_visible()
    assert len(page.screenshot(full_page=True)) > 20_000
    page.context.close()


def test_the_certificate_prints_on_one_sheet(browser: Browser, folder: Path) -> None:
    page = opened(browser, folder / "certificate.html", 1000)
    printed = page.pdf(format="A4", prefer_css_page_size=True)
    assert printed.count(b"/Type /Page\n") + printed.count(b"/Type /Page ") == 1
    page.context.close()


def test_a_failure_leads_to_its_packets(browser: Browser, folder: Path) -> None:
    page = opened(browser, folder / "report.html", 1280)
    assert page.locator("#change .steps > li").count() == 2
    page.get_by_role("link", name="the packets").first.click()
    assert page.locator("#attention article").first.is_visible()
    page.context.close()
