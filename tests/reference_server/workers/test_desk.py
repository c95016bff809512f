"""The control API of several workers: asked over Unix streams, answered as one trunk."""

import asyncio
import socket
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest
from fastapi import HTTPException

from reference_server.control.desk import ControlDesk
from reference_server.control.models import CallOrder
from reference_server.manager.process_trunk import ProcessTrunk
from reference_server.metrics import Metrics
from reference_server.workers.desk import WorkersDesk
from reference_server.workers.remote_desk import RemoteDesk, serve_desk
from reference_server.workers.sightings import Sightings
from tests.reference_server.trunk_play import ECHO, USERNAME
from tests.reference_server.workers.workers_play import WorkersPlay

Answer = TypeVar("Answer")


def asked(
    play: WorkersPlay, question: Callable[[WorkersDesk], Awaitable[Answer]], dead: tuple[int, ...] = ()
) -> Answer:
    """The answer of the workers of a play; those that are dead have nobody at their desk."""

    async def ask() -> Answer:
        with tempfile.TemporaryDirectory() as folder:
            paths = [Path(folder) / str(number) for number in range(len(play.workers))]
            servers = []
            for number, path in enumerate(paths):
                if number not in dead:
                    opened = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
                    opened.bind(str(path))
                    servers.append(await serve_desk(*desk_of(play, number), opened))
            desks = [RemoteDesk(number, path) for number, path in enumerate(paths)]
            try:
                return await question(WorkersDesk(desks, lambda number: number not in dead))
            finally:
                for server in servers:
                    server.close()

    return asyncio.run(ask())


def desk_of(play: WorkersPlay, number: int) -> tuple[ControlDesk, ProcessTrunk, Sightings]:
    trunk, now = play.workers[number].trunk, play.network.now
    desk = ControlDesk(trunk, trunk.parts.store, Metrics(trunk, now), now, lambda: None)
    return desk, ProcessTrunk(trunk, trunk.parts.store, desk, now), Sightings(trunk, now)


def test_calls_of_all_workers_are_listed_and_found_by_their_ids() -> None:
    play = WorkersPlay(channels=9)
    phone = play.phone()
    calls = [phone.call(ECHO) for _ in range(9)]
    play.wait(1)
    calls[4].hang_up()
    calls[2].hang_up()
    play.wait(1)
    shown = asked(play, lambda desk: desk.calls())
    assert [call.state for call in shown] == ["ended"] * 2 + ["answered"] * 7
    assert [call.call_id for call in shown[:2]] == [calls[4].call_id, calls[2].call_id]
    assert [call.started for call in shown[2:]] == sorted(call.started for call in shown[2:])
    for call in shown:
        assert asked(play, lambda desk, one=call: desk.call(one.id)).call_id == call.call_id  # type: ignore[misc]
    asked(play, lambda desk: desk.end_call(shown[-1].id))
    play.wait(1)
    assert asked(play, lambda desk: desk.health()).calls == 6
    assert asked(play, lambda desk: desk.profile(USERNAME)).channels_used == 6
    assert len(asked(play, lambda desk: desk.profiles())) == 6


def test_calls_are_placed_by_turns() -> None:
    play = WorkersPlay()

    async def place(desk: WorkersDesk) -> list[str]:
        return [(await desk.place_call(CallOrder(profile=USERNAME))).id[0] for _ in range(6)]

    assert asked(play, place) == ["0", "1", "2", "0", "1", "2"]


@pytest.mark.parametrize("identifier", ["none", "9abc", "0123456789abcdef", ""])
def test_what_no_worker_has_is_404(identifier: str) -> None:
    with pytest.raises(HTTPException) as refused:
        asked(WorkersPlay(), lambda desk: desk.call(identifier))
    assert refused.value.status_code == 404


def test_while_a_worker_is_away_the_others_answer_and_its_calls_are_503() -> None:
    play = WorkersPlay()
    health = asked(play, lambda desk: desk.health(), dead=(1,))
    assert (health.status, health.workers) == ("degraded", 2)
    with pytest.raises(HTTPException) as refused:
        asked(play, lambda desk: desk.call("1" * 16), dead=(1,))
    assert (refused.value.status_code, "worker 1 is away" in str(refused.value.detail)) == (503, True)
    with pytest.raises(HTTPException) as refused:
        asked(play, lambda desk: desk.profiles(), dead=(0, 1, 2))
    assert refused.value.status_code == 503
