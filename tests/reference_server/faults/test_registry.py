"""The faults: each well formed, each leaves a trunk that can be built, and each is seen on the wire."""

import re

import pytest

from harness.requirements.catalogue import load_catalogue
from reference_server.faults.fault import Fault
from reference_server.faults.registry import FAULTS, UnknownFault, install
from reference_server.parts import Blueprint
from tests.reference_server.trunk_play import ECHO, make_dialect, play


def test_names_are_kebab_case_and_unique() -> None:
    names = [fault.name for fault in FAULTS]
    assert len(set(names)) == len(names) >= 36
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) for name in names)


def test_each_fault_breaks_a_requirement_of_the_catalogue() -> None:
    known = {requirement.id for requirement in load_catalogue().requirements}
    assert {fault.requirement for fault in FAULTS} <= known


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
    ],
)
def test_a_fault_is_seen_on_the_wire(name: str, statuses: list[int]) -> None:
    trunk = play(change=lambda blueprint: install(name, blueprint), channels=1)
    call = trunk.phone().call(ECHO)
    trunk.wait(1)
    assert [response.status for response in call.responses] == statuses
