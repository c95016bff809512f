"""Made-up certification runs over the real catalogue: as many failures and gaps as asked for."""

from collections.abc import Collection
from datetime import UTC, datetime

from harness.requirements import load_catalogue
from harness.results import (
    Certification,
    RunResult,
    ScenarioResult,
    Subject,
    Verdict,
    certify,
    make_run_result,
)
from tests.reports.run_factory import TARGET, make_finding, make_scenario

SUBJECT = Subject(vendor="Łódzka Telefonia", product="Example PBX", version="4.2")
HASH = "0123456789abcdef" * 4
MUST = tuple(each.id for each in load_catalogue().binding("pbx") if each.level == "MUST")
SHOULD = tuple(each.id for each in load_catalogue().binding("pbx") if each.level == "SHOULD")


def make_certified_run(
    *,
    failed: Collection[str] = (),
    inconclusive: Collection[str] = (),
    not_applicable: Collection[str] = (),
    left_out: Collection[str] = (),
    slower: float = 1.0,
) -> RunResult:
    """One scenario for each requirement of a PBX; `slower` stretches all durations."""
    verdicts = {
        **dict.fromkeys(failed, Verdict.FAIL),
        **dict.fromkeys(inconclusive, Verdict.INCONCLUSIVE),
        **dict.fromkeys(not_applicable, Verdict.NOT_APPLICABLE),
    }
    catalogue = load_catalogue()
    entries = catalogue.binding("pbx")
    scenarios: list[ScenarioResult] = []
    for entry in entries:
        verdict = verdicts.get(entry.id, Verdict.PASS)
        finding = make_finding(
            entry.id,
            level=entry.level,
            required=entry.words,
            source=entry.source,
            what_to_change=entry.advice,
        )
        name = f"{entry.topic}/test_{entry.id.partition('.')[2]}"
        if entry.id not in left_out:
            scenarios.append(
                make_scenario(
                    name,
                    verdict,
                    title=entry.title,
                    requirements=[entry.id],
                    findings=[finding] if verdict is Verdict.FAIL else [],
                    duration_s=0.4 * slower,
                )
            )
    return make_run_result(
        requirements=entries,
        scenarios=scenarios,
        target=TARGET.model_copy(update={"name": "Example PBX"}),
        started=datetime(2026, 1, 31, 12, tzinfo=UTC),
        duration_s=312.0,
        harness_version="0.1.0",
        catalogue_version=catalogue.version,
    )


def make_certification(run: RunResult, subject: Subject = SUBJECT) -> Certification:
    """The certification of a run whose results.json is not on disk."""
    return certify(run, subject, HASH)
