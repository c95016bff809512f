"""What a trunk is made of: the blueprint names the parts, `assemble` makes them.

A fault is a changed blueprint (`faults`): another dialect value, another class in a part's place, or a
mutator of packets. The trunk that obeys all rules is `Blueprint(dialect)` and pays nothing for that.
"""

import random
from dataclasses import dataclass, fields
from functools import lru_cache

from harness.faults.mutator import MutatorMaker
from harness.sip.stream import StreamFramer
from harness.sip.transaction_layer import TransactionLayer
from reference_server.authentication import Authentication, Users
from reference_server.calls import Calls
from reference_server.capability import Capability
from reference_server.channels import Channels
from reference_server.community.account import Accounts, Directory
from reference_server.community.account_calls import AccountCalls
from reference_server.community.community import Community
from reference_server.community.contact_calls import ContactCalls
from reference_server.dialect import Dialect
from reference_server.dispatch import Dispatch
from reference_server.endpoints import Endpoints, MediaPorts
from reference_server.far_end import FarEnds
from reference_server.from_rule import FromRule
from reference_server.inbound import InboundCalls
from reference_server.liveness import Liveness
from reference_server.metering import Metering
from reference_server.numbering import Numbering
from reference_server.offer_rule import OfferRule
from reference_server.profile import Profiles
from reference_server.rating.credit import Credit
from reference_server.rating.tariff import Tariff
from reference_server.refusal import Refusals
from reference_server.registrar import Registrar
from reference_server.stage.stage import Stage
from reference_server.store.store import Store


@dataclass(frozen=True, slots=True)
class Blueprint:
    """Which part of a trunk is played by which class."""

    dialect: Dialect
    authentication: type[Authentication] = Authentication
    registrar: type[Registrar] = Registrar
    from_rule: type[FromRule] = FromRule
    numbering: type[Numbering] = Numbering
    offer_rule: type[OfferRule] = OfferRule
    capability: type[Capability] = Capability
    channels: type[Channels] = Channels
    metering: type[Metering] = Metering
    calls: type[Calls] = Calls
    far_ends: type[FarEnds] = FarEnds
    inbound: type[InboundCalls] = InboundCalls
    dispatch: type[Dispatch] = Dispatch
    framer: type[StreamFramer] = StreamFramer
    """Cuts the streams of TCP and TLS into messages; the driver makes one for each connection."""
    sip_out: MutatorMaker | None = None
    """Makes the mutator of outgoing SIP packets; the trunk that obeys has none."""
    sip_in: MutatorMaker | None = None
    liveness: type[Liveness] = Liveness
    community: type[Community] = Community
    media_out: MutatorMaker | None = None
    media_in: MutatorMaker | None = None
    stage: Stage | None = None
    """Where a director tells the parts what to do: `stage.observed_parts.observed`."""

    @property
    def obeys(self) -> bool:
        """Whether each part is that of the trunk that obeys all rules and nothing changes its packets.

        Channels and meters may be others: every way of a call asks them alike.
        """
        plain = Blueprint(self.dialect, channels=self.channels, metering=self.metering)
        return all(getattr(self, one.name) == getattr(plain, one.name) for one in fields(self))


@dataclass(slots=True)
class Parts:
    """The parts of one trunk, put together."""

    dialect: Dialect
    layer: TransactionLayer
    endpoints: Endpoints
    profiles: Profiles
    store: Store
    refusals: Refusals
    channels: Channels
    metering: Metering
    registrar: Registrar
    calls: Calls
    inbound: InboundCalls
    dispatch: Dispatch
    liveness: Liveness
    community: Community
    stage: Stage | None = None


def assemble(
    blueprint: Blueprint,
    store: Store,
    media_ports: MediaPorts,
    rng: random.Random,
    now: float,
    tariff: Tariff | None = None,
) -> Parts:
    """Makes the parts; profiles, what they can spend and the bindings that still live come from the store."""
    dialect = blueprint.dialect
    refusals = Refusals(dialect)
    layer = TransactionLayer(rng)
    endpoints = Endpoints(dialect, layer, media_ports, rng)
    profiles = Profiles(store.profiles(), dialect.domain)
    if blueprint.stage is not None:
        blueprint.stage.take_profiles(profiles, store.profiles())
    channels = blueprint.channels(refusals)
    numbering = blueprint.numbering(dialect, refusals)
    metering = blueprint.metering(
        tariff or standard_tariff(), purse_of(store, profiles), numbering, refusals, endpoints.timers
    )
    registrar = blueprint.registrar(dialect, refusals, store, now)
    calls = blueprint.calls(channels, store, rng, metering)
    inbound = blueprint.inbound(dialect, profiles, registrar, calls, endpoints)
    accounts = Accounts(profiles, dialect.domain)
    users = Directory(profiles, accounts)
    dispatch = desk_of(blueprint, refusals, layer, endpoints, users, registrar, numbering, calls, rng)
    dispatch.community = community_of(blueprint, dispatch, accounts, inbound, store)
    return Parts(
        dialect=dialect,
        layer=layer,
        endpoints=endpoints,
        profiles=profiles,
        store=store,
        refusals=refusals,
        channels=channels,
        metering=metering,
        registrar=registrar,
        calls=calls,
        inbound=inbound,
        dispatch=dispatch,
        liveness=blueprint.liveness(dialect, calls),
        community=dispatch.community,
        stage=blueprint.stage,
    )


def desk_of(
    blueprint: Blueprint,
    refusals: Refusals,
    layer: TransactionLayer,
    endpoints: Endpoints,
    users: Users,
    registrar: Registrar,
    numbering: Numbering,
    calls: Calls,
    rng: random.Random,
) -> Dispatch:
    """The desk with its rules; the accounts' side of it is still to come."""
    dialect = blueprint.dialect
    return blueprint.dispatch(
        dialect=dialect,
        refusals=refusals,
        layer=layer,
        endpoints=endpoints,
        capability=blueprint.capability(dialect, refusals),
        authentication=blueprint.authentication(dialect, users, refusals, rng),
        registrar=registrar,
        from_rule=blueprint.from_rule(dialect, refusals),
        numbering=numbering,
        offer_rule=blueprint.offer_rule(dialect, refusals),
        calls=calls,
        far_ends=blueprint.far_ends(dialect, calls),
        rng=rng,
    )


def community_of(
    blueprint: Blueprint, dispatch: Dispatch, accounts: Accounts, inbound: InboundCalls, store: Store
) -> Community:
    """The accounts' side of the desk, whose calls take no channel and cost nothing."""
    dialect, endpoints, refusals = dispatch.dialect, dispatch.endpoints, dispatch.refusals
    metering = blueprint.metering(standard_tariff(), Credit(), dispatch.numbering, refusals, endpoints.timers)
    calls = AccountCalls(Channels(refusals), store, dispatch.rng, metering)
    contact_calls = ContactCalls(dialect, accounts, dispatch.registrar, calls, endpoints)
    liveness = blueprint.liveness(dialect, calls)
    return blueprint.community(dispatch, accounts, inbound, contact_calls, calls, liveness)


@lru_cache(maxsize=1)
def standard_tariff() -> Tariff:
    """The built-in rates, read once."""
    return Tariff.load()


def purse_of(store: Store, profiles: Profiles) -> Credit:
    """What the ledger says that each profile can spend, when no call runs."""
    credit = Credit()
    for profile in profiles.all():
        credit.set(profile.username, *store.spendable(profile.username))
    return credit
