"""A load run in the terminal."""

from pathlib import Path

from rich.console import Console

from harness.results import LoadResult, LoadVerdict
from reports.load_table import print_load_summary
from tests.reports.load_factory import make_load, make_search


def printed(result: LoadResult, report: Path | None = None, *, width: int = 120) -> str:
    console = Console(width=width, force_terminal=False)
    with console.capture() as capture:
        print_load_summary(result, console, report)
    return capture.get()


def test_figures_and_the_reports_place_are_told() -> None:
    text = printed(make_load(), Path("out/load/report.html"))
    assert "PASSED  The target took all that was asked: 2,112 attempts" in text
    assert "99.43 %" in text
    assert "undefined" in text
    assert "MOS  mean 4.38, lowest 3.61" in text
    assert text.rstrip().endswith("report  out/load/report.html")


def test_a_void_run_tells_what_to_change() -> None:
    text = printed(make_load(LoadVerdict.VOID))
    assert "VOID" in text
    assert "sysctl -w net.core.rmem_max=8388608" in text


def test_a_search_prints_the_fields_of_the_rfc() -> None:
    """RFC 7502 section 5."""
    text = printed(make_load(search=make_search()))
    assert "Session Establishment Rate" in text
    assert "180 per second" in text


def test_it_can_be_read_in_a_narrow_terminal() -> None:
    assert max(len(line) for line in printed(make_load(search=make_search()), width=80).splitlines()) <= 80


def test_a_target_cannot_paint_the_terminal() -> None:
    run = make_load()
    row = run.latencies[0].model_copy(update={"code": "[red]\x1b[31m"})
    text = printed(run.model_copy(update={"latencies": [row]}))
    assert "\x1b" not in text
    assert "[red]" in text
