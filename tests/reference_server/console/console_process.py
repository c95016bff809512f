"""The console of a real `python -m reference_server` in headless Chromium, and a PBX that registers."""

import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from harness.drivers.blocking import BlockingDriver
from harness.drivers.phone import Phone
from harness.sip.hop import Hop
from harness.ua.account import Account
from harness.ua.call_options import CallOptions
from tests.interop.peer_process import Processes

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 100_000.0
"""Milliseconds for anything in the browser; the machine may be busy, or stand still."""
SETTINGS = """
[trunk]
listen = ["udp:127.0.0.1:0"]
control = "127.0.0.1:0"
database = "trunk.sqlite"

[manager]
address = "127.0.0.1:0"
"""
NAME = "anna"
PASSWORD = "correct horse battery"

Theme = Literal["light", "dark"]


@dataclass(frozen=True, slots=True)
class ConsoleProcess:
    """A trunk with its console."""

    url: str
    first_link: str
    """Where the first administrator's account is made."""
    sip: Hop
    """Its UDP listener."""


@contextmanager
def running_console(processes: Processes, folder: Path) -> Iterator[ConsoleProcess]:
    """Starts one in an empty folder, and sees to it that it ends cleanly."""
    settings = folder / "trunk.toml"
    settings.write_text(SETTINGS, "utf-8")
    command = [sys.executable, "-m", "reference_server", "--config", str(settings), "--announce"]
    process = processes.start("trunk", command, folder)
    announced = json.loads(process.wait_output(r"(?m)^\{.*\}$")[0])
    host, _, port = announced["udp"].rpartition(":")
    yield ConsoleProcess(announced["console"], announced["first_link"], Hop("udp", host, int(port)))
    assert process.end() == 0, f"the trunk did not end cleanly:\n{process.output}"


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Headless Chromium."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS, timeout=PATIENCE)
        yield launched
        launched.close()


class Desk:
    """Somebody in front of a browser. Requests elsewhere, failing scripts and violated policies are noted."""

    def __init__(
        self,
        browser: Browser,
        console: ConsoleProcess,
        *,
        width: int = 1180,
        height: int = 860,
        theme: Theme = "light",
        script: bool = True,
    ) -> None:
        self.console = console
        self.context: BrowserContext = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=theme,
            java_script_enabled=script,
            reduced_motion="reduce",
        )
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.complaints: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self._note_request(request.url))
        self.page.on("console", lambda message: self._note_message(message.type, message.text))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.context.close()

    def open(self, path: str) -> Page:
        """A page of the console."""
        self.page.goto(self.console.url + path)
        return self.page

    def set_up(self) -> Page:
        """Makes the first account by the one-time link."""
        page = self.page
        page.goto(self.console.first_link)
        page.get_by_label("Name", exact=True).fill(NAME)
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_label("The same password again").fill(PASSWORD)
        page.get_by_role("button", name="Set up Skype Manager").click()
        page.get_by_role("heading", name="Skype Connect", exact=True).wait_for()
        return page

    def arrive(self) -> Page:
        """Signs in with the first account, which is made if nobody has made it yet."""
        self.page.goto(self.console.first_link)
        is_made = not self.page.get_by_role("button", name="Set up Skype Manager").count()
        return self.sign_in() if is_made else self.set_up()

    def sign_in(self, name: str = NAME, password: str = PASSWORD) -> Page:
        """Signs in with an account that is there."""
        page = self.open("/sign-in")
        page.get_by_label("Name").fill(name)
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("heading", name="Skype Connect", exact=True).wait_for()
        return page

    def fund(self, amount: str) -> None:
        """Pays into the Manager's balance."""
        self.open("/credit")
        self.page.get_by_label("Amount to pay").fill(amount)
        self.page.get_by_role("button", name="Pay now").click()
        self.page.get_by_text("Your payment was taken").wait_for()

    def _note_request(self, url: str) -> None:
        if not url.startswith(self.console.url):
            self.complaints.append(f"a request elsewhere: {url}")

    def _note_message(self, kind: str, text: str) -> None:
        refused = "the server responded with a status of 4" in text  # pages that say what is wrong do so
        if kind in ("error", "warning") and not refused:
            self.complaints.append(text)


class OfficePbx:
    """A PBX on a thread of its own: registers, answers whoever calls, and calls when told to."""

    def __init__(self, username: str, password: str, trunk: Hop) -> None:
        self._account = Account(username, password, trunk)
        self._stop = threading.Event()
        self._ready = threading.Event()
        self._wanted: list[str] = []
        self._enough = threading.Event()
        self.registered: int | None = None
        """Final status of its REGISTER."""
        self.called: list[str] = []
        """Request-URIs of the calls that it answered."""
        self.results: list[int | None] = []
        """Final statuses of the calls that it placed."""
        self._thread = threading.Thread(target=self._run, name="pbx", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(PATIENCE / 1000), "the PBX got no answer to its REGISTER"
        return self

    def __exit__(self, *_exception: object) -> None:
        self._stop.set()
        self._thread.join(PATIENCE / 1000)

    def call(self, number: str) -> None:
        """Has it call a number, until `hang_up`."""
        self._enough.clear()
        self._wanted.append(number)

    def hang_up(self) -> None:
        """Ends the call that it placed."""
        self._enough.set()

    def _run(self) -> None:
        driver = BlockingDriver()
        with Phone(driver, self._account, incoming=CallOptions(media="echo")) as phone:
            self.registered = phone.register(timeout=PATIENCE / 1000).status
            self._ready.set()
            while not self._stop.is_set():
                driver.run_until(
                    lambda: bool(phone.incoming_calls or self._wanted or self._stop.is_set()), 0.1
                )
                for call in phone.incoming_calls:
                    call.ring().answer(PATIENCE / 1000)
                    self.called.append(call.invite.uri)
                phone.incoming_calls.clear()
                if self._wanted:
                    call = phone.call(self._wanted.pop(), media="silence").wait_answered(PATIENCE / 1000)
                    driver.run_until(lambda: self._enough.is_set() or self._stop.is_set(), PATIENCE / 1000)
                    call.hang_up(PATIENCE / 1000)
                    self.results.append(call.status)
        driver.close()
