"""Every page of the console under axe-core, in both themes, and at the width of a phone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.reference_server.console.console_process import ConsoleProcess, Desk, OfficePbx, Theme
from tests.reference_server.console.guide_walk import GuideWalk

pytestmark = [pytest.mark.interop, pytest.mark.timeout(600)]

AXE = Path(__file__).resolve().parents[2] / "data" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
NARROW, WIDE = 360, 1180  # pixels
PROFILE = "/features/skype-connect/{username}"
PAGES = (
    "/features",
    "/features/skype-connect",
    "/features/skype-connect/new",
    "/features/business-accounts",
    "/features/online-numbers",
    PROFILE,
    PROFILE + "/registered",
    PROFILE + "/authentication",
    PROFILE + "/authentication/ip",
    PROFILE + "/outgoing",
    PROFILE + "/outgoing/take-back",
    PROFILE + "/outgoing/auto-recharge",
    PROFILE + "/outgoing/history",
    PROFILE + "/incoming?text=sa",
    PROFILE + "/incoming/new-account",
    PROFILE + "/incoming/numbers",
    PROFILE + "/incoming/buy-number",
    PROFILE + "/caller-id",
    PROFILE + "/channels",
    PROFILE + "/test-call",
    "/credit",
    "/live",
    "/records",
    "/reports",
    "/people",
    "/people/tokens",
    "/people/me",
    "/audit",
    "/help",
    "/nowhere",
)


@pytest.fixture(scope="module")
def walked(browser: Browser, console: ConsoleProcess) -> Iterator[GuideWalk]:
    """A console with something on every page, and who is signed in."""
    with Desk(browser, console) as desk:
        walk = GuideWalk(desk, lambda _name: None)
        walk.step_1_set_up_skype_manager()
        walk.step_2_create_your_sip_profile()
        with OfficePbx(walk.username, walk.password, console.sip) as pbx:
            walk.step_4_allocate_skype_credit()
            walk.step_5_make_a_test_outgoing_call(pbx)
            walk.step_6_add_a_business_account()
            walk.step_7_add_an_online_number()
            walk.step_8_make_a_test_incoming_call()
        yield walk


def complaints_of_axe(page: Page) -> list[str]:
    """What axe-core finds wrong, one line for each element."""
    if not page.evaluate("typeof window.axe === 'object'"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found: dict[str, Any] = page.evaluate(
        "rules => axe.run(document, {runOnly: {type: 'tag', values: rules}, resultTypes: ['violations']})",
        RULES,
    )
    return [
        f"{page.url}: {violation['id']}: {node['html'][:200]}: {node['failureSummary']}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


@pytest.mark.parametrize(("theme", "width"), [("light", WIDE), ("dark", NARROW)])
def test_axe_finds_nothing_wrong_on_any_page(walked: GuideWalk, theme: Theme, width: int) -> None:
    """Each theme once and each width once; nothing scrolls sideways."""
    page = walked.page
    page.emulate_media(color_scheme=theme)
    page.set_viewport_size({"width": width, "height": 860})
    wrong: list[str] = []
    for path in PAGES:
        walked.desk.open(path.format(username=walked.username))
        page.evaluate("document.querySelectorAll('main details').forEach(one => { one.open = true; })")
        wrong += complaints_of_axe(page)
        shown = page.evaluate("document.documentElement.scrollWidth")
        if shown > width:
            wrong.append(f"{path}: {shown} pixels wide")
    assert wrong == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pages_for_who_is_not_signed_in_pass_too(
    browser: Browser, console: ConsoleProcess, walked: GuideWalk, theme: Theme
) -> None:
    walked.desk.open("/people")
    walked.button("Make an invitation")
    link = walked.text("#link")
    with Desk(browser, console, width=NARROW, theme=theme) as desk:
        for path in ("/sign-in", link.removeprefix(console.url)):
            page = desk.open(path)
            assert complaints_of_axe(page) == []
            assert page.evaluate("document.documentElement.scrollWidth") <= NARROW


def test_wrong_input_is_told_to_screen_readers(walked: GuideWalk) -> None:
    """The sentence is the field's description, the field is marked invalid and has the focus."""
    page = walked.page
    page.set_viewport_size({"width": WIDE, "height": 860})
    walked.desk.open(f"/features/skype-connect/{walked.username}/outgoing")
    page.get_by_label("Amount of Skype Credit").fill("ten")
    with page.expect_navigation():
        walked.button("Add credit")
    field = page.get_by_label("Amount of Skype Credit")
    assert field.get_attribute("aria-invalid") == "true"
    described = field.get_attribute("aria-describedby") or ""
    assert "'ten' is not an amount" in page.locator(f"#{described.split()[-1]}").inner_text()
    assert page.evaluate("document.activeElement.id") == field.get_attribute("id")
    assert complaints_of_axe(page) == []


def test_axe_sees_what_is_wrong(browser: Browser, console: ConsoleProcess, walked: GuideWalk) -> None:
    """The look itself: a label taken away is found."""
    assert walked.username
    with Desk(browser, console) as desk:
        page = desk.open("/sign-in")
        page.evaluate("document.querySelector('label').remove()")
        assert any(": label: " in line for line in complaints_of_axe(page))
