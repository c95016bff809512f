"""The certification report: verdict, score, what to change with lines of a configuration, evidence."""

from pathlib import Path

from harness.cli.report import report_again
from harness.results import CertificateVerdict, Certification, Subject, Verdict, file_sha256, load_results
from reports.certification_html import render_certification_html, write_certification
from reports.html import render_html
from tests.reports.certified_run import MUST, SHOULD, SUBJECT, make_certification, make_certified_run
from tests.reports.run_factory import NASTY

RECIPES = {MUST[0]: "pjsip.conf:\noutbound_auth=trunk  ; <here>"}


def page(**run: object) -> str:
    result = make_certified_run(**run)  # type: ignore[arg-type]  # keywords of one type each, given by tests
    return render_certification_html(result, make_certification(result), RECIPES)


def test_it_leads_with_the_verdict_on_the_product() -> None:
    shown = page(failed=[MUST[0]])
    assert "<h1>Example PBX 4.2</h1>" in shown
    assert "certification report" in shown
    assert "not certified" in shown
    assert 'href="certificate.html"' in shown


def test_each_failure_says_what_to_change_and_shows_the_lines() -> None:
    shown = page(failed=[MUST[0], SHOULD[0]])
    change = shown[shown.index('id="change"') : shown.index('id="requirements"')]
    assert change.count("<li ") == 2
    assert "outbound_auth=trunk  ; &lt;here&gt;" in change
    assert change.index(MUST[0]) < change.index(SHOULD[0])
    assert "the packets</a>" in change


def test_the_lines_stand_beside_the_evidence_too() -> None:
    shown = page(failed=[MUST[0]])
    assert "outbound_auth=trunk" in shown[shown.index('id="attention"') :]


def test_what_was_not_judged_is_listed_with_its_reason() -> None:
    shown = page(left_out=[MUST[1]], not_applicable=[SHOULD[1]])
    assert "Not judged: 1" in shown
    assert "no scenario of this run judges it" in shown
    assert "Not applicable, declared or not used: 1" in shown


def test_a_clean_run_has_nothing_to_change() -> None:
    assert 'id="change"' not in page()


def test_the_ordinary_report_is_as_it_was() -> None:
    shown = render_html(make_certified_run(failed=[MUST[0]]))
    assert "conformance report" in shown
    assert 'id="score"' not in shown


def test_markup_of_the_target_stays_text() -> None:
    result = make_certified_run(failed=[MUST[0]])
    hostile = Subject(vendor=NASTY, product=NASTY, version=NASTY)
    shown = render_certification_html(result, make_certification(result, hostile), {MUST[0]: NASTY})
    assert "<script>alert(1)" not in shown
    assert "<img" not in shown


def test_all_documents_are_written_and_the_hash_is_that_of_the_results(tmp_path: Path) -> None:
    certification = write_certification(make_certified_run(), SUBJECT, tmp_path, RECIPES)
    assert certification.verdict is CertificateVerdict.CERTIFIED
    assert certification.results_sha256 == file_sha256(tmp_path / "results.json")
    assert load_results(tmp_path / "results.json").verdict is Verdict.PASS
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {
        "report.html",
        "results.json",
        "junit.xml",
        "certificate.html",
        "certificate.pdf",
        "certificate.json",
    }


def test_a_certification_stays_one_when_it_is_rendered_again(tmp_path: Path) -> None:
    first = write_certification(make_certified_run(failed=[MUST[0]]), SUBJECT, tmp_path)
    assert report_again(tmp_path, None) == tmp_path / "report.html"
    again = Certification.model_validate_json((tmp_path / "certificate.json").read_bytes())
    assert again == first
    assert "certification report" in (tmp_path / "report.html").read_text("utf-8")
