"""START HERE for the certification report: the page of a run, led by the verdict on the product.

The page is `html`'s, through blocks of its template: this adds the verdict, the score by level, what must
be changed, and the lines of a configuration that does it right. The one-page certificate is `certificate`'s.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from harness.results import (
    CertificateVerdict,
    Certification,
    Finding,
    RunResult,
    Subject,
    Verdict,
    certify,
    file_sha256,
    save_results,
)
from reports.certificate import CERTIFICATE_HTML, CERTIFICATE_JSON, CERTIFICATE_PDF, write_certificate
from reports.certificate_text import LEVEL_WORDS, CertificateText, certificate_text
from reports.html import DETAILS, MOST_BYTES, page_environment
from reports.junit import render_junit
from reports.render import JUNIT, REPORT, RESULTS
from reports.report_view import ReportView, make_view

_GLYPHS = {
    CertificateVerdict.CERTIFIED: Verdict.PASS,
    CertificateVerdict.REFUSED: Verdict.FAIL,
    CertificateVerdict.OPEN: Verdict.INCONCLUSIVE,
}


@dataclass(frozen=True, slots=True)
class ToDo:
    """One requirement that is broken, and what its owner does about it."""

    requirement: str
    title: str
    level: str
    seen: str
    change: str
    recipe: str
    evidence: str
    """Place on the page where the packets are."""


def write_certification(
    result: RunResult, subject: Subject, folder: Path, recipes: Mapping[str, str] | None = None
) -> Certification:
    """Write report, results.json, junit.xml and certificate (page, PDF, JSON) into `folder`.

    `recipes`: requirement id -> lines of this product's configuration that meet it. Raises OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    listed = {
        "report": REPORT,
        "junit": JUNIT,
        "certificate": CERTIFICATE_HTML,
        "certificate as PDF": CERTIFICATE_PDF,
        "certificate as JSON": CERTIFICATE_JSON,
    }
    complete = result.model_copy(update={"files": listed | result.files})
    save_results(complete, folder / RESULTS)
    certification = certify(complete, subject, file_sha256(folder / RESULTS))
    (folder / JUNIT).write_text(render_junit(complete), encoding="utf-8")
    page = render_certification_html(complete, certification, recipes or {})
    (folder / REPORT).write_text(page, encoding="utf-8")
    write_certificate(certification, folder)
    return certification


def render_certification_html(
    result: RunResult, certification: Certification, recipes: Mapping[str, str]
) -> str:
    """The page, with as much evidence as fits."""
    template = page_environment().get_template("certification.html.j2")
    text = certificate_text(certification)
    page = ""
    for detail in DETAILS:
        view = _named(make_view(result, detail, recipes), text)
        page = template.render(
            view=view,
            certification=certification,
            text=text,
            glyph=_GLYPHS[certification.verdict],
            to_do=_to_do(view, certification, recipes),
            certificate=CERTIFICATE_HTML,
            certificate_pdf=CERTIFICATE_PDF,
        )
        if len(page.encode("utf-8", "replace")) <= MOST_BYTES:
            break
    return page.encode("utf-8", "replace").decode("utf-8")


def _named(view: ReportView, text: CertificateText) -> ReportView:
    return replace(view, name=text.product, page_title=f"{text.product}: {text.verdict_words} — SIP harness")


def _to_do(view: ReportView, certification: Certification, recipes: Mapping[str, str]) -> list[ToDo]:
    found: dict[str, tuple[Finding, str]] = {}
    for scenario in view.attention:
        for item in scenario.findings:
            found.setdefault(item.finding.requirement, (item.finding, f"a-{scenario.anchor}"))
    steps = []
    for obstacle in certification.broken:
        finding, anchor = found.get(obstacle.id, (None, ""))
        steps.append(
            ToDo(
                requirement=obstacle.id,
                title=obstacle.title,
                level=LEVEL_WORDS[obstacle.level],
                seen=obstacle.reason,
                change=finding.what_to_change if finding is not None else "",
                recipe=recipes.get(obstacle.id, ""),
                evidence=anchor,
            )
        )
    return steps
