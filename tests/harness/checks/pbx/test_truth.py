"""The checks over captures of real PBXs give what is known of them: broken, kept, or not observable."""

import pytest

from tests.harness.checks.pbx.recordings import (
    CAPTURES,
    CORRECTIONS,
    INDEX,
    RULES,
    recording,
    rulings,
    truth,
)

FILES = sorted(INDEX)
PROPER = [file for file in FILES if "_ok" in file]
"""PBXs that are configured right."""
BLAMELESS_BY_MUST = {"ast_f_from_domain.pcap", "ast_f_inbound_busy.pcap"}
"""Faults of captures that a trunk bears: another host in From, a phone that is busy."""


def test_every_capture_is_in_the_index() -> None:
    assert sorted(path.name for path in CAPTURES.glob("*.pcap")) == FILES


@pytest.mark.parametrize("file", FILES)
def test_verdicts_are_those_of_the_ground_truth(file: str) -> None:
    found = rulings(recording(file.removesuffix(".pcap")))
    judged = {requirement: found[requirement].verdict for requirement in RULES.values()}
    assert judged == truth(file)


@pytest.mark.parametrize("file", FILES)
def test_only_files_that_were_recorded_again_are_corrected(file: str) -> None:
    data = (CAPTURES / file).read_bytes()
    listed = [call_id.encode() in data for call_id in INDEX[file]["call_ids"]]
    is_described = all(listed) and len(data) == INDEX[file]["bytes"]
    assert is_described == (file not in CORRECTIONS)


@pytest.mark.parametrize("file", FILES)
def test_as_many_sip_messages_are_read_as_tshark_counts(file: str) -> None:
    counted = CORRECTIONS[file]["sip_messages"] if file in CORRECTIONS else INDEX[file]["sip_messages_total"]
    assert sum(each.kind == "sip" for each in recording(file.removesuffix(".pcap"))) == counted


@pytest.mark.parametrize("file", PROPER)
def test_no_proper_pbx_is_blamed(file: str) -> None:
    from harness.requirements import load_catalogue

    catalogue = load_catalogue()
    broken = [each for each in rulings(recording(file.removesuffix(".pcap"))).values() if each.breach]
    assert [each.requirement for each in broken if catalogue.get(each.requirement).level == "MUST"] == []


@pytest.mark.parametrize("file", sorted(set(FILES) - set(PROPER)))
def test_every_fault_is_found(file: str) -> None:
    from harness.requirements import load_catalogue

    catalogue = load_catalogue()
    broken = [each for each in rulings(recording(file.removesuffix(".pcap"))).values() if each.breach]
    levels = {catalogue.get(each.requirement).level for each in broken}
    assert broken
    assert ("MUST" in levels) == (file not in BLAMELESS_BY_MUST)


def test_every_check_is_of_a_requirement_that_binds_a_pbx() -> None:
    from harness.checks.pbx.registry import registered_pbx_checks
    from harness.requirements import load_catalogue

    catalogue = load_catalogue()
    assert {catalogue.get(requirement).binds for requirement in registered_pbx_checks()} == {"pbx"}
