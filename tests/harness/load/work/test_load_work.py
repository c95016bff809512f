"""What the fast users do with an arrival, on a fake engine."""

from dataclasses import replace

from harness.load.work.load_work import (
    EXPIRES,
    MixedWork,
    OptionsWork,
    OutgoingWork,
    RegisteringWork,
    StormWork,
    Work,
)
from harness.settings.target import Control
from tests.harness.load.fake_engine import FakeEngine, workplace


def begun(work: Work) -> list[bool]:
    """Begins the work; the list is filled when the load may begin."""
    ready: list[bool] = []
    work.begin(lambda: ready.append(True))
    return ready


def told(engine: FakeEngine) -> list[tuple[str, str]]:
    return [(each.what, each.profile) for each in engine.told]


def test_profiles_call_by_turns_from_the_intended_time() -> None:
    engine = FakeEngine()
    work = OutgoingWork(workplace(engine, profiles=2, number="+1", hold=3.0))
    assert begun(work) == [True]
    for intended in (1001.0, 1002.0, 1003.0):
        work.arrive(intended)
    assert [each.profile for each in engine.told] == ["1", "0", "1"]
    assert [(each.intended, each.hold) for each in engine.told] == [
        (1001.0, 3.0),
        (1002.0, 3.0),
        (1003.0, 3.0),
    ]


def test_the_load_waits_for_the_last_registration() -> None:
    engine = FakeEngine()
    ready = begun(RegisteringWork(workplace(engine, profiles=2)))
    assert told(engine) == [("register", "0"), ("register", "1")]
    engine.finish(engine.told[0])
    assert ready == []
    engine.finish(engine.told[1], cause="timer F")
    assert ready == [True]


def test_registrations_are_refreshed_half_way() -> None:
    engine = FakeEngine()
    work = RegisteringWork(workplace(engine))
    begun(work)
    work.tick(engine.now + EXPIRES / 2 - 1)
    assert len(engine.told) == 1
    work.tick(engine.now + EXPIRES / 2)
    assert told(engine) == [("register", "0")] * 2


def test_options_are_asked() -> None:
    engine = FakeEngine()
    work = OptionsWork(workplace(engine))
    begun(work)
    work.arrive(1001.0)
    assert [(each.what, each.intended) for each in engine.told] == [("options", 1001.0)]


def test_calls_at_once_have_different_tones() -> None:
    engine = FakeEngine()
    work = OutgoingWork(workplace(engine, number="+1", audio=True))
    begun(work)
    for intended in (1001.0, 1002.0):
        work.arrive(intended)
    assert len({each.audio for each in engine.told}) == 2


def test_a_storm_takes_each_binding_one_step_further() -> None:
    """RFC 7502 sections 6.7 and 6.8: registration and re-registration, then the removal."""
    engine = FakeEngine()
    work = StormWork(workplace(engine, calls=1, user="RegistrationStorm"))
    begun(work)
    for number in range(4):
        work.arrive(1001.0 + number)
        engine.finish(engine.told[-1])
    assert [each.what for each in engine.told] == ["register", "register", "unregister", "register"]


def test_a_storm_leaves_a_busy_binding_alone() -> None:
    engine = FakeEngine()
    work = StormWork(workplace(engine, calls=1, user="RegistrationStorm"))
    begun(work)
    work.arrive(1001.0)
    work.arrive(1002.0)
    assert (len(engine.told), work.turned_away) == (1, 1)


def test_mixed_channels_are_never_more_than_asked_for() -> None:
    engine = FakeEngine()
    work = MixedWork(workplace(engine, calls=2, user="MixedChannels"))
    begun(work)
    engine.finish(engine.told[0])
    for intended in (1001.0, 1002.0, 1003.0):
        work.arrive(intended)
    calls = [each for each in engine.told if each.what.startswith("call")]
    assert len(calls) == 2
    engine.finish(calls[0])
    work.arrive(1004.0)
    assert len(engine.told) == 4


def test_of_two_workers_only_the_one_that_registers_lets_the_trunk_call() -> None:
    """A call of the trunk arrives where the profile is registered, whoever ordered it."""
    inbound = []
    for rank in (0, 1):
        place = workplace(FakeEngine(), workers=2, rank=rank, user="MixedChannels")
        target = place.settings.target.model_copy(update={"control": Control(url="http://127.0.0.1:9")})
        work = MixedWork(replace(place, settings=place.settings.model_copy(update={"target": target})))
        begun(work)
        inbound.append(sum(each[2] for each in work.free))
        work.close()
    assert inbound == [2, 0]
