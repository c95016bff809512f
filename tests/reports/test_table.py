"""The summary in the terminal."""

from pathlib import Path

from rich.console import Console

from harness.results import RunResult, Verdict
from reports.table import print_summary, reason_line
from tests.reports.run_factory import NASTY, make_finding, make_mixed_run, make_run, make_scenario


def printed(result: RunResult, report: Path | None = None, *, width: int = 120) -> str:
    console = Console(width=width, force_terminal=False)
    with console.capture() as capture:
        print_summary(result, console, report)
    return capture.get()


def test_topics_failures_and_the_reports_place_are_told() -> None:
    text = printed(make_mixed_run(), Path("out/2026/report.html"))
    assert "registration" in text
    assert "authentication/test_scenario_number_11_does_what_it_should" in text
    assert "numbering.national-refused" in text
    assert text.rstrip().endswith("report  out/2026/report.html")


def test_a_run_without_trouble_lists_none() -> None:
    text = printed(make_run([make_scenario("call/test_it")]))
    assert "PASSED  The one requirement that was judged is met  (1 scenario, " in text
    assert "call/test_it" not in text


def test_a_target_cannot_paint_the_terminal() -> None:
    scenario = make_scenario("call/test_it", Verdict.FAIL, reason=f"[red]{NASTY}", findings=[])
    text = printed(make_run([scenario]), width=300)
    assert "\x1b" not in text
    assert "[red]<script>" in text


def test_a_reason_is_one_line_and_falls_back_to_the_finding() -> None:
    scenario = make_scenario(
        "call/test_it", Verdict.FAIL, reason="", findings=[make_finding(seen="a\nb " + "x" * 300)]
    )
    assert reason_line(scenario).startswith("a b xxx")
    assert len(reason_line(scenario)) == 200


def test_scenarios_that_give_the_same_reason_stand_together() -> None:
    reason = "could not get as far as a registered phone"
    lost = [make_scenario(f"call/test_{n}", Verdict.INCONCLUSIVE, reason=reason, findings=[]) for n in (1, 2)]
    text = printed(make_run(lost))
    assert text.count(reason) == 1
    assert "call/test_1" in text
    assert "call/test_2" in text


def test_what_was_not_applicable_is_told_with_its_reason() -> None:
    reason = "target.toml has no second active profile"
    left = [
        make_scenario(f"call/test_{n}", Verdict.NOT_APPLICABLE, reason=reason, findings=[]) for n in (1, 2)
    ]
    text = printed(make_run([*left, make_scenario("call/test_3")]))
    assert f"not applicable  2 scenarios: {reason}" in " ".join(text.split("\n"))
