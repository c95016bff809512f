"""Who gets what when several worker processes make one load: profiles, source addresses and RTP ports.

Nothing is given twice. Whole profiles go to workers while there are enough of them; a profile that several
must share is split in numbers of channels, and for what can't be split (the registration of a profile that
answers) some workers get none. Knows no Locust: which worker is number what is `locust_node`'s business.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from harness.load.errors import LoadInputError
from harness.settings.target import Profile

PORTS_A_CALL = 2
"""RTP takes an even port, RTCP the odd one above (RFC 3550 section 11)."""


@dataclass(frozen=True, slots=True)
class ProfileShare:
    """A profile, or some of its channels."""

    profile: Profile
    channels: int
    """How many calls at once this worker may have on it."""
    first_channel: int = 0
    """Number of the first of them within the profile: audio and contacts are told apart by it."""


@dataclass(frozen=True, slots=True)
class WorkerShare:
    """What one worker has for itself."""

    index: int
    count: int
    profiles: tuple[ProfileShare, ...]
    addresses: tuple[str, ...]
    """Source addresses; several workers have the same one only when there are fewer than workers."""
    rtp_ports: range | None
    """Even and odd ports for RTP and RTCP; None: whichever the system gives."""

    @property
    def channels(self) -> int:
        """Calls at once that its profiles allow."""
        return sum(each.channels for each in self.profiles)


def share_out(
    count: int,
    profiles: Sequence[Profile],
    *,
    addresses: Sequence[str] = (),
    rtp_ports: range | None = None,
    whole_profiles: bool = False,
) -> list[WorkerShare]:
    """The shares of so many workers, by worker index.

    `whole_profiles`: a profile belongs to one worker, for it can't be split. Raises `LoadInputError` when
    there are fewer ports than one call for each worker.
    """
    if count < 1:
        raise LoadInputError("workers", f"{count} workers make no load", "ask for 1 or more")
    given = _whole(count, profiles) if whole_profiles or len(profiles) >= count else _split(count, profiles)
    ports = _ports(count, rtp_ports)
    return [
        WorkerShare(index, count, tuple(given[index]), _addresses(index, count, addresses), ports[index])
        for index in range(count)
    ]


def _whole(count: int, profiles: Sequence[Profile]) -> list[list[ProfileShare]]:
    """Each profile to the worker that has the fewest channels so far, the largest profiles first."""
    given: list[list[ProfileShare]] = [[] for _ in range(count)]
    load = [0] * count
    for profile in sorted(profiles, key=lambda each: -each.channels):
        index = load.index(min(load))
        given[index].append(ProfileShare(profile, profile.channels))
        load[index] += profile.channels
    return given


def _split(count: int, profiles: Sequence[Profile]) -> list[list[ProfileShare]]:
    """Every profile's channels to all workers; what does not divide goes to other workers each time."""
    given: list[list[ProfileShare]] = [[] for _ in range(count)]
    turn = 0
    for profile in profiles:
        each, over = divmod(profile.channels, count)
        first = 0
        for place in range(count):
            index = (turn + place) % count
            channels = each + (place < over)
            if channels:
                given[index].append(ProfileShare(profile, channels, first))
            first += channels
        turn += over
    return given


def _addresses(index: int, count: int, addresses: Sequence[str]) -> tuple[str, ...]:
    if not addresses:
        return ()
    own = tuple(addresses[index::count])
    return own or (addresses[index % len(addresses)],)


def _ports(count: int, ports: range | None) -> list[range | None]:
    if ports is None:
        return [None] * count
    first = ports.start + ports.start % PORTS_A_CALL
    pairs = (ports.stop - first) // PORTS_A_CALL
    if pairs < count:
        raise LoadInputError(
            "--rtp-ports",
            f"{ports.start}-{ports.stop - 1} has {max(pairs, 0)} port pairs for {count} workers",
            f"give at least {PORTS_A_CALL * count} ports",
        )
    each, over = divmod(pairs, count)
    shares: list[range | None] = []
    for index in range(count):
        own = each + (index < over)
        shares.append(range(first, first + PORTS_A_CALL * own))
        first += PORTS_A_CALL * own
    return shares
