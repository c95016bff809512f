"""A fault tells what it breaks, and gets into the blueprint by its name."""

from dataclasses import dataclass

import pytest

from harness.faults.fault import Fault, UnknownFault, installed, media_out, part, sip_in, sip_out
from harness.faults.mutator import MutatorMaker
from harness.faults.packet_loss import drop


class Ear:
    """A part."""


class DeafEar(Ear):
    """Another in its place."""


@dataclass(frozen=True)
class Phone:
    """A blueprint."""

    ear: type[Ear] = Ear
    sip_out: MutatorMaker | None = None
    sip_in: MutatorMaker | None = None
    media_out: MutatorMaker | None = None


class PhoneFault(Fault[Phone]):
    """One rule of a phone broken."""

    __slots__ = ()
    side = "phone"


DEAF = PhoneFault("deaf", "media.hears", "hears nothing", part(ear=DeafEar), also=("call.answers",))
FAULTS = (PhoneFault("kind", "call.kind", "is rude", lambda phone: phone), DEAF)


def test_a_fault_is_described_with_all_that_it_breaks() -> None:
    assert DEAF.described() == {
        "name": "deaf",
        "side": "phone",
        "requirement": "media.hears",
        "requirements": ["media.hears", "call.answers"],
        "description": "hears nothing",
    }


def test_the_fault_of_that_name_changes_the_blueprint() -> None:
    assert installed(FAULTS, "deaf", Phone(), listed_by="phone faults") == Phone(ear=DeafEar)


def test_without_a_name_the_blueprint_stays_as_it_is() -> None:
    phone = Phone()
    assert installed(FAULTS, None, phone, listed_by="phone faults") is phone


def test_an_unknown_name_is_said_with_the_command_that_lists_the_others() -> None:
    with pytest.raises(UnknownFault, match="no fault is called 'mute'; `phone faults` lists them"):
        installed(FAULTS, "mute", Phone(), listed_by="phone faults")


def test_a_name_that_is_nearly_right_is_mended() -> None:
    with pytest.raises(UnknownFault, match=r"no fault is called 'deef'; did you mean deaf\? `phone faults`"):
        installed(FAULTS, "deef", Phone(), listed_by="phone faults")


def test_each_way_of_packets_has_its_own_mutator() -> None:
    maker = drop(lambda _data: True)
    assert sip_out(maker)(Phone()) == Phone(sip_out=maker)
    assert sip_in(maker)(Phone()) == Phone(sip_in=maker)
    assert media_out(maker)(Phone()) == Phone(media_out=maker)
