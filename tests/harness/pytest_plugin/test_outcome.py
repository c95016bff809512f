"""What an exception says about a scenario: whose fault it was, and the finding."""

import pytest

from harness.capture.trace import Trace
from harness.checks.breach import Breach, Inconclusive, NotApplicable, RequirementBroken
from harness.drivers.errors import TargetUnreachable, WaitTimeout
from harness.pytest_plugin.control import ControlError
from harness.pytest_plugin.outcome import finding_of, judge
from harness.requirements import load_catalogue
from harness.results import Verdict
from harness.sip.hop import Hop, Packet
from tests.harness.checks.messages import response

PHONE, TRUNK = Hop("udp", "127.0.0.1", 5070), Hop("udp", "127.0.0.1", 5060)
IDS = ["call.busy", "call.rejected"]


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (None, Verdict.PASS),
        (RequirementBroken(Breach("call.busy", "x")), Verdict.FAIL),
        (AssertionError("x"), Verdict.FAIL),
        (WaitTimeout("486", 1), Verdict.FAIL),
        (Inconclusive("x"), Verdict.INCONCLUSIVE),
        (TargetUnreachable(TRUNK, "refused"), Verdict.INCONCLUSIVE),
        (NotApplicable("x"), Verdict.NOT_APPLICABLE),
        (ControlError("GET", "http://x", "refused"), Verdict.INCONCLUSIVE),
        (ZeroDivisionError("x"), Verdict.ERROR),
    ],
)
def test_each_exception_has_its_verdict(error: BaseException | None, verdict: Verdict) -> None:
    assert judge(error, IDS).verdict is verdict


def test_an_assertion_counts_for_the_first_requirement() -> None:
    breach = judge(AssertionError("it was 200"), IDS).breach
    assert breach is not None
    assert (breach.requirement, breach.seen) == ("call.busy", "it was 200")


def test_a_finding_has_the_catalogues_words_and_the_deciding_packet() -> None:
    answer = response(200)
    trace = Trace()
    trace.append(1.0, Packet(b"other", PHONE, TRUNK), "other")
    trace.append(2.5, Packet(bytes(answer), TRUNK, PHONE), "sip")
    breach = Breach("call.busy", "it was answered with 200", answer, "Call-ID")
    finding = finding_of(breach, load_catalogue(), trace, "harness run -k busy")
    entry = load_catalogue().get("call.busy")
    assert (finding.packet, finding.time, finding.call_id) == (2, 2.5, "a@b")
    assert (finding.required, finding.what_to_change) == (entry.words, entry.advice)
    assert finding.marked_line == "Call-ID: a@b"
    assert finding.how_to_see == "harness run -k busy"


def test_the_start_line_can_be_the_marked_one() -> None:
    breach = Breach("call.busy", "x", response(200), "start")
    assert finding_of(breach, load_catalogue(), Trace(), "").marked_line == "SIP/2.0 200 OK"


def test_a_finding_without_a_message_has_no_packet() -> None:
    finding = finding_of(Breach("call.busy", "nothing came"), load_catalogue(), Trace(), "")
    assert (finding.packet, finding.evidence, finding.marked_line) == (None, "", None)
