"""What a scenario can ask for: the target, its profiles, phones, the trunk's control API, numbers.

Phones live as long as their scenario: whatever happened, their calls are ended and their bindings removed.
The hooks are `scenario_run`'s.
"""

from collections.abc import Callable, Iterator
from typing import Any, Protocol

import pytest

from harness.checks.breach import NotApplicable
from harness.checks.expect import given
from harness.drivers.errors import DriverError, WaitTimeout
from harness.drivers.phone import Phone
from harness.pytest_plugin.control import Control
from harness.pytest_plugin.scenario_run import ScenarioRun
from harness.settings.target import Numbers, Profile, TargetSettings, Transport
from harness.sip.errors import SipError
from harness.sip.message import Response

FEW_CHANNELS = 4
"""A profile with so few channels can be filled by a scenario."""
SHORT_EXPIRES = 2
"""A profile that grants so few seconds lets a scenario watch a binding end."""
LITTLE_CREDIT = 0.1
"""So little credit is used up within a scenario."""
FEW_SECONDS = 5
"""So few seconds of a bundle are used up within a scenario."""


class MakePhone(Protocol):
    """Makes a phone; it is closed when the scenario ends."""

    def __call__(
        self,
        profile: Profile | None = None,
        *,
        transport: Transport | None = None,
        local: tuple[str, int] | None = None,
        **options: Any,
    ) -> Phone: ...


@pytest.fixture(scope="session")
def sip_run(pytestconfig: pytest.Config) -> ScenarioRun:
    """The run: driver, trace and settings."""
    run = pytestconfig.pluginmanager.get_plugin("sip_harness_run")
    assert isinstance(run, ScenarioRun)
    return run


@pytest.fixture(scope="session")
def target(sip_run: ScenarioRun) -> TargetSettings:
    """target.toml, read."""
    return sip_run.settings


@pytest.fixture(scope="session")
def numbers(target: TargetSettings) -> Numbers:
    """What to dial for which far end."""
    return target.numbers


@pytest.fixture
def control(sip_run: ScenarioRun) -> Control:
    """The trunk's control API; without one the scenario is not applicable."""
    found = sip_run.control
    if found is None:
        raise NotApplicable("target.toml has no [control] url, by which the trunk tells and is told of calls")
    return found


@pytest.fixture
def profile(target: TargetSettings) -> Profile:
    """The main profile: active, with credit and channels."""
    return target.main_profile


@pytest.fixture
def second_profile(target: TargetSettings) -> Profile:
    """Another active profile that registers: the last one, which no other fixture takes first."""
    others = [
        each
        for each in target.profiles
        if each.auth == "registration" and each.active and each != target.main_profile
    ]
    if not others:
        raise NotApplicable("target.toml has no second active profile")
    return others[-1]


@pytest.fixture
def small_profile(target: TargetSettings) -> Profile:
    """A profile with few channels."""
    return _profile(
        target,
        lambda each: each.channels <= FEW_CHANNELS and each.auth == "registration" and each.active,
        f"an active profile of at most {FEW_CHANNELS} channels",
    )


@pytest.fixture
def short_profile(target: TargetSettings) -> Profile:
    """A profile whose registrations may be very short."""
    return _profile(
        target,
        lambda each: each.min_expires <= SHORT_EXPIRES and each.auth == "registration" and each.active,
        f"an active profile with min_expires of at most {SHORT_EXPIRES}",
    )


@pytest.fixture
def sha256_profile(target: TargetSettings) -> Profile:
    """A profile with digest algorithm SHA-256."""
    return _profile(target, lambda each: each.algorithm == "SHA-256", 'a profile with algorithm = "SHA-256"')


@pytest.fixture
def ip_profile(target: TargetSettings) -> Profile:
    """A profile in ip mode; phones made for it use its address and port."""
    return _profile(
        target, lambda each: each.auth == "ip" and each.active, 'an active profile with auth = "ip"'
    )


@pytest.fixture
def inactive_profile(target: TargetSettings) -> Profile:
    """A profile whose channel subscription lapsed."""
    return _profile(target, lambda each: not each.active, "a profile with active = false")


@pytest.fixture
def poor_profile(target: TargetSettings) -> Profile:
    """A profile without credit."""
    return _profile(
        target, lambda each: each.credit == 0 and each.active, "an active profile with credit = 0"
    )


@pytest.fixture
def nearly_poor_profile(target: TargetSettings) -> Profile:
    """A profile whose credit pays for a few seconds."""
    return _profile(
        target,
        lambda each: each.credit is not None and 0 < each.credit <= LITTLE_CREDIT and each.active,
        f"an active profile with credit above 0 and at most {LITTLE_CREDIT}",
    )


@pytest.fixture
def bundle_profile(target: TargetSettings) -> Profile:
    """A profile with a US minute bundle that is not used up."""
    return _profile(
        target,
        lambda each: each.us_minute_bundles > 0 and each.us_bundle_seconds is None and each.active,
        "an active profile with us_minute_bundles",
    )


@pytest.fixture
def few_minutes_profile(target: TargetSettings) -> Profile:
    """A profile with credit and a few seconds left of its US minute bundle."""
    return _profile(
        target,
        lambda each: (
            each.us_minute_bundles > 0
            and each.us_bundle_seconds is not None
            and each.us_bundle_seconds <= FEW_SECONDS
            and each.credit != 0
            and each.active
        ),
        f"an active profile with credit, us_minute_bundles and us_bundle_seconds of at most {FEW_SECONDS}",
    )


@pytest.fixture
def make_phone(sip_run: ScenarioRun, profile: Profile) -> Iterator[MakePhone]:
    """Makes phones; all are closed at the end, calls first. No address for a transport: not applicable."""
    phones: list[Phone] = []

    def make(
        wanted: Profile | None = None,
        *,
        transport: Transport | None = None,
        local: tuple[str, int] | None = None,
        **options: Any,
    ) -> Phone:
        owner = wanted or profile
        if transport is not None and not sip_run.settings.target.offers(transport):
            raise NotApplicable(f"target.toml has no address for {transport.upper()}")
        phone = Phone(
            sip_run.driver,
            sip_run.account(owner, transport),
            local=local or sip_run.local_address(owner),
            transport=transport or sip_run.settings.target.transport,
            **options,
        )
        phones.append(phone)
        sip_run.name_lifeline(phone.local, "phone" if len(phones) == 1 else f"phone {len(phones)}")
        return phone

    yield make  # type: ignore[misc]  # a Protocol with a default first argument is not a callable type to mypy
    for phone in reversed(phones):
        _remove_binding(phone)
        phone.close()


@pytest.fixture
def phone(make_phone: MakePhone) -> Phone:
    """A phone of the main profile, not registered."""
    return make_phone()


@pytest.fixture
def udp_phone(phone: Phone) -> Phone:
    """A phone that sends over UDP; over a connection, answers have but one way back."""
    if phone.local.transport != "udp":
        raise NotApplicable(f"over {phone.local.transport.upper()} an answer takes the request's connection")
    return phone


@pytest.fixture(scope="session")
def obstacle_to_calls(sip_run: ScenarioRun, target: TargetSettings) -> str | None:
    """Why a plain call of the main profile is not taken; None when it is. Tried once a run."""
    profile = target.main_profile
    transport = target.target.transport
    local = sip_run.local_address(profile)
    with Phone(sip_run.driver, sip_run.account(profile), local=local, transport=transport) as phone:
        try:
            call = phone.call(target.numbers.answers).wait_final(timeout=3)
        except WaitTimeout as timeout:
            return str(timeout)
        return None if call.status == 200 else f"it was answered with {call.status}"


@pytest.fixture
def plain_call(obstacle_to_calls: str | None) -> None:
    """A plain call is taken; when it is not, scenarios about finer points are inconclusive."""
    with given("a plain call"):
        assert obstacle_to_calls is None, obstacle_to_calls


@pytest.fixture
def registered_phone(make_phone: MakePhone) -> Phone:
    """A phone of the main profile, registered."""
    phone = make_phone()
    with given("a registered phone"):
        registration = phone.register()
        assert registration.status == 200, f"REGISTER was answered with {registration.status}"
    return phone


def _remove_binding(phone: Phone) -> None:
    """Removes the phone's binding even when the trunk did not say that, or for how long, it has one."""
    answers = [each.message for each in phone.received if isinstance(each.message, Response)]
    try:
        if any(each.cseq.method == "REGISTER" and each.status == 200 for each in answers):
            phone.unregister(timeout=1)
    except (DriverError, SipError):
        pass  # what is left lapses by itself


def _profile(target: TargetSettings, fits: Callable[[Profile], bool], what: str) -> Profile:
    found = next((each for each in target.profiles if fits(each)), None)
    if found is None:
        raise NotApplicable(f"target.toml has no such profile: {what}")
    return found
