"""The fault matrix, proof that scenarios can fail: for the terminal and as a page of its own.

Shows a `FaultMatrix`; running the faults is for whoever makes one.
"""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from harness.results import FaultMatrix, FaultResult
from reports.html import duration_label, page_environment


def matrix_text(matrix: FaultMatrix) -> RenderableType:
    """The matrix for a terminal: one fault a row, who caught it, what else it brought down."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("fault", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("breaks", overflow="fold")
    table.add_column("caught by", overflow="fold")
    table.add_column("also failed", justify="right")
    table.add_column("time", justify="right", no_wrap=True)
    for fault in matrix.faults:
        table.add_row(
            Text(fault.name),
            Text("caught", style="green") if fault.caught else Text("MISSED", style="bold red"),
            Text(fault.requirement, style="dim"),
            Text("\n".join(short_name(name) for name in fault.caught_by) or "nobody"),
            Text(str(len(fault.also_failed) or "·"), style="yellow" if fault.also_failed else "dim"),
            Text(duration_label(fault.duration_s), style="dim"),
        )
    return Group(
        table, Text(""), Text(matrix_headline(matrix), style="green" if matrix.proven else "bold red")
    )


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
