"""The faults: each well formed, each leaves a trunk that can be built, and each is seen on the wire."""

import re

import pytest

from harness.cli.traceability import known_scenarios
from harness.drivers.errors import WaitTimeout
from harness.faults.fault import UnknownFault
from harness.requirements.catalogue import load_catalogue
from reference_server.faults.fault import Fault
from reference_server.faults.registry import FAULTS, install
from reference_server.inbound import Order
from reference_server.parts import Blueprint
from tests.reference_server.trunk_play import ECHO, ONLINE_NUMBER, make_dialect, play


def test_names_are_kebab_case_and_unique() -> None:
    names = [fault.name for fault in FAULTS]
    assert len(set(names)) == len(names) >= 36
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) for name in names)


def test_each_fault_breaks_a_requirement_of_the_catalogue() -> None:
    known = {requirement.id for requirement in load_catalogue().requirements}
    assert {fault.requirement for fault in FAULTS} <= known


def test_each_requirement_that_a_scenario_judges_has_a_fault_that_proves_it() -> None:
    judged = {requirement for scenario in known_scenarios() for requirement in scenario.requirements}
    assert sorted(judged - {fault.requirement for fault in FAULTS}) == []


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_each_fault_changes_the_blueprint(fault: Fault) -> None:
    blueprint = Blueprint(make_dialect())
    changed = install(fault.name, blueprint)
    assert changed != blueprint
    assert fault.described()["side"] == "trunk"


def test_without_a_fault_the_blueprint_stays_and_an_unknown_one_is_said() -> None:
    blueprint = Blueprint(make_dialect())
    assert install(None, blueprint) is blueprint
    with pytest.raises(UnknownFault, match="no-such"):
        install("no-such", blueprint)


@pytest.mark.parametrize(
    ("name", "statuses"),
    [
        ("no-invite-challenge", [100, 180, 200]),
        ("trying-missing", [407, 180, 200]),
        ("ringing-missing", [407, 100, 200]),
        ("one-channel-too-few", [407, 503]),
        ("sip-username-refused", [407, 403]),
        ("nobody-calls", [407, 407]),
    ],
)
def test_a_fault_is_seen_on_the_wire(name: str, statuses: list[int]) -> None:
    trunk = play(change=lambda blueprint: install(name, blueprint), channels=1)
    call = trunk.phone().call(ECHO)
    trunk.wait(1)
    assert [response.status for response in call.responses] == statuses


def test_after_a_keepalive_nothing_more_is_heard() -> None:
    trunk = play(change=lambda blueprint: install("keepalive-confuses", blueprint))
    phone, other = trunk.phone(), trunk.phone()
    assert phone.request("OPTIONS").status == 200
    phone.send(b"\r\n\r\n")
    with pytest.raises(WaitTimeout):
        phone.request("OPTIONS", timeout=2)
    assert other.request("OPTIONS").status == 200


@pytest.mark.parametrize(
    ("name", "password"), [("nobody-registers", "secret"), ("any-password-registers", "wrong")]
)
def test_a_registrar_takes_nobody_or_anybody(name: str, password: str) -> None:
    trunk = play(change=lambda blueprint: install(name, blueprint))
    status = trunk.phone(password=password).register().status
    assert status == (401 if name == "nobody-registers" else 200)


def test_a_late_offer_is_refused_where_an_offer_is_demanded() -> None:
    trunk = play(change=lambda blueprint: install("late-offer-refused", blueprint))
    assert trunk.phone().call(ECHO, late_offer=True).wait_final().status == 488
    assert trunk.phone().call(ECHO).wait_final().status == 200


@pytest.mark.parametrize(
    ("name", "reached"), [("numbers-not-forwarded", "account"), ("accounts-not-forwarded", "number")]
)
def test_calls_to_numbers_or_to_accounts_alone_are_forwarded(name: str, reached: str) -> None:
    trunk = play(change=lambda blueprint: install(name, blueprint))
    phone = trunk.phone()
    phone.register()
    for order in (Order(number=ONLINE_NUMBER), Order(account="sales.example")):
        live = trunk.trunk.place_call(order, trunk.network.now())
        trunk.wait(0.5)
        assert (live.status is None) == (getattr(order, reached) is not None)
    assert len(phone.incoming_calls) == 1
