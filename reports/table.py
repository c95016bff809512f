"""A run as a table for the terminal: topics by verdict, what needs attention in a line each, where the report
is.

For people at a prompt; the whole evidence is in the page that `html` makes.
"""

from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from harness.results import RunResult, ScenarioResult, Verdict, count_verdicts, worst_first
from reports.html import duration_label
from reports.report_view import ADJECTIVES, ATTENTION, counted, headline

STYLES = {
    Verdict.PASS: "green",
    Verdict.FAIL: "bold red",
    Verdict.INCONCLUSIVE: "yellow",
    Verdict.ERROR: "bold magenta",
    Verdict.NOT_APPLICABLE: "dim",
    Verdict.NOT_COVERED: "dim",
}
_COLUMNS = (Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.ERROR, Verdict.NOT_APPLICABLE)


def print_summary(result: RunResult, console: Console, report: Path | None = None) -> None:
    """Print the summary of `result`, and where its `report` lies."""
    console.print(render_summary(result, report))


def render_summary(result: RunResult, report: Path | None = None) -> RenderableType:
    """What `print_summary` prints."""
    parts: list[RenderableType] = [_topic_table(result)]
    attention = sorted(
        (scenario for scenario in result.scenarios if scenario.verdict in ATTENTION),
        key=lambda scenario: worst_first(scenario.verdict),
    )
    if attention:
        parts += [Text(""), _attention_table(attention)]
    left_out = [each for each in result.scenarios if each.verdict is Verdict.NOT_APPLICABLE]
    if left_out:
        parts += [Text(""), _left_out_table(left_out)]
    parts += [Text(""), _closing(result)]
    if report is not None:
        parts.append(Text.assemble(("report  ", "dim"), str(report), overflow="fold"))
    return Group(*parts)


def _topic_table(result: RunResult) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", show_footer=True, footer_style="bold")
    everything = count_verdicts(scenario.verdict for scenario in result.scenarios)
    table.add_column("scenarios", footer="total")
    for verdict in _COLUMNS:
        table.add_column(ADJECTIVES[verdict], justify="right", footer=_count(verdict, everything[verdict]))
    for topic in dict.fromkeys(scenario.topic for scenario in result.scenarios):
        counts = count_verdicts(scenario.verdict for scenario in result.scenarios if scenario.topic == topic)
        table.add_row(Text(topic), *(_count(verdict, counts[verdict]) for verdict in _COLUMNS))
    return table


def _count(verdict: Verdict, number: int) -> Text:
    return Text(str(number), style=STYLES[verdict]) if number else Text("·", style="dim")


def _attention_table(scenarios: list[ScenarioResult]) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for alike in _grouped(scenarios):
        first = alike[0]
        rules = ", ".join(dict.fromkeys(finding.requirement for finding in first.findings))
        names = "\n".join(printable(scenario.name) for scenario in alike)
        words = Text.assemble((names, "bold"), "\n", printable(reason_line(first)))
        if rules:
            words.append(f"\n{printable(rules)}", style="dim")
        table.add_row(Text(ADJECTIVES[first.verdict], style=STYLES[first.verdict]), words)
    return table


def _grouped(scenarios: list[ScenarioResult]) -> list[list[ScenarioResult]]:
    """Scenarios without findings that give the same reason stand together; each failure stands alone."""
    groups: dict[tuple[str, ...], list[ScenarioResult]] = {}
    for scenario in scenarios:
        alone = (scenario.name,) if scenario.findings else ()
        groups.setdefault((scenario.verdict, reason_line(scenario), *alone), []).append(scenario)
    return list(groups.values())


def _left_out_table(scenarios: list[ScenarioResult]) -> Table:
    """Why scenarios were not applicable: a line for each reason."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for alike in _grouped(scenarios):
        words = f"{counted(len(alike), 'scenario')}: {printable(reason_line(alike[0]))}"
        table.add_row(Text(ADJECTIVES[Verdict.NOT_APPLICABLE], style="dim"), Text(words, style="dim"))
    return table


def reason_line(scenario: ScenarioResult) -> str:
    """Why `scenario` did not pass, on one line of at most 200 characters."""
    said = scenario.reason or (scenario.findings[0].seen if scenario.findings else scenario.title)
    line = " ".join(said.split())
    return line if len(line) <= 200 else f"{line[:199]}…"


def _closing(result: RunResult) -> Text:
    size = f"{counted(len(result.scenarios), 'scenario')}, {duration_label(result.duration_s)}"
    words = f"{headline(result)}  ({size})"
    return Text.assemble((ADJECTIVES[result.verdict].upper(), STYLES[result.verdict]), "  ", words)


def printable(text: str) -> str:
    """`text` without what moves the cursor or changes colours: a target must not paint our screen."""
    return "".join(character if character.isprintable() else f"\\x{ord(character):02x}" for character in text)
