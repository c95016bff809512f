"""START HERE for the page of a load run: one HTML file that opens anywhere, without network or script.

The template says what stands where, `load_view` what there is to say, `load_plots` draws. As in `html`,
nothing in a result is trusted.
"""

from harness.results import LoadResult
from reports.html import page_environment
from reports.load_view import make_load_view, metric_value, milliseconds
from reports.outcome_words import code_words, kind_words


def render_load_html(result: LoadResult) -> str:
    """The page for `result`."""
    template = page_environment().get_template("load.html.j2")
    page = template.render(
        view=make_load_view(result),
        code_words=code_words,
        kind_words=kind_words,
        metric_value=metric_value,
        milliseconds=milliseconds,
    )
    return page.encode("utf-8", "replace").decode("utf-8")
