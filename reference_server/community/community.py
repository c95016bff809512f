"""START HERE for the community side: what an account that signs in with a phone may do, and whom it calls.

An account that is attached to a SIP Profile may do nothing: "it cannot be used to sign in to Skype on your
computer or any other device" (Quick Start Guide, step 6). Calls to it are forwarded to the profile, and so
are calls to the profile's Online Numbers. Who sends a request was settled by `authentication`; a call that is
let in is a `bridge`.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from harness.media.errors import SdpError
from harness.media.offer_answer import stream_codecs
from harness.media.sdp import SessionDescription
from harness.sip.hop import Hop
from harness.sip.message import Request
from harness.sip.transaction_events import RequestReceived
from harness.ua.call import Call, incoming_call
from harness.ua.call_media import sdp_of
from harness.ua.call_options import CallOptions
from reference_server.calls import Calls
from reference_server.community.account import Account, Accounts
from reference_server.community.account_calls import AccountCalls
from reference_server.community.bridge import UNREACHABLE, Bridge
from reference_server.community.contact_calls import ContactCalls
from reference_server.inbound import Behaviour, InboundCalls, Order
from reference_server.live_call import LiveCall
from reference_server.liveness import Liveness
from reference_server.numbering import VISUAL_SEPARATORS
from reference_server.profile import Profile
from reference_server.refusal import Refused
from reference_server.settings import AccountSettings
from reference_server.store.rows import COMMUNITY

if TYPE_CHECKING:
    from reference_server.dispatch import Dispatch

REFUSALS_KEPT = 200


class AttachedRefusal(NamedTuple):
    """An attached account that tried to sign in or to call."""

    at: float
    account: str
    sip_username: str
    """The profile that it is attached to."""
    method: str
    source: str
    """`transport:host:port`."""
    reason: str
    """In words."""


class Way(NamedTuple):
    """Whom a call of an account rings."""

    inbound: InboundCalls
    """Sends the INVITE."""
    calls: Calls
    """Keeps the called leg."""
    order: Order


class Community:
    """All business accounts of a trunk and their calls."""

    bridge: type[Bridge] = Bridge
    """What joins two legs; a fault has another."""

    def __init__(
        self,
        dispatch: "Dispatch",
        accounts: Accounts,
        inbound: InboundCalls,
        contact_calls: ContactCalls,
        account_calls: AccountCalls,
        liveness: Liveness,
    ) -> None:
        """`inbound` rings profiles, `contact_calls` phones of accounts, whose legs are `account_calls` and
        watched by `liveness`. The rules are the desk's, `dispatch`."""
        self._dispatch = dispatch
        self._dialect = dispatch.dialect
        self._refusals = dispatch.refusals
        self.accounts = accounts
        self._inbound = inbound
        self._contact_calls = contact_calls
        self._account_calls = account_calls
        self._liveness = liveness
        self.attached_refusals: deque[AttachedRefusal] = deque(maxlen=REFUSALS_KEPT)
        """The latest attached accounts that were refused, oldest first."""

    # What an account asks for

    def check_unattached(self, account: Account, event: RequestReceived, now: float) -> None:
        """Raises `Refused` (403) for an account that is attached to a profile."""
        profile = self.accounts.profile_of(account.username)
        if profile is None:
            return
        method, source = event.request.method, str(event.packet.source)
        reason = f"{account.username} is attached to the SIP Profile {profile.username}"
        self.attached_refusals.append(
            AttachedRefusal(now, account.username, profile.username, method, source, reason)
        )
        deed = "signing in" if method == "REGISTER" else "calling"
        raise self._refusals.refuse("account_attached", f"account {account.username} {deed}")

    def invite(self, event: RequestReceived, account: Account, dialled: str, now: float) -> None:
        """INVITE of an account: the rules of a call, then whoever is called. Raises `Refused`."""
        try:
            way = self.admitted(event, account, dialled, now)
        except Refused as refused:
            self._account_calls.refused(event.request, account, dialled, refused, now)
            raise
        local = event.packet.destination
        direction = COMMUNITY if way.calls is self._account_calls else "outbound"
        live = self._account_calls.open(account, direction, account.username, dialled, now)
        options = self.options(dialled, local)
        session = incoming_call(self._dispatch.endpoints.at(local), event, options, now)
        session.media_control.reserve()
        self._account_calls.attach(live, session, now)
        self.connect(live, session, way, now)

    def admitted(self, event: RequestReceived, account: Account, dialled: str, now: float) -> Way:
        """Whom an INVITE rings that keeps the rules of a call. Raises `Refused`."""
        request, local, dispatch = event.request, event.packet.destination, self._dispatch
        self.check_unattached(account, event, now)
        dispatch.from_rule.check(request, account)
        dispatch.capability.check_answer_type(request)
        dispatch.offer_rule.check(request)
        dispatch.capability.check_dialog(request)
        dispatch.check_interval(request, self.options(dialled, local))
        way = self.way(dialled, account, self.offered(request))
        if not dispatch.endpoints.has_media_port(local):
            raise self._refusals.refuse("no_media_port", f"{self._account_calls.count} calls of accounts")
        return way

    # Whom it calls

    def way(self, dialled: str, account: Account, codecs: Sequence[str]) -> Way:
        """Who is behind a name or a number. Raises `Refused` (404 for nobody, 403 for a lapsed profile)."""
        caller, display = account.username, account.display
        behaviour = Behaviour(media="none", codecs=tuple(codecs))
        profile = self.accounts.profile_of(dialled)
        if profile is not None:
            order = Order(profile.username, None, dialled, caller, display, behaviour)
            return self.way_to_profile(profile, order)
        number = dialled.partition(";")[0].translate(VISUAL_SEPARATORS)
        profile = self.accounts.profile_with(number)
        if profile is not None:
            order = Order(profile.username, number, None, caller, display, behaviour)
            return self.way_to_profile(profile, order)
        if self.accounts.named(dialled) is None:
            raise self._refusals.refuse("unknown_callee", dialled)
        order = Order(dialled, None, None, caller, display, behaviour)
        return Way(self._contact_calls, self._account_calls, order)

    def way_to_profile(self, profile: Profile, order: Order) -> Way:
        """The call is forwarded to the PBX. Raises `Refused` (403) when the profile is inactive."""
        if not profile.active:
            raise self._refusals.refuse("inactive", f"profile {profile.username} without a subscription")
        return Way(self._inbound, self._dispatch.calls, order)

    def connect(self, caller: LiveCall, session: Call, way: Way, now: float) -> None:
        """Rings whoever is called, and joins both legs."""
        callee = way.inbound.place(way.order, now)
        if callee.session is None:
            warning = self._refusals.warning(callee.cause, "a callee that can be reached")
            session.reject(self.told(callee), now, headers=[warning])
            return
        self.bridge(caller, self._account_calls, callee, way.calls, now)

    def told(self, callee: LiveCall) -> int:
        """The status that a caller gets of a callee that cannot even be rung: 486 without a free channel,
        480 without a contact."""
        return callee.status or UNREACHABLE

    def offered(self, request: Request) -> tuple[str, ...]:
        """The codecs of an INVITE that the trunk speaks too, in its order; all when it makes no offer."""
        known = self._dialect.media.codecs
        try:
            description = SessionDescription.parse(sdp_of(request) or b"")
        except SdpError:
            return known
        names = [name.lower() for media in description.media for name in stream_codecs(media).values()]
        common = [codec for codec in known if codec.lower() in names]
        return tuple(sorted(common, key=lambda codec: names.index(codec.lower())))

    def options(self, dialled: str, local: Hop) -> CallOptions:
        """How the caller's INVITE is answered."""
        timer = self._dialect.session_timer
        return CallOptions(
            codecs=self._dialect.media.codecs,
            supported=self._dialect.supported,
            session_expires=timer.expires,
            min_se=timer.min_se,
            contact=self._dispatch.endpoints.contact(dialled, local),
            media="none",
            keep_history=False,
            keep_sound=False,
        )

    # What the trunk asks

    def calls(self) -> list[LiveCall]:
        """The legs that end at phones of accounts, oldest first; each call of two accounts has two."""
        return self._account_calls.live()

    def shown(self) -> list[LiveCall]:
        """Calls between accounts and refused calls of accounts, each once, those that ended first."""
        return self._account_calls.shown()

    def named(self, call_id: str) -> LiveCall | None:
        """The leg with this id, ended lately or not."""
        return self._account_calls.named(call_id)

    def session_of(self, request: Request) -> Call | None:
        """The leg of an account to which a request inside a dialog belongs."""
        live = self._account_calls.find(request)
        return None if live is None else live.session

    def sweep(self, now: float) -> None:
        """Ends legs whose phone is gone."""
        self._liveness.sweep(now)

    def end_all(self, now: float) -> None:
        """Ends all calls, for the trunk goes down."""
        self._account_calls.end_all(now)

    def take(self, settings: AccountSettings) -> None:
        """Makes an account known, in place of an earlier one of that name."""
        self.accounts.take(settings)
        if self.accounts.profile_of(settings.name) is not None:
            self.sign_out((settings.name,))

    def sign_out(self, names: Iterable[str]) -> None:
        """Takes the bindings of accounts that have been attached to a profile; calls that run go on."""
        for name in names:
            self._dispatch.registrar.forget(name)

    def drop(self, name: str) -> None:
        """Forgets an account and its bindings; a call that runs goes on."""
        self.accounts.drop(name)
        self._dispatch.registrar.forget(name)
