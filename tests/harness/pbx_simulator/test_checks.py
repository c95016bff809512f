"""The checks of `harness.checks.pbx` over a day in the office: the PBX that obeys is not blamed, faults are.

What is judged is the trace of the observed trunk, as in a certification.
"""

import pytest

from harness.capture.trace import Trace
from harness.checks.pbx.judgement import judge_pbx
from harness.checks.pbx.ruling import Observed, Ruling
from harness.checks.pbx.setup import End, Setup
from harness.drivers.simulated import SimulatedNetwork
from harness.pbx_simulator.blueprint import Blueprint
from harness.pbx_simulator.faults.registry import FAULTS, install
from tests.harness.pbx_simulator.virtual_office import PROFILE, VirtualOffice
from tests.virtual.virtual_trunk import LISTENERS

ECHO = "+17606604690"
TO_THE_END = 40.0
"""Seconds after the last call: longer than any transaction lives."""
JUDGED = {
    "never-registers": "registration.pbx-registers",
    "wrong-password": "registration.pbx-registers",
    "registers-extension": "registration.pbx-aor",
    "registers-every-second": "registration.pbx-no-storm",
    "no-refresh": "registration.pbx-refreshes",
    "late-refresh": "registration.pbx-refreshes",
    "challenge-ignored": "authentication.pbx-answers-challenge",
    "rejected-credentials-repeated": "authentication.pbx-stops",
    "national-number-sent": "numbering.pbx-e164",
    "plus-missing": "numbering.pbx-e164",
    "emergency-call-sent": "numbering.pbx-emergency",
    "from-carries-extension": "from_header.pbx-username",
    "from-anonymous": "from_header.pbx-username",
    "from-own-host": "from_header.pbx-domain",
    "ack-to-2xx-missing": "call.pbx-releases",
    "bye-ignored": "call.pbx-releases",
    "bye-wrong-target": "call.pbx-remote-target",
    "retries-403": "call.pbx-no-redial-storm",
    "inbound-challenged": "inbound.pbx-trusts",
    "options-unanswered": "liveness.pbx-answers-options",
    "one-way-audio": "media.pbx-two-way",
    "sdp-wrong-address": "media.pbx-source-address",
    "g711-not-offered": "media.pbx-codec",
}
"""Fault -> the requirement whose check tells it from the trace alone."""


@pytest.fixture
def network() -> SimulatedNetwork:
    return SimulatedNetwork(seed=9)


def a_day(office: VirtualOffice) -> None:
    """Registers, calls out and in, is refused, holds, refreshes; every call ends in good order."""
    phone = office.phone()
    office.wait(15)
    if office.trunk.control.profile(PROFILE.sip_username)["bindings"]:
        office.trunk.control.send_request(PROFILE.sip_username, "OPTIONS")
    for number in (ECHO, "02079460101", "+442079460403", "112"):
        call_out(office, number)
    office.call_in(number=PROFILE.online_numbers[0], media="tone:700", hang_up_after=4.0, ring_timeout=10.0)
    office.wait(1)
    if phone.incoming_calls:
        phone.wait_call().ring().answer(timeout=0)
    office.wait(400)
    phone.register()
    call_out(office, ECHO)
    phone.close()


def call_out(office: VirtualOffice, number: str) -> None:
    """A call of two seconds with sound, whatever becomes of it."""
    call = office.phone().call(number)
    office.wait(1)
    if call.core.media is not None:
        call.play_tone(1004)
    office.wait(2)
    call.core.hang_up(office.network.now())
    office.wait(TO_THE_END)


def judged(office: VirtualOffice) -> dict[str, Ruling]:
    """All rulings over what the trunk observed."""
    trace, since = Trace(), 0
    while True:
        packets, following = office.trunk.control.observed(since)
        for each in packets:
            trace.append(each.time, each.packet, each.kind)
        if following == since or not packets:
            break
        since = following
    setup = Setup(
        PROFILE.sip_username,
        trunk=(End(LISTENERS[0].host, LISTENERS[0].port),),
        password=PROFILE.password,
        online_numbers=PROFILE.online_numbers,
        from_start=True,
    )
    return {ruling.requirement: ruling for ruling in judge_pbx(trace, setup)}


def test_no_check_blames_the_pbx_that_obeys(network: SimulatedNetwork) -> None:
    office = VirtualOffice(network)
    a_day(office)
    rulings = judged(office)
    broken = {name: each.seen for name, each in rulings.items() if each.verdict is Observed.FAIL}
    assert not broken
    unseen = {name for name in JUDGED.values() if rulings[name].verdict is Observed.NOT_OBSERVED}
    assert unseen <= MAY_BE_UNSEEN
    office.trunk.close()


MAY_BE_UNSEEN = {"numbering.pbx-emergency", "authentication.pbx-stops"}
"""What a PBX that obeys gives no sight of."""


@pytest.mark.parametrize("fault", JUDGED)
def test_a_check_tells_the_fault_from_the_trace(network: SimulatedNetwork, fault: str) -> None:
    office = VirtualOffice(network, blueprint=install(fault, Blueprint()))
    a_day(office)
    ruling = judged(office)[JUDGED[fault]]
    assert ruling.verdict is Observed.FAIL, ruling.seen
    office.trunk.close()


def test_the_requirements_are_those_of_the_faults() -> None:
    requirements = {fault.name: fault.requirements for fault in FAULTS}
    assert all(JUDGED[name] in requirements[name] for name in JUDGED)
