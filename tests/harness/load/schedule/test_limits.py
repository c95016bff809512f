"""More calls than this machine or the profiles allow are refused, and it is said what to change."""

import pytest

from harness.load.errors import LoadInputError
from harness.load.schedule.limits import (
    Demand,
    calls_at_once,
    check_channels,
    check_descriptors,
    check_ports,
    raise_descriptor_limit,
)
from harness.load.schedule.shares import share_out
from harness.settings.target import Profile

PROFILE = Profile(sip_username="99051000000231", password="secret", channels=300)
WANTED = Demand(calls=400, audio=True, asked_by="--calls 400")


def test_the_soft_limit_of_files_is_raised_to_the_hard_one() -> None:
    assert raise_descriptor_limit() == raise_descriptor_limit() > 0


def test_too_few_descriptors() -> None:
    with pytest.raises(LoadInputError) as caught:
        check_descriptors(WANTED, 256)
    assert str(caught.value) == (
        "--calls 400: 400 calls with audio need 464 file descriptors, 256 are allowed; "
        "raise the limit (ulimit -n 464), add workers, or ask for at most 192 calls a worker"
    )


def test_calls_without_audio_need_no_descriptors() -> None:
    check_descriptors(Demand(100_000, audio=False, asked_by="--calls"), 256)


def test_too_few_ports() -> None:
    [share] = share_out(1, [PROFILE], rtp_ports=range(20000, 20400))
    with pytest.raises(LoadInputError, match=r"widen --rtp-ports to 800 ports"):
        check_ports(WANTED, share)
    check_ports(Demand(200, audio=True, asked_by="--calls 200"), share)


def test_too_few_channels() -> None:
    [share] = share_out(1, [PROFILE])
    with pytest.raises(LoadInputError, match=r"ask for at most 300 calls"):
        check_channels(WANTED, share)


def test_calls_at_once_are_rate_times_hold_at_least() -> None:
    assert calls_at_once(10, 30) == 300
    assert calls_at_once(10, 0) == 1
