"""The fast users, and scenarios as tasks, under a real Locust against a real trunk."""

from pathlib import Path

import httpx
import pytest

from harness.load.load_settings import LoadSettings
from harness.results import KindTotals, LoadResult
from tests.harness.load.load_run import PATIENCE, load_run, target_of
from tests.harness.load.trunk_fixtures import trunk as trunk
from tests.interop.trunk_process import TrunkProcess, username
from tests.interop.waiting import wait_for

SCENARIO_TASKS = """
from locust import constant

from harness.load.users import SipUser, scenario_task
from harness.scenarios.trunk.test_media import test_hold_is_answered_in_kind, test_the_echo_number_echoes
from harness.scenarios.trunk.test_numbering import test_a_national_number_is_refused


class Caller(SipUser):
    wait_time = constant(0.1)
    tasks = [
        scenario_task(test_the_echo_number_echoes),
        scenario_task(test_hold_is_answered_in_kind),
        scenario_task(test_a_national_number_is_refused),
    ]
"""
WRONG_EXPECTATION = '''
import pytest

from harness.checks.expect import expect_status
from harness.load.users import SipUser, scenario_task
from harness.scenarios.steps import final_answer


@pytest.mark.requirement("numbering.e164")
def test_everything_is_busy(phone, numbers):
    """A scenario that a good trunk fails."""
    expect_status(final_answer(phone.call(numbers.answers)), 486, "numbering.e164")


class Caller(SipUser):
    tasks = [scenario_task(test_everything_is_busy)]
'''
OWN_STEPS = """
from locust import constant, task

from harness.load.users import SipUser


class Caller(SipUser):
    wait_time = constant(0.1)

    def on_start(self):
        self.phone.register()

    @task
    def call(self):
        with self.step("a call"):
            call = self.phone.call("+17606604690").wait_answered()
            call.hang_up()

    @task
    def nobody(self):
        with self.step("nobody there"):
            self.phone.call("+442079460201").wait_answered(timeout=0.1)
"""
ENDS_WHEN_DONE = """

import gevent
from locust import events


@events.init.add_listener
def end_when_each_was_done(environment, **_):
    \"\"\"A run ends by what was done, not by a time that a busy machine may spend elsewhere.

    The steps after that quit again, as Ctrl-C does when the time is over too.
    \"\"\"
    waited_for = {names}

    def cross_off(name, **_):
        waited_for.discard(name)
        if not waited_for:
            gevent.spawn(environment.runner.quit)

    environment.events.request.add_listener(cross_off)
"""


def totals(result: LoadResult) -> dict[str, KindTotals]:
    return {each.kind: each for each in result.totals}


def load(trunk: TrunkProcess, tmp_path: Path, **options: object) -> LoadResult:
    """A whole run: as many calls as a profile has channels, so that none is refused however they bunch."""
    settings = LoadSettings.made_of(target_of(trunk), {"hold": 0.3, "duration": 1.0, "rate": 10.0, **options})
    with load_run(settings, tmp_path) as run:
        return run.result()


def test_outgoing_calls_are_made_at_the_rate(trunk: TrunkProcess, tmp_path: Path) -> None:
    result = load(trunk, tmp_path, user="OutgoingCaller")
    calls = totals(result)["call"]
    assert (calls.attempts, calls.completed, calls.codes) == (10, 10, {"200": 10})
    assert result.evidence.offered == 10
    assert trunk.channels_used(username(0)) == 0


def test_a_registering_caller_registers_first_and_removes_its_binding(
    trunk: TrunkProcess, tmp_path: Path
) -> None:
    found = totals(load(trunk, tmp_path, user="RegisteringCaller"))
    assert found["register"].codes == {"200": 1}
    assert found["call"].completed == 10
    assert found["unregister"].codes == {"200": 1}
    assert trunk.contacts(username(0)) == []


def test_an_answerer_takes_calls_that_the_trunk_places(trunk: TrunkProcess, tmp_path: Path) -> None:
    answers = totals(load(trunk, tmp_path, user="IncomingAnswerer", rate=5.0))["answer"]
    assert (answers.attempts, answers.completed) == (5, 5)


def test_mixed_channels_carry_calls_of_both_directions_with_audio(
    trunk: TrunkProcess, tmp_path: Path
) -> None:
    """They are up until each was heard, which no time of a busy machine says."""
    options = {"user": "MixedChannels", "calls": 4, "audio": True, "hold": 60.0, "duration": 60.0}
    with load_run(LoadSettings.made_of(target_of(trunk), options), tmp_path) as run:
        run.wait_progress("concurrent", 4)
        wait_for("sound of four calls", lambda: heard_calls(trunk) == 4, PATIENCE)
        run.interrupt()
        result = run.result()
    found = totals(result)
    assert found["call"].completed == found["call"].attempts > 0
    assert found["answer"].completed == found["answer"].attempts > 0
    assert result.media is not None
    assert (result.media.foreign, result.media.silent_calls) == (0, 0)
    assert result.media.received > 0
    assert result.concurrent_highest == 4


def heard_calls(trunk: TrunkProcess) -> int:
    """How many calls have sent the trunk half a second of sound, which it has echoed."""
    calls = httpx.get(f"{trunk.address('control')}/calls", trust_env=False, timeout=PATIENCE).json()
    media = [call["media"] for call in calls if call["state"] == "answered"]
    return sum(each is not None and each["received_packets"] >= 25 for each in media)


def test_a_storm_registers_refreshes_and_removes(trunk: TrunkProcess, tmp_path: Path) -> None:
    """Of seven steps with two bindings, one binding has made four: all three, and again."""
    options = {"user": "RegistrationStorm", "calls": 2, "rate": 20.0, "duration": 60.0}
    with load_run(LoadSettings.made_of(target_of(trunk), options), tmp_path) as run:
        run.wait_progress("attempts", 7)
        run.interrupt()
        found = totals(run.result())
    assert {"register", "refresh", "unregister"} <= set(found)
    assert sum(each.failed for each in found.values()) == 0
    assert trunk.contacts(username(0)) == []


def test_options_are_sent_at_the_rate(trunk: TrunkProcess, tmp_path: Path) -> None:
    options = totals(load(trunk, tmp_path, user="OptionsPinger"))["options"]
    assert (options.attempts, options.failed) == (10, 0)


def test_scenarios_are_tasks_unchanged(trunk: TrunkProcess, tmp_path: Path) -> None:
    """Several users at once: their phones wait cooperatively."""
    names = {
        "media/the_echo_number_echoes",
        "media/hold_is_answered_in_kind",
        "numbering/a_national_number_is_refused",
    }
    result, output = scenario_load(trunk, tmp_path, SCENARIO_TASKS, users=3, until=names)
    assert totals(result)["scenario"].failed == 0
    assert totals(result)["scenario"].attempts >= 3
    for name in names:
        assert name in output


def test_a_finding_is_a_failure_that_names_the_requirement(trunk: TrunkProcess, tmp_path: Path) -> None:
    result, output = scenario_load(
        trunk, tmp_path, WRONG_EXPECTATION, users=1, until={"own_locustfile/everything_is_busy"}
    )
    scenario = totals(result)["scenario"]
    assert scenario.failed == scenario.attempts >= 1
    assert all(cause.startswith("numbering.e164: ") for cause in scenario.causes), scenario
    assert "numbering.e164: INVITE was answered with 200" in output


def test_steps_of_ones_own_are_counted_one_by_one(trunk: TrunkProcess, tmp_path: Path) -> None:
    result, output = scenario_load(trunk, tmp_path, OWN_STEPS, users=2, until={"a call"})
    assert totals(result)["scenario"].completed >= 1
    assert "a call" in output
    assert trunk.contacts(username(0)) == []
    assert trunk.channels_used(username(0)) == 0


def scenario_load(
    trunk: TrunkProcess, tmp_path: Path, text: str, users: int, until: set[str]
) -> tuple[LoadResult, str]:
    """A run of a locustfile of one's own that ends when each of these steps was counted."""
    file = tmp_path / "own_locustfile.py"
    file.write_text(text + ENDS_WHEN_DONE.format(names=until), encoding="utf-8")
    settings = LoadSettings.made_of(target_of(trunk), {})
    arguments = ("-f", str(file), "-u", str(users), "-r", "10", "-t", "200s")
    with load_run(settings, tmp_path, *arguments) as run:
        return run.result(), run.output


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"calls": 11, "user": "MixedChannels"}, "a profile has 10 channels"),
        ({"rate": 100.0, "hold": 1.0}, "whose profiles have 10 channels"),
    ],
)
def test_a_load_that_cannot_be_carried_is_refused(
    trunk: TrunkProcess, tmp_path: Path, options: dict[str, object], said: str
) -> None:
    settings = LoadSettings.made_of(target_of(trunk), options)
    with load_run(settings, tmp_path) as run:
        events = list(run.events())
        assert run.status == 2
    assert said in events[-1]["message"]
