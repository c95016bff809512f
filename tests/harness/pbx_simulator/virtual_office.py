"""An office in virtual time: the reference trunk, the simulated PBX before it and phones inside.

One process, no sockets, no sleeping. What the PBX sent to the trunk is read from the network's trace.
"""

import random
from typing import Any

from harness.capture.trace import TracedPacket
from harness.drivers.phone import Phone
from harness.drivers.simulated import SimulatedNetwork
from harness.pbx_simulator.blueprint import Blueprint
from harness.pbx_simulator.pbx import Pbx
from harness.pbx_simulator.settings import PbxFile
from harness.pbx_simulator.side import MediaPorts
from harness.sip.hop import Hop
from harness.sip.message import Request, Response, parse_message
from harness.ua.account import Account
from tests.virtual.virtual_trunk import LISTENERS, PROFILES, VirtualTrunk

PROFILE = PROFILES[0]
IP_PROFILE = next(each for each in PROFILES if each.auth == "ip")
PBX_HOST = "127.0.0.5"
INSIDE = Hop("udp", PBX_HOST, 5080)
EXTENSIONS = {"101": "one", "102": "two"}


def settings(**pbx: Any) -> PbxFile:
    """A PBX for the first profile; keys of `[pbx]` may differ."""
    keys = {
        "trunk": f"{LISTENERS[0].host}:{LISTENERS[0].port}",
        "username": PROFILE.sip_username,
        "password": PROFILE.password,
        "listen": f"{PBX_HOST}:{INSIDE.port}",
        "trunk_listen": f"{PBX_HOST}:5060",
        **pbx,
    }
    return PbxFile.model_validate(
        {
            "pbx": keys,
            "extension": [{"number": each, "password": word} for each, word in EXTENSIONS.items()],
            "inbound": {PROFILE.online_numbers[0]: "101", PROFILE.online_numbers[1]: "102", "200": "102"},
        }
    )


class VirtualOffice:
    """Trunk, PBX and phones on one simulated network."""

    def __init__(
        self,
        network: SimulatedNetwork,
        file: PbxFile | None = None,
        blueprint: Blueprint = Blueprint(),  # noqa: B008 - a frozen value
        trunk: VirtualTrunk | None = None,
    ) -> None:
        self.network = network
        self.trunk = trunk or VirtualTrunk(network, observe=True)
        self.file = file or settings()
        pbx = self.file.pbx
        self.outside = pbx.outside_hop
        self.pbx = Pbx(
            self.file,
            inside=pbx.inside_hop,
            outside=self.outside,
            media_ports=MediaPorts(lambda host: network.bind_media(self.pbx, host), network.release),
            rng=random.Random("pbx"),
            blueprint=blueprint,
        )
        for hop in (pbx.inside_hop, self.outside):
            network.bind(self.pbx, hop)
        self.pbx.start(network.now())
        self._phones: dict[str, Phone] = {}

    def phone(self, extension: str = "101") -> Phone:
        """A phone that is registered as an extension."""
        if extension not in self._phones:
            account = Account(extension, EXTENSIONS[extension], INSIDE, "pbx.example")
            phone = self._phones[extension] = Phone(self.network, account, local=("127.0.0.6", 0))
            assert phone.register().status == 200
        return self._phones[extension]

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.network.run_until(lambda: False, seconds)

    def call_in(self, **order: Any) -> str:
        """Place a call towards the PBX through the trunk's control API; returns its id there."""
        return self.trunk.control.place_call(self.file.pbx.username, **order)

    def shown(self, call: str) -> dict[str, Any]:
        """What the trunk says of a call."""
        return self.trunk.control.call(call)

    # What was on the wire

    def packets(self, kind: str = "sip") -> list[TracedPacket]:
        """All that the PBX sent to the trunk's side."""
        if kind == "sip":
            return [each for each in self.network.trace if each.packet.source == self.outside]
        here, there = self.outside.host, LISTENERS[0].host
        return [
            each
            for each in self.network.trace
            if each.kind == kind and (each.packet.source.host, each.packet.destination.host) == (here, there)
        ]

    def messages(self) -> list[Request | Response]:
        """All SIP messages that the PBX sent to the trunk's side."""
        return [parse_message(each.packet.data) for each in self.packets() if each.packet.data.strip()]

    def sent(self, method: str | None = None) -> list[Request]:
        """Requests that the PBX sent to the trunk."""
        found = [message for message in self.messages() if isinstance(message, Request)]
        return [each for each in found if method in (None, each.method)]

    def answered(self, method: str | None = None) -> list[Response]:
        """Responses that the PBX sent to the trunk."""
        found = [message for message in self.messages() if isinstance(message, Response)]
        return [each for each in found if method in (None, each.cseq.method)]

    def statuses(self, method: str = "INVITE") -> list[int]:
        """Status codes of the PBX's responses to a method, in order."""
        return [each.status for each in self.answered(method)]

    def times(self, method: str) -> list[float]:
        """When the PBX sent requests with this method, in seconds."""
        start = f"{method} ".encode()
        return [each.time for each in self.packets() if each.packet.data.startswith(start)]


def destinations(office: VirtualOffice, method: str) -> list[Hop]:
    """Where the PBX sent requests with this method."""
    start = f"{method} ".encode()
    return [each.packet.destination for each in office.packets() if each.packet.data.startswith(start)]
