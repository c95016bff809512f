"""What a load looks like in a terminal while it goes on: our figures, once a second.

Fed with events; starts and judges nothing. The table at the end is the work of `reports`.
"""

from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.live import Live
from rich.table import Table

from harness.load.load_settings import LoadSettings


class LoadView:
    """The progress of one load: a table that is renewed on a terminal, nothing elsewhere."""

    def __init__(self, console: Console, settings: LoadSettings) -> None:
        self._console = console
        self._title = settings.in_words()
        self._live = (
            Live(console=console, transient=True, auto_refresh=False) if console.is_terminal else None
        )

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
            self._live.update(self._table({}), refresh=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def show(self, event: dict[str, Any]) -> None:
        """One event of the load process."""
        match event["event"]:
            case "progress":
                if self._live is not None:
                    self._live.update(self._table(event), refresh=True)
            case "step":
                self._console.print(event["message"], highlight=False, markup=False)
            case "web":
                self._console.print(f"Locust's web UI: {event['url']}  our figures: {event['url']}/sip")

    def _table(self, event: dict[str, Any]) -> Table:
        table = Table(title=self._title, title_justify="left", show_header=False, box=None, padding=(0, 2))
        if not event:
            table.add_row("starting")
            return table
        table.add_row("time", f"{event['seconds']:.0f} of {event['of']:.0f} s and the last calls")
        table.add_row("attempts", f"{event['attempts']:,}  ({event['rate']:,.1f} a second)")
        table.add_row("failed", f"{event['failed']:,}", style="bold red" if event["failed"] else "")
        table.add_row("calls up", f"{event['concurrent']:,}")
        table.add_row("retransmissions", f"{event['retransmissions']:,}")
        if event["srd_p99_ms"] is not None:
            table.add_row("first response, 99 %", f"{event['srd_p99_ms']:g} ms")
        if event["mos_lowest"] is not None:
            table.add_row("lowest MOS", f"{event['mos_lowest']:.2f}")
        if event["workers"] > 1 or event["lost"]:
            table.add_row("workers", f"{event['workers']}, lost {event['lost']}")
        return table
