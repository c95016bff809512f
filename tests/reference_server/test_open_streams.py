"""Streams end when the server stops; other answers finish."""

import asyncio

import pytest
from starlette.types import Message, Receive, Scope, Send

from reference_server.open_streams import LAST, OpenStreams

START: Message = {"type": "http.response.start", "status": 200, "headers": []}
KNOWN: Message = {**START, "headers": [(b"content-length", b"9")]}
PIECE: Message = {"type": "http.response.body", "body": b"data: 1\n\n", "more_body": True}
HTTP: Scope = {"type": "http"}


async def nothing() -> Message:
    return {"type": "http.disconnect"}


async def run(pieces: list[Message]) -> tuple[OpenStreams, "asyncio.Task[None]", list[Message]]:
    """An application that sends `pieces` and then never ends."""
    sent: list[Message] = []

    async def application(_scope: Scope, _receive: Receive, send: Send) -> None:
        for piece in pieces:
            await send(piece)
        await asyncio.Event().wait()

    async def keep(message: Message) -> None:
        sent.append(message)

    streams = OpenStreams(application)
    task = asyncio.create_task(streams(HTTP, nothing, keep))
    await asyncio.sleep(0)
    return streams, task, sent


def test_a_stream_is_ended_properly() -> None:
    async def play() -> None:
        streams, task, sent = await run([START, PIECE])
        streams.end()
        await task
        assert sent == [START, PIECE, LAST]

    asyncio.run(play())


@pytest.mark.parametrize("pieces", [[], [KNOWN]])
def test_what_has_not_begun_or_has_a_known_length_is_left_alone(pieces: list[Message]) -> None:
    async def play() -> None:
        streams, task, sent = await run(pieces)
        streams.end()
        await asyncio.sleep(0)
        assert not task.done()
        assert sent == pieces
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(play())


def test_a_stream_that_is_cancelled_otherwise_stays_cancelled() -> None:
    async def play() -> None:
        _, task, sent = await run([START, PIECE])
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert sent == [START, PIECE]

    asyncio.run(play())
