"""START HERE for the page: a run as one HTML file that opens anywhere, without network.

The template says what stands where, `report_view` what there is to say, `ladder_svg` and `charts` draw.
Nothing in a result is trusted: all text is escaped, links lead only to files beside the page, and the page
forbids itself every script but its own few lines.
"""

import base64
import hashlib
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from harness.results import RunResult
from reports.report_view import ADJECTIVES, Detail, make_view, relative_link

FOLDER = Path(__file__).parent / "templates"

MOST_BYTES = 1_900_000
"""A page stays under 2 MB, so that it can be mailed and opened on a phone."""

DETAILS = (
    Detail(failed_steps=80, passed_steps=30, message_characters=6000, tooltips=True),
    Detail(failed_steps=40, passed_steps=14, message_characters=2000, tooltips=False),
    Detail(failed_steps=16, passed_steps=6, message_characters=600, tooltips=False),
    Detail(failed_steps=8, passed_steps=0, message_characters=200, tooltips=False),
)
"""From all that is useful to what always fits."""


def render_html(result: RunResult) -> str:
    """The page for `result`, with as much evidence as fits into `MOST_BYTES`."""
    page = ""
    for detail in DETAILS:
        page = page_environment().get_template("report.html.j2").render(view=make_view(result, detail))
        if len(page.encode("utf-8", "replace")) <= MOST_BYTES:
            break
    return page.encode("utf-8", "replace").decode("utf-8")


@lru_cache(maxsize=1)
def page_environment() -> Environment:
    """The templates with their filters; `matrix` renders with the same."""
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["duration"] = duration_label
    environment.filters["when"] = _when
    environment.filters["relative_link"] = relative_link
    environment.globals["adjectives"] = ADJECTIVES
    script = (FOLDER / "report.js").read_text(encoding="utf-8")
    environment.globals["script"] = Markup(script)
    environment.globals["script_hash"] = _hash(script)
    return environment


def duration_label(seconds: float) -> str:
    """A duration for people: ``34 ms``, ``2.51 s``, ``3 min 20 s``."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"


def _when(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%-d %B %Y, %H:%M:%S UTC")


def _hash(script: str) -> str:
    """What a Content-Security-Policy calls the script by (CSP level 3, section 2.3.1)."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
