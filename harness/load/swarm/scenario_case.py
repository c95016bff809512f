"""A scenario of the packs outside pytest: its fixtures made by hand, its body run, its end judged.

So a scenario's steps serve as a load task unchanged. Every fixture of `harness.pytest_plugin.fixtures` and of
the scenario's own module works, because their functions are called as pytest would call them. Knows no
Locust: `users` makes a task of a case.
"""

import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from harness.capture.trace import Trace
from harness.drivers.blocking import BlockingDriver
from harness.drivers.local_address import local_host_towards
from harness.drivers.name_resolution import numeric_hop
from harness.drivers.phone import Phone
from harness.pytest_plugin import fixtures
from harness.pytest_plugin.control import Control
from harness.pytest_plugin.outcome import Outcome, judge
from harness.settings.target import Profile, TargetSettings, Transport
from harness.sip.hop import Hop
from harness.ua.account import Account

Scenario = Callable[..., None]
CLOSE_PATIENCE = 2.0  # seconds that calls left over have to end


class UnusableScenario(ValueError):
    """A scenario that can't be a load task; says why."""


@dataclass(frozen=True, slots=True)
class ScenarioCase:
    """A scenario's function and what its marks say."""

    function: Scenario
    requirements: tuple[str, ...]
    wanted: tuple[str, ...]
    """Fixtures that it uses without taking them."""

    @property
    def name(self) -> str:
        """``media/the_echo_number_echoes``."""
        topic = self.function.__module__.rpartition(".")[2].removeprefix("test_")
        return f"{topic}/{self.function.__name__.removeprefix('test_')}"

    @classmethod
    def of(cls, function: Scenario) -> "ScenarioCase":
        """Reads the marks. Raises `UnusableScenario` for a scenario that pytest must multiply."""
        marks = [*_marks(function), *_marks(sys.modules[function.__module__])]
        if any(mark.name == "parametrize" for mark in marks):
            raise UnusableScenario(
                f"{function.__name__} has parameters; write a task that calls it with the ones you mean"
            )
        ids = [str(each) for mark in marks if mark.name == "requirement" for each in mark.args]
        wanted = [str(each) for mark in marks if mark.name == "usefixtures" for each in mark.args]
        return cls(function, tuple(ids), tuple(wanted))


class LoadWorld:
    """What fixtures take from a run, for one user: its driver, the target, its phone.

    Stands where `harness.pytest_plugin.scenario_run.ScenarioRun` stands under pytest.
    """

    def __init__(self, settings: TargetSettings, profile: Profile, host: str | None = None) -> None:
        """`host` None: the address that leads to the target. Raises `TargetUnreachable`."""
        numeric = settings.target.at(numeric_hop)
        self.settings = settings.model_copy(
            update={"target": numeric, "profiles": (profile, *_others(settings, profile))}
        )
        self.driver = BlockingDriver()
        self.host = host or local_host_towards(numeric.hop())
        self.profile = profile

    @property
    def control(self) -> Control | None:
        """The trunk's control API, None when target.toml names none."""
        named = self.settings.control
        return None if named is None else Control(named.url)

    def local_address(self, profile: Profile) -> tuple[str, int]:
        """Where a phone of the profile binds."""
        if profile.auth == "ip" and profile.address is not None and profile.port is not None:
            return profile.address, profile.port
        return self.host, 0

    def account(self, profile: Profile, transport: Transport | None = None) -> Account:
        """The account that a phone of the profile uses."""
        target = self.settings.target
        return Account(
            username=profile.sip_username,
            password=profile.password,
            registrar=target.hop(transport),
            domain=target.domain,
        )

    def name_lifeline(self, hop: Hop, name: str) -> None:
        """Ladders are not drawn under load."""

    def make_phone(self) -> Phone:
        """A phone of this user's profile. Raises `AddressUnusable`."""
        return Phone(
            self.driver,
            self.account(self.profile),
            local=self.local_address(self.profile),
            transport=self.settings.target.transport,
        )

    def forget(self, phone: Phone) -> None:
        """Drops what is over: a load of days must not remember every packet."""
        self.driver.trace = Trace()
        phone.received.clear()
        phone.calls[:] = [call for call in phone.calls if not call.core.ended]


def play(case: ScenarioCase, world: LoadWorld, phone: Phone) -> Outcome:
    """Runs a scenario's body with its fixtures, ends the phone's calls, and says what came of it."""
    given: dict[str, Any] = {"sip_run": world, "target": world.settings, "phone": phone}
    try:
        with ExitStack() as stack:
            stack.callback(_end_calls, phone)
            for name in case.wanted:
                _resolve(name, given, case, stack)
            parameters = inspect.signature(case.function).parameters
            arguments = {name: _resolve(name, given, case, stack) for name in parameters}
            case.function(**arguments)
    except (Exception, pytest.skip.Exception) as error:
        return judge(error, list(case.requirements))
    return judge(None, list(case.requirements))


def _resolve(name: str, given: dict[str, Any], case: ScenarioCase, stack: ExitStack) -> Any:
    """The value of a fixture, made once a play."""
    if name in given:
        return given[name]
    function = _fixture(name, case)
    arguments = {each: _resolve(each, given, case, stack) for each in inspect.signature(function).parameters}
    made = function(**arguments)
    if inspect.isgenerator(made):
        value = next(made)
        stack.callback(_exhaust, made)
        made = value
    given[name] = made
    return made


def _fixture(name: str, case: ScenarioCase) -> Callable[..., Any]:
    for home in (sys.modules[case.function.__module__], fixtures):
        function = getattr(getattr(home, name, None), "__wrapped__", None)
        if callable(function):
            return function  # type: ignore[no-any-return]  # what a fixture makes is its own business
    raise UnusableScenario(f"{case.name} takes {name}, which only pytest can give")


def _exhaust(generator: Iterator[object]) -> None:
    for _ in generator:
        pass


def _end_calls(phone: Phone) -> None:
    """Ends what the scenario left: its phone lives on, so nobody closes it."""
    living = [call for call in phone.calls if not call.core.ended]
    for call in living:
        call.core.end(phone.driver.now())
    if living:
        phone.driver.run_until(lambda: all(call.core.ended for call in living), CLOSE_PATIENCE)


def _marks(owner: object) -> Iterator[pytest.Mark]:
    found = getattr(owner, "pytestmark", [])
    for mark in found if isinstance(found, list) else [found]:
        yield mark.mark if isinstance(mark, pytest.MarkDecorator) else mark


def _others(settings: TargetSettings, profile: Profile) -> tuple[Profile, ...]:
    return tuple(each for each in settings.profiles if each != profile)
