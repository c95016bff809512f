"""The Manager over REST, with a real trunk on a simulated network: asked synchronously, in virtual time."""

import asyncio
import random
from typing import Any

import httpx
from fastapi import FastAPI

from reference_server.control.desk import ControlDesk
from reference_server.manager.actor import SYSTEM, Actor
from reference_server.manager.manager import Manager
from reference_server.manager.people.password import Passwords
from reference_server.manager.people.people import People
from reference_server.manager.people.tokens import SCOPES
from reference_server.manager.process_trunk import ProcessTrunk
from reference_server.manager_server import make_application
from reference_server.metrics import Metrics
from reference_server.rating.prices import Prices
from reference_server.rating.tariff import Tariff
from tests.reference_server.manager.people.crowd import CHEAP, PASSWORD, await_
from tests.reference_server.trunk_play import TrunkPlay, play

API = "/api/v1"
ADA = Actor("ada", "administrator", "console", "192.0.2.1")


class RestPlay:
    """A trunk, its Manager, and who asks."""

    def __init__(self) -> None:
        self.trunk: TrunkPlay = play()
        now, database, rng = self.trunk.network.now, self.trunk.store.database, random.Random(7)
        desk = ControlDesk(self.trunk.trunk, self.trunk.store, Metrics(self.trunk.trunk, now), now, _no_pump)
        live = ProcessTrunk(self.trunk.trunk, self.trunk.store, desk, now)
        self.people = People(database, now, rng, Passwords(CHEAP))
        self.manager = Manager(database, live, Prices.load(), Tariff.load(), now, rng, people=self.people)
        self.manager.start()
        self.application: FastAPI = make_application(self.manager, database, now)
        self.token = self.token_with(*SCOPES)
        self.keys = 0

    def token_with(self, *scopes: str) -> str:
        """A token of the command line."""
        return self.people.tokens.make(SYSTEM, "test", scopes, owned=False).secret

    def administrator(self) -> str:
        """Makes the administrator `ada`; a token of hers with all scopes."""
        link = self.people.invitations.first_link()
        assert link is not None
        await_(self.people.invitations.accept(link.rpartition("/")[2], "ada", PASSWORD))
        return self.people.tokens.make(ADA, "hers", SCOPES).secret

    def ask(
        self, method: str, path: str, body: Any = None, *, token: str | None = None, key: str | None = None
    ) -> httpx.Response:
        """An answer; `token`: the one with all scopes, none at all when empty; `key`: of idempotency."""
        headers = {}
        if token != "":
            headers["Authorization"] = f"Bearer {token or self.token}"
        if key is not None:
            headers["Idempotency-Key"] = key
        return self.send(method, path, headers=headers, **({} if body is None else {"json": body}))

    def send(self, method: str, path: str, **request: Any) -> httpx.Response:
        """An answer to a request of one's own making."""

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.application)
            async with httpx.AsyncClient(transport=transport, base_url="http://manager") as client:
                return await client.request(method, API + path, **request)

        return asyncio.run(ask())

    def pay(self, method: str, path: str, body: Any) -> httpx.Response:
        """An answer to a request that moves money, under a new key."""
        self.keys += 1
        return self.ask(method, path, body, key=f"key-{self.keys}")

    def funded(self, amount: str = "1000.00") -> "RestPlay":
        """The same, with money in the Manager's balance."""
        assert self.pay("POST", "/balance/payments", {"amount": amount}).status_code == 200
        return self

    def profile(self, channels: int = 5) -> str:
        """The SIP username of a new profile with a subscription."""
        username: str = self.ask("POST", "/profiles", {"name": "Branch"}).json()["sip_username"]
        bought = self.pay("POST", f"/profiles/{username}/subscription", {"channels": channels})
        assert bought.status_code == 200, bought.text
        return username


def _no_pump() -> None:
    """The simulated network looks by itself."""
