"""The phones inside: their digest credentials and where each is registered.

A small registrar for phones that the harness plays itself; the registrar that is judged is the trunk's, and
the PBX's registration there is `trunk_line`.
"""

import random
from dataclasses import dataclass

from harness.pbx_simulator.settings import ExtensionSettings
from harness.sip.digest import Challenge, Credentials, NonceIssuer, NonceVerdict, verify
from harness.sip.errors import ParseError
from harness.sip.hop import Hop, Packet
from harness.sip.message import Request, Response

REALM = "pbx.example"
LONGEST_BINDING = 3600
"""Seconds."""


@dataclass(frozen=True, slots=True)
class Binding:
    """Where a phone is."""

    uri: str
    """Its Contact."""
    source: Hop
    """Where its REGISTER came from, and where its calls go."""
    expires_at: float


class Extensions:
    """All phones of one PBX."""

    def __init__(self, settings: tuple[ExtensionSettings, ...], rng: random.Random) -> None:
        self._passwords = {each.number: each.password for each in settings}
        self._nonces = NonceIssuer(rng.randbytes(32))
        self._bindings: dict[str, Binding] = {}

    @property
    def numbers(self) -> tuple[str, ...]:
        """All extensions, in the order of the settings."""
        return tuple(self._passwords)

    def binding(self, extension: str, now: float) -> Binding | None:
        """Where an extension rings; None when it is not registered."""
        binding = self._bindings.get(extension)
        return binding if binding is not None and binding.expires_at > now else None

    def caller(self, request: Request, now: float) -> str | None:
        """The extension whose password the credentials of a request prove."""
        for name in ("Authorization", "Proxy-Authorization"):
            for line in request.headers.get_lines(name):
                try:
                    credentials = Credentials.parse(line)
                except ParseError:
                    continue
                if self._is_right(credentials, request, now):
                    return credentials.username
        return None

    def challenge(self, request: Request, to_tag: str, now: float) -> Response:
        """401 to REGISTER, 407 to all else."""
        proxy = request.method != "REGISTER"
        challenge = Challenge(REALM, self._nonces.issue(now), proxy=proxy)
        headers = [(challenge.header_name, str(challenge))]
        return request.response(407 if proxy else 401, to_tag=to_tag, headers=headers)

    def register(self, extension: str, request: Request, packet: Packet, to_tag: str, now: float) -> Response:
        """Bind or remove the contact of a phone, and answer. Raises ParseError."""
        contacts = request.contacts
        if contacts:
            stated = contacts[0].params.get("expires") or request.headers.get("Expires") or "3600"
            seconds = min(int(stated), LONGEST_BINDING) if stated.strip().isdecimal() else LONGEST_BINDING
            if seconds:
                self._bindings[extension] = Binding(str(contacts[0].uri), packet.source, now + seconds)
            else:
                self._bindings.pop(extension, None)
        binding = self.binding(extension, now)
        headers = []
        if binding is not None:
            headers.append(("Contact", f"<{binding.uri}>;expires={round(binding.expires_at - now)}"))
        return request.response(200, to_tag=to_tag, headers=headers)

    def _is_right(self, credentials: Credentials, request: Request, now: float) -> bool:
        password = self._passwords.get(credentials.username)
        if password is None or credentials.realm != REALM:
            return False
        if not verify(credentials, method=request.method, password=password, body=request.body):
            return False
        verdict = self._nonces.check(credentials, now, call_id=request.call_id, cseq=request.cseq.number)
        if verdict is not NonceVerdict.FRESH:
            return False
        self._nonces.accept(credentials, now, call_id=request.call_id, cseq=request.cseq.number)
        return True
