"""The fault matrix, proof that scenarios can fail: for the terminal and as a page of its own.

Shows a `FaultMatrix`; running the faults is for whoever makes one.
"""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from harness.results import FaultMatrix, FaultResult
from reports.html import duration_label, page_environment


def matrix_text(matrix: FaultMatrix) -> RenderableType:
    """The matrix for a terminal: for each fault who caught it and how much else it brought down."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.add_column(justify="right", no_wrap=True)
    for fault in matrix.faults:
        table.add_row(
            Text("caught", style="green") if fault.caught else Text("MISSED", style="bold red"),
            Text.assemble((fault.name, "bold"), "  ", (fault.requirement, "dim"), "\n", _caught_by(fault)),
            Text(duration_label(fault.duration_s), style="dim"),
        )
    style = "green" if matrix.proven else "bold red"
    return Group(table, Text(""), Text(matrix_headline(matrix), style=style))


def _caught_by(fault: FaultResult) -> Text:
    line = Text(
        "by " + ", ".join(short_name(name) for name in fault.caught_by) if fault.caught_by else "by nobody"
    )
    if fault.also_failed:
        line.append(f"; {len(fault.also_failed)} more failed", style="yellow")
    return line


def render_matrix(matrix: FaultMatrix) -> str:
    """The matrix as one HTML file that opens without network."""
    template = page_environment().get_template("matrix.html.j2")
    page = template.render(
        matrix=matrix, headline=matrix_headline(matrix), short_name=short_name, mark_of=cell_mark
    )
    return page.encode("utf-8", "replace").decode("utf-8")


def matrix_headline(matrix: FaultMatrix) -> str:
    """What the matrix proves, in one sentence."""
    total, missed = len(matrix.faults), len(matrix.missed)
    caught = f"{total - missed} of {total} faults caught"
    if matrix.baseline_failed:
        count = len(matrix.baseline_failed)
        caught += f"; without a fault {count} scenario{'s' if count != 1 else ''} did not pass"
    elif not matrix.proven and not missed:
        caught += f"; the run without a fault was {matrix.baseline.words}"
    return caught


def cell_mark(fault: FaultResult, scenario: str) -> str:
    """What stands where `fault` and `scenario` meet: ``caught``, ``also`` or nothing."""
    if scenario in fault.caught_by:
        return "caught"
    return "also" if scenario in fault.also_failed else ""


def short_name(name: str) -> str:
    """A scenario's name without topic and ``test_``, as words."""
    return name.rpartition("/")[2].removeprefix("test_").replace("_", " ")
