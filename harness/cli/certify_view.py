"""What a certification looks like in a terminal: the scenario that runs, its ladder as it grows, verdicts.

Fed with the events of the scenario process; judges nothing. Questions to people are `certify_operator`'s.
"""

from collections import deque
from types import TracebackType
from typing import Any, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from harness.cli.run_view import STYLES
from harness.results import Verdict

LADDER_LINES = 12
WIDTH = 46
REFRESHES = 8
"""A second."""


class CertifyView:
    """The progress of one certification; on a terminal live, elsewhere a line for what did not pass."""

    def __init__(self, console: Console, title: str) -> None:
        self._console = console
        self._title = title
        self._total = self._done = 0
        self._now = ""
        self._requirement = ""
        self._prompt = ""
        self._ladder: deque[tuple[str, bool]] = deque(maxlen=LADDER_LINES)
        self._live = Live(
            console=console,
            get_renderable=self._shown,
            refresh_per_second=REFRESHES,
            transient=True,
            auto_refresh=console.is_terminal,
        )

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._live.stop()

    def show(self, event: dict[str, Any]) -> None:
        """One event of the scenario process."""
        match event["event"]:
            case "start":
                self._total = event["total"]
            case "begin":
                self._now = event["title"]
                self._requirement = ", ".join(event["requirements"])
                self._ladder.clear()
            case "message":
                self._ladder.append((event["label"], event["sent"]))
            case "scenario":
                self._done += 1
                self._tell_verdict(event)

    def prompt(self, text: str) -> None:
        """Shows a question below everything; an empty one takes it away."""
        self._prompt = text

    def _tell_verdict(self, event: dict[str, Any]) -> None:
        verdict = Verdict(event["verdict"])
        if verdict is Verdict.PASS and not self._console.is_terminal:
            return
        style = STYLES[verdict]
        line = Text.assemble((f"{verdict.words:<14}", style), f" {', '.join(event['requirements'])}")
        if event["reason"]:
            reason = "".join(each if each.isprintable() else "?" for each in event["reason"])
            line.append(f": {reason}", "dim" if verdict is Verdict.NOT_APPLICABLE else "")
        self._console.print(line, soft_wrap=True, highlight=False)

    def _shown(self) -> RenderableType:
        lines: list[RenderableType] = [
            Text(""),
            Text.assemble(
                (f"{self._title}  ", "bold"), f"{self._done}/{self._total}", ("  PBX ⇄ trunk", "dim")
            ),
            Text.assemble((self._requirement, "cyan"), f"  {self._now}"),
        ]
        for label, sent_by_trunk in self._ladder:
            text = label if len(label) <= WIDTH else label[: WIDTH - 1] + "…"
            arrow = f"◀── {text:<{WIDTH}}    " if sent_by_trunk else f"    {text:<{WIDTH}} ──▶"
            lines.append(Text(f"  {arrow}", style="magenta" if sent_by_trunk else "green"))
        if self._prompt:
            lines += [Text(""), Text(self._prompt, style="bold reverse")]
        return Group(*lines)
