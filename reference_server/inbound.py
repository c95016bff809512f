"""Calls of the trunk towards a PBX: To = SIP username, Request-URI = what was called, no credentials.

Started by the control API. Which contact rings is the `registrar`'s knowledge; the call itself is
`harness.ua`'s.
"""

from dataclasses import dataclass
from functools import partial

from harness.sip.hop import Hop
from harness.sip.location import is_numeric
from harness.sip.name_addr import NameAddr, parse_name_addr_list
from harness.sip.params import NO_PARAMS
from harness.sip.transport_rules import DEFAULT_PORTS
from harness.sip.uri import SipUri
from harness.ua.call import Call, outgoing_call
from harness.ua.call_options import CallOptions
from harness.ua.call_state import CallState
from harness.ua.endpoint import NoMediaPort
from reference_server.calls import Calls
from reference_server.dialect import Dialect
from reference_server.endpoints import Endpoints
from reference_server.live_call import LiveCall
from reference_server.profile import Profile, Profiles
from reference_server.refusal import Refused
from reference_server.registrar import Registrar
from reference_server.store.rows import BindingRow, hop_from_text

BUSY = 486
"""Towards the caller when the profile has no channel free."""
NOT_REGISTERED = 480
INACTIVE = 480
"""Towards the caller when the profile has no channel subscription."""
UNAVAILABLE = 503
"""Towards the caller when the trunk has no port for RTP."""
DTMF_AFTER = 0.3
"""Seconds after the answer when digits begin."""


class UnknownCallee(Exception):
    """A call was ordered to a profile, number or account that the trunk does not have."""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What the caller does; all times in seconds."""

    ring_timeout: float | None = None
    """Gives up then; the dialect's when None."""
    hang_up_after: float | None = None
    """After the answer."""
    cancel_after: float | None = None
    """After the INVITE, when it is not answered by then."""
    media: str = "silence"
    late_offer: bool = False
    dtmf: str | None = None
    codecs: tuple[str, ...] = ()
    """What is offered; the dialect's when empty."""


@dataclass(frozen=True, slots=True)
class Order:
    """A call to be placed. The profile may be left out when a number or an account tells it."""

    profile: str | None = None
    number: str | None = None
    """The Online Number that was called."""
    account: str | None = None
    """The business account that was called."""
    caller: str | None = None
    display: str | None = None
    behaviour: Behaviour = Behaviour()


class InboundCalls:
    """Places calls to the PBXs of all profiles."""

    def __init__(
        self,
        dialect: Dialect,
        profiles: Profiles,
        registrar: Registrar,
        calls: Calls,
        endpoints: Endpoints,
    ) -> None:
        self._dialect = dialect
        self._profiles = profiles
        self._registrar = registrar
        self._calls = calls
        self._endpoints = endpoints

    def place(self, order: Order, now: float) -> LiveCall:
        """Starts a call, or fails it at once: 486 (no channel), 480 (nobody registered, profile inactive).

        Raises `UnknownCallee` for a profile, number or account that is not there.
        """
        profile = self.profile_of(order)
        caller = order.caller or self._dialect.inbound.caller
        called = self.called(profile, order)
        if not self.may_ring(profile):
            return self._calls.failed(profile, caller, called, INACTIVE, "no channel subscription", now)
        try:
            live = self._calls.open(profile, "inbound", caller, called, now)
        except Refused:
            return self._calls.failed(profile, caller, called, BUSY, "no channel free", now)
        binding = self.binding(profile, now)
        if binding is None:
            self._calls.fail(live, NOT_REGISTERED, "no contact is registered", now)
            return live
        self.send_invite(live, binding, called, order, now)
        return live

    def may_ring(self, profile: Profile) -> bool:
        """Whether calls are forwarded to the profile: not when its channel subscription lapsed."""
        return profile.active

    def profile_of(self, order: Order) -> Profile:
        """The profile that is to ring. Raises `UnknownCallee`."""
        if order.profile is not None:
            profile = self._profiles.named(order.profile)
            if profile is None:
                raise UnknownCallee(f"no profile has the SIP username {order.profile}")
            return profile
        for profile in self._profiles.all():
            if order.number in profile.online_numbers or order.account in profile.extension_tags:
                return profile
        raise UnknownCallee("name a profile, or a number or account that one has")

    def called(self, profile: Profile, order: Order) -> str:
        """The user of the Request-URI: Online Number, extension tag, else the SIP username."""
        if order.number is not None:
            if order.number not in profile.online_numbers:
                raise UnknownCallee(f"{order.number} is no Online Number of {profile.username}")
            return order.number
        if order.account is not None:
            return profile.extension_tags.get(order.account) or profile.username
        return profile.username

    def binding(self, profile: Profile, now: float) -> BindingRow | None:
        """The contact that rings: of those with the highest q the one registered last (RFC 3261 section
        10.2.1.2), or the address of an ip-mode profile."""
        bindings = self._registrar.bindings(profile, now)
        if bindings:
            return max(reversed(bindings), key=preference)
        endpoints = self._endpoints.all()
        if profile.ip_source is None or not endpoints:
            return None
        local = next((one.local for one in endpoints if one.local.transport == "udp"), endpoints[0].local)
        source = Hop(local.transport, *profile.ip_source)
        contact = f"<sip:{profile.username}@{str(source).partition(':')[2]}>"
        return BindingRow(
            profile.username, contact, contact, str(source), str(local), "", "", 0, float("inf")
        )

    def send_invite(self, live: LiveCall, binding: BindingRow, called: str, order: Order, now: float) -> None:
        """Sends the INVITE and plans what the caller does."""
        destination = self.destination(binding)
        local = self.listener(binding, destination.transport) or hop_from_text(binding.listener)
        request_uri = self.request_uri(binding, live.profile, called)
        options = self.options(live, order, request_uri, self._endpoints.contact(live.caller, local), binding)
        endpoint = self._endpoints.at(local)
        live.on_answer = partial(self.answered, live, order.behaviour)
        try:
            session = outgoing_call(
                endpoint, request_uri, options, destination, now, from_uri=self.from_uri(live.caller)
            )
        except NoMediaPort as error:
            self._calls.fail(live, UNAVAILABLE, str(error), now)
            return
        self._calls.attach(live, session, now)
        timeout = order.behaviour.ring_timeout or self._dialect.inbound.ring_timeout
        self.give_up_after(live, session, timeout, "no answer", now)
        if order.behaviour.cancel_after is not None:
            self.give_up_after(live, session, order.behaviour.cancel_after, "caller gave up", now)

    def request_uri(self, binding: BindingRow, profile: Profile, called: str) -> str:
        """The registered contact with another user; its parameters stay (Asterisk needs `line=`)."""
        uri = NameAddr.parse(binding.contact).uri
        user = called if self._dialect.inbound.request_uri == "called" else profile.username
        if not isinstance(uri, SipUri):
            return f"sip:{user}@{self._dialect.domain}"
        if not self._dialect.inbound.keep_contact_parameters:
            uri = uri.replace(params=NO_PARAMS)
        return str(uri.replace(user=user, password=None, headers=""))

    def from_uri(self, caller: str) -> str:
        """From: the caller, at the trunk's own domain."""
        return f"sip:{caller}@{self._dialect.domain}"

    def to_uri(self, profile: Profile, called: str) -> str:
        """To: the SIP username, unless the dialect wants what was called."""
        user = profile.username if self._dialect.inbound.to == "username" else called
        return f"sip:{user}@{self._dialect.domain}"

    def options(
        self, live: LiveCall, order: Order, request_uri: str, contact: str, binding: BindingRow
    ) -> CallOptions:
        """What the INVITE says."""
        headers = (("Route", binding.path),) if binding.path else ()  # RFC 3327 section 5.3
        return CallOptions(
            codecs=order.behaviour.codecs or self._dialect.media.codecs,
            supported=self._dialect.inbound.supported,
            late_offer=order.behaviour.late_offer,
            from_display=order.display,
            to_uri=self.to_uri(live.profile, live.number),
            request_uri=request_uri,
            contact=contact,
            headers=headers,
            replaced_headers={"Allow": ", ".join(self._dialect.inbound.allow)},
            authenticate=False,
            media=order.behaviour.media,
            keep_history=False,
            keep_sound=False,
        )

    def destination(self, binding: BindingRow) -> Hop:
        """Where the INVITE is sent: the contact's address, or the registration's source and connection."""
        source = hop_from_text(binding.source)
        uri = NameAddr.parse(binding.contact).uri
        if binding.path:
            uri = parse_name_addr_list(binding.path)[0].uri
        if self._dialect.inbound.deliver_to == "source" or source.transport != "udp":
            return source
        if not isinstance(uri, SipUri) or not is_numeric(uri.maddr or uri.host):
            return source
        transport = uri.transport or "udp"
        if transport not in DEFAULT_PORTS or self.listener(binding, transport) is None:
            return source
        return Hop(transport, uri.maddr or uri.host, uri.port or DEFAULT_PORTS[transport])

    def listener(self, binding: BindingRow, transport: str) -> Hop | None:
        """Where the trunk speaks `transport`: where the contact was registered, if there, or elsewhere."""
        local = hop_from_text(binding.listener)
        if local.transport == transport:
            return local
        listeners = (endpoint.local for endpoint in self._endpoints.all())
        return next((one for one in listeners if one.transport == transport), None)

    def give_up_after(self, live: LiveCall, session: Call, seconds: float, cause: str, now: float) -> None:
        """Cancels the call after `seconds` unless it is answered or over."""

        def give_up(at: float) -> None:
            if session.state in (CallState.CALLING, CallState.PROCEEDING, CallState.RINGING):
                self._calls.end(live, cause, at, released_by="caller")

        session.endpoint.schedule(now + seconds, give_up)

    def answered(self, live: LiveCall, behaviour: Behaviour, now: float) -> None:
        """The PBX answered: plans digits and the caller's hang-up."""
        session = live.session
        if session is None:
            return
        if behaviour.dtmf is not None:
            digits = behaviour.dtmf
            session.endpoint.schedule(now + DTMF_AFTER, lambda at: live.send_dtmf(digits, at))
        if behaviour.hang_up_after is not None:
            hang_up = partial(self._calls.end, live, "caller hung up", released_by="caller")
            session.endpoint.schedule(now + behaviour.hang_up_after, lambda at: hang_up(now=at))


def preference(binding: BindingRow) -> float:
    """The q of a binding; 1 when it has none that can be read."""
    try:
        return float(NameAddr.parse(binding.contact).params.get("q") or 1)
    except ValueError:
        return 1.0
