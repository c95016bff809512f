"""Brings the packets that workers see to whoever watches in the parent: the ladders of the Live page.

Workers keep packets only while they are asked (`sightings`), and they are asked only while somebody watches.
"""

import asyncio
from collections.abc import Callable, Sequence

from fastapi import HTTPException

from harness.sip.hop import Hop
from reference_server.trunk import Watch
from reference_server.workers.remote_desk import RemoteDesk
from reference_server.workers.sightings import Sighting

ASK_EVERY = 0.4
"""Seconds between two questions."""
NOWHERE = Hop("udp", "", 0)


class PacketWatch:
    """All workers' packets, shown to one watcher. To be used in the parent's loop."""

    def __init__(self, desks: Sequence[RemoteDesk], clock: Callable[[], float]) -> None:
        """`clock`: seconds since the epoch, as the workers' own."""
        self._desks = desks
        self._clock = clock
        self._following: asyncio.Task[None] | None = None

    @property
    def watching(self) -> bool:
        """Whether workers are asked now."""
        return self._following is not None

    def show(self, watcher: Watch | None) -> None:
        """Shows all packets from now on to `watcher`, in the order of their times; None: to nobody.

        Between packets it gets an empty one now and then, so that it can tell when it has seen enough.
        """
        if self._following is not None:
            self._following.cancel()
            self._following = None
        if watcher is not None:
            self._following = asyncio.get_running_loop().create_task(self._follow(watcher))

    async def _follow(self, watcher: Watch) -> None:
        while True:
            answers = await asyncio.gather(*(self._ask(desk) for desk in self._desks))
            seen = [sighting for answer in answers for sighting in answer]
            for sighting in sorted(seen, key=lambda one: one.at):
                watcher(*sighting)
            watcher(True, b"", NOWHERE, NOWHERE, self._clock())
            await asyncio.sleep(ASK_EVERY)

    async def _ask(self, desk: RemoteDesk) -> list[Sighting]:
        """What a worker saw; nothing while it is away."""
        try:
            return await desk.sightings()
        except HTTPException:
            return []
