"""Workers share profiles, addresses and ports without overlap."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.load.errors import LoadInputError
from harness.load.schedule.shares import share_out
from harness.settings.target import Profile


def profiles_of(channels: list[int]) -> list[Profile]:
    return [
        Profile(sip_username=f"9905100000{index:04}", password="secret", channels=each)
        for index, each in enumerate(channels)
    ]


channel_lists = st.lists(st.integers(1, 300), min_size=1, max_size=12)
workers = st.integers(1, 9)


@given(workers, channel_lists, st.booleans())
def test_every_channel_is_given_exactly_once(count: int, channels: list[int], whole: bool) -> None:
    profiles = profiles_of(channels)
    shares = share_out(count, profiles, whole_profiles=whole)
    given_channels = sorted(
        (part.profile.sip_username, channel)
        for share in shares
        for part in share.profiles
        for channel in range(part.first_channel, part.first_channel + part.channels)
    )
    wanted = [(each.sip_username, channel) for each in profiles for channel in range(each.channels)]
    assert given_channels == wanted


@given(workers, channel_lists)
def test_whole_profiles_stay_whole(count: int, channels: list[int]) -> None:
    shares = share_out(count, profiles_of(channels), whole_profiles=True)
    owners = [part.profile.sip_username for share in shares for part in share.profiles]
    assert len(owners) == len(set(owners)) == len(channels)


@given(workers, st.integers(1, 300))
def test_one_profile_is_split_evenly(count: int, channels: int) -> None:
    numbers = [share.channels for share in share_out(count, profiles_of([channels]))]
    assert sum(numbers) == channels
    assert max(numbers) - min(numbers) <= 1


@given(workers, st.integers(1024, 60_000), st.integers(20, 5000))
def test_ports_are_given_once_and_in_pairs(count: int, first: int, size: int) -> None:
    shares = share_out(count, profiles_of([300]), rtp_ports=range(first, first + size))
    ports = [port for share in shares for port in share.rtp_ports or ()]
    assert len(ports) == len(set(ports))
    assert all(first <= port < first + size for port in ports)
    for share in shares:
        assert share.rtp_ports is not None
        assert share.rtp_ports.start % 2 == 0
        assert len(share.rtp_ports) % 2 == 0
    assert len(ports) >= size - 2


@given(workers, st.integers(0, 12))
def test_addresses_are_given_once_while_there_are_enough(count: int, number: int) -> None:
    addresses = [f"127.0.0.{index + 1}" for index in range(number)]
    shares = share_out(count, profiles_of([300]), addresses=addresses)
    owned = [address for share in shares for address in share.addresses]
    if number >= count:
        assert sorted(owned) == sorted(addresses)
    elif number:
        assert all(len(share.addresses) == 1 for share in shares)


def test_too_few_ports_are_refused_with_what_to_give() -> None:
    with pytest.raises(LoadInputError) as caught:
        share_out(4, profiles_of([300]), rtp_ports=range(20000, 20006))
    assert "3 port pairs for 4 workers; give at least 8 ports" in str(caught.value)


def test_no_worker_makes_no_load() -> None:
    with pytest.raises(LoadInputError, match="0 workers"):
        share_out(0, profiles_of([1]))
