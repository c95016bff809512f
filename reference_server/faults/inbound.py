"""Faults of calls towards the PBX, and of the channels."""

from dataclasses import replace

from harness.faults.fault import part, sip_out
from harness.faults.packet_loss import drop_requests
from harness.ua.call import Call
from harness.ua.call_options import CallOptions
from reference_server.calls import Calls
from reference_server.channels import Channels
from reference_server.faults.fault import Fault, value
from reference_server.inbound import NOT_REGISTERED, InboundCalls, Order
from reference_server.live_call import LiveCall
from reference_server.profile import Profile
from reference_server.store.rows import BindingRow


class _NoNumber(InboundCalls):
    def called(self, profile: Profile, order: Order) -> str:
        called = super().called(profile, order)
        return called if order.number is None else profile.username


class _NoTag(InboundCalls):
    def called(self, profile: Profile, order: Order) -> str:
        called = super().called(profile, order)
        return called if order.account is None else profile.username


class _InactiveRings(InboundCalls):
    def may_ring(self, profile: Profile) -> bool:
        return True


class _NumbersNotForwarded(InboundCalls):
    def is_forwarded(self, order: Order) -> bool:
        return order.number is None

    def send_invite(self, live: LiveCall, binding: BindingRow, called: str, order: Order, now: float) -> None:
        if self.is_forwarded(order):
            super().send_invite(live, binding, called, order, now)
        else:
            self._calls.fail(live, NOT_REGISTERED, "not forwarded", now)


class _AccountsNotForwarded(_NumbersNotForwarded):
    def is_forwarded(self, order: Order) -> bool:
        return order.account is None


class _NoUsername(InboundCalls):
    def called(self, profile: Profile, order: Order) -> str:
        called = super().called(profile, order)
        return "s" if called == profile.username else called


class _WithCredentials(InboundCalls):
    def options(
        self, live: LiveCall, order: Order, request_uri: str, contact: str, binding: BindingRow
    ) -> CallOptions:
        options = super().options(live, order, request_uri, contact, binding)
        credentials = (
            f'Digest username="trunk", realm="pbx", nonce="00", uri="{request_uri}", response="{"0" * 32}"'
        )
        return replace(options, headers=(*options.headers, ("Proxy-Authorization", credentials)))


class _FromAddress(InboundCalls):
    def from_uri(self, caller: str) -> str:
        return f"sip:{caller}@127.0.0.1"


class _NeverHangsUp(Calls):
    def end(self, live: LiveCall, cause: str, now: float, released_by: str = "trunk") -> None:
        if live.direction == "outbound" or live.answered is None:
            super().end(live, cause, now, released_by)


class _ChallengeForgotten(Calls):
    def close(self, live: LiveCall, session: Call, now: float) -> None:
        super().close(live, session, now)
        live.fault_of_pbx = None


class _InboundNeedsNoChannel(Calls):
    def open(self, profile: Profile, direction: str, caller: str, number: str, now: float) -> LiveCall:
        if direction == "outbound":
            return super().open(profile, direction, caller, number, now)
        live = LiveCall(f"{self._rng.getrandbits(64):016x}", profile, direction, caller, number, now)
        self._live[live.id] = live
        return live


class _OneTooFew(Channels):
    def limit(self, profile: Profile) -> int:
        return profile.channels - 1


class _OneTooMany(Channels):
    def limit(self, profile: Profile) -> int:
        return profile.channels + 1


class _NeverReleased(Channels):
    def release(self, profile: Profile, holder: str) -> None:
        pass


FAULTS = (
    Fault(
        "to-and-request-uri-swapped",
        "inbound.to-username",
        "To holds the number, the Request-URI the SIP username",
        value({"inbound": {"to": "called", "request_uri": "username"}}),
    ),
    Fault(
        "inactive-profile-rings",
        "inbound.inactive-profile",
        "calls are forwarded to a profile without subscription",
        part(inbound=_InactiveRings),
    ),
    Fault(
        "number-missing-in-request-uri",
        "inbound.ruri-number",
        "a call to an Online Number has the SIP username in the Request-URI",
        part(inbound=_NoNumber),
    ),
    Fault(
        "tag-missing-in-request-uri",
        "inbound.ruri-tag",
        "a call to an account has the SIP username in the Request-URI",
        part(inbound=_NoTag),
    ),
    Fault(
        "numbers-not-forwarded",
        "inbound.numbers-forwarded",
        "calls to Online Numbers do not reach the profile",
        part(inbound=_NumbersNotForwarded),
    ),
    Fault(
        "accounts-not-forwarded",
        "inbound.accounts-forwarded",
        "calls to business accounts do not reach the profile",
        part(inbound=_AccountsNotForwarded),
    ),
    Fault(
        "username-missing-in-request-uri",
        "inbound.ruri-username",
        "a call without number and tag has s in the Request-URI",
        part(inbound=_NoUsername),
    ),
    Fault(
        "inbound-with-credentials",
        "inbound.no-credentials",
        "an inbound INVITE carries Proxy-Authorization",
        part(inbound=_WithCredentials),
    ),
    Fault(
        "contact-ignored",
        "inbound.contact-routing",
        "the INVITE goes to the source of the registration, not to the Contact",
        value({"inbound": {"deliver_to": "source"}}),
    ),
    Fault(
        "contact-parameters-dropped",
        "inbound.contact-params",
        "the Request-URI loses the parameters of the registered Contact",
        value({"inbound": {"keep_contact_parameters": False}}),
    ),
    Fault(
        "pbx-challenge-not-recorded",
        "inbound.challenge-is-pbx-fault",
        "a PBX that challenges an inbound call is not blamed",
        part(calls=_ChallengeForgotten),
    ),
    Fault(
        "inbound-from-address",
        "inbound.from-host",
        "From of inbound calls has an address instead of the domain",
        part(inbound=_FromAddress),
    ),
    Fault(
        "ack-missing",
        "inbound.ack",
        "the PBX's 200 is never acknowledged",
        sip_out(drop_requests("ACK")),
    ),
    Fault(
        "inbound-bye-missing",
        "inbound.bye",
        "the caller's hang-up does not reach the PBX",
        part(calls=_NeverHangsUp),
    ),
    Fault(
        "one-channel-too-few",
        "channels.not-below-limit",
        "the last channel cannot be used",
        part(channels=_OneTooFew),
    ),
    Fault(
        "one-channel-too-many",
        "channels.limit",
        "one call more than there are channels",
        part(channels=_OneTooMany),
    ),
    Fault(
        "channels-never-released",
        "channels.released",
        "a call that ended keeps its channel",
        part(channels=_NeverReleased),
    ),
    Fault(
        "inbound-takes-no-channel",
        "channels.both-directions",
        "only outbound calls count as channels",
        part(calls=_InboundNeedsNoChannel),
    ),
    Fault(
        "no-channel-answered-486",
        "channels.refusal-status",
        "a call without a free channel is answered with 486",
        value({"refusal": {"no_channel": {"status": 486}}}),
    ),
)
