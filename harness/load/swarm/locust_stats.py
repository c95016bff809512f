"""Our figures in Locust's own statistics, a batch about once a second instead of an event for each attempt.

Imports Locust. Counts, failures and the largest time are exact; the smallest and the mean are less than 1 %
off, percentiles too and then by Locust's rounding to two digits; the rates per second are attributed to the
second in which the batch came. One entry for each kind of attempt and outcome, so that success and
failure are never mixed.
"""

import time
from collections.abc import Iterator

from locust.stats import RequestStats, StatsEntry, StatsError, bucket_response_time

from harness.load.figures.attempt import DELIBERATE
from harness.load.figures.figures import Figures
from harness.load.figures.histogram import Histogram
from harness.load.figures.kind_figures import KindFigures
from harness.sip.reason_phrases import REASON_PHRASES

METHODS = {
    "call": "INVITE",
    "answer": "INVITE in",
    "register": "REGISTER",
    "refresh": "REGISTER",
    "unregister": "REGISTER",
    "options": "OPTIONS",
    "scenario": "SCENARIO",
}
NAMES = {"refresh": "refresh ", "unregister": "removal "}
"""What stands before the outcome where the method does not tell the kind."""


def add_batch(stats: RequestStats, figures: Figures, now: float | None = None) -> None:
    """Adds new figures to Locust's; `now` is the second they are counted in, as time.time."""
    moment = time.time() if now is None else now
    for kind_name, kind in figures.kinds.items():
        if kind_name == "scenario":
            continue  # its users report each task to Locust themselves
        for code, spread in kind.latency.items():
            failed = spread.count if _is_failure(code) else 0
            _extend(stats, kind_name, code, spread, failed, moment)
        for after, cause, count in _troubles(kind):
            if after is not None:
                _add_failures(stats, kind_name, after, count, moment)
            _add_error(stats, kind_name, cause, count, moment)


def _extend(stats: RequestStats, kind: str, code: str, spread: Histogram, failed: int, moment: float) -> None:
    new = StatsEntry(stats, _name(kind, code), METHODS[kind])
    count = spread.count
    if not count:
        return
    new.num_requests, new.num_failures = count, failed
    new.total_response_time = round((spread.mean or 0.0) * count * 1000)
    new.max_response_time = round(spread.largest * 1000)
    for seconds, number in spread.buckets():
        if new.min_response_time is None:
            new.min_response_time = round(seconds * 1000)
        new.response_times[bucket_response_time(seconds * 1000)] += number
    _add(stats, new, moment)


def _add_failures(stats: RequestStats, kind: str, code: str, count: int, moment: float) -> None:
    new = StatsEntry(stats, _name(kind, code), METHODS[kind])
    new.num_failures = count
    _add(stats, new, moment)


def _add(stats: RequestStats, new: StatsEntry, moment: float) -> None:
    new.start_time = new.last_request_timestamp = moment
    if new.num_requests:
        new.num_reqs_per_sec[int(moment)] = new.num_requests
    if new.num_failures:
        new.num_fail_per_sec[int(moment)] = new.num_failures
    stats.entries[new.name, new.method].extend(new)
    stats.total.extend(new)


def _troubles(kind: KindFigures) -> Iterator[tuple[str | None, str, int]]:
    """Failures for Locust's list: those by status, and those after a 2xx, which count for its entry."""
    for code, count in kind.codes.items():
        if _is_failure(code):
            yield None, _words(code), count
    after = next((code for code in kind.codes if code.startswith("2")), None)
    for cause, count in kind.causes.items():
        if cause not in kind.codes and after is not None:
            yield after, cause, count


def _add_error(stats: RequestStats, kind: str, cause: str, count: int, moment: float) -> None:
    method, name = METHODS[kind], NAMES.get(kind, "") + "failed"
    key = StatsError.create_key(method, name, cause)
    error = stats.errors.setdefault(key, StatsError(method, name, cause))
    error.occurrences += count
    error.first_seen = error.first_seen or moment
    error.last_seen = moment


def _is_failure(code: str) -> bool:
    return not code.startswith("2") and code not in DELIBERATE


def _name(kind: str, code: str) -> str:
    return NAMES.get(kind, "") + _words(code)


def _words(code: str) -> str:
    phrase = REASON_PHRASES.get(int(code), "") if code.isdecimal() else ""
    return f"{code} {phrase}".strip()
