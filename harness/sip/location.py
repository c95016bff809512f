"""Where a request goes: RFC 3263 as a pure function from a URI and DNS answers to hops.

Nothing is looked up here; the answers are handed in. The hops come in order of preference: when one fails
(transport error, timeout, 503) the next is tried (RFC 3263 section 4.3), which is the owner's work.
"""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from harness.sip.errors import LocalError
from harness.sip.hop import Hop
from harness.sip.transport_rules import DEFAULT_PORTS
from harness.sip.transport_rules import is_numeric as is_numeric
from harness.sip.uri import OtherUri, SipUri, TelUri

Record = TypeVar("Record")

SERVICES = {"SIPS+D2T": "tls", "SIP+D2T": "tcp", "SIP+D2U": "udp"}
"""NAPTR service fields (RFC 3263 section 4.1)."""

SRV_PREFIXES = {"udp": "_sip._udp.", "tcp": "_sip._tcp.", "tls": "_sips._tcp."}
"""RFC 3263 section 4.1."""


@dataclass(frozen=True, slots=True)
class NaptrRecord:
    """One NAPTR record (RFC 3403), as far as SIP reads it."""

    order: int
    preference: int
    service: str
    """``SIP+D2U`` and so on."""
    replacement: str
    """The name of the SRV records."""
    flags: str = "s"


@dataclass(frozen=True, slots=True)
class SrvRecord:
    """One SRV record (RFC 2782)."""

    priority: int
    weight: int
    port: int
    target: str


@dataclass(frozen=True, slots=True)
class DnsAnswers:
    """What DNS said, by name; names are compared without case and final dot. Missing means none."""

    naptr: Mapping[str, Sequence[NaptrRecord]] = field(default_factory=dict)
    srv: Mapping[str, Sequence[SrvRecord]] = field(default_factory=dict)
    addresses: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """A and AAAA records as IP literals, in the order to try them."""

    def naptr_of(self, name: str) -> Sequence[NaptrRecord]:
        """Return the NAPTR records of a name."""
        return _find(self.naptr, name)

    def srv_of(self, name: str) -> Sequence[SrvRecord]:
        """Return the SRV records of a name."""
        return _find(self.srv, name)

    def addresses_of(self, name: str) -> Sequence[str]:
        """Return the addresses of a name; an IP literal is its own address."""
        return (name,) if is_numeric(name) else _find(self.addresses, name)


NO_ANSWERS = DnsAnswers()


class NoRoute(LocalError):
    """A URI leads nowhere: another scheme, a transport we lack, or a name without records."""

    def __init__(self, uri: SipUri | TelUri | OtherUri, reason: str) -> None:
        self.uri = uri
        self.reason = reason
        super().__init__(uri, reason)

    def __str__(self) -> str:
        return f"{self.uri} cannot be reached: {self.reason}"


def next_hops(
    uri: SipUri | TelUri | OtherUri,
    *,
    dns: DnsAnswers = NO_ANSWERS,
    rng: random.Random | None = None,
    transports: Iterable[str] = ("udp", "tcp", "tls"),
) -> list[Hop]:
    """Return the hops of a URI in the order to try them, at least one.

    ``rng`` picks among SRV records of one priority by weight (RFC 2782); without it the heaviest comes first.
    ``transports`` are those that we speak. Raises NoRoute.
    """
    if not isinstance(uri, SipUri):
        raise NoRoute(uri, "only sip: and sips: URIs name a host; give the request a Route")
    ours = tuple(transports)
    host = uri.maddr or uri.host
    transport = _fixed_transport(uri)
    if transport is not None and transport not in ours:
        raise NoRoute(uri, f"transport {transport} is not among ours ({', '.join(ours)})")
    if is_numeric(host) or uri.port is not None:
        # RFC 3263 section 4.1: no NAPTR, no SRV; UDP for sip:, TLS for sips:
        transport = transport or ("tls" if uri.is_secure else "udp")
        found = _address_hops(transport, host, uri.port or DEFAULT_PORTS[transport], dns)
    else:
        found = _named_hops(uri, host, transport, ours, dns, rng)
    if not found:
        raise NoRoute(uri, f"DNS has no address for {host}")
    return found


def order_srv(records: Iterable[SrvRecord], rng: random.Random | None = None) -> list[SrvRecord]:
    """Return SRV records in the order to try: by priority, then drawn by weight (RFC 2782, "Weight")."""
    if rng is None:
        return sorted(records, key=lambda record: (record.priority, -record.weight))
    left = sorted(records, key=lambda record: (record.priority, record.weight))
    ordered: list[SrvRecord] = []
    while left:
        group = [record for record in left if record.priority == left[0].priority]
        drawn = rng.randint(0, sum(record.weight for record in group))
        for record in group:
            drawn -= record.weight
            if drawn <= 0:
                break
        ordered.append(record)
        left.remove(record)
    return ordered


def _fixed_transport(uri: SipUri) -> str | None:
    """The transport that the URI itself demands, or None (RFC 3263 section 4.1)."""
    transport = uri.transport
    if not uri.is_secure:
        return transport
    if transport in (None, "tcp", "tls"):
        # sips with transport=tcp means TLS over TCP (RFC 3261 section 26.2.2)
        return "tls" if transport else None
    raise NoRoute(uri, f"sips: needs TLS, not transport={transport}")


def _named_hops(
    uri: SipUri,
    host: str,
    transport: str | None,
    ours: tuple[str, ...],
    dns: DnsAnswers,
    rng: random.Random | None,
) -> list[Hop]:
    """NAPTR, then SRV, then plain addresses, each only when the one before has nothing."""
    allowed = ("tls",) if uri.is_secure else ours
    if transport is not None:
        services = [(transport, SRV_PREFIXES.get(transport, f"_sip._{transport}.") + host)]
    else:
        services = _naptr_services(dns.naptr_of(host), allowed)
        if not services:
            services = [(one, SRV_PREFIXES[one] + host) for one in allowed if one in SRV_PREFIXES]
    hops: list[Hop] = []
    for one, name in services:
        for record in order_srv(dns.srv_of(name), rng):
            if record.target != ".":  # RFC 2782: decidedly no such service
                hops.extend(_address_hops(one, record.target, record.port, dns))
    if hops:
        return hops
    transport = transport or ("tls" if uri.is_secure else "udp")
    return _address_hops(transport, host, DEFAULT_PORTS.get(transport, 5060), dns)


def _naptr_services(records: Iterable[NaptrRecord], allowed: tuple[str, ...]) -> list[tuple[str, str]]:
    found = []
    for record in sorted(records, key=lambda record: (record.order, record.preference)):
        transport = SERVICES.get(record.service.upper())
        if transport in allowed and record.flags.lower() == "s":
            found.append((transport, record.replacement))
    return found


def _address_hops(transport: str, name: str, port: int, dns: DnsAnswers) -> list[Hop]:
    return [Hop(transport, address, port) for address in dns.addresses_of(name)]


def _find(records: Mapping[str, Sequence[Record]], name: str) -> Sequence[Record]:
    wanted = name.rstrip(".").lower()
    for key, found in records.items():
        if key.rstrip(".").lower() == wanted:
            return found
    return ()
