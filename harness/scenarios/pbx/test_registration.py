"""Registration: the PBX registers its SIP username, keeps the binding and bears refusals.

The trunk grants short registrations meanwhile, so that the next one comes soon.
"""

import pytest

from harness.checks.breach import Inconclusive
from harness.checks.expect import expect
from harness.checks.pbx.leg_message import Exchange
from harness.checks.pbx.registration import STORM, STORM_WINDOW, expiry_asked
from harness.checks.pbx.trunk_leg import TrunkLeg
from harness.pytest_plugin.inside_phone import SipLine
from harness.pytest_plugin.pbx_run import PbxRun
from harness.pytest_plugin.trunk_side import TrunkSide
from harness.scenarios.pbx.steps import SETTLE, SOON
from harness.settings.pbx import PbxFile

pytestmark = pytest.mark.mode("registration")

SLACK = 3.0
"""Seconds behind the end of a registration until it counts as lapsed."""
WATCHED = 4.0
"""Seconds for which a PBX is watched that is refused again and again."""


@pytest.mark.requirement("registration.pbx-registers")
def test_the_pbx_registers(heard_trunk: TrunkSide, pbx_run: PbxRun) -> None:
    """The PBX registers with the credentials of its profile."""
    heard_trunk.from_start()
    if pbx_run.order.absent and not heard_trunk.leg().messages:
        lives = any(line.is_answered() for line in pbx_run.lines if isinstance(line, SipLine))
        expect(
            not lives, "registration.pbx-registers", "the PBX serves its phones and sent the trunk nothing"
        )
        raise Inconclusive(pbx_run.order.absent)
    if heard_trunk.leg().registers:  # the last one may be on its way
        heard_trunk.wait(lambda leg: heard_trunk.is_told("registration.pbx-registers"), SETTLE)
    heard_trunk.judge("registration.pbx-registers")


@pytest.mark.requirement("registration.pbx-aor")
def test_the_sip_username_is_registered(heard_trunk: TrunkSide) -> None:
    """To of REGISTER names the SIP username, not an extension."""
    heard_trunk.from_start()
    heard_trunk.judge("registration.pbx-aor")


@pytest.mark.requirement("registration.pbx-contact")
def test_a_registration_names_a_contact(heard_trunk: TrunkSide) -> None:
    """REGISTER names the contact where the PBX takes calls."""
    heard_trunk.from_start()
    registers = [each for each in heard_trunk.leg().registers if expiry_asked(each.request) != 0]
    if not registers:
        raise Inconclusive("the PBX sent no REGISTER")
    without = next((each.request for each in registers if "Contact" not in each.request.headers), None)
    expect(without is None, "registration.pbx-contact", "REGISTER has no Contact", without, "start")


@pytest.mark.requirement("registration.pbx-refreshes")
def test_the_binding_is_refreshed_in_time(trunk: TrunkSide, grant: int, pbx_run: PbxRun) -> None:
    """The PBX registers again before the granted time is over."""
    trunk.from_start()
    if trunk.seconds_registered() > grant and pbx_run.settings.pbx.stop:
        _start_again(pbx_run, trunk)  # it was there before the trunk had been told to grant little
    trunk.wait(lambda leg: len(_accepted(leg)) >= 2, grant + SLACK)
    trunk.judge("registration.pbx-refreshes")


@pytest.mark.requirement("registration.pbx-no-storm")
def test_registrations_leave_pauses(trunk: TrunkSide) -> None:
    """Registrations do not follow each other without pause."""
    trunk.from_start()
    first = trunk.leg().registers[0].time if trunk.leg().registers else 0.0

    def is_told(leg: TrunkLeg) -> bool:
        fresh = [each for each in leg.registers if "Authorization" not in each.request.headers]
        return len(fresh) >= STORM or leg.end - first > STORM_WINDOW * 0.7

    trunk.wait(is_told, STORM_WINDOW)
    trunk.judge("registration.pbx-no-storm")


@pytest.mark.requirement("registration.pbx-min-expires")
def test_a_423_is_obeyed(trunk: TrunkSide, pbx: PbxFile) -> None:
    """After 423 the PBX asks for as much time as Min-Expires says."""
    trunk.from_start()
    asked = [expiry_asked(each.request) for each in trunk.leg().registers]
    least = 2 * max((each or 3600 for each in asked), default=3600)
    trunk.begin()
    trunk.direct(register={"min_expires": least})
    trunk.wait(lambda leg: any(each.status == 423 for each in leg.registers), pbx.timeouts.registration)
    came = trunk.wait(
        lambda leg: trunk.rule("registration.pbx-min-expires").sights, pbx.timeouts.registration
    )
    if not came and any(each.status == 423 for each in trunk.leg().registers):
        raise Inconclusive(f"no REGISTER followed the 423 within {pbx.timeouts.registration:g} s")
    trunk.judge("registration.pbx-min-expires")


@pytest.mark.requirement("registration.pbx-backoff")
def test_a_registrar_that_is_away_is_not_stormed(trunk: TrunkSide, pbx: PbxFile) -> None:
    """While the trunk refuses registrations, the PBX tries again with pauses."""
    trunk.direct(register={"status": 503})
    if not trunk.wait(lambda leg: _refused(leg), pbx.timeouts.registration):
        raise Inconclusive("the PBX sent no REGISTER while the trunk was away")
    trunk.wait(lambda leg: len(_refused(leg)) >= STORM, WATCHED)
    refused = _refused(trunk.leg())
    last = refused[-1].request if len(refused) >= STORM else None
    passed = refused[-1].time - refused[0].time
    seen = f"{len(refused)} REGISTERs within {passed:.1f} s though each was refused with 503"
    expect(len(refused) < STORM or passed > STORM_WINDOW, "registration.pbx-backoff", seen, last, "start")


@pytest.mark.requirement("registration.pbx-recovers")
def test_a_registrar_that_comes_back_is_found(trunk: TrunkSide, pbx: PbxFile, pbx_run: PbxRun) -> None:
    """When the trunk answers again, the PBX registers again by itself."""
    trunk.from_start()
    patience = pbx.timeouts.registration
    if not _is_refused_last(trunk.leg()):
        trunk.direct(register={"status": 503, "times": 1})
        if not trunk.wait(_is_refused_last, patience):
            raise Inconclusive("the PBX sent no REGISTER while the trunk was away")
    refused = _refused(trunk.leg())[-1]
    trunk.direct()
    came = trunk.wait(lambda leg: any(each.time > refused.time for each in _accepted(leg)), patience)
    seen = f"no REGISTER in the {trunk.now() - refused.time:.0f} s after one was refused with 503"
    if not came:
        _start_again(pbx_run, trunk)  # scenarios behind this one need the registration
    expect(came, "registration.pbx-recovers", seen, refused.request, "start")


@pytest.mark.supports("unregister")
@pytest.mark.requirement("registration.pbx-unregisters")
def test_a_pbx_that_stops_unregisters(trunk: TrunkSide, pbx_run: PbxRun) -> None:
    """A PBX that is stopped removes its binding."""
    if not trunk.is_registered():
        raise Inconclusive("the PBX is not registered, so there is nothing to remove")
    if not pbx_run.move_pbx("stop", "Stop the PBX, or its registration at the trunk"):
        raise Inconclusive("nobody was there to stop the PBX, and pbx.toml has no command for it")
    try:
        trunk.wait(lambda leg: any(200 <= each.status < 300 for each in _removals(leg)), SOON)
        removals = _removals(trunk.leg())
        expect(removals, "registration.pbx-unregisters", "the PBX stopped without a REGISTER with expiry 0")
        trunk.judge("registration.pbx-unregisters")
    finally:
        _start(pbx_run, trunk)


def _start_again(run: PbxRun, trunk: TrunkSide) -> None:
    try:
        if run.move_pbx("stop", "Stop the PBX: it does not register any more by itself"):
            _start(run, trunk)
    except Inconclusive:
        pass  # then what follows is inconclusive


def _start(run: PbxRun, trunk: TrunkSide) -> None:
    """The PBX again, up to its registration."""
    again = trunk.now()
    run.move_pbx("start", "Start the PBX again")
    for line in run.lines:
        if isinstance(line, SipLine):
            line.forget_registration()
    trunk.wait(lambda leg: any(each.time > again for each in _accepted(leg)), run.settings.timeouts.appear)


def _accepted(leg: TrunkLeg) -> list[Exchange]:
    return [each for each in leg.registers if 200 <= each.status < 300 and expiry_asked(each.request) != 0]


def _refused(leg: TrunkLeg) -> list[Exchange]:
    return [each for each in leg.registers if each.status == 503]


def _is_refused_last(leg: TrunkLeg) -> bool:
    """Whether the last REGISTER was refused, and nothing has come since."""
    return bool(leg.registers) and leg.registers[-1].status == 503


def _removals(leg: TrunkLeg) -> list[Exchange]:
    return [each for each in leg.registers if expiry_asked(each.request) == 0]
