"""The certificate as a PDF of one page A4, with fpdf2 and fonts of our own.

Layout only: the words are `certificate_text`'s. The same certification gives the same bytes.
"""

from pathlib import Path

from fpdf import FPDF
from fpdf.enums import XPos, YPos

from harness.results import CertificateVerdict, Certification
from reports.certificate_text import CertificateText, NamedList, certificate_text

FONTS = Path(__file__).parent / "fonts"
_SANS = "DejaVuSans"

_Colour = tuple[int, int, int]
_INK: _Colour = (24, 32, 44)
_DIM: _Colour = (91, 102, 117)
_LINE: _Colour = (210, 216, 225)
_VERDICT: dict[CertificateVerdict, _Colour] = {
    CertificateVerdict.CERTIFIED: (27, 127, 80),
    CertificateVerdict.REFUSED: (193, 39, 58),
    CertificateVerdict.OPEN: (150, 98, 10),
}

_LEFT, _WIDTH = 22.0, 166.0  # millimetres, of the 210 of A4
_COLUMNS = (44.0, 18.0, 22.0, 18.0, 18.0, 24.0, 22.0)
_HEADS: tuple[str, ...] = ("Requirements", "Weight", "Score", "Met", "Failed", "Not judged", "Not appl.")


def render_certificate_pdf(certification: Certification) -> bytes:
    """The document."""
    text = certificate_text(certification)
    page = _blank(certification)
    _frame(page, text)
    _title(page, text)
    _scores(page, text)
    for each in text.lists:
        _list(page, each)
    _facts(page, text)
    return bytes(page.output())


def _blank(certification: Certification) -> FPDF:
    page = FPDF(orientation="portrait", unit="mm", format="A4")
    page.set_creation_date(certification.date)
    page.set_title(f"{certification.subject.product} {certification.subject.version}: certificate")
    page.set_producer("SIP harness")
    page.set_lang("en")
    page.add_font(_SANS, "", FONTS / "DejaVuSans.ttf")
    page.add_font(_SANS, "B", FONTS / "DejaVuSans-Bold.ttf")
    page.set_margins(_LEFT, 20.0, 210.0 - _LEFT - _WIDTH)
    page.set_auto_page_break(auto=False)
    page.add_page()
    return page


def _frame(page: FPDF, text: CertificateText) -> None:
    page.set_draw_color(*_VERDICT[text.verdict])
    page.set_line_width(0.9)
    page.rect(10, 10, 190, 277)
    page.set_line_width(0.2)
    page.rect(11.6, 11.6, 186.8, 273.8)


def _title(page: FPDF, text: CertificateText) -> None:
    page.set_y(21)
    _line(page, "SIP HARNESS", 9, _DIM, bold=True, align="C")
    page.ln(3)
    _line(page, text.heading, 22, _INK, bold=True, align="C", height=11)
    page.ln(6)
    _line(page, text.product, _fitting(page, text.product, 19), _INK, bold=True, align="C", height=10)
    _line(page, text.vendor, 12, _DIM, align="C", height=7)
    page.ln(5)
    _line(page, text.verdict_words.upper(), 17, _VERDICT[text.verdict], bold=True, align="C", height=9)
    _line(page, text.sentence, 11, _INK, align="C", height=6)
    page.ln(5)
    _line(page, text.explanation, 9, _DIM, height=4.6)
    page.ln(5)


def _scores(page: FPDF, text: CertificateText) -> None:
    page.set_draw_color(*_LINE)
    rows = [_HEADS]
    for each in text.rows:
        counts = (each.met, each.failed, each.unjudged, each.not_applicable)
        rows.append((each.name, each.weight, each.score, *map(str, counts)))
    for number, row in enumerate(rows):
        _pen(page, 9, _DIM if number == 0 else _INK, bold=number == 0)
        for column, (width, value) in enumerate(zip(_COLUMNS, row, strict=True)):
            page.cell(width, 7, value, border="B", align="L" if column == 0 else "R")
        page.ln(7)
    page.ln(2)
    _line(page, text.overall, 8.5, _DIM, height=4.6)
    page.ln(3)


def _list(page: FPDF, named: NamedList) -> None:
    _line(page, named.heading, 9, _INK, bold=True, height=5)
    for item in named.items:
        _line(page, f"–  {item}", 8, _INK, height=4)
    page.ln(1.5)


def _facts(page: FPDF, text: CertificateText) -> None:
    page.set_y(242)
    page.set_draw_color(*_LINE)
    page.line(_LEFT, 240, _LEFT + _WIDTH, 240)
    for name, value in text.facts:
        _pen(page, 8, _DIM)
        page.cell(44, 5, name)
        _pen(page, 8 if len(value) < 60 else 7.2, _INK)
        page.cell(_WIDTH - 44, 5, value, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    page.ln(4)
    _line(page, text.footnote, 7.5, _DIM, height=3.8)


def _fitting(page: FPDF, text: str, size: float) -> float:
    """The largest size up to `size` at which bold `text` stands on one line."""
    _pen(page, size, _INK, bold=True)
    return min(size, size * (_WIDTH - 4) / max(page.get_string_width(text), 1.0))


def _line(
    page: FPDF,
    text: str,
    size: float,
    colour: _Colour,
    *,
    bold: bool = False,
    align: str = "L",
    height: float = 5.0,
) -> None:
    _pen(page, size, colour, bold=bold)
    page.multi_cell(_WIDTH, height, text, align=align, new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _pen(page: FPDF, size: float, colour: _Colour, *, bold: bool = False) -> None:
    page.set_font(_SANS, "B" if bold else "", size)
    page.set_text_color(*colour)
