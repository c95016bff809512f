"""Faults of the community side: who signs in, who is rung, and what passes between two legs."""

from collections.abc import Sequence
from dataclasses import replace

from harness.faults.fault import part
from harness.sip.credentials import Credentials
from harness.sip.hop import Packet
from harness.sip.message import Request
from harness.sip.transaction_events import RequestReceived
from harness.ua.call import Call
from harness.ua.call_state import CallState
from harness.ua.endpoint import MediaReply
from harness.ua.media_session import MediaSession
from reference_server.authentication import Authenticated, Authentication
from reference_server.community.account import Account
from reference_server.community.bridge import UNANSWERED, UNREACHABLE, Bridge
from reference_server.community.community import Community, Way
from reference_server.community.relay import MARKER, Relay
from reference_server.faults.fault import Fault
from reference_server.from_rule import FromRule
from reference_server.live_call import LiveCall
from reference_server.profile import Profile
from reference_server.refusal import Refused

BUSY = 486


class _NobodySignsIn(Community):
    def check_unattached(self, account: Account, event: RequestReceived, now: float) -> None:
        raise self._refusals.refuse("account_attached", f"account {account.username}")


class _AttachedSignsIn(Community):
    method = "REGISTER"

    def check_unattached(self, account: Account, event: RequestReceived, now: float) -> None:
        if event.request.method != self.method:
            super().check_unattached(account, event, now)


class _AttachedCalls(_AttachedSignsIn):
    method = "INVITE"


class _NoReason(Community):
    def check_unattached(self, account: Account, event: RequestReceived, now: float) -> None:
        try:
            super().check_unattached(account, event, now)
        except Refused as refused:
            raise Refused(refused.status, refused.reason, (), refused.rule) from None


class _AnyPasswordOfAccounts(Authentication):
    def is_right(self, credentials: Credentials, request: Request) -> bool:
        return isinstance(self._profiles.named(credentials.username), Account) or super().is_right(
            credentials, request
        )


class _UnknownAccountToldApart(Authentication):
    def check_credentials(
        self, request: Request, claimed: Profile | None, packet: Packet, now: float
    ) -> Authenticated:
        user = request.from_.sip_uri.unescaped_user if request.method == "REGISTER" else ""
        if claimed is None and not user.isdigit() and self.credentials(request):
            raise self._refusals.refuse("not_found", user)
        return super().check_credentials(request, claimed, packet, now)


class _AccountsMayLie(FromRule):
    def check(self, request: Request, profile: Profile) -> None:
        if not isinstance(profile, Account):
            super().check(request, profile)


class _AccountsAreNotRung(Community):
    def way(self, dialled: str, account: Account, codecs: Sequence[str]) -> Way:
        way = super().way(dialled, account, codecs)
        if way.inbound is self._contact_calls and self._dispatch.registrar.held(dialled):
            raise self._refusals.refuse("unknown_callee", dialled)
        return way


class _AttachedAreNotRung(Community):
    def way(self, dialled: str, account: Account, codecs: Sequence[str]) -> Way:
        way = super().way(dialled, account, codecs)
        if self.is_lost(way):
            raise self._refusals.refuse("unknown_callee", dialled)
        return way

    def is_lost(self, way: Way) -> bool:
        return way.order.account is not None


class _NumbersAreNotRung(_AttachedAreNotRung):
    def is_lost(self, way: Way) -> bool:
        return way.order.number is not None


class _CallerHidden(Community):
    def way(self, dialled: str, account: Account, codecs: Sequence[str]) -> Way:
        way = super().way(dialled, account, codecs)
        return way._replace(order=replace(way.order, display=None))


class _EverybodyIsKnown(Community):
    def way(self, dialled: str, account: Account, codecs: Sequence[str]) -> Way:
        try:
            return super().way(dialled, account, codecs)
        except Refused as refused:
            raise Refused(UNREACHABLE, None, refused.headers, refused.rule) from None


class _OfflineIsBusy(Community):
    def told(self, callee: LiveCall) -> int:
        return BUSY


class _DeafBridge(Bridge):
    def join_media(self, leg: Call, session: MediaSession) -> None:
        pass


class _Deaf(Community):
    bridge = _DeafBridge


class _SoundAlone(Relay):
    def receive_rtp(self, data: bytes, source: tuple[str, int], now: float) -> MediaReply | None:
        agreed = self._session.agreed
        if agreed is not None and data[1] & ~MARKER == agreed.receive_event_payload_type:
            return self._session.receive_rtp(data, source, now)
        return super().receive_rtp(data, source, now)


class _SoundBridge(Bridge):
    relay = _SoundAlone


class _NoDigits(Community):
    bridge = _SoundBridge


class _UnreachableBridge(Bridge):
    def told(self, callee: Call) -> int:
        return UNREACHABLE


class _RefusalLost(Community):
    bridge = _UnreachableBridge


class _RingsOnBridge(Bridge):
    def caller_changed(self, caller: Call, now: float) -> None:
        if self._callee.state not in UNANSWERED:
            super().caller_changed(caller, now)


class _RingsOn(Community):
    bridge = _RingsOnBridge


class _HangsOnBridge(Bridge):
    def caller_changed(self, caller: Call, now: float) -> None:
        if self._callee.state is not CallState.ANSWERED or caller.state is CallState.ANSWERED:
            super().caller_changed(caller, now)


class _HangsOn(Community):
    bridge = _HangsOnBridge


FAULTS = (
    Fault(
        "accounts-cannot-sign-in",
        "accounts.sign-in",
        "every account is refused as if it were attached",
        part(community=_NobodySignsIn),
    ),
    Fault(
        "any-password-signs-in",
        "accounts.wrong-password",
        "an account signs in with any password",
        part(authentication=_AnyPasswordOfAccounts),
    ),
    Fault(
        "unknown-account-told-apart",
        "accounts.unknown-same-answer",
        "REGISTER of an unknown account is answered with 404",
        part(authentication=_UnknownAccountToldApart),
    ),
    Fault(
        "attached-account-signs-in",
        "accounts.attached-refused",
        "an account that is attached to a profile signs in",
        part(community=_AttachedSignsIn),
    ),
    Fault(
        "attached-account-not-told-why",
        "accounts.attached-reason",
        "the refusal of an attached account has no Warning",
        part(community=_NoReason),
    ),
    Fault(
        "attached-account-calls",
        "accounts.attached-cannot-call",
        "an account that is attached to a profile may call",
        part(community=_AttachedCalls),
    ),
    Fault(
        "account-may-lie",
        "accounts.from-rule",
        "an account may put another user into From",
        part(from_rule=_AccountsMayLie),
    ),
    Fault(
        "accounts-not-rung",
        "accounts.calls-account",
        "calls to accounts are answered with 404",
        part(community=_AccountsAreNotRung),
    ),
    Fault(
        "accounts-deaf",
        "accounts.audio",
        "no RTP passes between the legs of an account's call",
        part(community=_Deaf),
    ),
    Fault(
        "digits-not-carried",
        "accounts.digits",
        "telephone-events do not pass between the legs",
        part(community=_NoDigits),
    ),
    Fault(
        "refusal-not-relayed",
        "accounts.refusal-relayed",
        "every refusal becomes 480",
        part(community=_RefusalLost),
    ),
    Fault(
        "cancel-not-relayed",
        "accounts.cancel-relayed",
        "the called account rings on when the caller gives up",
        part(community=_RingsOn),
    ),
    Fault(
        "bye-not-relayed",
        "accounts.bye-relayed",
        "the called side is not told that the caller hung up",
        part(community=_HangsOn),
    ),
    Fault(
        "attached-account-not-rung",
        "accounts.forwarded",
        "calls of accounts to attached accounts are answered with 404",
        part(community=_AttachedAreNotRung),
    ),
    Fault(
        "number-not-rung",
        "accounts.number-forwarded",
        "calls of accounts to Online Numbers are answered with 404",
        part(community=_NumbersAreNotRung),
    ),
    Fault(
        "calling-account-hidden",
        "accounts.caller-shown",
        "From of a forwarded call has no display name",
        part(community=_CallerHidden),
    ),
    Fault(
        "unknown-callee-unavailable",
        "accounts.unknown-callee",
        "a call to a name that nobody has is answered with 480",
        part(community=_EverybodyIsKnown),
    ),
    Fault(
        "offline-account-busy",
        "accounts.not-signed-in",
        "a call to an account that is not signed in is answered with 486",
        part(community=_OfflineIsBusy),
    ),
)
