"""The registrar: which contacts are bound to which profile, and until when (RFC 3261 section 10.3).

Bindings live here in memory and are queued to the store for the next start; the trunk commits before it
answers. Who asks was settled by `authentication`; calls to the bindings are made by `inbound`.
"""

from collections.abc import Iterable
from typing import NamedTuple

from harness.sip.dialog import is_target
from harness.sip.errors import ParseError
from harness.sip.grammar import is_digits
from harness.sip.hop import Packet
from harness.sip.message import Request
from harness.sip.name_addr import NameAddr
from harness.sip.uri import SipUri
from reference_server.dialect import Dialect
from reference_server.profile import Profile
from reference_server.refusal import Refusals
from reference_server.store.rows import BindingRow, storable
from reference_server.store.store import Store

LONGEST_INTERVAL = 2**32 - 1
"""delta-seconds beyond this count as this, RFC 3261 section 20.19."""
DIGITS = 64
"""Longer numbers than this are not counted."""


class Change(NamedTuple):
    """What a REGISTER wants of one contact."""

    contact: NameAddr
    key: str
    """Contact key of the binding, of the old one where there is one."""
    expires: int
    """Seconds granted; 0 removes."""


class Registrar:
    """All bindings of a trunk."""

    def __init__(self, dialect: Dialect, refusals: Refusals, store: Store, now: float) -> None:
        """Takes the bindings that the store kept and that still live."""
        self._refusals = refusals
        self._rules = dialect.registration
        self._store = store
        self._bindings: dict[str, dict[str, BindingRow]] = {}
        for row in store.bindings(now):
            self._bindings.setdefault(row.sip_username, {})[row.contact_key] = row
        self.registrations = 0
        """REGISTER requests that were answered with 200."""

    def register(self, request: Request, profile: Profile, packet: Packet, now: float) -> list[str]:
        """Does what `request` asks for `profile` and returns the Contact values of the 200.

        Raises `Refused`: 400, 403, 423 or 500.
        """
        self.check_address_of_record(request, profile)
        if request.contact_is_star or any(
            value.strip() == "*" for value in request.headers.get_all("Contact")
        ):
            self.remove_all(request, profile)
        else:
            for change in self.changes(request, profile, now):
                self.apply(change, request, profile, packet, now)
        self.registrations += 1
        return self.contact_list(profile, now)

    def bindings(self, profile: Profile, now: float) -> list[BindingRow]:
        """What is bound to `profile` and has not lapsed, the newest last."""
        held = self._bindings.get(profile.username)
        if not held:
            return []
        for key in [key for key, row in held.items() if self.has_lapsed(row, now)]:
            del held[key]
            self._store.drop_binding(profile.username, key)
        return list(held.values())

    def forget(self, username: str) -> None:
        """Removes all that is bound to a profile."""
        for key in self._bindings.pop(username, {}):
            self._store.drop_binding(username, key)

    def learn(self, username: str, rows: Iterable[BindingRow]) -> None:
        """Takes over what another worker bound to a profile, in place of what was known; stores nothing."""
        self._bindings[username] = {row.contact_key: row for row in rows}

    def held(self, username: str) -> list[BindingRow]:
        """What is kept for a profile, lapsed or not, the newest last."""
        return list(self._bindings.get(username, {}).values())

    def has_lapsed(self, row: BindingRow, now: float) -> bool:
        """Whether the time of a binding is over."""
        return row.expires_at <= now

    def check_address_of_record(self, request: Request, profile: Profile) -> None:
        """RFC 3261 section 10.3 step 4. Raises `Refused` (403)."""
        uri = request.to.uri
        user = uri.unescaped_user if isinstance(uri, SipUri) else str(uri)
        if user != profile.username:
            raise self._refusals.refuse("wrong_user", f"{user} in To", username=profile.username)

    def remove_all(self, request: Request, profile: Profile) -> None:
        """`Contact: *`, RFC 3261 section 10.3 step 6. Raises `Refused` (400)."""
        if request.expires != 0 or len(request.headers.get_all("Contact")) != 1:
            raise self._refusals.refuse("star_alone", f"Contact: * with Expires {request.expires}")
        held = self._bindings.get(profile.username, {})
        for row in held.values():
            self.check_order(row, request)
        for key in self.removed_by_star(list(held)):
            del held[key]
            self._store.drop_binding(profile.username, key)

    def removed_by_star(self, keys: list[str]) -> list[str]:
        """Which bindings `Contact: *` removes."""
        return keys

    def changes(self, request: Request, profile: Profile, now: float) -> list[Change]:
        """All that is asked, checked before anything is done (RFC 3261 section 10.3). Raises `Refused`."""
        try:
            contacts = request.contacts
        except ParseError as error:
            raise self._refusals.refuse("malformed", str(error), reason="Bad Contact header") from None
        self.check_places("Contact", contacts)
        self.check_places("Path", self.path(request))
        old = self.bindings(profile, now)
        changes: list[Change] = []
        for contact in contacts:
            same = next((row for row in old if is_same_contact(row.contact, contact)), None)
            if same is not None:
                self.check_order(same, request)
            key = storable(str(contact.uri)) if same is None else same.contact_key
            changes.append(Change(contact, key, self.granted(contact, request, profile)))
        alive = {row.contact_key for row in old} | {change.key for change in changes if change.expires}
        if len(alive) > self._rules.most_bindings:
            most = self._rules.most_bindings
            raise self._refusals.refuse("too_many_bindings", f"{len(alive)} contacts", most=most)
        return changes

    def path(self, request: Request) -> list[NameAddr]:
        """The Path that calls to the contacts follow (RFC 3327). Raises `Refused` (400)."""
        try:
            return [NameAddr.parse(text) for text in request.headers.get_all("Path")]
        except ParseError as error:
            raise self._refusals.refuse("malformed", str(error), reason="Bad Path header") from None

    def check_places(self, part: str, places: list[NameAddr]) -> None:
        """Calls go there, so these must be URIs. Raises `Refused` (400)."""
        for place in places:
            if not is_target(place.uri):
                raise self._refusals.refuse("malformed", str(place), reason=f"Bad {part} header")

    def check_order(self, row: BindingRow, request: Request) -> None:
        """An older REGISTER of the same Call-ID changes nothing. Raises `Refused` (500)."""
        if row.call_id == request.call_id and request.cseq.number <= row.cseq:
            raise self._refusals.refuse("cseq_order", f"CSeq {request.cseq.number}", last=row.cseq)

    def granted(self, contact: NameAddr, request: Request, profile: Profile) -> int:
        """Seconds for one contact. Raises `Refused` (423 with Min-Expires)."""
        asked = self.asked(contact, request)
        minimum = self._rules.min_expires if profile.min_expires is None else profile.min_expires
        if 0 < asked < minimum:
            self.too_brief(asked, minimum)
        return min(asked, self._rules.max_expires)

    def asked(self, contact: NameAddr, request: Request) -> int:
        """The contact's own expires, else the Expires header field, else the default."""
        parameter = contact.params.get("expires")
        header = request.headers.get("Expires")
        for text in (parameter, header):
            if text is not None:
                if not is_digits(text):  # "treated as equivalent to 3600", RFC 3261 section 20.10
                    return self._rules.default_expires
                return LONGEST_INTERVAL if len(text) > DIGITS else min(int(text), LONGEST_INTERVAL)
        return self._rules.default_expires

    def too_brief(self, asked: int, minimum: int) -> None:
        """Refuses an interval under the minimum."""
        headers = [("Min-Expires", str(minimum))]
        raise self._refusals.refuse("interval_too_brief", f"Expires {asked}", headers, minimum=minimum)

    def apply(self, change: Change, request: Request, profile: Profile, packet: Packet, now: float) -> None:
        """Binds, refreshes or removes one contact."""
        held = self._bindings.setdefault(profile.username, {})
        if change.expires == 0:
            if held.pop(change.key, None) is not None:
                self._store.drop_binding(profile.username, change.key)
            return
        row = BindingRow(
            sip_username=profile.username,
            contact_key=change.key,
            contact=storable(str(change.contact.replace(params=change.contact.params.without("expires")))),
            source=str(packet.source),
            listener=str(packet.destination),
            path=storable(", ".join(request.headers.get_all("Path"))),
            call_id=storable(request.call_id),
            cseq=request.cseq.number,
            expires_at=now + change.expires,
        )
        held.pop(change.key, None)
        held[change.key] = row
        self._store.keep_binding(row)

    def contact_list(self, profile: Profile, now: float) -> list[str]:
        """The Contact values of a 200: every binding with its expires (RFC 3261 section 10.3 step 8)."""
        rows = self.bindings(profile, now)
        return [f"{row.contact};expires={max(1, round(row.expires_at - now))}" for row in rows]


def is_same_contact(bound: str, contact: NameAddr) -> bool:
    """Whether `contact` is the binding `bound`, by the comparison of URIs (RFC 3261 section 10.2.4)."""
    other = NameAddr.parse(bound).uri
    return other.equivalent(contact.uri)
