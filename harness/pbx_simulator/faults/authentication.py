"""Faults of the PBX's credentials in calls, and of how the digest is made."""

from dataclasses import replace
from typing import Any

from harness.faults.fault import part
from harness.pbx_simulator.blueprint import Blueprint
from harness.pbx_simulator.bridge import Bridge
from harness.pbx_simulator.faults.fault import Fault, configured
from harness.pbx_simulator.switchboard import Switchboard
from harness.pbx_simulator.trunk_line import TrunkLine
from harness.sip.challenge import Challenge, choose_challenge, parse_challenges
from harness.sip.credential_store import Answer, CredentialStore
from harness.sip.digest import respond
from harness.ua.call import Call
from harness.ua.call_options import CallOptions


class _InviteUnanswered(CredentialStore):
    def authorization_for(self, request: Any, response: Any) -> Answer:
        if request.method == "INVITE":
            return Answer((), "challenges to INVITE are not answered")
        return super().authorization_for(request, response)


class _Altered(CredentialStore):
    """Answers another challenge than the one that came."""

    def alter(self, challenge: Challenge) -> Challenge:
        return challenge

    gives_up = True

    def authorization_for(self, request: Any, response: Any) -> Answer:
        answer = super().authorization_for(request, response)
        www = parse_challenges(response.headers.get_lines("WWW-Authenticate"))
        proxy = parse_challenges(response.headers.get_lines("Proxy-Authenticate"), proxy=True)
        challenge = choose_challenge([*www, *proxy])
        if challenge is None or (self.gives_up and not answer):
            return answer
        username, password = self._default
        credentials = respond(
            self.alter(challenge),
            username=username,
            password=password,
            method=request.method,
            uri=request.uri,
            body=request.body,
            cnonce=f"{self._rng.getrandbits(64):016x}",
            nc=1,
        )
        return Answer(((challenge.answer_header_name, str(credentials)),))


class _WrongRealm(_Altered):
    def alter(self, challenge: Challenge) -> Challenge:
        return replace(challenge, realm="asterisk")


class _NoQop(_Altered):
    def alter(self, challenge: Challenge) -> Challenge:
        return replace(challenge, qop=())


class _AlwaysMd5(_Altered):
    def alter(self, challenge: Challenge) -> Challenge:
        return replace(challenge, algorithm="MD5")


class _NeverGivesUp(_Altered):
    gives_up = False


class _CountsNothing(CredentialStore):
    """Uses a nonce again under the count that it had."""

    def preemptive(self, **about: Any) -> tuple[tuple[str, str], ...]:
        for met in self._met.values():
            met.nc = 0
        return super().preemptive(**about)


class _OneStore(TrunkLine):
    """One memory of challenges for all calls."""

    _store: CredentialStore | None = None

    def credentials(self) -> CredentialStore:
        if self._store is None:
            self._store = super().credentials()
        return self._store


class _NonceReused(Switchboard):
    def dial_trunk(self, bridge: Bridge, number: str, options: CallOptions, now: float) -> Call:
        uri = f"sip:{number}@{self.line.account.domain}"
        headers = self.line.credentials().preemptive(method="INVITE", uri=uri, proxy=True)
        return super().dial_trunk(bridge, number, replace(options, headers=(*options.headers, *headers)), now)


def _stubborn(blueprint: Blueprint) -> Blueprint:
    return configured(password="not-the-password")(part(credentials=_NeverGivesUp)(blueprint))


FAULTS = (
    Fault(
        "rejected-credentials-repeated",
        "authentication.pbx-stops",
        "credentials that were refused are sent again and again",
        _stubborn,
    ),
    Fault(
        "challenge-ignored",
        "authentication.pbx-answers-challenge",
        "the 407 to INVITE is not answered with credentials",
        part(credentials=_InviteUnanswered),
    ),
    Fault(
        "wrong-realm",
        "authentication.pbx-realm",
        'credentials are made for the realm "asterisk"',
        part(credentials=_WrongRealm),
    ),
    Fault(
        "qop-ignored",
        "authentication.pbx-qop",
        "credentials carry no qop, cnonce and nc though the challenge asks for qop=auth",
        part(credentials=_NoQop),
    ),
    Fault(
        "nc-not-counted",
        "authentication.pbx-nc",
        "a nonce is used again under nc=00000001",
        part(credentials=_CountsNothing, trunk_line=_OneStore, switchboard=_NonceReused),
    ),
    Fault(
        "sha256-answered-with-md5",
        "authentication.pbx-sha256",
        "a SHA-256 challenge is answered with MD5",
        part(credentials=_AlwaysMd5),
    ),
)
