"""The control desk of a trunk of several workers: asks them, and answers as one trunk would.

A call's id carries its worker's mark, so it is asked for where it lives. The answer about a profile comes
from any worker: channels are counted together, and bindings are told to all.
"""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from fastapi import HTTPException

from reference_server.control.models import CallOrder, CallShown, Health, ProfileShown, RecordShown
from reference_server.workers.marks import mark_of
from reference_server.workers.merged_metrics import merged_metrics
from reference_server.workers.remote_desk import AWAY, RemoteDesk

Answer = TypeVar("Answer")


class WorkersDesk:
    """The desk of all workers together."""

    def __init__(self, desks: Sequence[RemoteDesk], is_alive: Callable[[int], bool]) -> None:
        """`is_alive` tells whether worker N serves now."""
        self._desks = list(desks)
        self._is_alive = is_alive
        self._turn = itertools.cycle(range(len(desks)))

    async def place_call(self, order: CallOrder) -> CallShown:
        """Places a call towards a PBX from the worker whose turn it is, or 404."""
        return await self._next().place_call(order)

    async def calls(self) -> list[CallShown]:
        """Calls that live, and those that ended lately, these first."""
        lists = await self._ask_all(RemoteDesk.calls)
        calls = [call for each in lists for call in each]
        ended = [call for call in calls if call.ended is not None]
        live = [call for call in calls if call.ended is None]
        return sorted(ended, key=lambda call: call.ended or 0.0) + sorted(live, key=lambda call: call.started)

    async def call(self, call_id: str) -> CallShown:
        """One call, or 404."""
        return await self._desk_of(call_id).call(call_id)

    async def end_call(self, call_id: str) -> None:
        """Ends a call, or 404."""
        await self._desk_of(call_id).end_call(call_id)

    async def profiles(self) -> list[ProfileShown]:
        """All SIP Profiles."""
        return await self._next().profiles()

    async def profile(self, sip_username: str) -> ProfileShown:
        """One SIP Profile, or 404."""
        return await self._next().profile(sip_username)

    async def records(self, last: int, call_id: str | None) -> list[RecordShown]:
        """The newest call records, oldest first: being asked, each worker writes what it has not yet."""
        await self._ask_all(lambda desk: desk.records(1, None))
        return await self._next().records(last, call_id)

    async def metrics(self) -> bytes:
        """The metrics of all workers."""
        texts = await self._ask_all(RemoteDesk.metrics)
        return merged_metrics(texts, len(texts))

    async def health(self) -> Health:
        """Whether all workers serve."""
        healths = await self._ask_all(RemoteDesk.health)
        status = "ok" if len(healths) == len(self._desks) else "degraded"
        return Health(status=status, calls=sum(each.calls for each in healths), workers=len(healths))

    def _desk_of(self, call_id: str) -> RemoteDesk:
        worker = mark_of(call_id)
        if worker is None or worker >= len(self._desks):
            raise HTTPException(404, f"no call has the id {call_id}")
        return self._desks[worker]

    def _next(self) -> RemoteDesk:
        """The desk of the next worker that lives."""
        for _ in self._desks:
            worker = next(self._turn)
            if self._is_alive(worker):
                return self._desks[worker]
        raise HTTPException(AWAY, "all workers are being started again; ask again in a second")

    async def _ask_all(self, ask: Callable[[RemoteDesk], Awaitable[Answer]]) -> list[Answer]:
        """The answers of the workers that live, in their order."""
        alive = [desk for desk in self._desks if self._is_alive(desk.worker)]
        answers = await asyncio.gather(*(ask(desk) for desk in alive), return_exceptions=True)
        found: list[Answer] = []
        for answer in answers:
            if isinstance(answer, HTTPException) and answer.status_code == AWAY:
                continue  # it died this moment
            if isinstance(answer, BaseException):
                raise answer
            found.append(answer)
        return found
