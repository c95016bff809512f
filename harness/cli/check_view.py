"""What `harness check` shows in a terminal: a table a capture, the broken ones with message and advice.

Texts come from captures, so whatever is not printable is shown as an escape. Judging is done before.
"""

import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.status import Status
from rich.table import Table
from rich.text import Text

from harness.cli.check_result import JudgedCapture, JudgedRequirement

PATIENCE = 2.0  # seconds before a word is said about slow work
STYLES = {"pass": "green", "fail": "bold red", "not observed": "dim"}
MARK = "▶ "
LINE_LIMIT = 100  # characters of the deciding line in the table; the message below has all of it


class Waiting:
    """Says what takes so long, once it takes more than two seconds; on the standard error."""

    def __init__(self, what: str) -> None:
        console = Console(stderr=True)
        self._status = Status(f"{what} …", console=console)
        self._terminal = console.is_terminal
        self._what = what
        self._timer = threading.Timer(PATIENCE, self._tell)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._timer.cancel()
        self._timer.join()
        self._status.stop()

    def _tell(self) -> None:
        if self._terminal:
            self._status.start()
        else:
            print(f"{self._what} ...", file=sys.stderr, flush=True)


def print_capture(capture: JudgedCapture, console: Console) -> None:
    """One capture: what was inferred, the table, what is broken."""
    told = f"{capture.packets} packets, {capture.sip_messages} SIP messages between PBX and trunk"
    console.print(Text.assemble((printable(capture.file), "bold"), f"  {told}"), soft_wrap=True)
    if capture.product:
        console.print(Text(f"  PBX: {printable(capture.product)}", style="dim"), soft_wrap=True)
    for note in capture.inferred:
        console.print(Text(f"  inferred: {printable(note)}", style="dim"), soft_wrap=True)
    if capture.problem:
        console.print(Text(f"  {capture.problem}", style="yellow"), soft_wrap=True)
    console.print(_table(capture.requirements))
    for each in capture.requirements:
        if each.verdict == "fail":
            _print_failure(each, console)
    console.print()


def print_closing(captures: list[JudgedCapture], page: Path | None, console: Console) -> None:
    """The counts in one line, and where the report lies."""
    verdicts = [each for capture in captures for each in capture.requirements]
    broken = [each for each in verdicts if each.verdict == "fail"]
    musts = sum(each.level == "MUST" for each in broken)
    passed = sum(each.verdict == "pass" for each in verdicts)
    unseen = len(verdicts) - len(broken) - passed
    words = f"{passed} passed, {len(broken)} failed ({musts} of them MUST), {unseen} not observed"
    console.print(words, style="bold red" if musts else "bold", highlight=False)
    if page is not None:
        console.print(Text.assemble(("report  ", "dim"), str(page), overflow="fold"), soft_wrap=True)


def _table(requirements: list[JudgedRequirement]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("verdict", "level"):
        table.add_column(name, no_wrap=True)
    for name in ("frame", "time"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("requirement and what was seen", overflow="fold")
    for each in requirements:
        style = STYLES[each.verdict]
        failed = each.verdict == "fail"
        words: list[RenderableType] = [
            Text(each.id, style=style if failed else ""),
            _indented(Text(printable(each.seen))),
        ]
        if each.line is not None and failed:
            words.append(_indented(Text(f"{MARK}{_cropped(printable(each.line.strip()))}", style="red")))
        frame = "" if each.frame is None else str(each.frame)
        time = "" if each.time is None else f"{each.time:.3f}"
        table.add_row(Text(each.verdict, style=style), each.level, frame, time, Group(*words))
    return table


def _indented(text: Text) -> Padding:
    """All its lines, also those that the terminal's width makes."""
    text.overflow = "fold"
    return Padding(text, (0, 0, 0, 2))


def _cropped(line: str) -> str:
    return line if len(line) <= LINE_LIMIT else f"{line[: LINE_LIMIT - 1]}…"


def _print_failure(each: JudgedRequirement, console: Console) -> None:
    console.print()
    console.print(Text.assemble(("fail ", "bold red"), (each.id, "bold"), f" ({each.level})  {each.title}"))
    console.print(Text(f"  seen      {printable(each.seen)}"), soft_wrap=True)
    console.print(Text(f"  required  “{each.required}” ({each.source})"), soft_wrap=True)
    console.print(Text(f"  change    {each.what_to_change}"), soft_wrap=True)
    if each.frame is None:
        return
    console.print(Text(f"  frame {each.frame}, {each.time:.3f} s after the first packet:", style="dim"))
    wanted = each.line
    for line in each.message.splitlines():
        marked = wanted is not None and line == wanted
        wanted = None if marked else wanted
        mark, style = (MARK, "bold red") if marked else ("  ", "dim")
        console.print(Text(f"  {mark}{printable(line)}", style=style), soft_wrap=True)


def printable(text: str) -> str:
    """`text` without what moves the cursor or changes colours: a capture must not paint our screen."""
    return "".join(each if each.isprintable() else f"\\x{ord(each):02x}" for each in text)
