"""The Manager's clock, and what it does at its start."""

import asyncio

import pytest

from reference_server.manager.manager import LOOK_EVERY, RETRY_AFTER
from reference_server.manager.problem import Problem
from tests.reference_server.manager.managed_trunk import ADA, LONDON, ManagedTrunk, failing_at_statement


def test_the_clock_wants_to_be_called_when_something_is_due(world: ManagedTrunk) -> None:
    assert world.manager.tick(world.now) == world.now + LOOK_EVERY
    username = world.bought(1)
    view = world.manager.profiles.get(username)
    assert view.subscription is not None
    assert world.manager.tick(view.subscription.ends - 10) == view.subscription.ends


def test_things_that_come_due_together_are_done_in_their_order(world: ManagedTrunk) -> None:
    username = world.bought(1, 1)
    world.manager.numbers.buy(ADA, LONDON, username, world.key())
    world.now += 100 * 86_400
    world.manager.tick(world.now)
    moments = [line.at for line in reversed(world.manager.credit.history(None, 1000))]
    assert moments == sorted(moments)
    assert len(moments) == 1 + 4 * 3


def test_a_failing_database_is_tried_again_soon(world: ManagedTrunk) -> None:
    world.bought(1)
    world.now += 40 * 86_400
    with failing_at_statement(world.database, 0):
        assert world.manager.tick(world.now) == world.now + RETRY_AFTER
    assert world.manager.tick(world.now) > world.now + RETRY_AFTER


def test_a_manager_does_not_start_on_a_failing_database(world: ManagedTrunk) -> None:
    world.bought(1)
    world.database.close()
    world.database.engine.dispose()

    def fails() -> None:
        raise Problem("database", 503, "The database cannot be used", "disk I/O error")

    world.manager.accounts.tell_all = fails  # type: ignore[method-assign]  # as a disk that fails
    with pytest.raises(Problem, match="disk"):
        asyncio.run(world.manager.run_clock())


def test_the_running_clock_catches_up_and_ticks_on(world: ManagedTrunk) -> None:
    world.bought(1)
    world.now += 40 * 86_400
    ticks: list[float] = []
    tick = world.manager.tick

    async def run() -> None:
        running = asyncio.create_task(world.manager.run_clock())
        while len(ticks) < 3:
            await asyncio.sleep(0)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    def counted(now: float) -> float:
        ticks.append(now)
        tick(now)
        return now  # at once again

    world.manager.tick = counted  # type: ignore[method-assign]  # the same, without the waiting
    asyncio.run(run())
    assert world.kinds("manager") == ["payment", "channels", "channels"]


def test_profiles_numbers_and_accounts_are_there_after_a_restart(file_world: ManagedTrunk) -> None:
    username = file_world.bought(4, 2)
    file_world.manager.numbers.buy(ADA, LONDON, username, file_world.key())
    file_world.manager.accounts.create(ADA, "sales.london", "Sales", "a password")
    file_world.manager.accounts.attach(ADA, username, "sales.london", "200")
    before = file_world.manager.profiles.get(username)
    file_world.crash()
    assert file_world.manager.profiles.get(username) == before
    profile = file_world.trunk.parts.profiles.named(username)
    assert profile is not None
    assert (profile.channels, profile.online_numbers) == (4, (LONDON,))
    assert profile.extension_tags == {"sales.london": "200"}
