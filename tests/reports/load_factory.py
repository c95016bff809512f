"""Made-up load runs for the tests of reports: passed, failed, void, with a search, with nothing at all."""

from collections.abc import Sequence
from datetime import UTC, datetime
from math import sin

from harness.results import (
    Criterion,
    Evidence,
    HeardCallResult,
    KindTotals,
    LatencyRow,
    LimitSearch,
    LoadResult,
    LoadVerdict,
    MediaResult,
    Metric,
    SearchStep,
    Series,
    SourceEvidence,
    TargetInfo,
    ValidityLimits,
    VoidReason,
)

BEGIN = 1_790_000_000.0
VOID = VoidReason(
    topic="receive buffer errors",
    seen="the kernel of the generator's machine threw 1,204 datagrams away (RcvbufErrors)",
    limit="0",
    change="on the generator's machine: sysctl -w net.core.rmem_max=8388608",
)

REMARK = VoidReason(
    topic="receive buffer",
    seen="the kernel granted 425,984 of 4,194,304 bytes",
    limit="bursts fit while no datagram is thrown away",
    change="sysctl -w net.core.rmem_max=8388608",
)


def make_load(
    verdict: LoadVerdict = LoadVerdict.PASS,
    *,
    seconds: int = 120,
    name: str = "Reference trunk",
    media: bool = True,
    search: LimitSearch | None = None,
    refused: int = 12,
) -> LoadResult:
    """A run of `seconds` that ramps up to 20 calls per second; `refused` calls got 503."""
    reasons = [VOID] if verdict is LoadVerdict.VOID else []
    return LoadResult(
        harness_version="0.1.0",
        started=datetime.fromtimestamp(BEGIN, UTC),
        duration_s=seconds + 2.2,
        target=TargetInfo(name=name, address="127.0.0.1:5060", transport="udp", domain="sip.example.com"),
        profiles=["99051000000231", "99051000000232"],
        command="harness load --users OutgoingCaller --rate 20 --hold 15 --audio",
        shape="ramp to 20 calls per second in 30 s, then held",
        workers=2,
        channel_limit=300,
        verdict=verdict,
        reasons=reasons,
        criteria=[
            Criterion(name="attempts were made", wanted="at least one", seen="2,112", met=True),
            Criterion(
                name="failed attempts",
                wanted="none",
                seen=f"{refused} of 2,112",
                met=verdict is not LoadVerdict.FAIL,
            ),
        ],
        remarks=[REMARK],
        evidence=make_evidence(thrown_away=1204 if reasons else 0),
        limits=ValidityLimits(),
        totals=[make_totals(refused)],
        concurrent_highest=291,
        metrics=make_metrics(),
        latencies=make_latencies(refused),
        series=make_series(seconds, media=media),
        media=make_media() if media else None,
        sampled_calls=20,
        search=search,
        environment={"Python": "3.11.2", "cores": "2"},
        files={"report": "report.html"},
    )


def make_evidence(*, thrown_away: int = 0) -> Evidence:
    """A generator that kept up, unless the kernel threw datagrams away."""
    return Evidence(
        loop_lag_s=0.012,
        cpu_share=0.41,
        receive_errors=thrown_away,
        offered=2112,
        achieved=2112,
        lateness_p99_s=0.0,
        sources=[SourceEvidence(source="127.0.0.1:40000", attempts=2112)],
        receive_buffer_asked=4_194_304,
        receive_buffer_granted=425_984,
    )


def make_totals(refused: int) -> KindTotals:
    """Outgoing calls, some of them refused with 503."""
    return KindTotals(
        kind="call",
        attempts=2112,
        failed=refused,
        completed=2112 - refused,
        challenged=2112,
        retransmissions=3,
        codes={"200": 2112 - refused, "503": refused},
        causes={},
    )


def make_series(seconds: int, *, media: bool = True) -> Series:
    """A ramp of a quarter of the time, then level."""
    ramp = max(1, seconds // 4)
    offered = [round(20 * min(1.0, (second + 1) / ramp)) for second in range(seconds)]
    running, concurrent = 0, []
    for second in range(seconds):
        running += offered[second] - (offered[second - 15] if second >= 15 else 0)
        concurrent.append(running)
    refused = [1.0 if second % 10 == 7 else 0.0 for second in range(seconds)]
    median: list[float | None] = [8 + 2 * sin(second / 5) for second in range(seconds)]
    mos: list[float | None] = [
        4.38 + 0.02 * sin(second / 9) if second >= 15 else None for second in range(seconds)
    ]
    nothing: list[float | None] = [None] * seconds
    return Series(
        start=BEGIN,
        step_s=1,
        offered={"call": [float(rate) for rate in offered]},
        achieved={"call": [max(0.0, rate - (second % 7 == 3)) for second, rate in enumerate(offered)]},
        concurrent=concurrent,
        codes={"200": [float(rate) for rate in offered], "503": refused},
        failed=refused,
        retransmissions=[1.0 if second == 44 else 0.0 for second in range(seconds)],
        latency_ms={"call": {"p50": median, "p90": _times(median, 1.8), "p99": _times(median, 4)}},
        mos_mean=mos if media else nothing,
        mos_lowest=_times(mos, 0.97) if media else nothing,
    )


def _times(values: Sequence[float | None], factor: float) -> list[float | None]:
    return [None if value is None else value * factor for value in values]


def make_metrics() -> list[Metric]:
    """A duration, two ratios, one of them undefined, and a count."""
    spread = {"p50": 8.1, "p90": 14.0, "p99": 31.0, "p99_9": 44.0, "max": 51.2}
    return [
        Metric(
            name="RRD", title="Registration Request Delay", section="4.1",
            formula="from the first REGISTER to its final 2xx", unit="ms",
        ),
        Metric(
            name="IRA", title="Ineffective Registration Attempts", section="4.2",
            formula="failed registrations / all registrations x 100", unit="%",
        ),
        Metric(
            name="SRD", title="Session Request Delay of answered calls", section="4.3.1",
            formula="from the first INVITE to the first response but 100", unit="ms",
            value=9.3, count=2100, **spread,
        ),
        Metric(
            name="SDD failed", title="BYEs without a 2xx", section="4.4",
            formula="BYEs that were refused or never answered", unit="count", value=0.0, count=2100,
        ),
        Metric(
            name="SER", title="Session Establishment Ratio", section="4.6",
            formula="INVITEs answered 200 / (all INVITEs - those answered 3xx) x 100", unit="%",
            value=99.43, count=2112,
        ),
    ]  # fmt: skip


def make_latencies(refused: int = 12) -> list[LatencyRow]:
    """Two outcomes of calls."""
    return [
        LatencyRow(
            kind="call", code="200", count=2100, mean=9.3, p50=8.1, p90=14, p99=31, p99_9=44, max=51.2
        ),
        LatencyRow(kind="call", code="503", count=refused, mean=4, p50=4, p90=5, p99=5.5, p99_9=5.5, max=5.5),
    ]


def make_media() -> MediaResult:
    """A good line with a few lost packets."""
    worst = HeardCallResult(
        mos=3.61, ended=BEGIN + 73, profile="99051000000231", sent=750, received=741, lost=7, late=2,
        jitter_ms=4.1, delay_ms=81, foreign=0,
    )  # fmt: skip
    return MediaResult(
        calls=2100,
        silent_calls=0,
        codec="PCMA",
        equipment_impairment=0,
        loss_robustness=4.3,
        jitter_buffer_ms=60,
        mos_mean=4.38,
        mos_lowest=3.61,
        distribution={"3.6": 2, "4.1": 40, "4.2": 158, "4.3": 1900},
        sent=1_575_000,
        received=1_574_800,
        lost=190,
        late=10,
        loss_percent=0.0127,
        loss_percent_highest=1.2,
        delay_ms_mean=61.2,
        delay_ms_highest=81,
        jitter_ms_mean=0.8,
        jitter_ms_highest=4.1,
        foreign=0,
        calls_with_foreign=0,
        worst=[worst],
    )


def make_search() -> LimitSearch:
    """A search that found 180 calls per second."""
    rates = [(100, True), (200, False), (150, True), (180, True), (198, False), (178, True)]
    return LimitSearch(
        test="6.2",
        transport="udp",
        attempts_per_step=5000,
        bracket_attempts=500,
        steps=[
            SearchStep(
                phase="bracket" if number < 3 else "search",
                rate=rate,
                attempts=500,
                failures=0 if passed else 9,
                achieved_rate=rate * 0.999,
                duration_s=500 / rate,
                passed=passed,
            )
            for number, (rate, passed) in enumerate(rates)
        ],
        rate_found=180,
        confirmed=True,
        baseline_rate=900,
    )
