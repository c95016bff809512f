"""The trunk's control API without HTTP connections: the same routes, asked in this process.

The client's methods are those of `harness.pytest_plugin.control.Control`; only the way to the trunk differs.
"""

import asyncio
from typing import Any

import httpx
from fastapi import FastAPI

from harness.pytest_plugin.control import Control, ControlError

NOWHERE = "http://trunk.invalid"


class ControlInProcess(Control):
    """Asks the routes of a trunk in virtual time; no time passes meanwhile."""

    def __init__(self, application: FastAPI) -> None:
        super().__init__(NOWHERE)
        self._application = application

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        answer = asyncio.run(self._answer(method, path, body))
        if answer.is_error:
            raise ControlError(method, NOWHERE + path, f"{answer.status_code} {answer.text}")
        return answer.json() if answer.content else None

    async def _answer(self, method: str, path: str, body: dict[str, Any] | None) -> httpx.Response:
        transport = httpx.ASGITransport(self._application)
        async with httpx.AsyncClient(transport=transport, base_url=NOWHERE) as client:
            return await client.request(method, path, json=body)
