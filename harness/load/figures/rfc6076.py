"""The metrics of RFC 6076 as results keep them: name, formula in words, value and spread.

The values come from `kind_figures`; this table says what each is, for people who read a report.
"""

from harness.load.figures.figures import Figures
from harness.load.figures.histogram import Histogram
from harness.results import Metric


def metrics_of(figures: Figures) -> list[Metric]:
    """Every metric, in the RFC's order; those that have no denominator are undefined."""
    calls, registrations = figures.calls, figures.registrations
    return [
        _duration(
            ("RRD", "Registration Request Delay", "4.1"),
            "from the first REGISTER to its final 2xx, the round with 401 included",
            registrations.request_delay,
        ),
        _ratio(
            ("IRA", "Ineffective Registration Attempts", "4.2"),
            "failed registrations (4xx but 401, 402, 407; 5xx; 6xx; Timer F) / all registrations x 100",
            registrations.ineffective_registration_attempts,
            registrations.attempts,
        ),
        *_session_delays(figures),
        _ratio(
            ("SER", "Session Establishment Ratio", "4.6"),
            "INVITEs answered 200 / (all INVITEs - those answered 3xx) x 100",
            calls.session_establishment_ratio,
            calls.attempts - calls.redirected,
        ),
        _ratio(
            ("SEER", "Session Establishment Effectiveness Ratio", "4.7"),
            "INVITEs answered 200, 480, 486, 600 or 603 / (all INVITEs - those answered 3xx) x 100",
            calls.session_establishment_effectiveness_ratio,
            calls.attempts - calls.redirected,
        ),
        _ratio(
            ("ISA", "Ineffective Session Attempts", "4.8"),
            "INVITEs answered 408, 500, 503 or 504 / all INVITEs x 100",
            calls.ineffective_session_attempts,
            calls.attempts,
        ),
        _ratio(
            ("SCR", "Session Completion Ratio", "4.9"),
            "calls answered, held as long as wanted and ended properly / all INVITEs x 100",
            calls.session_completion_ratio,
            calls.attempts,
        ),
    ]


def _session_delays(figures: Figures) -> list[Metric]:
    calls = figures.calls
    return [
        _duration(
            ("SRD", "Session Request Delay of answered calls", "4.3.1"),
            "from the first INVITE to the first response but 100 (ringing, or else the answer)",
            calls.request_delay,
        ),
        _duration(
            ("SRD failed", "Session Request Delay of refused calls", "4.3.2"),
            "from the first INVITE to the first response but 100, of calls refused with 4xx, 5xx or 6xx",
            calls.refusal_delay,
        ),
        _duration(
            ("SDD", "Session Disconnect Delay", "4.4"),
            "from the BYE to its 2xx; BYEs without a 2xx are counted apart",
            calls.disconnect_delay,
        ),
        Metric(
            name="SDD failed",
            title="BYEs without a 2xx",
            section="4.4",
            formula="BYEs of ours that were refused or, by Timer F, never answered",
            unit="count",
            value=float(calls.byes_unanswered),
            count=calls.byes_unanswered + calls.disconnect_delay.count,
        ),
        _duration(
            ("SDT", "Session Duration Time of completed calls", "4.5"),
            "from the 200 to the INVITE to the BYE",
            calls.duration,
            unit_s=True,
        ),
    ]


def _ratio(name: tuple[str, str, str], formula: str, value: float | None, count: int) -> Metric:
    short, title, section = name
    return Metric(
        name=short, title=title, section=section, formula=formula, unit="%", value=value, count=count
    )


def _duration(name: tuple[str, str, str], formula: str, spread: Histogram, *, unit_s: bool = False) -> Metric:
    short, title, section = name
    scale = 1.0 if unit_s else 1000.0
    return Metric(
        name=short,
        title=title,
        section=section,
        formula=formula,
        unit="s" if unit_s else "ms",
        value=scaled(spread.mean, scale),
        count=spread.count,
        **percentiles_of(spread, scale),
    )


def percentiles_of(spread: Histogram, scale: float = 1000.0) -> dict[str, float | None]:
    """p50, p90, p99, p99_9 and max of `spread`, in milliseconds unless `scale` says otherwise."""
    named = {"p50": 50.0, "p90": 90.0, "p99": 99.0, "p99_9": 99.9, "max": 100.0}
    return {name: scaled(spread.percentile(percent), scale) for name, percent in named.items()}


def scaled(seconds: float | None, scale: float = 1000.0) -> float | None:
    """`seconds` in another unit, to the microsecond; None stays None."""
    return None if seconds is None else round(seconds * scale, 3)
