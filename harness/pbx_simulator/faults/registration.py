"""Faults of the PBX's registration: when it registers, with what, and how it takes a refusal."""

from typing import Any

from harness.faults.fault import part, sip_out
from harness.faults.message_changes import requests, without
from harness.pbx_simulator.faults.fault import Fault, configured
from harness.pbx_simulator.trunk_line import TrunkLine
from harness.sip.challenge import parse_challenges
from harness.sip.credential_store import Answer, CredentialStore
from harness.sip.message import Request, Response

EXTENSION = "101"
EVERY_SECOND = 1.0
NEVER = 86_400.0
"""Seconds until a PBX that gave up tries again."""
AT_ONCE = 0.05
"""Seconds until a PBX without patience tries again."""


class _NeverRegisters(TrunkLine):
    def start(self, now: float) -> None:
        pass


class _NoRefresh(TrunkLine):
    def refresh_after(self, granted: int) -> float:
        return granted * 10.0


class _LateRefresh(TrunkLine):
    def refresh_after(self, granted: int) -> float:
        return granted + 20.0


class _EverySecond(TrunkLine):
    def refresh_after(self, granted: int) -> float:
        return EVERY_SECOND


class _NoBackoff(TrunkLine):
    def retry_after(self, response: Response | None) -> float:
        return AT_ONCE


class _GivesUp(TrunkLine):
    def retry_after(self, response: Response | None) -> float:
        return NEVER


class _NeverUnregisters(TrunkLine):
    def unregister(self, now: float) -> None:
        pass


class _AsExtension(TrunkLine):
    def request(self, expires: int) -> Request:
        request = super().request(expires)
        uri = f"sip:{EXTENSION}@{self.account.domain}"
        request.headers.set("From", f"<{uri}>;tag={request.from_.tag}")
        request.headers.set("To", f"<{uri}>")
        return request


class _HalfUnregistered(TrunkLine):
    """Sends REGISTER with Expires 0 and ignores the challenge."""

    _leaving = False

    def unregister(self, now: float) -> None:
        self._leaving = True
        super().unregister(now)

    def credentials(self) -> CredentialStore:
        if not self._leaving:
            return super().credentials()
        account = self.account
        return _RegisterUnanswered(account.username, account.password, rng=self.side.endpoint.rng)


class _StaleIgnored(CredentialStore):
    def authorization_for(self, request: Any, response: Any) -> Answer:
        lines = [*response.headers.get_lines("WWW-Authenticate")]
        lines += response.headers.get_lines("Proxy-Authenticate")
        if any(challenge.stale for challenge in parse_challenges(lines)):
            return Answer((), "stale nonces are not renewed")
        return super().authorization_for(request, response)


class _RegisterUnanswered(CredentialStore):
    def authorization_for(self, request: Any, response: Any) -> Answer:
        if request.method == "REGISTER":
            return Answer((), "challenges to REGISTER are not answered")
        return super().authorization_for(request, response)


def _always_brief(request: Request) -> Request:
    """Asks for the same time again whatever a 423 said."""
    if request.headers.get("Expires") != "0":
        request.headers.set("Expires", "10")
    return request


FAULTS = (
    Fault(
        "never-registers",
        "registration.pbx-registers",
        "no REGISTER is sent",
        part(trunk_line=_NeverRegisters),
    ),
    Fault(
        "register-challenge-ignored",
        "registration.pbx-registers",
        "the 401 to REGISTER is not answered with credentials",
        part(credentials=_RegisterUnanswered),
        also=("authentication.pbx-answers-challenge",),
    ),
    Fault(
        "registers-extension",
        "registration.pbx-aor",
        "From and To of REGISTER name an extension",
        part(trunk_line=_AsExtension),
    ),
    Fault(
        "no-refresh",
        "registration.pbx-refreshes",
        "the binding is never refreshed and lapses",
        part(trunk_line=_NoRefresh),
    ),
    Fault(
        "late-refresh",
        "registration.pbx-refreshes",
        "the binding is refreshed 20 s after it lapsed",
        part(trunk_line=_LateRefresh),
    ),
    Fault(
        "registers-every-second",
        "registration.pbx-no-storm",
        "REGISTER is sent every second",
        part(trunk_line=_EverySecond),
    ),
    Fault(
        "no-backoff",
        "registration.pbx-backoff",
        "a registration that failed is tried again every 50 ms",
        part(trunk_line=_NoBackoff),
        also=("registration.pbx-no-storm",),
    ),
    Fault(
        "gives-up-after-failure",
        "registration.pbx-recovers",
        "a registration that failed is never tried again",
        part(trunk_line=_GivesUp),
    ),
    Fault(
        "never-unregisters",
        "registration.pbx-unregisters",
        "the binding stays when the PBX goes",
        part(trunk_line=_NeverUnregisters),
    ),
    Fault(
        "unregister-unfinished",
        "registration.pbx-unregisters",
        "the 401 to the last REGISTER is not answered, so the binding stays",
        part(trunk_line=_HalfUnregistered),
    ),
    Fault(
        "min-expires-ignored",
        "registration.pbx-min-expires",
        "10 s are asked for again and again, whatever Min-Expires of the 423 says",
        sip_out(requests(_always_brief, "REGISTER")),
    ),
    Fault(
        "stale-ignored",
        "authentication.pbx-stale",
        "a challenge with stale=true is taken for a refusal",
        part(credentials=_StaleIgnored),
    ),
    Fault(
        "register-contact-missing",
        "registration.pbx-contact",
        "REGISTER has no Contact",
        sip_out(requests(without("Contact"), "REGISTER")),
    ),
    Fault(
        "wrong-password",
        "authentication.pbx-password",
        "the password is not the profile's",
        configured(password="not-the-password"),
        also=("registration.pbx-registers",),
    ),
)
