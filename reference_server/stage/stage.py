"""The stage on which a PBX is certified: directions for each profile, and what passed on the wire.

Keeps and remembers; it obeys nothing. The parts of the trunk that look here are `observed_parts`, its network
`network`; a trunk that is not observed (`--observe`) has none of it. START HERE for certification.
"""

import re
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator
from typing import Literal, NamedTuple

from harness.sip.digest import hash_a1
from harness.sip.errors import ParseError
from harness.sip.hop import Hop, Packet
from harness.sip.message import parse_message
from harness.sip.uri import SipUri
from reference_server.profile import Profile, Profiles
from reference_server.settings import ProfileSettings
from reference_server.stage.directions import PLAIN, StageDirections

SIP_KEPT = 20_000
"""SIP packets of the trace."""
MEDIA_KEPT = 20_000
"""RTP packets: 200 s of one call both ways."""
CALL_IDS_KEPT = 20_000
_CREDENTIALS = re.compile(rb'(?im)^(?:proxy-)?authorization\s*:.*?username\s*=\s*"([^"]*)"')
_MEDIA = re.compile(rb"(?m)^m=audio (\d+) ")
_CONNECTION = re.compile(rb"(?m)^c=IN IP[46] (\S+)")

Kind = Literal["sip", "rtp"]


class Observed(NamedTuple):
    """A packet of the trace."""

    number: int
    """From 1, over SIP and RTP together."""
    time: float
    """Seconds since the epoch."""
    kind: Kind
    profile: str
    """The SIP username that it belongs to; empty: nobody's, as far as can be told."""
    packet: Packet


class Stage:
    """Directions and trace of one trunk."""

    def __init__(self) -> None:
        self.domain = ""
        """The trunk's SIP domain."""
        self.profiles: Profiles | None = None
        """The trunk's, once its parts are put together."""
        self.current: str = ""
        """The profile whose call is being started."""
        self.on_change: list[Callable[[str], None]] = []
        """Told of each profile that gets other directions."""
        self._directions: dict[str, StageDirections] = {}
        self._settings: dict[str, ProfileSettings] = {}
        self._met: dict[tuple[str, str], set[str]] = {}
        self._sip: deque[Observed] = deque(maxlen=SIP_KEPT)
        self._media: deque[Observed] = deque(maxlen=MEDIA_KEPT)
        self._passed = 0
        self._by_call: OrderedDict[str, str] = OrderedDict()
        self._by_hop: dict[Hop, str] = {}
        self._by_media: dict[tuple[str, int], str] = {}

    # Directions

    def direct(self, username: str, directions: StageDirections) -> None:
        """Take directions for a profile in the place of all earlier ones; counts begin anew."""
        self._directions[username] = directions
        for key in [key for key in self._met if key[0] == username]:
            del self._met[key]
        self._set_algorithm(username, directions.authentication.algorithm)
        for action in self.on_change:
            action(username)

    def directions(self, username: str) -> StageDirections:
        """What is to be done to a profile."""
        return self._directions.get(username, PLAIN)

    def is_meant(self, username: str, kind: str, request: str, times: int | None) -> bool:
        """Whether a direction for so many requests of a kind is meant for this one, which it then counts."""
        if times is None:
            return True
        met = self._met.setdefault((username, kind), set())
        if request in met:
            return True
        if len(met) >= times:
            return False
        met.add(request)
        return True

    def take_profiles(self, profiles: Profiles, settings: Iterable[ProfileSettings]) -> None:
        """Learn the trunk's profiles, and their passwords, which other algorithms need."""
        self.profiles = profiles
        self._settings = {one.sip_username: one for one in settings}

    def _set_algorithm(self, username: str, algorithm: str | None) -> None:
        profile, settings = self.profile(username), self._settings.get(username)
        if profile is None or settings is None:
            return
        profile.algorithm = (algorithm or settings.algorithm).upper()
        profile.ha1 = hash_a1(username, self.domain, settings.password, profile.algorithm)

    # The trace

    def see(self, packet: Packet, now: float, *, came_in: bool) -> str:
        """Keep a SIP packet; returns the SIP username that it belongs to, or nothing."""
        profile = self._profile_of(packet, packet.source if came_in else packet.destination)
        if profile and packet.data.find(b"\nm=audio ") > 0:
            self._note_media(packet.data, profile)
        self._keep(self._sip, "sip", profile, packet, now)
        return profile

    def see_media(self, packet: Packet, now: float, *, came_in: bool) -> str:
        """Keep an RTP packet; returns the SIP username whose call it belongs to, or nothing."""
        here = packet.destination if came_in else packet.source
        there = packet.source if came_in else packet.destination
        profile = self._by_media.get((here.host, here.port), "")
        profile = profile or self._by_media.get((there.host, there.port), "")
        self._keep(self._media, "rtp", profile, packet, now)
        return profile

    def trace(
        self, since: int = 0, profile: str | None = None, kind: Kind | None = None, most: int = 5_000
    ) -> tuple[list[Observed], int]:
        """The oldest packets after number ``since``, and the number to ask with next."""
        rings = {"sip": (self._sip,), "rtp": (self._media,), None: (self._sip, self._media)}[kind]
        found = sorted(one for ring in rings for one in self._after(ring, since))
        chosen = [one for one in found if profile is None or one.profile == profile][:most]
        if len(chosen) == most:
            return chosen, chosen[-1].number
        return chosen, self._passed

    def _after(self, ring: "deque[Observed]", since: int) -> Iterator[Observed]:
        return (one for one in ring if one.number > since)

    def _keep(self, ring: "deque[Observed]", kind: Kind, profile: str, packet: Packet, now: float) -> None:
        self._passed += 1
        ring.append(Observed(self._passed, now, kind, profile, packet))

    # Whose packet it is

    def owner(self, packet: Packet) -> str:
        """The SIP username that a packet which is about to leave belongs to, or nothing."""
        return self._profile_of(packet, packet.destination)

    def owner_of_received(self, packet: Packet) -> str:
        """The SIP username that a packet which came in belongs to, or nothing."""
        return self._profile_of(packet, packet.source)

    def profile(self, username: str) -> Profile | None:
        """The profile with this SIP username."""
        return None if self.profiles is None else self.profiles.named(username)

    def media_owner(self, packet: Packet) -> str:
        """The SIP username whose call an RTP packet that is about to leave belongs to, or nothing."""
        return self._by_media.get((packet.source.host, packet.source.port), "")

    def _profile_of(self, packet: Packet, peer: Hop) -> str:
        """By what the call before was known as, the credentials, From and To, or the PBX's address: a PBX
        that is wrong in one of them is known by another."""
        profile = ""
        call_id = ""
        try:
            message = parse_message(packet.data)
            call_id = message.call_id
            profile = self._by_call.get(call_id, "")
            uris = (message.from_.uri, message.to.uri)
            users = [uri.unescaped_user for uri in uris if isinstance(uri, SipUri)]
        except ParseError:
            users = []
        found = _CREDENTIALS.search(packet.data)
        if found is not None:
            users.insert(0, found.group(1).decode("utf-8", "replace"))
        profile = profile or next((user for user in users if self._is_known(user)), "")
        profile = profile or self._by_hop.get(peer, "") or self._at(peer)
        if profile:
            self._by_hop[peer] = profile
            if call_id:
                self._by_call[call_id] = profile
                if len(self._by_call) > CALL_IDS_KEPT:
                    self._by_call.popitem(last=False)
        return profile

    def _is_known(self, username: str) -> bool:
        return self.profile(username) is not None

    def _at(self, peer: Hop) -> str:
        profile = None if self.profiles is None else self.profiles.at(peer.host, peer.port)
        return "" if profile is None else profile.username

    def _note_media(self, data: bytes, profile: str) -> None:
        """Remember the addresses that an SDP announces, RTCP's too."""
        host = _CONNECTION.search(data)
        if host is None:
            return
        for port in _MEDIA.findall(data):
            for number in (int(port), int(port) + 1):
                self._by_media[host.group(1).decode("ascii", "replace"), number] = profile
