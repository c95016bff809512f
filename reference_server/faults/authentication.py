"""Faults of authentication, of the From rule, and of what guards against guessing."""

import random

from harness.faults.fault import part, sip_out
from harness.faults.message_changes import responses, with_status, without
from harness.sip.digest import Credentials, NonceVerdict
from harness.sip.hop import Packet
from harness.sip.message import Request, Response
from harness.sip.transaction_events import RequestReceived
from harness.sip.uri import SipUri
from reference_server.authentication import CHALLENGE, Authenticated, Authentication
from reference_server.dialect import Dialect
from reference_server.dispatch import Dispatch
from reference_server.faults.fault import Fault, value
from reference_server.from_rule import FromRule
from reference_server.profile import Profile, Profiles
from reference_server.refusal import Refusals, Refused


class _ShowsDisplayName(Dispatch):
    __slots__ = ()

    def start_call(self, event: RequestReceived, who: Authenticated, number: str, now: float) -> None:
        who.profile.caller_id = event.request.from_.display or None
        super().start_call(event, who, number, now)


class _AnyPassword(Authentication):
    def is_right(self, credentials: Credentials, request: Request) -> bool:
        return self._profiles.named(credentials.username) is not None


class _NobodyCalls(Authentication):
    def accept(self, credentials: Credentials, request: Request, packet: Packet, now: float) -> Authenticated:
        if request.method == "INVITE":
            raise self.challenge(request, credentials.algorithm, now)
        return super().accept(credentials, request, packet, now)


class _OpenInvite(Authentication):
    def check(self, request: Request, packet: Packet, now: float) -> Authenticated:
        claimed = self.claimed_profile(request)
        if request.method == "INVITE" and claimed is not None and claimed.ip_source is None:
            return Authenticated(claimed, "")
        return super().check(request, packet, now)


class _FirstInviteOnly(Authentication):
    def __init__(self, dialect: Dialect, profiles: Profiles, refusals: Refusals, rng: random.Random) -> None:
        super().__init__(dialect, profiles, refusals, rng)
        self._known: dict[tuple[str, int], Profile] = {}

    def check(self, request: Request, packet: Packet, now: float) -> Authenticated:
        source = (packet.source.host, packet.source.port)
        known = self._known.get(source)
        if request.method == "INVITE" and known is not None and not self.credentials(request):
            return Authenticated(known, "")
        return super().check(request, packet, now)

    def accept(self, credentials: Credentials, request: Request, packet: Packet, now: float) -> Authenticated:
        who = super().accept(credentials, request, packet, now)
        if request.method == "INVITE":
            self._known[packet.source.host, packet.source.port] = who.profile
        return who


class _ReplayAccepted(Authentication):
    def nonce_verdict(self, credentials: Credentials, request: Request, now: float) -> NonceVerdict:
        verdict = super().nonce_verdict(credentials, request, now)
        return NonceVerdict.FRESH if verdict is NonceVerdict.REPLAYED else verdict


class _StaleNeverSaid(Authentication):
    def challenge(
        self, request: Request, algorithm: str, now: float, *, stale: bool = False, warning: bool = False
    ) -> Refused:
        return super().challenge(request, algorithm, now, warning=warning)


class _UriEnforced(Authentication):
    def is_right(self, credentials: Credentials, request: Request) -> bool:
        return credentials.uri == request.uri and super().is_right(credentials, request)


class _AlwaysMd5(Authentication):
    def challenge(
        self, request: Request, algorithm: str, now: float, *, stale: bool = False, warning: bool = False
    ) -> Refused:
        return super().challenge(request, "MD5", now, stale=stale, warning=warning)


class _IpModeChallenged(Authentication):
    def check(self, request: Request, packet: Packet, now: float) -> Authenticated:
        return self.check_credentials(request, None, packet, now)


class _AnySource(Authentication):
    def foreign_source(self, claimed: Profile, packet: Packet) -> Authenticated:
        return Authenticated(claimed, "")


class _OneNonce(_ReplayAccepted):
    def challenge(
        self, request: Request, algorithm: str, now: float, *, stale: bool = False, warning: bool = False
    ) -> Refused:
        self._nonce: str = getattr(self, "_nonce", "") or self.nonces.issue(now)
        refused = super().challenge(request, algorithm, now, stale=stale, warning=warning)
        headers = [(name, _with_nonce(text, self._nonce)) for name, text in refused.headers]
        return Refused(refused.status, refused.reason, headers, refused.rule)


class _UnknownToldApart(Authentication):
    method = "REGISTER"
    without_credentials = False

    def check_credentials(
        self, request: Request, claimed: Profile | None, packet: Packet, now: float
    ) -> Authenticated:
        told = self.without_credentials or bool(self.credentials(request))
        if claimed is None and told and request.method == self.method:
            raise Refused(404, None, (), CHALLENGE)
        return super().check_credentials(request, claimed, packet, now)


class _UnknownCallerToldApart(_UnknownToldApart):
    method = "INVITE"


class _ScannerSeesUsers(_UnknownToldApart):
    without_credentials = True


class _LockedEverywhere(Authentication):
    def refuse_locked(self, username: str, packet: Packet, now: float) -> None:
        counted = getattr(self, "_wrong", {})
        if counted.get(username, 0) >= 10:  # the dialect's limit, but for all sources together
            raise self._refusals.refuse("locked", "too many wrong passwords", seconds=60)

    def is_right(self, credentials: Credentials, request: Request) -> bool:
        right = super().is_right(credentials, request)
        if not right:
            counted: dict[str, int] = self.__dict__.setdefault("_wrong", {})
            counted[credentials.username] = counted.get(credentials.username, 0) + 1
        return right


class _AnyFrom(FromRule):
    def check(self, request: Request, profile: Profile) -> None:
        pass


class _FromCheckedWhenChallenged(FromRule):
    def check(self, request: Request, profile: Profile) -> None:
        if profile.ip_source is None:
            super().check(request, profile)


class _NoDisplayName(FromRule):
    def check(self, request: Request, profile: Profile) -> None:
        super().check(request, profile)
        if request.from_.display not in (None, "", profile.username):
            raise self._refusals.refuse("from_user", "a display name", username=profile.username)


class _TelAccepted(FromRule):
    def check(self, request: Request, profile: Profile) -> None:
        if isinstance(request.from_.uri, SipUri):
            super().check(request, profile)


class _AnonymousAccepted(FromRule):
    def check(self, request: Request, profile: Profile) -> None:
        uri = request.from_.uri
        if not (isinstance(uri, SipUri) and uri.unescaped_user.lower() == "anonymous"):
            super().check(request, profile)


class _OtherUserAccepted(FromRule):
    def check(self, request: Request, profile: Profile) -> None:
        uri = request.from_.uri
        looks_right = isinstance(uri, SipUri) and uri.unescaped_user.startswith("9905")
        if not looks_right:
            super().check(request, profile)


class _UsernameNotEnough(FromRule):
    def check(self, request: Request, profile: Profile) -> None:
        super().check(request, profile)
        if profile.ip_source is None:
            raise self._refusals.refuse("from_user", profile.username, username="an Online Number")


def _with_nonce(text: str, nonce: str) -> str:
    before, found, rest = text.partition('nonce="')
    return f"{before}{found}{nonce}{rest[rest.index(chr(34)) :]}" if found else text


def _challenge_without_qop(response: Response) -> Response:
    challenge = response.headers.get("Proxy-Authenticate")
    if challenge is not None:
        response.headers.set("Proxy-Authenticate", challenge.replace(', qop="auth"', ""))
    return response


FAULTS = (
    Fault(
        "nobody-calls",
        "authentication.credentials-accepted",
        "INVITE with the right credentials is challenged again",
        part(authentication=_NobodyCalls),
    ),
    Fault(
        "any-password-accepted",
        "authentication.wrong-password-refused",
        "every password of a known user is right",
        part(authentication=_AnyPassword),
    ),
    Fault(
        "no-invite-challenge",
        "authentication.invite-challenged",
        "INVITE without credentials is accepted",
        part(authentication=_OpenInvite),
    ),
    Fault(
        "only-first-invite-challenged",
        "authentication.every-invite-challenged",
        "after one authenticated INVITE its source is trusted",
        part(authentication=_FirstInviteOnly),
    ),
    Fault(
        "nonce-replay-accepted",
        "authentication.nonce-replay",
        "a nonce count that was used is accepted again",
        part(authentication=_ReplayAccepted),
    ),
    Fault(
        "stale-never-said",
        "authentication.stale",
        "a new challenge for an old nonce lacks stale=true",
        part(authentication=_StaleNeverSaid),
    ),
    Fault(
        "digest-uri-enforced",
        "authentication.uri-mismatch-accepted",
        "a digest uri that is not the Request-URI is refused",
        part(authentication=_UriEnforced),
    ),
    Fault(
        "sha256-profile-gets-md5",
        "authentication.sha256",
        "a SHA-256 profile is challenged with MD5",
        part(authentication=_AlwaysMd5),
    ),
    Fault(
        "cancel-challenged",
        "authentication.ack-cancel-unchallenged",
        "CANCEL is answered with 407",
        sip_out(
            responses(with_status(407, "Proxy Authentication Required"), method="CANCEL", statuses=(200,))
        ),
    ),
    Fault(
        "options-challenged",
        "authentication.options-unchallenged",
        "OPTIONS is challenged",
        value({"options_challenged": True}),
    ),
    Fault(
        "ip-mode-challenged",
        "authentication.ip-mode-unchallenged",
        "a profile in ip mode is challenged",
        part(authentication=_IpModeChallenged),
    ),
    Fault(
        "ip-source-unchecked",
        "authentication.ip-mode-other-source-refused",
        "a profile in ip mode is believed from any address",
        part(authentication=_AnySource),
    ),
    Fault(
        "bye-challenged",
        "authentication.in-dialog-unchallenged",
        "requests inside a dialog are challenged",
        value({"authentication": {"in_dialog": True}}),
    ),
    Fault(
        "qop-missing",
        "authentication.qop-nc",
        "the challenge of INVITE offers no qop",
        sip_out(responses(_challenge_without_qop, statuses=(407,))),
    ),
    Fault(
        "nonce-reused",
        "authentication.fresh-nonce",
        "every challenge carries the same nonce",
        part(authentication=_OneNonce),
    ),
    Fault(
        "unknown-user-told-apart",
        "registration.unknown-user-same-answer",
        "REGISTER of an unknown user is answered with 404",
        part(authentication=_UnknownToldApart),
    ),
    Fault(
        "unknown-caller-told-apart",
        "authentication.unknown-user-same-answer",
        "INVITE of an unknown user is answered with 404",
        part(authentication=_UnknownCallerToldApart),
    ),
    Fault(
        "scanner-sees-users",
        "security.no-enumeration",
        "REGISTER of an unknown user is answered with 404 before any challenge",
        part(authentication=_ScannerSeesUsers),
    ),
    Fault(
        "no-lockout",
        "security.lockout",
        "passwords may be guessed without end",
        value({"authentication": {"lockout_failures": 1_000_000_000}}),
    ),
    Fault(
        "lockout-everywhere",
        "security.lockout",
        "a guesser locks the real user out too",
        part(authentication=_LockedEverywhere),
    ),
    Fault(
        "server-version-told",
        "security.fingerprint",
        "Server names product version and system",
        value({"server": "Reference Trunk 4.11.2 (Linux 6.1.0-18)"}),
    ),
    Fault(
        "from-not-checked",
        "from_header.extension-refused",
        "any From is accepted",
        part(from_rule=_AnyFrom),
    ),
    Fault(
        "from-checked-only-when-challenged",
        "from_header.ip-mode",
        "in ip mode any From is accepted",
        part(from_rule=_FromCheckedWhenChallenged),
    ),
    Fault(
        "display-name-refused",
        "from_header.display-name-free",
        "a display name in From is refused",
        part(from_rule=_NoDisplayName),
    ),
    Fault(
        "from-tel-accepted",
        "from_header.tel-refused",
        "a tel URI in From is accepted",
        part(from_rule=_TelAccepted),
    ),
    Fault(
        "anonymous-accepted",
        "from_header.anonymous-refused",
        "anonymous in From is accepted",
        part(from_rule=_AnonymousAccepted),
    ),
    Fault(
        "other-user-accepted",
        "from_header.other-user-refused",
        "the SIP username of another profile in From is accepted",
        part(from_rule=_OtherUserAccepted),
    ),
    Fault(
        "sip-username-refused",
        "from_header.sip-username",
        "the SIP username in From is refused",
        part(from_rule=_UsernameNotEnough),
    ),
    Fault(
        "display-name-shown",
        "from_header.caller-id",
        "the far end is shown the display name of From",
        part(dispatch=_ShowsDisplayName),
    ),
    Fault(
        "warning-missing",
        "from_header.warning",
        "refusals do not say what was seen and expected",
        sip_out(responses(without("Warning"))),
    ),
)
