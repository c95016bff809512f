"""A worker as its parent sees it: a process, the words it says, and its certain end."""

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from reference_server.workers.plan import WorkerPlan
from reference_server.workers.worker import END_CALLS, ENDED, READY

SOURCES = Path(__file__).resolve().parents[2]
END_PATIENCE = 5.0
"""Seconds that a worker has to end after its input ended; then it is killed."""


class WorkerProcess:
    """One running worker."""

    def __init__(self, plan: WorkerPlan, process: asyncio.subprocess.Process) -> None:
        self.worker = plan.worker
        self.ready = False
        """Whether it serves."""
        self._process = process
        self._said = asyncio.Event()
        self._words: set[str] = set()
        self._listening = asyncio.create_task(self._listen())

    @classmethod
    async def start(cls, plan: WorkerPlan, descriptors: Sequence[int]) -> "WorkerProcess":
        """Starts a fresh Python; it inherits just these descriptors."""
        paths = [str(SOURCES), *filter(None, [os.environ.get("PYTHONPATH")])]
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "reference_server.workers",
            str(plan.worker),  # for who looks at the list of processes; all else is in the plan
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            pass_fds=tuple(descriptors),
            start_new_session=True,  # Ctrl-C is for the parent, which then ends all in order
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        )
        started = cls(plan, process)
        started._write(plan.model_dump_json().encode() + b"\n")
        return started

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    async def wait_ready(self, seconds: float) -> bool:
        """Waits until it serves; False when it ended before, or took too long."""
        self.ready = await self._wait_word(READY, seconds)
        return self.ready

    async def wait_exit(self) -> int:
        """Waits for its end and returns its status; negative: minus a signal."""
        status = await self._process.wait()
        await self._listening
        self.ready = False
        return status

    async def end_calls(self, seconds: float) -> None:
        """Has it end its calls, and waits until it has, has died, or takes too long."""
        self._write(END_CALLS)
        await self._wait_word(ENDED, seconds)

    async def end(self) -> None:
        """Ends it; returns when it is gone."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), END_PATIENCE)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    def _write(self, data: bytes) -> None:
        if self._process.stdin is not None and not self._process.stdin.is_closing():
            self._process.stdin.write(data)

    async def _wait_word(self, word: str, seconds: float) -> bool:
        async def wait() -> None:
            while word not in self._words and not self._listening.done():
                await self._said.wait()
                self._said.clear()

        try:
            await asyncio.wait_for(wait(), seconds)
        except TimeoutError:
            return False
        return word in self._words

    async def _listen(self) -> None:
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            self._words.add(line.decode("utf-8", "replace").strip())
            self._said.set()
        asyncio.get_running_loop().call_soon(
            self._said.set
        )  # after this task is done: nothing comes any more
