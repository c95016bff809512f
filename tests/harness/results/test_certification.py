"""MUST decides the certificate; SHOULD and MAY are scored apart; what was not judged never certifies."""

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.results import WEIGHTS, CertificateVerdict, Verdict, file_sha256
from tests.reports.certified_run import MUST, SHOULD, make_certification, make_certified_run


def test_every_must_met_certifies() -> None:
    certification = make_certification(make_certified_run())
    assert certification.verdict is CertificateVerdict.CERTIFIED
    assert certification.score == 100.0
    assert certification.sentence.startswith("Every mandatory requirement that applies is met")


@pytest.mark.parametrize("broken", MUST)
def test_any_broken_must_refuses(broken: str) -> None:
    certification = make_certification(make_certified_run(failed=[broken]))
    assert certification.verdict is CertificateVerdict.REFUSED
    assert [each.id for each in certification.broken] == [broken]
    assert certification.broken[0].reason


def test_broken_shoulds_lower_their_own_score_and_decide_nothing() -> None:
    certification = make_certification(make_certified_run(failed=SHOULD[:2]))
    assert certification.verdict is CertificateVerdict.CERTIFIED
    assert certification.level("MUST").score == 100.0
    assert certification.level("SHOULD").score == pytest.approx(100 * (len(SHOULD) - 2) / len(SHOULD))
    assert certification.score is not None
    assert certification.score < 100


def test_a_must_that_could_not_be_judged_leaves_it_open() -> None:
    certification = make_certification(make_certified_run(inconclusive=[MUST[0]]))
    assert certification.verdict is CertificateVerdict.OPEN
    assert certification.open[0].reason == "It was inconclusive: the target did otherwise."
    assert certification.level("MUST").score == 100.0


def test_a_must_that_no_scenario_judged_leaves_it_open() -> None:
    """A selection of scenarios earns no certificate."""
    certification = make_certification(make_certified_run(left_out=[MUST[-1]]))
    assert certification.verdict is CertificateVerdict.OPEN
    assert certification.open[0].reason == "no scenario of this run judges it"


def test_nothing_judged_is_no_certificate() -> None:
    certification = make_certification(make_certified_run(left_out=(*MUST, *SHOULD)))
    assert certification.verdict is CertificateVerdict.OPEN
    assert certification.score is not None  # the MAY was judged
    everything = make_certification(make_certified_run(not_applicable=(*MUST, *SHOULD)))
    assert everything.sentence == "No mandatory requirement was judged."


def test_what_does_not_apply_is_counted_apart_and_named() -> None:
    certification = make_certification(make_certified_run(not_applicable=[MUST[3]]))
    assert certification.verdict is CertificateVerdict.CERTIFIED
    assert [each.id for each in certification.not_applicable] == [MUST[3]]
    assert certification.level("MUST").not_applicable == 1


def test_musts_stand_before_shoulds() -> None:
    certification = make_certification(make_certified_run(failed=[SHOULD[0], MUST[-1]]))
    assert [each.level for each in certification.broken] == ["MUST", "SHOULD"]


@given(
    failed=st.sets(st.sampled_from(MUST + SHOULD)),
    inconclusive=st.sets(st.sampled_from(MUST + SHOULD)),
    not_applicable=st.sets(st.sampled_from(MUST + SHOULD)),
)
def test_every_requirement_is_counted_once(
    failed: set[str], inconclusive: set[str], not_applicable: set[str]
) -> None:
    run = make_certified_run(failed=failed, inconclusive=inconclusive, not_applicable=not_applicable)
    certification = make_certification(run)
    counted = sum(
        each.passed + each.failed + each.inconclusive + each.not_judged + each.not_applicable
        for each in certification.levels
    )
    assert counted == len(run.requirements)
    musts = [each.verdict for each in run.requirements if each.level == "MUST"]
    clean = all(each in (Verdict.PASS, Verdict.NOT_APPLICABLE) for each in musts) and Verdict.PASS in musts
    assert (certification.verdict is CertificateVerdict.CERTIFIED) is clean
    assert certification.score is None or 0 <= certification.score <= 100


def test_weights_fall_with_the_level() -> None:
    assert WEIGHTS["MUST"] > WEIGHTS["SHOULD"] > WEIGHTS["MAY"] > 0


def test_the_hash_is_that_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    path.write_bytes(b"{}\n")
    assert file_sha256(path) == hashlib.sha256(b"{}\n").hexdigest()
