"""START HERE for the certificate: one page as HTML and as PDF, and its data as JSON.

The words are `certificate_text`'s, the PDF's layout `certificate_pdf`'s; the whole evidence is in the report
that `certification_html` makes.
"""

from pathlib import Path

from harness.results import Certification
from reports.certificate_pdf import render_certificate_pdf
from reports.certificate_text import certificate_text
from reports.html import page_environment

CERTIFICATE_JSON, CERTIFICATE_HTML, CERTIFICATE_PDF = (
    "certificate.json",
    "certificate.html",
    "certificate.pdf",
)


def write_certificate(certification: Certification, folder: Path) -> Path:
    """Write certificate.html, .pdf and .json into `folder`; returns the page's path. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / CERTIFICATE_JSON).write_text(certification.model_dump_json(indent=1) + "\n", encoding="utf-8")
    (folder / CERTIFICATE_PDF).write_bytes(render_certificate_pdf(certification))
    page = folder / CERTIFICATE_HTML
    page.write_text(render_certificate_html(certification), encoding="utf-8")
    return page


def render_certificate_html(certification: Certification) -> str:
    """The certificate as a page that prints on one sheet."""
    template = page_environment().get_template("certificate.html.j2")
    page = template.render(text=certificate_text(certification))
    return page.encode("utf-8", "replace").decode("utf-8")
