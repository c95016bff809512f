"""Links between workers, over real Unix streams in one loop."""

import asyncio
import socket
import tempfile
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from reference_server.workers.frame import Frame, Kind
from reference_server.workers.mesh import Mesh

PATIENCE = 100.0


class Ends:
    """The meshes of some workers, and what they heard."""

    def __init__(self, folder: Path, workers: int) -> None:
        self.paths = [folder / str(number) for number in range(workers)]
        self.heard: list[tuple[int, int, Frame]] = []
        """Listener, speaker, frame."""
        self.lost: list[tuple[int, int]] = []
        self.changed = asyncio.Event()
        self.sockets = [self._bound(path) for path in self.paths]

    def _bound(self, path: Path) -> socket.socket:
        opened = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        opened.bind(str(path))
        opened.listen()
        return opened

    def mesh(self, worker: int) -> Mesh:
        """A mesh that greets with one frame and tells what it hears."""
        return Mesh(
            worker,
            self.paths,
            take=lambda speaker, frame: self.heard.append((worker, speaker, frame)),
            greet=lambda: [Frame(Kind.STREAM_OPENED, port=worker)],
            turn=self.changed.set,
            lost=lambda speaker: self._note_lost(worker, speaker),
        )

    def _note_lost(self, worker: int, speaker: int) -> None:
        self.lost.append((worker, speaker))
        self.changed.set()

    async def start(self, mesh: Mesh) -> None:
        """Starts a mesh on a copy of its socket, as a process that inherits it does."""
        await mesh.start(self.sockets[mesh.worker].dup())

    async def until(self, count: int) -> None:
        """Waits until so many frames were heard."""
        while len(self.heard) < count:
            self.changed.clear()
            await asyncio.wait_for(self.changed.wait(), PATIENCE)

    async def until_lost(self) -> None:
        """Waits until somebody is lost."""
        while not self.lost:
            self.changed.clear()
            await asyncio.wait_for(self.changed.wait(), PATIENCE)

    def close(self) -> None:
        for one in self.sockets:
            one.close()


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short path: those of Unix sockets have at most 107 characters."""
    with tempfile.TemporaryDirectory() as path:
        yield Path(path)


def run(play: Coroutine[Any, Any, None]) -> None:
    asyncio.run(play)


def test_each_hears_the_greeting_first_and_then_all_in_order(folder: Path) -> None:
    async def play() -> None:
        ends = Ends(folder, 3)
        meshes = [ends.mesh(number) for number in range(3)]
        meshes[0].say(1, Frame(Kind.PACKET, data=b"before the start"))
        for mesh in meshes:
            await ends.start(mesh)
        await ends.until(7)
        meshes[2].say(1, Frame(Kind.PACKET, data=b"1"))
        meshes[2].say_to_all(Frame(Kind.PACKET, data=b"2"))
        meshes[2].flush()
        await ends.until(10)
        from_0 = [frame for listener, speaker, frame in ends.heard if (listener, speaker) == (1, 0)]
        assert from_0 == [Frame(Kind.STREAM_OPENED), Frame(Kind.PACKET, data=b"before the start")]
        from_2 = [frame.data for listener, speaker, frame in ends.heard if (listener, speaker) == (1, 2)]
        assert from_2 == [b"", b"1", b"2"]
        for mesh in meshes:
            mesh.close()
        ends.close()
        await asyncio.sleep(0)

    run(play())


def test_a_worker_that_comes_again_is_greeted_again_and_hears_what_was_said_meanwhile(folder: Path) -> None:
    async def play() -> None:
        ends = Ends(folder, 2)
        stays, goes = ends.mesh(0), ends.mesh(1)
        await ends.start(stays)
        await ends.start(goes)
        await ends.until(2)
        goes.close()
        await ends.until_lost()
        assert ends.lost[0] == (0, 1)
        stays.say(1, Frame(Kind.PACKET, data=b"for the next one"))
        ends.heard.clear()
        again = ends.mesh(1)
        await ends.start(again)
        stays.flush()
        await ends.until(3)
        assert (1, 0, Frame(Kind.PACKET, data=b"for the next one")) in ends.heard
        assert (0, 1, Frame(Kind.STREAM_OPENED, port=1)) in ends.heard
        stays.close()
        again.close()
        ends.close()
        await asyncio.sleep(0)

    run(play())


def test_frames_for_a_worker_that_never_reads_are_dropped_when_there_are_too_many(folder: Path) -> None:
    async def play() -> None:
        ends = Ends(folder, 2)
        mesh = ends.mesh(0)
        for _ in range(40):
            mesh.say(1, Frame(Kind.PACKET, data=bytes(1 << 20)))
        assert mesh.dropped > 20
        ends.close()

    run(play())
