"""START HERE for Locust users of SIP: fast ones that keep to a rate, and `SipUser` for steps of your own.

Imports Locust. A fast user starts calls on the load engine from one greenlet a process, whatever the rate;
what it does is in `load_work`. A `SipUser` has a phone and takes its time: each step is Python, so it is for
scenarios and some hundred calls at once. Who imports this module has our figures (`locust_node`).

    class Echo(SipUser):
        tasks = [scenario_task(test_the_echo_number_echoes)]
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import ClassVar

from locust import User, constant, task
from locust.env import Environment

from harness.drivers.errors import DriverError, WaitTimeout
from harness.drivers.phone import Phone
from harness.load.figures.attempt import Attempt
from harness.load.swarm.locust_node import node_of
from harness.load.swarm.scenario_case import LoadWorld, Scenario, ScenarioCase, play
from harness.results import Verdict


class FastUser(User):
    """A user whose work is done on the load engine; its class name says which work that is."""

    abstract = True
    wait_time = constant(0)

    @task
    def make_load(self) -> None:
        """Makes the load of this process until it is over."""
        node_of(self.environment).drive(self)


class RegisteringCaller(FastUser):
    """Registers each profile, then calls at the rate."""


class OutgoingCaller(FastUser):
    """Calls at the rate."""


class IncomingAnswerer(FastUser):
    """Registers and answers; the calls are ordered from the trunk's control API where there is one."""


class MixedChannels(FastUser):
    """Keeps the channels of each profile busy, calls of both directions mixed."""


class RegistrationStorm(FastUser):
    """Registers, refreshes and removes many bindings at the rate."""


class OptionsPinger(FastUser):
    """Sends OPTIONS at the rate."""


class SipUser(User):
    """A user with the phone that scenarios have: ``self.phone.call(...).wait_answered()``."""

    abstract = True
    wait_time = constant(1)

    _count: ClassVar[int] = 0

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self._world: LoadWorld | None = None
        self._phone: Phone | None = None
        SipUser._count += 1
        self.number = SipUser._count
        """Counts the users of this process from 1; profiles go to them by turns."""

    @property
    def world(self) -> LoadWorld:
        """Driver, target and profile of this user. Raises `TargetUnreachable` and what settings raise."""
        if self._world is None:
            settings = node_of(self.environment).settings
            profiles = settings.profiles()
            self._world = LoadWorld(settings.target, profiles[(self.number - 1) % len(profiles)])
        return self._world

    @property
    def phone(self) -> Phone:
        """The phone; bound when it is first asked for, closed when the user stops."""
        if self._phone is None:
            self._phone = self.world.make_phone()
        return self._phone

    def on_stop(self) -> None:
        """Ends the calls and removes the binding."""
        phone, self._phone = self._phone, None
        if phone is not None:
            node_of(self.environment).see_off(partial(_leave, phone))

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Counts what happens inside as one attempt: failed when anything is raised, which ends here.

        What is remembered of calls that are over is dropped afterwards.
        """
        began = self.world.driver.now()
        failure = ""
        try:
            yield
        except (AssertionError, DriverError, WaitTimeout) as error:
            failure = " ".join(str(error).split()) or type(error).__name__
        finally:
            self.count(name, began, failure)

    def count(self, name: str, began: float, failure: str) -> None:
        """Counts one attempt in Locust's statistics and in ours; `failure` is empty when all went well."""
        ended = self.world.driver.now()
        self.environment.events.request.fire(
            request_type="SCENARIO",
            name=name,
            response_time=(ended - began) * 1000,
            response_length=0,
            exception=StepFailed(failure) if failure else None,
        )
        good = not failure
        node_of(self.environment).count(
            Attempt(
                kind="scenario",
                profile=self.world.profile.sip_username,
                intended=began,
                started=began,
                first_response=ended if good else None,
                answered=ended if good else None,
                status=200 if good else None,
                cause=failure,
                challenged=False,
                bye_sent=None,
                bye_answered=None,
                ended=ended,
                completed=good,
                retransmissions=0,
            )
        )
        if self._phone is not None:
            self.world.forget(self._phone)


def _leave(phone: Phone) -> None:
    phone.close()
    phone.driver.close()


class StepFailed(Exception):
    """Why a step failed, as Locust's list of failures shows it."""

    def __repr__(self) -> str:
        return str(self)


def scenario_task(scenario: Scenario) -> Callable[[SipUser], None]:
    """A task that runs a scenario unchanged, with the user's phone as its `phone`.

    A finding becomes a failure that names the requirement. Raises `UnusableScenario`.
    """
    case = ScenarioCase.of(scenario)

    def run(user: SipUser) -> None:
        began = user.world.driver.now()
        outcome = play(case, user.world, user.phone)
        failure = ""
        if outcome.breach is not None:
            failure = f"{outcome.breach.requirement}: {outcome.reason}"
        elif outcome.verdict is not Verdict.PASS:
            failure = f"{outcome.verdict.words}: {outcome.reason}"
        user.count(case.name, began, failure)

    run.__name__ = case.name
    return run
