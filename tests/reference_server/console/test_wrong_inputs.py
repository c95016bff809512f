"""What the console says to wrong input, in a browser: a sentence at the field, and nothing charged."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.reference_server.console.console_process import ConsoleProcess, Desk

pytestmark = [pytest.mark.interop, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def desk(browser: Browser, console: ConsoleProcess) -> Iterator[Desk]:
    """An administrator with 100.00 on the balance and an active profile."""
    with Desk(browser, console) as opened:
        page = opened.set_up()
        opened.fund("100")
        opened.open("/features/skype-connect/new")
        page.get_by_label("Name of your new SIP Profile").fill("Head office")
        page.get_by_role("button", name="Next").click()
        page.get_by_role("button", name="Buy now").click()
        page.get_by_text("Your profile is active").wait_for()
        yield opened


@pytest.fixture
def profile(desk: Desk) -> str:
    """Path of the profile."""
    desk.open("/features/skype-connect")
    return desk.page.get_by_role("link", name="View profile").get_attribute("href") or ""


def error_of(page: Page, label: str) -> str:
    """The sentence at a field."""
    field = page.get_by_label(label, exact=True)
    assert field.get_attribute("aria-invalid") == "true", page.locator("main").inner_text()
    return page.locator(f"#{(field.get_attribute('aria-describedby') or '').split()[-1]}").inner_text()


def send(page: Page, button: str) -> None:
    """Sends a form past the browser's own checks, which programs and old browsers don't have."""
    page.evaluate("document.querySelectorAll('form').forEach(form => { form.noValidate = true; })")
    with page.expect_navigation():
        page.get_by_role("button", name=button, exact=True).click()


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("ten", "'ten' is not an amount"),
        ("1,50", "write a point before the decimals"),
        ("-5", "above 0"),
        ("0", "above 0"),
        ("", "is not an amount"),
        ("1.12345678", "at most six decimals"),
    ],
)
def test_an_amount_that_is_none_is_explained_at_its_field(
    desk: Desk, profile: str, typed: str, says: str
) -> None:
    page = desk.open(f"{profile}/outgoing")
    page.get_by_label("Amount of Skype Credit").fill(typed)
    send(page, "Add credit")
    assert says in error_of(page, "Amount of Skype Credit")
    assert page.get_by_label("Amount of Skype Credit").input_value() == typed


def test_more_credit_than_the_balance_has_says_how_much_is_missing(desk: Desk, profile: str) -> None:
    page = desk.open(f"{profile}/outgoing")
    page.get_by_label("Amount of Skype Credit").fill("1000")
    send(page, "Add credit")
    said = page.get_by_role("alert").inner_text()
    assert "The Manager's balance is too small" in said
    assert "add at least 905.95" in said


@pytest.mark.parametrize(
    ("channels", "bundles", "label", "says"),
    [
        ("0", "0", "Skype Connect channels", "1 to 300"),
        ("301", "0", "Skype Connect channels", "1 to 300"),
        ("many", "0", "Skype Connect channels", "write how many channels"),
        ("2", "3", "US minute bundles", "channels"),
    ],
)
def test_channels_and_bundles_outside_their_limits_are_refused(
    desk: Desk, profile: str, channels: str, bundles: str, label: str, says: str
) -> None:
    """Quick Start Guide step 2: at most 300 channels, never more bundles than channels."""
    page = desk.open(f"{profile}/channels")
    page.evaluate("document.querySelectorAll('input[type=number]').forEach(one => { one.type = 'text'; })")
    page.get_by_text("Add US minute bundles").click()
    page.get_by_label("Skype Connect channels").fill(channels)
    page.get_by_label("US minute bundles", exact=True).fill(bundles)
    send(page, "Buy now")
    assert says in error_of(page, label)


def test_the_cost_says_why_there_is_none_while_one_types(desk: Desk, profile: str) -> None:
    page = desk.open(f"{profile}/channels")
    page.get_by_label("Skype Connect channels").fill("301")
    page.locator("#cost").get_by_text("1 to 300").wait_for()
    page.get_by_label("Skype Connect channels").fill("40")
    page.locator("#cost").get_by_text("That is too little").wait_for()


def test_a_double_click_charges_once(desk: Desk, profile: str) -> None:
    """The form is sent once, and its key would make a second one do nothing."""
    page = desk.open(f"{profile}/outgoing")
    page.get_by_label("Amount of Skype Credit").fill("1")
    page.get_by_role("button", name="Add credit", exact=True).dblclick()
    page.get_by_text("Credit was added").wait_for()
    page = desk.open(f"{profile}/outgoing/history")
    assert page.get_by_text("+1.00").count() == 1


def test_the_administrators_own_account_is_not_attached(desk: Desk, profile: str) -> None:
    """Quick Start Guide step 6, "We strongly recommend that you don't add"."""
    page = desk.open("/people")
    page.get_by_label("For whom").fill("sales")
    send(page, "Make an invitation")
    link = page.locator("#link").inner_text()
    with Desk(page.context.browser, desk.console) as other:  # type: ignore[arg-type]  # a browser made it
        invited = other.open(link.removeprefix(desk.console.url))
        invited.get_by_label("Name", exact=True).fill("sales.example")
        invited.get_by_label("Password", exact=True).fill("another long one")
        invited.get_by_label("The same password again").fill("another long one")
        invited.get_by_role("button", name="Create my account").click()
        invited.get_by_text("Welcome, sales.example").wait_for()
    page = desk.open(f"{profile}/incoming/new-account")
    page.get_by_label("Account name").fill("sales.example")
    page.get_by_label("Password of the account").fill("ring ring ring 42")
    send(page, "Create a new account")
    assert "administrator" in page.locator("main").inner_text()
    assert "None is attached yet" in desk.open(f"{profile}/incoming").locator("main").inner_text()


def test_a_wrong_password_tells_no_more_than_a_name_that_nobody_has(
    browser: Browser, console: ConsoleProcess, desk: Desk
) -> None:
    with Desk(browser, console) as stranger:
        page = stranger.open("/sign-in")
        said = []
        for name in ("anna", "nobody"):
            page.get_by_label("Name").fill(name)
            page.get_by_label("Password").fill("wrong wrong wrong")
            send(page, "Sign in")
            said.append(page.get_by_role("alert").inner_text())
    assert "You could not be signed in" in said[0]
    assert said[0] == said[1]


def test_without_scripts_everything_still_works(
    browser: Browser, console: ConsoleProcess, desk: Desk, profile: str
) -> None:
    """Matching names, the stock of numbers and money, each by a button."""
    desk.context.storage_state()
    with Desk(browser, console, script=False) as plain:
        plain.context.add_cookies(desk.context.cookies())  # type: ignore[arg-type]  # the same shape
        page = plain.open(f"{profile}/incoming/buy-number?country=DE")
        page.get_by_role("button", name="Show numbers").click()
        page.get_by_text("Numbers in Berlin").first.wait_for()
        page = plain.open(f"{profile}/incoming")
        page.get_by_label("Name of the business account").fill("zzz")
        page.get_by_role("button", name="List matching names").click()
        page.get_by_text("No business account matches").first.wait_for()
        page = plain.open(f"{profile}/channels")
        assert "One channel costs 5.95" in page.locator("main").inner_text()
