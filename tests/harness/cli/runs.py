"""Small runs for the tests of the command line."""

from datetime import UTC, datetime

from harness.requirements import load_catalogue
from harness.results import Finding, RunResult, ScenarioResult, TargetInfo, Verdict, make_run_result


def scenario(
    name: str, verdict: Verdict, *, requirements: list[str], findings: list[Finding] | None = None
) -> ScenarioResult:
    """One judged scenario."""
    return ScenarioResult(
        name=name,
        title="A title.",
        topic=name.partition("/")[0],
        requirements=requirements,
        verdict=verdict,
        duration_s=0.1,
        findings=findings or [],
    )


def run_of(*scenarios: ScenarioResult) -> RunResult:
    """A run of these scenarios."""
    return make_run_result(
        requirements=load_catalogue().binding("trunk"),
        scenarios=scenarios,
        target=TargetInfo(name="t", address="127.0.0.1:5060", transport="udp", domain="sip.skype.com"),
        started=datetime(2026, 1, 1, tzinfo=UTC),
        duration_s=1.0,
        harness_version="0",
        catalogue_version="0",
    )
