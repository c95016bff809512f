"""The registration at the trunk: kept alive, tried again with patience when it fails, removed at the end.

REGISTER itself with its challenge and its 423 is `harness.ua.registration`; this is when to send it. In ip
mode there is nothing to do.
"""

from functools import partial

from harness.pbx_simulator.settings import PbxSettings
from harness.pbx_simulator.side import Side
from harness.sip.credential_store import CredentialStore
from harness.sip.message import Request, Response
from harness.sip.timers import TimerHandle
from harness.ua.account import Account
from harness.ua.registration import Registration, RegistrationSequence

REFRESH_SHARE = 0.8
"""Share of the granted time after which the binding is refreshed."""
MOST_PATIENCE = 300.0
"""Seconds between two tries at most."""


class TrunkLine:
    """The PBX's account at the trunk, and its binding there."""

    def __init__(self, settings: PbxSettings, side: Side, credentials: type[CredentialStore]) -> None:
        self.settings = settings
        self.account = Account(settings.username, settings.password, settings.trunk_hop, settings.domain)
        self.side = side
        self.failures = 0
        """Registrations in a row that failed."""
        self.registration: Registration | None = None
        self._credentials = credentials
        self._sequence = RegistrationSequence(side.endpoint.new_call_id(), 0)
        self._handle: TimerHandle | None = None
        self._stopping = False

    @property
    def at_rest(self) -> bool:
        """Whether no REGISTER waits for its answer."""
        return self.registration is None or self.registration.done

    def credentials(self) -> CredentialStore:
        """What challenges to one request of ours are answered with."""
        return self._credentials(self.settings.username, self.settings.password, rng=self.side.endpoint.rng)

    def start(self, now: float) -> None:
        """Register, unless the trunk knows us by our address."""
        if self.settings.mode == "registration":
            self.register(now)

    def stop(self, now: float) -> None:
        """Remove the binding that stands."""
        self._stopping = True
        if self._handle is not None:
            self.side.endpoint.timers.cancel(self._handle)
        if self.registration is not None and self.registration.is_registered(now):
            self.unregister(now)

    def unregister(self, now: float) -> None:
        """REGISTER with Expires 0."""
        self.send(0, now)

    def register(self, now: float) -> None:
        """Ask for a binding, or for more time of the one that stands."""
        asked = self.settings.expires
        if self.registration is not None and self.registration.expires is not None:
            asked = max(asked, self.registration.expires)  # what a 423 has taught us
        self.send(asked, now)

    def send(self, expires: int, now: float) -> None:
        """Send REGISTER without credentials, as most PBXs do, and see what comes of it."""
        side = self.side
        registration = Registration(
            side.endpoint,
            side.requests,
            self._sequence,
            contacts=[side.endpoint.contact],
            expires=expires,
            obey_min_expires=True,
        )
        self.registration = registration
        pending = side.requests.send(
            self.request(expires),
            self.account.registrar,
            now,
            credentials=self.credentials(),
            on_final=partial(self._final, registration),
        )
        registration.attach(pending)

    def request(self, expires: int) -> Request:
        """REGISTER as RFC 3261 section 10.2 wants it."""
        endpoint, account = self.side.endpoint, self.account
        fields = [
            ("Max-Forwards", "70"),
            ("From", f"<{account.address_of_record}>;tag={endpoint.new_tag()}"),
            ("To", f"<{account.address_of_record}>"),
            ("Call-ID", self._sequence.call_id),
            ("CSeq", f"{self._sequence.cseq + 1} REGISTER"),
            ("Contact", endpoint.contact),
            ("Expires", str(expires)),
            ("User-Agent", endpoint.user_agent),
        ]
        return Request.build("REGISTER", f"sip:{account.domain}", fields)

    def refresh_after(self, granted: int) -> float:
        """Seconds after which the binding is refreshed."""
        return granted * REFRESH_SHARE

    def retry_after(self, response: Response | None) -> float:
        """Seconds until the next try: twice as long each time, or what the registrar asks for."""
        patience: float = min(self.settings.retry_after * 2.0 ** (self.failures - 1), MOST_PATIENCE)
        asked = "" if response is None else response.headers.get("Retry-After") or ""
        stated = asked.partition(";")[0].partition("(")[0].strip()
        return max(patience, float(stated)) if stated.isdecimal() else patience

    def _final(self, registration: Registration, response: Response | None, now: float) -> bool:
        if registration.take_final(response, now):
            return True
        if self._stopping:
            return False
        if registration.expires is not None:
            self.failures = 0
            self._schedule(now + self.refresh_after(registration.expires))
        else:
            self.failures += 1
            self._schedule(now + self.retry_after(response))
        return False

    def _schedule(self, at: float) -> None:
        self._handle = self.side.endpoint.schedule(at, self.register)
