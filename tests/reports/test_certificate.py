"""The certificate: one page as HTML and PDF, that says the same and can be read by anybody."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.results import Certification, Subject
from reports.certificate import render_certificate_html, write_certificate
from reports.certificate_pdf import render_certificate_pdf
from reports.certificate_text import certificate_text
from tests.reports.certified_run import HASH, MUST, SHOULD, SUBJECT, make_certification, make_certified_run
from tests.reports.run_factory import NASTY

FULL = Subject(
    vendor="A Vendor With A Rather Long Name Incorporated, of Somewhere",
    product="Extraordinarily Long Name of a Private Branch Exchange Server",
    version="22.10.1-rc2+build.20260131",
    not_supported=[
        f"does feature number {number} of all that a telephone system can do" for number in range(9)
    ],
)


def crowded() -> Certification:
    """With everything that can stand on it."""
    run = make_certified_run(failed=MUST[:8], inconclusive=MUST[8:13], not_applicable=SHOULD[:6])
    return make_certification(run, FULL)


def pdf_text(pdf: bytes, folder: Path) -> list[str]:
    """The text of each page, as poppler reads it."""
    program = shutil.which("pdftotext")
    if program is None:
        pytest.skip("pdftotext is not installed; it is in the Debian package poppler-utils")
    path = folder / "certificate.pdf"
    path.write_bytes(pdf)
    done = subprocess.run([program, "-layout", str(path), "-"], capture_output=True, text=True, check=True)
    return done.stdout.removesuffix("\f").split("\f")


@pytest.mark.parametrize(
    ("failed", "inconclusive", "heading", "word"),
    [
        ((), (), "Certificate of conformance", "certified"),
        (MUST[:1], (), "Test result: no certificate", "not certified"),
        ((), MUST[:1], "Test result: certificate not decided", "not decided"),
    ],
)
def test_the_heading_says_whether_it_is_one(
    failed: tuple[str, ...], inconclusive: tuple[str, ...], heading: str, word: str
) -> None:
    run = make_certified_run(failed=failed, inconclusive=inconclusive)
    page = render_certificate_html(make_certification(run))
    assert f"<h1>{heading}</h1>" in page
    assert f"</svg>\n{word}</p>" in page.replace("</svg>\n\n", "</svg>\n")


def test_it_names_product_catalogue_date_and_hash() -> None:
    certification = make_certification(make_certified_run())
    page = render_certificate_html(certification)
    for words in (
        "Example PBX 4.2",
        "Łódzka Telefonia",
        certification.catalogue_version,
        HASH,
        "31 January 2026",
    ):
        assert words in page


def test_no_word_of_the_protocol_is_needed_to_read_the_explanation() -> None:
    text = certificate_text(make_certification(make_certified_run()))
    spoken = f"{text.heading} {text.sentence} {text.explanation} {text.overall}"
    assert not {"INVITE", "REGISTER", "SIP", "RTP", "SDP", "MUST", "SHOULD"} & set(spoken.split())


def test_page_and_pdf_say_the_same(tmp_path: Path) -> None:
    certification = crowded()
    (page,) = pdf_text(render_certificate_pdf(certification), tmp_path)
    text = certificate_text(certification)
    assert text.heading in page
    assert text.sentence in " ".join(page.split())
    for name, value in text.facts:
        assert name in page
        assert value in page
    for named in text.lists:
        assert named.heading in page
        assert all(item.split(" (")[0] in page for item in named.items)


def test_a_crowded_certificate_stays_on_one_page(tmp_path: Path) -> None:
    assert len(pdf_text(render_certificate_pdf(crowded()), tmp_path)) == 1


def test_lists_that_are_too_long_say_how_many_are_missing() -> None:
    lists = {each.heading: each.items for each in certificate_text(crowded()).lists}
    assert lists["Failed"][-1] == "and 5 more, named in the report"


def test_the_same_certification_gives_the_same_bytes() -> None:
    assert render_certificate_pdf(crowded()) == render_certificate_pdf(crowded())


@pytest.mark.parametrize("shown", [95.0, 99.99])
def test_only_all_is_a_hundred_percent(shown: float) -> None:
    from reports.certificate_text import percent

    assert percent(100.0) == "100 %"
    assert percent(None) == "–"
    assert percent(shown) == f"{int(shown)} %"


def test_markup_in_names_stays_text() -> None:
    hostile = Subject(vendor=NASTY, product=NASTY, version="1")
    page = render_certificate_html(make_certification(make_certified_run(), hostile))
    assert "<script>alert(1)" not in page
    assert "<img" not in page


@given(st.text(min_size=1, max_size=200))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_name_can_be_printed(name: str) -> None:
    subject = Subject(vendor=name, product=name, version=name)
    certification = make_certification(make_certified_run(), subject)
    assert render_certificate_pdf(certification).startswith(b"%PDF-")
    assert render_certificate_html(certification)


def test_three_files_are_written(tmp_path: Path) -> None:
    certification = make_certification(make_certified_run(), SUBJECT)
    page = write_certificate(certification, tmp_path / "new")
    assert page.name == "certificate.html"
    assert (tmp_path / "new" / "certificate.pdf").read_bytes().startswith(b"%PDF-")
    content = json.loads((tmp_path / "new" / "certificate.json").read_text("utf-8"))
    assert Certification.model_validate_json(json.dumps(content)) == certification
