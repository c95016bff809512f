"""From what a scenario raised to its verdict: whose fault it was, and the finding.

Pure but for the trace it looks the deciding packet up in. The hooks that catch the exception are
`scenario_run`'s.
"""

from dataclasses import dataclass

import pytest

from harness.capture.trace import Trace, TracedPacket
from harness.checks.breach import Breach, Inconclusive, NotApplicable, RequirementBroken
from harness.checks.expect import sentence_of
from harness.drivers.errors import TargetUnreachable, WaitTimeout
from harness.pytest_plugin.control import ControlError
from harness.requirements import Catalogue
from harness.results import Finding, Verdict
from harness.sip.errors import LocalError, ParseError
from harness.sip.message import Message

EVIDENCE_LIMIT = 8000  # characters of a message kept as evidence

_OBSTACLES: tuple[tuple[type[Exception], str], ...] = (
    (TargetUnreachable, "the scenario could not go on"),
    (ControlError, "the control API did not do it"),
    (ParseError, "what came can't be read"),
    (LocalError, "the scenario could not go on"),
)
"""What keeps a scenario from its point, and how a reason begins."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A verdict and its reason."""

    verdict: Verdict
    reason: str = ""
    breach: Breach | None = None
    """Set when the verdict is fail."""


def judge(error: BaseException | None, requirements: list[str]) -> Outcome:
    """What the exception that ended a scenario says; None: it passed.

    An assertion without a requirement of its own counts for the first one that the scenario names.
    """
    first = requirements[0] if requirements else "unknown.unknown"
    match error:
        case None:
            return Outcome(Verdict.PASS)
        case RequirementBroken():
            return Outcome(Verdict.FAIL, error.breach.seen, error.breach)
        case NotApplicable() | pytest.skip.Exception():
            return Outcome(Verdict.NOT_APPLICABLE, sentence_of(error))
        case Inconclusive():
            return Outcome(Verdict.INCONCLUSIVE, sentence_of(error))
        case WaitTimeout() | AssertionError():
            seen = sentence_of(error) or "the expectation did not hold"
            return Outcome(Verdict.FAIL, seen, Breach(first, seen))
        case KeyboardInterrupt():
            return Outcome(Verdict.INCONCLUSIVE, "interrupted by the user")
        case _:
            for kind, words in _OBSTACLES:
                if isinstance(error, kind):
                    return Outcome(Verdict.INCONCLUSIVE, f"{words}: {sentence_of(error)}")
            return Outcome(Verdict.ERROR, f"fault in the harness or the scenario: {error!r}")


def finding_of(breach: Breach, catalogue: Catalogue, packets: Trace, how_to_see: str) -> Finding:
    """The breach with the catalogue's words, and the packet that decided it."""
    traced = _deciding_packet(breach.message, packets)
    evidence = _text(breach.message)
    requirement = catalogue.get(breach.requirement) if breach.requirement in catalogue else None
    return Finding(
        requirement=breach.requirement,
        level=requirement.level if requirement else "MUST",
        seen=breach.seen,
        required=requirement.words if requirement else "",
        source=requirement.source if requirement else "",
        packet=traced.number if traced else None,
        time=traced.time if traced else None,
        call_id=breach.message.headers.get("Call-ID") if breach.message is not None else None,
        how_to_see=how_to_see,
        what_to_change=requirement.advice if requirement else "",
        evidence=evidence,
        marked_line=_marked_line(evidence, breach.line),
    )


def _deciding_packet(message: Message | None, packets: Trace) -> TracedPacket | None:
    if message is None:
        return None
    data = bytes(message)
    found = [traced for traced in packets if traced.kind == "sip" and traced.packet.data == data]
    return found[-1] if found else None


def _text(message: Message | None) -> str:
    if message is None:
        return ""
    return bytes(message).decode("utf-8", "backslashreplace").replace("\r\n", "\n")[:EVIDENCE_LIMIT]


def _marked_line(evidence: str, line: str | None) -> str | None:
    """The evidence's line that begins with the header field's name (or the SDP line's beginning)."""
    lines = evidence.splitlines()
    if line is None or not lines:
        return None
    if line == "start":
        return lines[0]
    wanted = line.lower()
    names = (wanted + ":", wanted + " :", wanted) if not wanted.endswith("=") else (wanted,)
    return next((each for each in lines[1:] if each.lower().startswith(names)), None)
