"""Saturation: every channel of a profile in use, each call with audio of its own.

One run of Locust in a process of its own fills the profile, and others beside it; the scenarios judge what
it saw. The order of events is told in `harness.load.saturation.saturation`.
"""

from collections.abc import Iterable

import pytest

from harness.checks.breach import NotApplicable
from harness.checks.expect import expect, given
from harness.pytest_plugin.scenario_run import ScenarioRun
from harness.pytest_plugin.world import SocketWorld
from harness.results.saturation_log import SaturationLog, SeenCall, SeenRefusal
from harness.scenarios.saturation_run import Saturation, Wishes, saturate
from harness.settings.target import Profile, TargetSettings
from harness.sip.message import Response, parse_message

HELD_PER_CHANNEL = 0.1
LEAST_HELD = 8.0
"""Seconds: 300 calls are held 30 s, few calls at least this long."""
LATEST_REFUSAL = 500.0
"""Milliseconds."""
LATEST_HEARING = 50.0
"""Milliseconds, less than the jitter buffer holds."""
LEAST_MOS = 4.0
FEWEST_CHANNELS = 10
"""A profile with fewer is not worth the name of saturation; `test_channels` judges it."""
GRACE = 3.0
"""Seconds on top of the documented time: the trunk looks once a second, and BYEs have to travel."""
SHOWN = 3
"""Calls whose signalling goes into the evidence."""


@pytest.fixture(scope="module")
def saturation(
    sip_run: ScenarioRun,
    target: TargetSettings,
    obstacle_to_calls: str | None,
    tmp_path_factory: pytest.TempPathFactory,
) -> Saturation:
    """What was seen while the main profile was full."""
    profile = target.main_profile
    if not isinstance(sip_run.world, SocketWorld):
        raise NotApplicable("Locust needs real sockets")
    if target.target.transport != "udp":
        raise NotApplicable("the load generator speaks SIP over UDP")
    if sip_run.control is None:
        raise NotApplicable("target.toml has no [control] url, by which inbound calls are ordered")
    if profile.channels < FEWEST_CHANNELS:
        raise NotApplicable(f"the main profile has fewer than {FEWEST_CHANNELS} channels")
    with given("a plain call"):
        assert obstacle_to_calls is None, obstacle_to_calls
    held = max(LEAST_HELD, HELD_PER_CHANNEL * profile.channels)
    wishes = Wishes(sip_run.target_file, profile.sip_username, _others(target, profile), held)
    folder = tmp_path_factory.mktemp("saturation")
    return saturate(wishes, folder, lambda line: sip_run.progress.tell("note", message=line))


@pytest.fixture
def log(saturation: Saturation) -> SaturationLog:
    """The facts, when the generator kept up."""
    with given("a load generator that keeps up"):
        assert not saturation.log.unreliable, "; ".join(saturation.log.unreliable)
    return saturation.log


@pytest.mark.requirement("saturation.all-channels")
def test_all_channels_carry_a_call_at_once(
    log: SaturationLog, saturation: Saturation, sip_run: ScenarioRun
) -> None:
    """As many calls as channels, outbound and inbound mixed, are up at once and stay up."""
    lost = [call for call in log.calls if not call.held]
    _show(saturation, sip_run, lost or log.calls)
    up = len(log.calls) - len(lost)
    seen = f"{up} of {log.channels} calls were up for {log.held_s:g} s; {_first(lost)}"
    expect(not lost and len(log.calls) == log.channels, "saturation.all-channels", seen)


@pytest.mark.requirement("saturation.own-audio")
def test_no_call_hears_another(log: SaturationLog, saturation: Saturation, sip_run: ScenarioRun) -> None:
    """Every call has a tone of its own, and none of the calls hears the tone of another."""
    with given("audio in the calls"):
        assert any(call.received for call in log.calls), "no call received RTP"
    mixed = [call for call in log.calls if call.foreign]
    _show(saturation, sip_run, mixed)
    packets = sum(call.foreign for call in mixed)
    seen = f"{packets} RTP packets in {len(mixed)} calls had the audio of other calls; {_foreign(mixed)}"
    expect(not mixed, "saturation.own-audio", seen)


@pytest.mark.requirement("saturation.audio-quality")
def test_audio_is_good_in_every_call(
    log: SaturationLog, saturation: Saturation, sip_run: ScenarioRun
) -> None:
    """MOS is at least 4.0 in each of the calls, by what was received."""
    with given("calls that are up"):
        assert any(call.held for call in log.calls), "no call stayed up"
    with given("a load generator that hears audio when it comes"):
        late = f"the generator was held up for {log.worst_lag_ms:.0f} ms; give it a free core"
        assert log.worst_lag_ms <= LATEST_HEARING, late
    poor = [call for call in log.calls if call.held and (call.mos or 0.0) < LEAST_MOS]
    _show(saturation, sip_run, poor)
    seen = f"{len(poor)} of {len(log.calls)} calls have a MOS below {LEAST_MOS:g}; {_worst(poor)}"
    expect(not poor, "saturation.audio-quality", seen)


@pytest.mark.requirement("saturation.refusal-in-time")
def test_the_call_beyond_the_limit_is_refused_at_once(log: SaturationLog) -> None:
    """With all channels in use, one more call in either direction is refused within 500 ms."""
    for refusal in log.beyond:
        answer = _answer(refusal)
        seen = f"one more {refusal.direction} call was answered with {refusal.status}"
        refused = refusal.status is not None and refusal.status >= 400
        expect(refused, "saturation.refusal-in-time", seen, answer, "start")
        late = f"one more {refusal.direction} call was refused after {refusal.delay_ms or 0:.0f} ms"
        in_time = refusal.delay_ms is not None and refusal.delay_ms <= LATEST_REFUSAL
        expect(in_time, "saturation.refusal-in-time", late, answer, "start")
        if answer is not None:
            again = "Retry-After would make a PBX give up the trunk for a while"
            expect("Retry-After" not in answer.headers, "saturation.refusal-in-time", again, answer)


@pytest.mark.requirement("saturation.one-for-one")
def test_when_one_ends_exactly_one_gets_in(log: SaturationLog) -> None:
    """After one of the calls has ended, exactly one of several new ones gets its channel."""
    seen = f"after one call had ended, {log.one_for_one_admitted} of {log.one_for_one_tried} got in"
    expect(log.one_for_one_admitted == 1, "saturation.one-for-one", seen)


@pytest.mark.requirement("saturation.exact-under-race")
def test_calls_at_the_same_instant_get_just_the_free_channels(log: SaturationLog) -> None:
    """Fifty INVITEs at the same instant for the last ten channels: exactly ten get in."""
    race = log.race
    others = ", ".join(f"{count} with {status}" for status, count in sorted(race.statuses.items()))
    seen = f"{race.admitted} of {race.offered} calls got one of {race.free} channels; the rest: {others}"
    expect(race.admitted == race.free, "saturation.exact-under-race", seen)


@pytest.mark.requirement("saturation.vanished-callers")
def test_channels_of_vanished_callers_come_back(log: SaturationLog) -> None:
    """Callers that vanish without BYE give their channels back within the documented time."""
    gone = log.vanishing
    with given("calls with audio whose callers can vanish"):
        assert gone.callers, "none was up"
    back = gone.returned_after_s
    if back is None:
        seen = (
            f"{gone.used_after} channels are in use {gone.waited_s:.0f} s after {gone.callers} callers "
            f"vanished, {gone.used_before} were before; documented are {gone.documented_s:g} s"
        )
    else:
        seen = f"the channels came back after {back:.1f} s instead of {gone.documented_s:g} s"
    in_time = back is not None and back <= gone.documented_s + GRACE
    expect(in_time, "saturation.vanished-callers", seen)


@pytest.mark.requirement("saturation.record-per-call")
def test_every_call_leaves_one_record(
    log: SaturationLog, saturation: Saturation, sip_run: ScenarioRun
) -> None:
    """Once all calls have ended no channel is in use, and each call has left exactly one record."""
    wrong = {call_id: count for call_id, count in log.records.items() if count != 1}
    saturation.show(list(wrong)[:SHOWN], sip_run.driver.trace)
    missing = sum(1 for count in wrong.values() if not count)
    seen = f"of {len(log.records)} calls {missing} left no record and {len(wrong) - missing} several"
    expect(not wrong, "saturation.record-per-call", seen)
    in_use = f"{log.channels_used_after} channels are in use after all calls have ended"
    expect(log.channels_used_after == 0, "saturation.record-per-call", in_use)


@pytest.mark.requirement("saturation.profiles-apart")
def test_full_profiles_do_not_disturb_each_other(log: SaturationLog) -> None:
    """Other profiles are filled at the same time: each gets all of its channels, and not one more."""
    if not log.others:
        raise NotApplicable("target.toml has no other active profile with as many channels")
    for fill in log.others:
        statuses = ", ".join(f"{count} with {status}" for status, count in sorted(fill.statuses.items()))
        seen = f"profile {fill.profile} got {fill.admitted} of its {fill.channels} calls; refused: {statuses}"
        expect(fill.admitted == fill.channels, "saturation.profiles-apart", seen)
        more = (
            f"profile {fill.profile} took {fill.tried_beyond - fill.refused_beyond} of "
            f"{fill.tried_beyond} calls beyond its {fill.channels} channels"
        )
        expect(fill.refused_beyond == fill.tried_beyond, "saturation.profiles-apart", more)


def _others(target: TargetSettings, main: Profile) -> tuple[str, ...]:
    """Up to two more profiles that register and have as many channels."""
    fitting = (
        each.sip_username
        for each in target.profiles
        if each.auth == "registration"
        and each.active
        and each.credit != 0
        and each.channels >= main.channels
        and each != main
    )
    return tuple(fitting)[:2]


def _show(saturation: Saturation, sip_run: ScenarioRun, calls: Iterable[SeenCall]) -> None:
    """The first few calls' signalling, as evidence."""
    saturation.show([call.call_id for call in calls][:SHOWN], sip_run.driver.trace)


def _answer(refusal: SeenRefusal) -> Response | None:
    if not refusal.message:
        return None
    message = parse_message(refusal.message.encode("utf-8", "surrogateescape"))
    return message if isinstance(message, Response) else None


def _first(lost: list[SeenCall]) -> str:
    if not lost:
        return "the others never began"
    call = lost[0]
    return f"the first that was not: {call.direction}, Call-ID {call.call_id}, {call.cause or call.status}"


def _foreign(mixed: list[SeenCall]) -> str:
    return "" if not mixed else f"Call-ID {mixed[0].call_id} heard {', '.join(mixed[0].foreign_calls[:3])}"


def _worst(poor: list[SeenCall]) -> str:
    if not poor:
        return ""
    call = min(poor, key=lambda each: each.mos or 0.0)
    mos = "no MOS" if call.mos is None else f"MOS {call.mos:.2f}"
    received = f"{call.received} RTP packets received, {call.lost} lost"
    return f"the worst: {call.direction}, Call-ID {call.call_id}, {mos}, {received}"
