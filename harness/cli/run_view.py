"""What a run looks like in a terminal while it goes on: a bar, and failures as they come.

Fed with events; starts and judges nothing. The table at the end is the work of `reports`.
"""

from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from harness.results import Verdict

STYLES = {
    Verdict.PASS: "green",
    Verdict.INCONCLUSIVE: "yellow",
    Verdict.FAIL: "bold red",
    Verdict.ERROR: "bold magenta",
    Verdict.NOT_APPLICABLE: "dim",
}
SHOWN = (Verdict.FAIL, Verdict.ERROR, Verdict.INCONCLUSIVE)


class RunView:
    """The progress of one run; on a terminal only, failures everywhere."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress = Progress(
            TextColumn("[bold]{task.description:<46.46}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._progress.add_task("starting", total=None)
        self.unreachable: str | None = None
        """Why the target could not be reached, when it said so."""

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._progress.stop()

    def show(self, event: dict[str, Any]) -> None:
        """One event of the scenario process."""
        match event["event"]:
            case "start":
                self._progress.update(self._task, total=event["total"], description="probing the target")
            case "scenario":
                self._progress.update(self._task, advance=1, description=event["name"])
                self._tell_verdict(event)
            case "note":
                self._progress.update(self._task, description=event["message"])
            case "unreachable":
                self.unreachable = event["message"]

    def _tell_verdict(self, event: dict[str, Any]) -> None:
        verdict = Verdict(event["verdict"])
        if verdict in SHOWN:
            style = STYLES[verdict]
            reason = "".join(each if each.isprintable() else "?" for each in event["reason"])
            line = f"[{style}]{verdict.words}[/{style}] {escape(event['name'])}: {escape(reason)}"
            self._console.print(line, highlight=False, soft_wrap=True)
