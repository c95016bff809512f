"""Who sends a request: digest credentials or, for profiles in ip mode, the source address.

The arithmetic is `harness.sip.digest`'s. Unknown users go the way of wrong passwords to the last byte;
guessing locks the pair of source address and user (`lockout`). That From names the same profile is
`from_rule`'s affair.
"""

import random
from typing import NamedTuple, NoReturn, Protocol

from harness.sip.challenge import Challenge
from harness.sip.digest import Credentials, NonceIssuer, NonceVerdict, verify
from harness.sip.errors import ParseError
from harness.sip.hop import Hop, Packet
from harness.sip.message import Request
from harness.sip.uri import SipUri
from reference_server.dialect import Dialect
from reference_server.lockout import Lockout
from reference_server.profile import Profile
from reference_server.refusal import Refusals, Refused

CHALLENGE = "challenge"
"""The rule of a `Refused` that is no refusal yet but a challenge."""
_WRONG = "credentials that do not match"
_RIGHT = "the SIP username and password of a profile"


class Authenticated(NamedTuple):
    """Who sent a request."""

    profile: Profile
    remark: str
    """What was borne with; empty as a rule."""


class Users(Protocol):
    """Whoever may sign in: `profile.Profiles`, or those and the accounts (`community.account.Directory`)."""

    def named(self, username: str) -> Profile | None:
        """The user with this name."""

    def at(self, host: str, port: int) -> Profile | None:
        """The ip-mode profile whose PBX has this address and port."""


class Authentication:
    """Challenges and checks, for all profiles and accounts of a trunk."""

    def __init__(self, dialect: Dialect, profiles: Users, refusals: Refusals, rng: random.Random) -> None:
        self._refusals = refusals
        self._profiles = profiles
        self._realm = dialect.domain
        self._qop = dialect.authentication.qop
        self.nonces = NonceIssuer(rng.randbytes(32), dialect.authentication.nonce_lifetime)
        self.lockout = Lockout(
            dialect.authentication.lockout_failures, dialect.authentication.lockout_seconds
        )
        self._nobody_ha1 = f"{rng.getrandbits(128):032x}"  # unknown users cost what wrong passwords cost

    def check(self, request: Request, packet: Packet, now: float) -> Authenticated:
        """The profile that sent `request`. Raises `Refused`: 401 or 407 with a challenge, or 403."""
        source = packet.source
        profile = self._profiles.at(source.host, source.port)
        if profile is not None:
            return Authenticated(profile, "")
        claimed = self.claimed_profile(request)
        if claimed is not None and claimed.ip_source is not None:
            return self.foreign_source(claimed, packet)
        return self.check_credentials(request, claimed, packet, now)

    def claimed_profile(self, request: Request) -> Profile | None:
        """The profile that From names, rightly or not."""
        uri = request.from_.uri
        return self._profiles.named(uri.unescaped_user) if isinstance(uri, SipUri) else None

    def foreign_source(self, claimed: Profile, packet: Packet) -> Authenticated:
        """What becomes of a request that names an ip-mode profile and comes from elsewhere."""
        source = f"{packet.source.host}:{packet.source.port}"
        raise self._refusals.refuse("ip_source", f"{claimed.username} from {source}")

    def check_credentials(
        self, request: Request, claimed: Profile | None, packet: Packet, now: float
    ) -> Authenticated:
        """The profile whose password the credentials prove. Raises `Refused`."""
        algorithm = "MD5" if claimed is None else claimed.algorithm
        found = self.credentials(request)
        if not found:
            raise self.challenge(request, algorithm, now)
        for credentials in found[:-1]:  # Kamailio's uac may repeat the header field, RFC 3261 section 22.3
            if (
                self.is_right(credentials, request)
                and self.nonce_verdict(credentials, request, now) is NonceVerdict.FRESH
            ):
                return self.accept(credentials, request, packet, now)
        credentials = found[-1]
        self.refuse_locked(credentials.username, packet, now)
        verdict = self.nonce_verdict(credentials, request, now)
        if not self.is_right(credentials, request):
            self.refuse_wrong(credentials, request, algorithm, packet, now)
        if verdict is not NonceVerdict.FRESH:
            raise self.challenge(request, algorithm, now, stale=True)
        return self.accept(credentials, request, packet, now)

    def credentials(self, request: Request) -> list[Credentials]:
        """The Digest credentials for our realm. Raises `Refused` (400) when they cannot be read."""
        name = "Authorization" if request.method == "REGISTER" else "Proxy-Authorization"
        found: list[Credentials] = []
        for line in request.headers.get_lines(name):
            if line.lstrip()[:6].lower() != "digest":
                continue
            try:
                credentials = Credentials.parse(line)
            except ParseError as error:
                raise self._refusals.refuse("malformed", str(error), reason=f"Bad {name} header") from None
            if credentials.realm == self._realm and (credentials.nc is not None or not self._qop):
                found.append(credentials)
        return found

    def nonce_verdict(self, credentials: Credentials, request: Request, now: float) -> NonceVerdict:
        """Whether nonce and nc are good."""
        return self.nonces.check(credentials, now, call_id=request.call_id, cseq=request.cseq.number)

    def is_right(self, credentials: Credentials, request: Request) -> bool:
        """Whether the response proves the password of the profile that it names."""
        return self.proves(credentials, request.method, request.body)

    def proves(self, credentials: Credentials, method: str, body: bytes) -> bool:
        """`is_right` of plain values."""
        profile = self._profiles.named(credentials.username)
        known = (
            profile is not None
            and profile.ip_source is None
            and credentials.algorithm.upper() == profile.algorithm
        )
        ha1 = profile.ha1 if profile is not None and known else self._nobody_ha1
        return verify(credentials, method=method, ha1=ha1, body=body) and known

    def accept(self, credentials: Credentials, request: Request, packet: Packet, now: float) -> Authenticated:
        """Uses the nonce count up and names the profile."""
        self.use_up(credentials, request.call_id, request.cseq.number, packet.source, now)
        profile = self._profiles.named(credentials.username)
        if profile is None:
            raise self.challenge(request, "MD5", now)
        return Authenticated(profile, self.remark(credentials, request.uri))

    def use_up(self, credentials: Credentials, call_id: str, cseq: int, source: Hop, now: float) -> None:
        """Remembers credentials that were fresh and right."""
        self.nonces.accept(credentials, now, call_id=call_id, cseq=cseq)
        self.lockout.proved(source, credentials.username)

    def remark(self, credentials: Credentials, uri: str) -> str:
        """What is borne with in credentials for a request to `uri`; empty as a rule."""
        return "" if credentials.uri == uri else f"digest uri {credentials.uri} is not the Request-URI {uri}"

    def are_good(
        self,
        credentials: Credentials,
        method: str,
        body: bytes,
        call_id: str,
        cseq: int,
        source: Hop,
        now: float,
    ) -> bool:
        """Whether `use_up` may follow at once: nobody is locked out, nonce and response are as they must."""
        return (
            self.lockout.seconds_left(source, credentials.username, now) <= 0
            and self.nonces.check(credentials, now, call_id=call_id, cseq=cseq) is NonceVerdict.FRESH
            and self.proves(credentials, method, body)
        )

    def refuse_locked(self, username: str, packet: Packet, now: float) -> None:
        """Raises `Refused` (403) while the source is locked out of this user."""
        seconds = self.lockout.seconds_left(packet.source, username, now)
        if seconds > 0:
            raise self._refusals.refuse("locked", "too many wrong passwords", seconds=int(seconds) + 1)

    def refuse_wrong(
        self, credentials: Credentials, request: Request, algorithm: str, packet: Packet, now: float
    ) -> NoReturn:
        """Counts a wrong password and challenges again."""
        self.lockout.failed(packet.source, credentials.username, now)
        raise self.challenge(request, algorithm, now, warning=True)

    def challenge(
        self, request: Request, algorithm: str, now: float, *, stale: bool = False, warning: bool = False
    ) -> Refused:
        """401 to REGISTER, 407 to all else, with a fresh nonce."""
        proxy = request.method != "REGISTER"
        challenge = Challenge(
            self._realm, self.nonces.issue(now), algorithm, self._qop, stale=stale, proxy=proxy
        )
        headers = [(challenge.header_name, str(challenge))]
        if warning:
            headers.append(self._refusals.warning(_WRONG, _RIGHT))
        return Refused(407 if proxy else 401, None, headers, CHALLENGE)
