"""The console without a mouse: everything is reached with Tab, and done with Enter, Space and arrows."""

import pytest
from playwright.sync_api import Browser, Page

from tests.reference_server.console.console_process import NAME, PASSWORD, ConsoleProcess, Desk

pytestmark = [pytest.mark.interop, pytest.mark.timeout(600)]

MOST_TABS = 60
FOCUSED = """() => {
  const one = document.activeElement;
  const label = one.labels && one.labels[0] ? one.labels[0].innerText : "";
  return (one.getAttribute("aria-label") || label || one.innerText || "").trim().replace(/\\s+/g, " ");
}"""
OUTLINE = "() => getComputedStyle(document.activeElement).outlineStyle"


def tab_to(page: Page, words: str) -> None:
    """Presses Tab until what has these words has the focus, and sees that one can see it."""
    seen = []
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        seen.append(focused)
        if focused.startswith(words):
            assert page.evaluate(OUTLINE) != "none", f"nobody sees that {words!r} has the focus"
            return
    raise AssertionError(f"{MOST_TABS} times Tab never reached {words!r}: {seen}")


def test_a_profile_is_bought_and_an_account_attached_with_the_keyboard_alone(
    browser: Browser, console: ConsoleProcess
) -> None:
    """Quick Start Guide, steps 1, 2 and 6."""
    with Desk(browser, console) as desk:
        page, keyboard = desk.page, desk.page.keyboard
        page.goto(console.first_link)
        tab_to(page, "Name")
        keyboard.type(NAME)
        tab_to(page, "Password")
        keyboard.type(PASSWORD)
        tab_to(page, "The same password again")
        keyboard.type(PASSWORD)
        keyboard.press("Enter")
        page.get_by_text("No SIP Profile yet").wait_for()
        fund(page)
        tab_to(page, "Features")
        keyboard.press("Enter")
        page.get_by_role("heading", name="Features", level=1).wait_for()
        tab_to(page, "Skype Connect")
        keyboard.press("Enter")
        page.get_by_text("No SIP Profile yet").wait_for()
        buy_a_profile(page)
        tab_to(page, "Add a number or business account")
        keyboard.press("Enter")
        page.get_by_role("heading", name="Add business account").wait_for()
        attach_a_new_account(page)
        assert desk.complaints == []


def fund(page: Page) -> None:
    """Pays into the Manager's balance."""
    tab_to(page, "Skype Credit")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Fund the balance").wait_for()
    tab_to(page, "Amount to pay")
    page.keyboard.type("200")
    page.keyboard.press("Enter")
    page.get_by_text("Your payment was taken").wait_for()


def buy_a_profile(page: Page) -> None:
    """The wizard, from the list of profiles to the registration details."""
    keyboard = page.keyboard
    tab_to(page, "Set up a SIP Profile")
    keyboard.press("Enter")
    page.get_by_label("Name of your new SIP Profile").wait_for()
    tab_to(page, "Name of your new SIP Profile")
    keyboard.type("Branch")
    tab_to(page, "Next")
    keyboard.press("Space")
    page.get_by_label("Skype Connect channels").wait_for()
    tab_to(page, "Skype Connect channels")
    keyboard.press("ArrowUp")
    tab_to(page, "Add US minute bundles")
    keyboard.press("Enter")
    tab_to(page, "US minute bundles")
    keyboard.press("ArrowUp")
    page.locator("#cost").get_by_text("51.85").wait_for()
    tab_to(page, "Buy now")
    keyboard.press("Space")
    page.get_by_text("Be sure to make a note of them").wait_for()


def attach_a_new_account(page: Page) -> None:
    """A new account is made, detached, and attached again from the list of matching names."""
    keyboard = page.keyboard
    tab_to(page, "Create a new account")
    keyboard.press("Enter")
    page.get_by_label("Account name").wait_for()
    tab_to(page, "Account name")
    keyboard.type("desk.example")
    tab_to(page, "Password of the account")
    keyboard.type("ring ring ring 42")
    keyboard.press("Enter")
    page.get_by_text("desk.example was created and attached").wait_for()
    tab_to(page, "Detach desk.example")
    keyboard.press("Enter")
    page.get_by_text("desk.example is detached").wait_for()
    tab_to(page, "Name of the business account")
    keyboard.type("desk")
    page.get_by_text("1 matching name").wait_for()
    tab_to(page, "desk.example")
    keyboard.press("Space")
    tab_to(page, "Confirm")
    keyboard.press("Enter")
    page.get_by_text("desk.example is attached").wait_for()


def test_the_first_tab_leads_past_the_menus(browser: Browser, console: ConsoleProcess) -> None:
    with Desk(browser, console) as desk:
        page = desk.arrive()
        page.keyboard.press("Tab")
        assert page.evaluate(FOCUSED) == "Skip to the page's content"
        page.keyboard.press("Enter")
        page.wait_for_function("document.activeElement.id === 'content'")


def test_escape_closes_the_account_menu_and_keeps_the_place(
    browser: Browser, console: ConsoleProcess
) -> None:
    with Desk(browser, console) as desk:
        page = desk.arrive()
        tab_to(page, NAME)
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Sign out").wait_for()
        page.keyboard.press("Tab")
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Sign out").wait_for(state="hidden")
        assert page.evaluate(FOCUSED).startswith(NAME)
