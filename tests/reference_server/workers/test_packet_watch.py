"""The packets of all workers reach one watcher in order, and nobody is asked when nobody watches."""

import asyncio
import socket
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Self

import pytest

from reference_server.console.live_feed import WATCHED_FOR, LiveFeed
from reference_server.workers import packet_watch
from reference_server.workers.packet_watch import PacketWatch
from reference_server.workers.remote_desk import RemoteDesk, serve_desk
from tests.reference_server.trunk_play import ECHO
from tests.reference_server.workers.test_desk import desk_of
from tests.reference_server.workers.workers_play import WorkersPlay


@pytest.fixture(autouse=True)
def without_a_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Questions follow each other at once."""
    monkeypatch.setattr(packet_watch, "ASK_EVERY", 0.0)


class Parent:
    """The parent of a play's workers; those that are dead have nobody at their desk."""

    def __init__(self, play: WorkersPlay, dead: tuple[int, ...] = ()) -> None:
        self._play = play
        self._dead = dead
        self._open = AsyncExitStack()

    async def __aenter__(self) -> Self:
        folder = Path(self._open.enter_context(tempfile.TemporaryDirectory()))
        paths = [folder / str(number) for number in range(len(self._play.workers))]
        for number, path in enumerate(paths):
            if number not in self._dead:
                opened = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
                opened.bind(str(path))
                server = await serve_desk(*desk_of(self._play, number), opened)
                self._open.callback(server.close)
        desks = [RemoteDesk(number, path) for number, path in enumerate(paths)]
        self.watch = PacketWatch(desks, self._play.network.now)
        self._open.callback(self.watch.show, None)
        self.feed = LiveFeed(self.watch.show, self._play.network.now)
        return self

    async def __aexit__(self, *_exception: object) -> None:
        await self._open.aclose()

    async def until(self, *labels: str, call_id: str) -> None:
        """Until a call's ladder has these messages; the test's own timeout is the limit."""
        while not set(labels) <= {message.label for message in self.feed.messages(call_id)}:
            await asyncio.sleep(0)


def test_the_ladder_of_a_call_comes_whichever_worker_has_it() -> None:
    play = WorkersPlay(channels=9)

    async def look() -> None:
        async with Parent(play) as parent:
            await watched(parent, play)
            calls = [play.phone().call(ECHO).wait_answered() for _ in range(6)]
            assert sum(bool(count) for count in play.calls()) > 1
            for call in calls:
                call.hang_up()
            for call in calls:
                await parent.until("INVITE", "ACK", "BYE", "200 OK", call_id=call.call_id)
                times = [message.at for message in parent.feed.messages(call.call_id)]
                assert times == sorted(times)

    asyncio.run(look())


def test_a_worker_that_is_away_hides_nothing_of_the_others() -> None:
    play = WorkersPlay(channels=9)

    async def look() -> None:
        async with Parent(play, dead=(1,)) as parent:
            await watched(parent, play, but=1)
            calls = [play.phone().call(ECHO).wait_answered() for _ in range(6)]
            alive = [call for call in calls if call.call_id in known(play, but=1)]
            assert alive
            for call in alive:
                await parent.until("INVITE", call_id=call.call_id)

    asyncio.run(look())


def test_when_nobody_looks_any_more_nobody_is_asked() -> None:
    play = WorkersPlay()

    async def look() -> None:
        async with Parent(play) as parent:
            await watched(parent, play)
            play.wait(WATCHED_FOR + 1)
            while parent.watch.watching:
                await asyncio.sleep(0)
            assert not parent.feed.watching
            parent.feed.look()
            assert parent.watch.watching

    asyncio.run(look())


async def watched(parent: Parent, play: WorkersPlay, but: int | None = None) -> None:
    """Somebody looks, and all workers know."""
    parent.feed.look()
    trunks = [worker.trunk for number, worker in enumerate(play.workers) if number != but]
    while any(trunk.watch is None for trunk in trunks):
        await asyncio.sleep(0)


def known(play: WorkersPlay, but: int) -> set[str]:
    """Call-IDs of the calls of all workers but one."""
    return {
        live.call_id
        for number, worker in enumerate(play.workers)
        if number != but
        for live in worker.trunk.parts.calls.shown()
    }
