"""What was measured of all attempts of one kind, and the metrics of RFC 6076 from it.

A call and a registration are counted alike, so one class serves all kinds; which metric means something for
which kind is said beside it. A ratio with denominator 0 is None, which reads *undefined*; success and failure
are never mixed; rounds with 401 and 407 belong to the one attempt. `figures` owns one of these for each kind.
"""

from collections import defaultdict
from typing import ClassVar

from harness.load.figures.attempt import Attempt
from harness.load.figures.histogram import Histogram
from harness.load.figures.tally import Tally

EFFECTIVE = ("200", "480", "486", "600", "603")
"""RFC 6076 section 4.7: the call reached somebody, who took it or not."""
INEFFECTIVE = ("408", "500", "503", "504")
"""RFC 6076 section 4.8: the way to the far end failed."""
MOST_CHARACTERS = 120
"""Of a cause; those of scenarios are sentences."""
CHALLENGES = (401, 402, 407)
"""RFC 6076 section 4.2: these do not count as failures of a registration."""


class KindFigures(Tally):
    """The attempts of one kind."""

    SUMS: ClassVar[tuple[str, ...]] = (
        "attempts",
        "failed",
        "completed",
        "challenged",
        "retransmissions",
        "byes_unanswered",
        "registrations_failed",
    )
    COUNTS: ClassVar[tuple[str, ...]] = ("codes", "causes")
    HISTOGRAMS: ClassVar[tuple[str, ...]] = ("request_delay", "refusal_delay", "disconnect_delay", "duration")
    SORTED_HISTOGRAMS: ClassVar[tuple[str, ...]] = ("latency",)

    attempts: int
    failed: int
    """Not as wanted, whatever the status: `Attempt.failed`."""
    completed: int
    challenged: int
    retransmissions: int
    byes_unanswered: int
    """BYE of ours without a 2xx: Timer F expired, or refused. Not part of the disconnect delay."""
    registrations_failed: int
    """Ended in 4xx, 5xx or 6xx other than `CHALLENGES`, or in nothing: the numerator of IRA."""
    codes: defaultdict[str, int]
    """By final status; by cause where there was none."""
    causes: defaultdict[str, int]
    """Attempts that failed although no status tells why: no final response, or trouble after a 2xx."""
    request_delay: Histogram
    """Calls: SRD of calls answered 200. Registrations: RRD, to the 2xx."""
    refusal_delay: Histogram
    """Calls: SRD of calls refused with 4xx, 5xx or 6xx."""
    disconnect_delay: Histogram
    """SDD: from BYE to its 2xx."""
    duration: Histogram
    """SDT: from the 200 to the BYE, of completed calls."""
    latency: defaultdict[str, Histogram]
    """By final status or cause, from the *intended* start to the first response but 100 (the 2xx for
    registrations); to the end where none came. Without `Attempt.waited`, like all delays."""

    def add(self, attempt: Attempt) -> float:
        """Count `attempt`; returns its latency in seconds from its intended start."""
        self.attempts += 1
        status, code = attempt.status, attempt.code
        self.codes[code] += 1
        if attempt.cause:
            self._add_trouble(attempt, status)
        if attempt.challenged:
            self.challenged += 1
        if attempt.retransmissions:
            self.retransmissions += attempt.retransmissions
        if attempt.completed:
            self.completed += 1
        if attempt.answered is None:
            until = self._add_refused(attempt, status)
        else:
            until = self._add_answered(attempt, attempt.answered)
        waited = until - attempt.intended - attempt.waited
        self.latency[code].add(waited)
        return waited

    def _add_answered(self, attempt: Attempt, answered: float) -> float:
        if attempt.kind != "call" and attempt.kind != "answer":
            self.request_delay.add(answered - attempt.started - attempt.waited)
            return answered
        responded = attempt.first_response or answered
        self.request_delay.add(responded - attempt.started - attempt.waited)
        bye = attempt.bye_sent
        if bye is None:
            if attempt.completed:
                self.duration.add(attempt.ended - answered)
        else:
            if attempt.bye_answered is None:
                self.byes_unanswered += 1
            else:
                self.disconnect_delay.add(attempt.bye_answered - bye)
            if attempt.completed:
                self.duration.add(bye - answered)
        return responded

    def _add_refused(self, attempt: Attempt, status: int | None) -> float:
        if status is None or (status not in CHALLENGES and status >= 400):
            self.registrations_failed += 1
        responded = attempt.first_response
        if responded is None:
            return attempt.ended
        if status is not None and status >= 400 and status not in CHALLENGES:
            self.refusal_delay.add(responded - attempt.started - attempt.waited)
        return responded

    def _add_trouble(self, attempt: Attempt, status: int | None) -> None:
        if attempt.failed:
            self.failed += 1
        if status is None or status < 300:
            self.causes[attempt.cause[:MOST_CHARACTERS]] += 1

    @property
    def redirected(self) -> int:
        """Attempts answered 3xx."""
        return sum(count for code, count in self.codes.items() if len(code) == 3 and code[0] == "3")

    @property
    def session_establishment_ratio(self) -> float | None:
        """SER in percent (RFC 6076 section 4.6), of outgoing calls."""
        return _percent(self.codes.get("200", 0), self.attempts - self.redirected)

    @property
    def session_establishment_effectiveness_ratio(self) -> float | None:
        """SEER in percent (RFC 6076 section 4.7), of outgoing calls."""
        reached = sum(self.codes.get(code, 0) for code in EFFECTIVE)
        return _percent(reached, self.attempts - self.redirected)

    @property
    def ineffective_session_attempts(self) -> float | None:
        """ISA in percent (RFC 6076 section 4.8), of outgoing calls; only responses count, not timeouts."""
        return _percent(sum(self.codes.get(code, 0) for code in INEFFECTIVE), self.attempts)

    @property
    def session_completion_ratio(self) -> float | None:
        """SCR in percent (RFC 6076 section 4.9), of calls."""
        return _percent(self.completed, self.attempts)

    @property
    def ineffective_registration_attempts(self) -> float | None:
        """IRA in percent (RFC 6076 section 4.2), of registrations."""
        return _percent(self.registrations_failed, self.attempts)


def _percent(part: int, whole: int) -> float | None:
    return 100 * part / whole if whole else None
