"""The parts of an observed trunk: each does what the director said for a profile, else what it always does.

`observed` puts them into a blueprint, over whatever a fault has put there. The directions are
`directions`, what passes on the wire is `network`'s.
"""

from dataclasses import replace
from functools import partial
from typing import Any

from harness.sip.message import Request
from harness.sip.transaction_events import RequestReceived
from harness.ua.call import Call
from harness.ua.call_options import CallOptions
from reference_server.authentication import Authenticated
from reference_server.dispatch import Dispatch
from reference_server.far_end import FarEnd, FarEnds
from reference_server.inbound import InboundCalls, Order
from reference_server.live_call import LiveCall
from reference_server.parts import Blueprint
from reference_server.profile import Profile
from reference_server.refusal import Refused
from reference_server.registrar import Registrar
from reference_server.stage.directions import ChangeDirections, InviteDirections, RegisterDirections
from reference_server.stage.network import (
    chained,
    maddr_contact,
    media_in_maker,
    media_out_maker,
    record_route,
    sip_in_maker,
    sip_out_maker,
)
from reference_server.stage.stage import Stage
from reference_server.store.rows import BindingRow, hop_from_text

STAGED = "staged"
"""The rule of a refusal that the director wanted, in metrics and call records."""
PADDING = "X-Trunk-Padding"
CHANGES = ("INVITE", "UPDATE")
SESSION_PROGRESS = 183
BETWEEN_PROVISIONALS = 0.2
"""Seconds."""


class StagedRegistrar(Registrar):
    """Grants what the director wants."""

    stage: Stage

    def granted(self, contact: Any, request: Request, profile: Profile) -> int:
        """Seconds for one contact. Raises `Refused` (423 with Min-Expires)."""
        directions = self.stage.directions(profile.username).register_
        asked = self.asked(contact, request)
        if directions.min_expires is not None and 0 < asked < directions.min_expires:
            self.too_brief(asked, directions.min_expires)
        if directions.expires_granted is not None and asked > 0:
            return directions.expires_granted
        return super().granted(contact, request, profile)


class StagedDispatch(Dispatch):
    """Refuses what the director wants refused."""

    __slots__ = ()
    stage: Stage

    def register(self, event: RequestReceived, now: float) -> None:
        """REGISTER. Raises `Refused`."""
        username = self.stage.owner_of_received(event.packet)
        self.act(event, username, "register", self.stage.directions(username).register_, now)
        super().register(event, now)

    def invite(self, event: RequestReceived, now: float) -> None:
        """INVITE outside a dialog. Raises `Refused`."""
        username = self.stage.owner_of_received(event.packet)
        if self.is_authenticated(event.request, username):
            self.act(event, username, "invite", self.stage.directions(username).invite, now)
        super().invite(event, now)

    def inside_dialog(self, event: RequestReceived, now: float) -> None:
        """A request of a call. Raises `Refused`."""
        if event.request.method in CHANGES:
            username = self.stage.owner_of_received(event.packet)
            directions = self.stage.directions(username).change
            self.act(event, username, "change", directions, now)
        super().inside_dialog(event, now)

    def start_call(self, event: RequestReceived, who: Authenticated, number: str, now: float) -> None:
        """Lets the far end behind `number` act, knowing for whom. Raises `Refused`."""
        self.stage.current = who.profile.username
        super().start_call(event, who, number, now)

    def act(
        self,
        event: RequestReceived,
        username: str,
        kind: str,
        directions: RegisterDirections | InviteDirections | ChangeDirections,
        now: float,
    ) -> None:
        """Does what is wanted of this request. Raises `Refused`."""
        stale = getattr(directions, "stale", False) and self.has_credentials(event.request)
        if directions.status is None and not stale:
            return
        identity = f"{event.request.call_id} {event.request.cseq.number}"
        if not self.stage.is_meant(username, kind, identity, directions.times):
            return
        if stale:
            profile = self.stage.profile(username)
            algorithm = "MD5" if profile is None else profile.algorithm
            raise self.authentication.challenge(event.request, algorithm, now, stale=True)
        seconds = getattr(directions, "retry_after", None)
        headers = [] if seconds is None else [("Retry-After", str(seconds))]
        raise Refused(directions.status or 503, None, headers, STAGED)

    def is_authenticated(self, request: Request, username: str) -> bool:
        """Whether a request carries credentials, or needs none: the challenge comes before all else."""
        profile = self.stage.profile(username)
        return self.has_credentials(request) or (profile is not None and profile.ip_source is not None)

    def has_credentials(self, request: Request) -> bool:
        """Whether there are any credentials."""
        return "authorization" in request.headers.keys or "proxy-authorization" in request.headers.keys


class StagedFarEnds(FarEnds):
    """Far ends with the session timer that the director wants."""

    stage: Stage

    def options(self, far_end: FarEnd, contact: str) -> CallOptions:
        """How the far end answers the INVITE."""
        options = super().options(far_end, contact)
        directions = self.stage.directions(self.stage.current).invite
        if directions.session_expires is not None:
            options = replace(options, session_expires=directions.session_expires)
        if directions.refresher is not None:
            options = replace(options, refresher=directions.refresher)
        return options

    def ring(self, session: Call, far_end: FarEnd, now: float) -> None:
        """Rings as the director wants, else as the row says."""
        wanted = self.stage.directions(self.stage.current).invite.provisional
        if not wanted:
            super().ring(session, far_end, now)
        for place, status in enumerate(wanted):
            ring = partial(session.ring, status=status, early_media=status == SESSION_PROGRESS)
            self.at(session, now, place * BETWEEN_PROVISIONALS, ring)


class StagedInbound(InboundCalls):
    """Calls to the PBX that look as the director wants."""

    stage: Stage

    def to_uri(self, profile: Profile, called: str) -> str:
        """To of the INVITE."""
        user = self.stage.directions(profile.username).inbound.to_user
        return super().to_uri(profile, called) if user is None else f"sip:{user}@{self.stage.domain}"

    def request_uri(self, binding: BindingRow, profile: Profile, called: str) -> str:
        """The Request-URI of the INVITE."""
        user = self.stage.directions(profile.username).inbound.request_user
        return super().request_uri(binding, profile, called if user is None else user)

    def options(
        self, live: LiveCall, order: Order, request_uri: str, contact: str, binding: BindingRow
    ) -> CallOptions:
        """What the INVITE says."""
        options = super().options(live, order, request_uri, contact, binding)
        wanted = self.stage.directions(live.profile.username).inbound
        here = self.listener(binding, self.destination(binding).transport) or hop_from_text(binding.listener)
        headers = [*options.headers, *wanted.headers.items()]
        if wanted.record_route:
            headers.append(("Record-Route", record_route(here)))
        if wanted.size is not None:
            headers.append((PADDING, "x" * wanted.size))
        changes: dict[str, Any] = {"headers": tuple(headers)}
        if wanted.maddr:
            changes["contact"] = maddr_contact(live.caller, wanted.maddr, here, self.stage.domain)
        if wanted.max_forwards is not None:
            changes["max_forwards"] = wanted.max_forwards
        if wanted.session_expires is not None:
            changes["session_expires"] = wanted.session_expires
        if wanted.refresher is not None:
            changes["refresher"] = wanted.refresher
        if wanted.codecs is not None:
            changes["codecs"] = wanted.codecs
        if wanted.supported is not None:
            changes["supported"] = wanted.supported
        return replace(options, send_ack=wanted.send_ack, **changes)


def observed(blueprint: Blueprint) -> tuple[Blueprint, Stage]:
    """The same trunk with a stage under it."""
    stage = Stage()
    stage.domain = blueprint.dialect.domain

    def staged(part: type, original: type) -> Any:
        return type(part.__name__, (part, original), {"stage": stage, "__slots__": ()})

    changed = replace(
        blueprint,
        registrar=staged(StagedRegistrar, blueprint.registrar),
        dispatch=staged(StagedDispatch, blueprint.dispatch),
        far_ends=staged(StagedFarEnds, blueprint.far_ends),
        inbound=staged(StagedInbound, blueprint.inbound),
        sip_in=chained(blueprint.sip_in, sip_in_maker(stage)),
        sip_out=chained(blueprint.sip_out, sip_out_maker(stage)),
        media_in=chained(blueprint.media_in, media_in_maker(stage)),
        media_out=chained(blueprint.media_out, media_out_maker(stage)),
        stage=stage,
    )
    return changed, stage
