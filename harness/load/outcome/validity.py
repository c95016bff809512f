"""START HERE for the gate: may the figures of a load run be believed?

Pure functions from evidence and limits to reasons; any reason makes the run VOID, for then its figures tell
of the generator and not of the target. Remarks don't. Collecting the evidence is the business of whoever
runs the generators (`evidence_of` takes what `Figures` know); `kernel_counters` reads the kernel's.
"""

from collections.abc import Iterator

from harness.load.figures.figures import OFFERED, Figures
from harness.results import Evidence, SourceEvidence, ValidityLimits, VoidReason

MORE_WORKERS = "use more workers (--workers N, at most one a core) or another machine, or offer less"
WORKERS_LOST = "workers lost"
"""The one topic that voids a search for the limit too: its figures are not whole."""
RECEIVE_BUFFER_SYSCTL = (
    "on the generator's machine: sysctl -w net.core.rmem_max=8388608; "
    "sysctl -w net.core.netdev_max_backlog=5000"
)


def evidence_of(figures: Figures, *, planned: int | None = None, **seen: object) -> Evidence:
    """The evidence that `figures` hold, and `seen`: other fields of `Evidence` by name.

    `planned` is the number of attempts the schedule wanted until it ended; without it every attempt that was
    made counts as wanted.
    """
    made = sum(figures.kind(name).attempts for name in OFFERED if name in figures.kinds)
    late = figures.lateness
    late_share = late.count / figures.attempts if figures.attempts else 0.0
    rank = 100 * (1 - 0.01 / late_share) if late_share > 0.01 else None
    return Evidence.model_validate(
        {
            "offered": made if planned is None else planned,
            "achieved": made,
            "lateness_p99_s": late.percentile(rank) if rank is not None else 0.0,
            "sources": [
                SourceEvidence(
                    source=name, attempts=part.attempts, throttled=part.throttled, silent=part.silent
                )
                for name, part in sorted(figures.sources.items())
            ],
            **seen,
        }
    )


def worst_of(evidences: list[Evidence]) -> Evidence:
    """The evidence of several workers as one: the worst of each, counts added up.

    Receive errors are not added: workers of one machine read the same counter.
    """

    def every(name: str) -> list[float]:
        return [value for each in evidences if (value := getattr(each, name)) is not None]

    worst: dict[str, object] = {}
    for name in ("loop_lag_s", "cpu_share", "receive_errors", "lateness_p99_s", "receive_buffer_asked"):
        worst[name] = max(every(name), default=None)
    worst["receive_buffer_granted"] = min(every("receive_buffer_granted"), default=None)
    for name in ("offered", "achieved", "cpu_seconds"):
        worst[name] = sum(every(name)) if every(name) else None
    for name in ("descriptors_exhausted", "ports_exhausted", "workers_lost"):
        worst[name] = sum(every(name))
    worst["sources"] = [source for each in evidences for source in each.sources]
    return Evidence.model_validate(worst)


def void_reasons(evidence: Evidence, limits: ValidityLimits) -> list[VoidReason]:
    """Every reason not to believe the run; none: it is valid."""
    return [
        *_generator_reasons(evidence, limits),
        *_kernel_reasons(evidence, limits),
        *_schedule_reasons(evidence, limits),
        *_exhaustion_reasons(evidence, limits),
        *_throttling_reasons(evidence, limits),
    ]


def remarks(evidence: Evidence) -> list[VoidReason]:
    """What a reader should know although the run is valid."""
    asked, granted = evidence.receive_buffer_asked, evidence.receive_buffer_granted
    if asked is None or granted is None or granted >= asked:
        return []
    return [
        VoidReason(
            topic="receive buffer",
            seen=f"the kernel granted {granted:,} of {asked:,} bytes",
            limit="bursts fit while no datagram is thrown away, and none was counted here as a reason",
            change=RECEIVE_BUFFER_SYSCTL,
        )
    ]


def _generator_reasons(evidence: Evidence, limits: ValidityLimits) -> Iterator[VoidReason]:
    lag, cpu = evidence.loop_lag_s, evidence.cpu_share
    if lag is not None and lag > limits.loop_lag_s:
        yield VoidReason(
            topic="loop lag",
            seen=f"at its worst the generator was {lag * 1000:.0f} ms behind: answers waited for it",
            limit=f"{limits.loop_lag_s * 1000:.0f} ms",
            change=MORE_WORKERS,
        )
    if cpu is not None and cpu > limits.cpu_share:
        yield VoidReason(
            topic="generator CPU",
            seen=f"the busiest generator process used {cpu:.0%} of a core",
            limit=f"{limits.cpu_share:.0%}",
            change=MORE_WORKERS,
        )
    if evidence.workers_lost:
        yield VoidReason(
            topic=WORKERS_LOST,
            seen=f"{evidence.workers_lost} ended before the run did, and their figures are missing",
            limit="0",
            change="look at the workers' output for the reason and run again",
        )


def _kernel_reasons(evidence: Evidence, limits: ValidityLimits) -> Iterator[VoidReason]:
    errors, granted = evidence.receive_errors, evidence.receive_buffer_granted
    if errors is not None and errors > limits.receive_errors:
        yield VoidReason(
            topic="receive buffer errors",
            seen=f"the kernel of the generator's machine threw {errors:,} datagrams away (RcvbufErrors), "
            "of this generator or of any other program there",
            limit=str(limits.receive_errors),
            change=f"{RECEIVE_BUFFER_SYSCTL}; {MORE_WORKERS}",
        )
    if granted is not None and granted < limits.receive_buffer:
        yield VoidReason(
            topic="receive buffer",
            seen=f"the kernel granted {granted:,} bytes",
            limit=f"at least {limits.receive_buffer:,} bytes",
            change=RECEIVE_BUFFER_SYSCTL,
        )


def _schedule_reasons(evidence: Evidence, limits: ValidityLimits) -> Iterator[VoidReason]:
    offered, achieved = evidence.offered, evidence.achieved
    if offered and achieved is not None and offered - achieved > offered * limits.shortfall_share:
        yield VoidReason(
            topic="offered and achieved",
            seen=f"{achieved:,} of {offered:,} attempts were started ({1 - achieved / offered:.1%} missing)",
            limit=f"at most {limits.shortfall_share:.1%} missing",
            change=f"{MORE_WORKERS}; see too whether profiles have enough channels for rate x hold time",
        )
    late = evidence.lateness_p99_s
    if late is not None and late > limits.lateness_p99_s:
        yield VoidReason(
            topic="late starts",
            seen=f"1 % of all attempts started {late * 1000:.0f} ms or more after their intended time",
            limit=f"{limits.lateness_p99_s * 1000:.0f} ms",
            change=MORE_WORKERS,
        )


def _exhaustion_reasons(evidence: Evidence, limits: ValidityLimits) -> Iterator[VoidReason]:
    if evidence.descriptors_exhausted > limits.exhausted:
        yield VoidReason(
            topic="file descriptors",
            seen=f"{evidence.descriptors_exhausted} attempts found no free file descriptor",
            limit=str(limits.exhausted),
            change="ulimit -n 65536 in the shell that starts the generator",
        )
    if evidence.ports_exhausted > limits.exhausted:
        yield VoidReason(
            topic="RTP ports",
            seen=f"{evidence.ports_exhausted} attempts found no free RTP port",
            limit=str(limits.exhausted),
            change="a wider --rtp-ports range: two ports for each call at once, and a share for each worker",
        )


def _throttling_reasons(evidence: Evidence, limits: ValidityLimits) -> Iterator[VoidReason]:
    for source in evidence.sources:
        if source.throttled > source.attempts * limits.throttled_share:
            yield VoidReason(
                topic="throttling",
                seen=f"{source.throttled:,} of {source.attempts:,} attempts from {source.source} were "
                "refused with 429, or with 503 and Retry-After",
                limit=f"{limits.throttled_share:.1%}",
                change="switch the target's rate limit off for this address, or spread the load over more "
                "source addresses",
            )
    for source in _cut_off(evidence.sources, limits):
        yield VoidReason(
            topic="throttling",
            seen=f"{source.silent:,} of {source.attempts:,} attempts from {source.source} were never "
            "answered, while those from other addresses were",
            limit=f"{limits.silent_share:.0%} of one address",
            change="look for flood protection (fail2ban, limits of an SBC) that has banned this address",
        )


def _cut_off(sources: list[SourceEvidence], limits: ValidityLimits) -> list[SourceEvidence]:
    """Sources that got no answers although every other one did."""
    silent = [source for source in sources if source.silent > source.attempts * limits.silent_share]
    return silent if len(silent) < len(sources) else []
