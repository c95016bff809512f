"""A worker's control desk, asked by the parent over a Unix stream: a line of JSON there, a line back.

`serve_desk` answers in the worker, `RemoteDesk` asks in the parent; both have the methods of `control.desk`.
"""

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from fastapi import HTTPException
from pydantic import TypeAdapter

from reference_server.control.desk import Desk
from reference_server.control.models import CallOrder, CallShown, Health, ProfileShown, RecordShown
from reference_server.manager.process_trunk import ProcessTrunk
from reference_server.store.store_error import StoreError
from reference_server.workers.sightings import Sighting, Sightings

LONGEST_LINE = 256 * 1024 * 1024
"""Bytes; 100,000 call records are some 30 MB."""
PATIENCE = 10.0
"""Seconds that a worker has for an answer."""
AWAY = 503
UNREAD = 500
"""The worker cannot read the database."""
SIGHTINGS = "sightings"

_CALL: TypeAdapter[CallShown] = TypeAdapter(CallShown)
_CALLS: TypeAdapter[list[CallShown]] = TypeAdapter(list[CallShown])
_PROFILE: TypeAdapter[ProfileShown] = TypeAdapter(ProfileShown)
_PROFILES: TypeAdapter[list[ProfileShown]] = TypeAdapter(list[ProfileShown])
_RECORDS: TypeAdapter[list[RecordShown]] = TypeAdapter(list[RecordShown])
_HEALTH: TypeAdapter[Health] = TypeAdapter(Health)
_TEXT: TypeAdapter[str] = TypeAdapter(str)
_NOTHING: TypeAdapter[None] = TypeAdapter(None)

Answerer = Callable[[Desk, Any], Awaitable[bytes]]


async def serve_desk(
    desk: Desk, live: ProcessTrunk, sightings: Sightings, listening: socket.socket
) -> asyncio.Server:
    """Answers the parent's questions from `desk` and `sightings`; tells `live` what the Manager changed."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            line = await reader.readline()
            if line:
                writer.write(await _answer(desk, live, sightings, line) + b"\n")
                await writer.drain()
        except OSError:
            pass  # the parent has gone
        finally:
            writer.close()

    return await asyncio.start_unix_server(answer, sock=listening, limit=LONGEST_LINE)


async def _answer(desk: Desk, live: ProcessTrunk, sightings: Sightings, line: bytes) -> bytes:
    question: dict[str, Any] = json.loads(line)
    try:
        if question["ask"] == SIGHTINGS:
            return json.dumps({"answer": [one.told() for one in sightings.fetch()]}).encode()
        if question["ask"] in _TELLERS:
            _TELLERS[question["ask"]](live, question["about"])
            return b'{"answer":null}'
        return b'{"answer":' + await _ANSWERERS[question["ask"]](desk, question["about"]) + b"}"
    except HTTPException as error:
        return json.dumps({"status": error.status_code, "detail": error.detail}).encode()
    except StoreError as error:
        return json.dumps({"status": UNREAD, "detail": str(error)}).encode()


async def _place_call(desk: Desk, about: Any) -> bytes:
    return _CALL.dump_json(await desk.place_call(CallOrder.model_validate(about)))


async def _calls(desk: Desk, _about: Any) -> bytes:
    return _CALLS.dump_json(await desk.calls())


async def _call(desk: Desk, about: Any) -> bytes:
    return _CALL.dump_json(await desk.call(about))


async def _end_call(desk: Desk, about: Any) -> bytes:
    return _NOTHING.dump_json(await desk.end_call(about))  # type: ignore[func-returns-value]  # null


async def _profiles(desk: Desk, _about: Any) -> bytes:
    return _PROFILES.dump_json(await desk.profiles())


async def _profile(desk: Desk, about: Any) -> bytes:
    return _PROFILE.dump_json(await desk.profile(about))


async def _records(desk: Desk, about: Any) -> bytes:
    return _RECORDS.dump_json(await desk.records(*about))


async def _metrics(desk: Desk, _about: Any) -> bytes:
    return _TEXT.dump_json((await desk.metrics()).decode())


async def _health(desk: Desk, _about: Any) -> bytes:
    return _HEALTH.dump_json(await desk.health())


_ANSWERERS: dict[str, Answerer] = {
    "place_call": _place_call,
    "calls": _calls,
    "call": _call,
    "end_call": _end_call,
    "profiles": _profiles,
    "profile": _profile,
    "records": _records,
    "metrics": _metrics,
    "health": _health,
}


_TELLERS: dict[str, Callable[[ProcessTrunk, str], None]] = {
    "profile_changed": ProcessTrunk.profile_changed,
    "account_changed": ProcessTrunk.account_changed,
}


class RemoteDesk:
    """The desk of one worker, seen from the parent. Methods raise `HTTPException`, 503 while it is away."""

    def __init__(self, worker: int, path: Path) -> None:
        self.worker = worker
        self._path = path

    async def place_call(self, order: CallOrder) -> CallShown:
        """Places a call towards a PBX, or 404."""
        return _CALL.validate_python(await self._ask("place_call", order.model_dump()))

    async def calls(self) -> list[CallShown]:
        """Calls that live, and those that ended lately."""
        return _CALLS.validate_python(await self._ask("calls"))

    async def call(self, call_id: str) -> CallShown:
        """One call, or 404."""
        return _CALL.validate_python(await self._ask("call", call_id))

    async def end_call(self, call_id: str) -> None:
        """Ends a call, or 404."""
        await self._ask("end_call", call_id)

    async def profiles(self) -> list[ProfileShown]:
        """All SIP Profiles."""
        return _PROFILES.validate_python(await self._ask("profiles"))

    async def profile(self, sip_username: str) -> ProfileShown:
        """One SIP Profile, or 404."""
        return _PROFILE.validate_python(await self._ask("profile", sip_username))

    async def records(self, last: int, call_id: str | None) -> list[RecordShown]:
        """The newest call records, oldest first."""
        return _RECORDS.validate_python(await self._ask("records", [last, call_id]))

    async def metrics(self) -> bytes:
        """Metrics as Prometheus reads them."""
        return _TEXT.validate_python(await self._ask("metrics")).encode()

    async def health(self) -> Health:
        """Whether the worker works."""
        return _HEALTH.validate_python(await self._ask("health"))

    async def sightings(self) -> list[Sighting]:
        """The packets that the worker saw since it was asked last."""
        return [Sighting.of(told) for told in await self._ask(SIGHTINGS)]

    async def tell(self, what: str, name: str) -> None:
        """Says that the Manager changed a profile (`profile_changed`) or an account (`account_changed`)."""
        await self._ask(what, name)

    async def _ask(self, what: str, about: Any = None) -> Any:
        """Raises `HTTPException`: what the desk says, or 503 when nobody answers."""
        try:
            line = await asyncio.wait_for(self._exchange(what, about), PATIENCE)
            answer: dict[str, Any] = json.loads(line)
        except (OSError, TimeoutError, ValueError):  # ValueError: it ended in the middle of a line
            raise HTTPException(AWAY, f"worker {self.worker} is away; ask again in a second") from None
        if "status" in answer:
            raise HTTPException(answer["status"], answer["detail"])
        return answer["answer"]

    async def _exchange(self, what: str, about: Any) -> bytes:
        reader, writer = await asyncio.open_unix_connection(str(self._path), limit=LONGEST_LINE)
        try:
            writer.write(json.dumps({"ask": what, "about": about}).encode() + b"\n")
            return await reader.readline()
        finally:
            writer.close()
