"""The eight steps of the Quick Start Guide, done by an administrator as its words say.

Each step tells `shown` what stands on the screen; `test_eight_steps` runs them, `screenshots` keeps pictures.
"""

from collections.abc import Callable

from playwright.sync_api import Page

from tests.reference_server.console.console_process import Desk, OfficePbx

ECHO = "+17606604690"
ADVICE = "We therefore strongly recommend you create a new Skype account for your Skype Manager."


class GuideWalk:
    """The steps, in their order."""

    def __init__(self, desk: Desk, shown: Callable[[str], None]) -> None:
        self.desk = desk
        self.page: Page = desk.page
        self.shown = shown
        self.username = ""
        self.password = ""
        self.number = ""

    def step_1_set_up_skype_manager(self) -> None:
        """Follow the on-screen instructions to set up your Skype Manager."""
        self.page.goto(self.desk.console.first_link)
        assert ADVICE in self.text("main")
        self.shown("1-set-up")
        self.desk.set_up()
        self.desk.fund("500")

    def step_2_create_your_sip_profile(self) -> None:
        """Features, Skype Connect, Set up a SIP Profile, Next, channels, bundles, Buy now."""
        page = self.page
        self.link("Features")
        page.get_by_role("navigation", name="Features").get_by_role("link", name="Skype Connect").click()
        self.link("Set up a SIP Profile")
        page.get_by_label("Name of your new SIP Profile").fill("Head office")
        self.button("Next")
        page.get_by_label("Skype Connect channels").fill("4")
        page.get_by_text("Add US minute bundles").click()
        page.get_by_label("US minute bundles", exact=True).fill("2")
        page.locator("#cost").get_by_text("103.70").wait_for()
        self.shown("2-channels")
        self.button("Buy now")
        page.get_by_text("Be sure to make a note of them").wait_for()
        self.username, self.password = self.text("#sip-user"), self.text("#password")
        assert self.username.startswith("9905")
        assert len(self.password) == 14
        assert (self.text("#address"), self.text("#port")) == ("sip.skype.com", "5060")
        self.shown("2-registration-details")

    def step_3_be_reminded_of_the_credentials(self) -> None:
        """Click View profile next to the name of the profile, and click Authentication details."""
        self.view_profile()
        self.link("Authentication details")
        assert self.password not in self.page.content()
        self.page.get_by_label("Your own password").fill("correct horse battery")
        self.button("Show the password")
        self.page.get_by_text("The password is shown below").wait_for()
        assert self.text("#password") == self.password
        self.shown("3-authentication-details")

    def step_4_allocate_skype_credit(self) -> None:
        """Set up outgoing calls, amount, Add credit; Auto-recharge settings, Save changes."""
        page = self.page
        self.view_profile()
        self.link("Set up outgoing calls")
        page.get_by_label("Amount of Skype Credit").fill("25")
        self.button("Add credit")
        page.get_by_text("the profile has 25.00 EUR now").wait_for()
        self.shown("4-add-credit")
        self.link("Auto-recharge settings")
        page.get_by_label("Enable Auto-recharge").check()
        page.get_by_label("Amount of credit to Auto-recharge").fill("10")
        page.get_by_label("Minimum balance").fill("5")
        self.button("Save changes")
        page.get_by_text("Your changes are saved. Auto-recharge active").wait_for()
        self.shown("4-auto-recharge")

    def step_5_make_a_test_outgoing_call(self, pbx: OfficePbx) -> None:
        """Call the echo test, and see the call on the Live page."""
        page = self.page
        self.link("Live")
        page.get_by_text("Live", exact=True).nth(1).wait_for()
        page.get_by_text("Registered", exact=True).wait_for()
        pbx.call(ECHO)
        page.locator("#calls").get_by_text("Talking").wait_for()
        page.locator("#calls summary").first.click()
        page.locator("#calls svg.ladder").get_by_text("200 OK").first.wait_for()
        page.locator("#profiles").get_by_text("1 of 4").wait_for()
        self.shown("5-live")
        pbx.hang_up()
        page.locator("#recent").get_by_text(ECHO).first.wait_for()
        page.locator("#recent svg.ladder").get_by_text("BYE").first.wait_for()

    def step_6_add_a_business_account(self) -> None:
        """Create accounts; then one of a list of matching names, Confirm; and a new one."""
        page = self.page
        self.desk.open("/features/business-accounts")
        for name, display in (("sales.example", "Sales team"), ("sample.desk", "Sample desk")):
            self.fill_account(name, display)
        self.view_profile()
        self.section("Add a number or business account")
        page.get_by_label("Name of the business account").press_sequentially("sa")
        page.get_by_text("2 matching names").wait_for()
        page.get_by_label("sales.example").check()
        page.get_by_label("Extension number").fill("200")
        self.shown("6-add-business-account")
        self.button("Confirm")
        page.get_by_text("sales.example is attached").wait_for()
        self.link("Create a new account")
        self.fill_account("support.example", "Support")
        page.get_by_text("support.example was created and attached").wait_for()

    def step_7_add_an_online_number(self) -> None:
        """Buy a new number by country and area; allocate one that was bought before."""
        page = self.page
        self.view_profile()
        self.section("Add a number or business account")
        self.link("Buy a new number")
        page.get_by_label("Country").select_option(label="United Kingdom")
        page.get_by_label("Area").select_option(label="Leeds")
        page.get_by_text("Numbers in Leeds").wait_for()
        page.get_by_role("radio").first.check()
        self.shown("7-buy-a-new-number")
        self.button("Buy now")
        page.get_by_text("is yours and rings this profile").wait_for()
        self.number = self.text("table tbody th")
        self.button(f"Detach {self.number}")
        page.get_by_text("rings nowhere now").wait_for()
        page.get_by_label("Online Number", exact=True).select_option(self.number)
        self.shown("7-allocate-number")
        self.button("Allocate number")
        page.get_by_text(f"{self.number} is allocated").wait_for()

    def step_8_make_a_test_incoming_call(self) -> None:
        """Call the Online Number; the result and the ladder show while it happens."""
        page = self.page
        self.view_profile()
        self.link("Test call")
        page.get_by_label("Call", exact=True).select_option(f"number:{self.number}")
        self.button("Place the test call")
        page.get_by_text("You have now successfully set up Skype Connect").wait_for()
        page.locator("#ladder svg.ladder").get_by_text("INVITE").first.wait_for()
        self.shown("8-test-call")

    def view_profile(self) -> None:
        """From anywhere to "View profile"."""
        self.desk.open("/features/skype-connect")
        self.page.get_by_role("link", name="View profile Head office").click()
        self.page.get_by_role("heading", name="Subscription").wait_for()

    def fill_account(self, name: str, display: str) -> None:
        """A form for a new account."""
        self.page.get_by_label("Account name").fill(name)
        self.page.get_by_label("Name for people").fill(display)
        self.page.get_by_label("Password of the account", exact=True).fill("ring ring ring 42")
        self.button("Create a new account")
        self.page.get_by_text(f"{name} was created").wait_for()

    def link(self, words: str) -> None:
        """Clicks on the first link with these words, and sees its page, with the scripts in it, arrive."""
        with self.page.expect_navigation(wait_until="load"):
            self.page.get_by_role("link", name=words, exact=True).first.click()

    def section(self, words: str) -> None:
        """Clicks on a section in the profile's menu."""
        self.page.get_by_role("navigation", name="View profile").get_by_role("link", name=words).click()

    def button(self, words: str) -> None:
        """Clicks on a button."""
        self.page.get_by_role("button", name=words, exact=True).click()

    def text(self, selector: str) -> str:
        """What stands in the first element that fits."""
        return self.page.locator(selector).first.inner_text().strip()
