"""What a run found, as data: verdicts, findings, ladders, and the file they are kept in."""

from harness.results.fault_matrix import FaultMatrix, FaultResult
from harness.results.requirement_verdicts import judge_requirements, make_run_result, requirement_verdicts
from harness.results.results_file import (
    ResultsError,
    load_fault_matrix,
    load_results,
    results_schema,
    save_fault_matrix,
    save_results,
)
from harness.results.run_result import (
    Finding,
    LadderStep,
    Level,
    RequirementResult,
    RunResult,
    ScenarioResult,
    TargetInfo,
)
from harness.results.totals import Totals, count_verdicts
from harness.results.verdict import JUDGED, Verdict, merge, worst_first

__all__ = [
    "JUDGED",
    "FaultMatrix",
    "FaultResult",
    "Finding",
    "LadderStep",
    "Level",
    "RequirementResult",
    "ResultsError",
    "RunResult",
    "ScenarioResult",
    "TargetInfo",
    "Totals",
    "Verdict",
    "count_verdicts",
    "judge_requirements",
    "load_fault_matrix",
    "load_results",
    "make_run_result",
    "merge",
    "requirement_verdicts",
    "results_schema",
    "save_fault_matrix",
    "save_results",
    "worst_first",
]
