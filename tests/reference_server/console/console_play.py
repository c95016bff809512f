"""The console over a real Manager and trunk core on a database in memory, asked without a browser."""

import asyncio
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import httpx

from reference_server.console.live_feed import Watcher
from reference_server.manager.people.invitations import Invited
from reference_server.manager_server import make_application
from tests.reference_server.manager.managed_trunk import ADA, ManagedTrunk

PASSWORD = "correct horse battery"
CONNECT = "/features/skype-connect"


@dataclass
class FormSeen:
    """A form of a page with what it would send untouched."""

    action: str
    values: dict[str, str] = field(default_factory=dict)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[FormSeen] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "form":
            self.found.append(FormSeen(attributes.get("action") or ""))
        name = attributes.get("name")
        if tag == "input" and name and self.found and attributes.get("type") not in ("radio", "checkbox"):
            self.found[-1].values[name] = attributes.get("value") or ""


class ConsolePlay:
    """A Manager with its console; `ada` is an administrator and signed in, `vera` a viewer who is not."""

    def __init__(self, *, signed_in: bool = True) -> None:
        self.world = ManagedTrunk()
        self.manager = self.world.manager
        self.watcher: Watcher | None = None
        self.application = make_application(
            self.manager, self.world.database, self.world.clock, self._take_watcher
        )
        self.cookies = httpx.Cookies()
        link = self.manager.people.invitations.first_link()
        assert link is not None
        self.accept(link.rpartition("/")[2], "ada")
        invited: Invited = self.manager.people.invitations.invite(ADA, "viewer")
        self.accept(invited.secret, "vera")
        if signed_in:
            self.sign_in("ada")

    def accept(self, secret: str, name: str) -> None:
        """Somebody makes an account by a link."""
        asyncio.run(self.manager.people.invitations.accept(secret, name, PASSWORD))

    def sign_in(self, name: str) -> None:
        """From now on it is `name` who asks."""
        self.cookies = httpx.Cookies()
        values = {"form": "sign-in", "name": name, "password": PASSWORD}
        assert self.send("POST", "/sign-in", data=values).status_code == 303

    def get(self, path: str, **request: Any) -> httpx.Response:
        """A page."""
        return self.send("GET", path, **request)

    def form(self, path: str, name: str) -> FormSeen:
        """A form of a page, by its name."""
        forms = _Forms()
        forms.feed(self.get(path).text)
        return next(form for form in forms.found if form.values.get("form") == name)

    def post(self, path: str, form: str, /, **values: str) -> httpx.Response:
        """Fills in a form as the page has it, and sends it."""
        return self.send("POST", path, data={**self.form(path, form).values, **values})

    def send(self, method: str, path: str, **request: Any) -> httpx.Response:
        """An answer to a request of one's own making."""

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.application)
            async with httpx.AsyncClient(
                transport=transport, base_url="http://manager", cookies=self.cookies
            ) as client:
                answer = await client.request(method, path, **request)
                self.cookies = client.cookies
                return answer

        return asyncio.run(ask())

    def profile(self, channels: int = 4, bundles: int = 0) -> str:
        """Path of a profile with a subscription."""
        self.world.fund("1000")
        return f"{CONNECT}/{self.world.bought(channels, bundles)}"

    def _take_watcher(self, watcher: Watcher | None) -> None:
        self.watcher = watcher
