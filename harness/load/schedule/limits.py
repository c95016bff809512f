"""What this machine and the target's profiles allow, looked at before the first call.

Asking for more is refused with what to change, because a load that runs out of ports or descriptors half way
measures the generator. What is seen while it runs is judged by `validity`.
"""

import math
import resource
from dataclasses import dataclass

from harness.load.errors import LoadInputError
from harness.load.schedule.shares import PORTS_A_CALL, WorkerShare

SPARE_DESCRIPTORS = 64
"""For the interpreter, Locust, its web server and the signalling sockets."""
SOCKETS_A_CALL = 1
"""With audio: the RTP socket."""


@dataclass(frozen=True, slots=True)
class Demand:
    """What one worker is asked for."""

    calls: int
    """Calls at once."""
    audio: bool
    asked_by: str
    """The option that decides it: ``--calls 400``."""


def raise_descriptor_limit() -> int:
    """Raises the soft limit of open files to the hard one; returns it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def calls_at_once(peak_rate: float, hold: float) -> int:
    """How many calls are up at the peak at the very least (Little's law); `hold` in seconds.

    What comes on top of it (set-up times, bursts) depends on the target: running short is then seen.
    """
    return max(1, math.ceil(peak_rate * hold))


def check_descriptors(demand: Demand, limit: int) -> None:
    """Raises `LoadInputError` when the worker's calls need more file descriptors than the limit."""
    needed = SPARE_DESCRIPTORS + (demand.calls * SOCKETS_A_CALL if demand.audio else 0)
    if needed > limit:
        most = max(0, limit - SPARE_DESCRIPTORS)
        raise LoadInputError(
            demand.asked_by,
            f"{demand.calls} calls with audio need {needed} file descriptors, {limit} are allowed",
            f"raise the limit (ulimit -n {needed}), add workers, or ask for at most {most} calls a worker",
        )


def check_ports(demand: Demand, share: WorkerShare) -> None:
    """Raises `LoadInputError` when the worker has fewer RTP ports than its calls need."""
    if share.rtp_ports is None or not demand.audio:
        return
    pairs = len(share.rtp_ports) // PORTS_A_CALL
    if demand.calls > pairs:
        needed = demand.calls * PORTS_A_CALL * share.count
        raise LoadInputError(
            demand.asked_by,
            f"{demand.calls} calls on worker {share.index + 1} of {share.count} need "
            f"{demand.calls * PORTS_A_CALL} RTP ports, its share of --rtp-ports has {len(share.rtp_ports)}",
            f"widen --rtp-ports to {needed} ports, or ask for fewer calls",
        )


def check_channels(demand: Demand, share: WorkerShare) -> None:
    """Raises `LoadInputError` when the profiles' channels are fewer than the calls at once."""
    if demand.calls > share.channels:
        raise LoadInputError(
            demand.asked_by,
            f"{demand.calls} calls at once on worker {share.index + 1} of {share.count}, "
            f"whose profiles have {share.channels} channels",
            f"ask for at most {share.channels * share.count} calls, lower --rate or --hold, "
            "or add profiles to target.toml",
        )
