"""Faults of the registrar."""

from harness.faults.fault import part, sip_out
from harness.faults.message_changes import responses, without
from harness.sip.digest import Credentials
from harness.sip.hop import Packet
from harness.sip.message import Request, Response
from harness.sip.name_addr import NameAddr
from reference_server.authentication import Authenticated, Authentication
from reference_server.faults.fault import Fault
from reference_server.profile import Profile
from reference_server.registrar import Change, Registrar
from reference_server.store.rows import BindingRow


class _OpenRegistrar(Authentication):
    def check(self, request: Request, packet: Packet, now: float) -> Authenticated:
        claimed = self.claimed_profile(request)
        if request.method == "REGISTER" and claimed is not None and not self.credentials(request):
            return Authenticated(claimed, "")
        return super().check(request, packet, now)


class _NobodyRegisters(Authentication):
    def accept(self, credentials: Credentials, request: Request, packet: Packet, now: float) -> Authenticated:
        if request.method == "REGISTER":
            raise self.challenge(request, credentials.algorithm, now)
        return super().accept(credentials, request, packet, now)


class _AnyPasswordRegisters(Authentication):
    def is_right(self, credentials: Credentials, request: Request) -> bool:
        if request.method == "REGISTER":
            return self._profiles.named(credentials.username) is not None
        return super().is_right(credentials, request)


class _OneBinding(Registrar):
    def apply(self, change: Change, request: Request, profile: Profile, packet: Packet, now: float) -> None:
        self._bindings.get(profile.username, {}).clear()
        super().apply(change, request, profile, packet, now)


class _RefreshAdds(Registrar):
    def changes(self, request: Request, profile: Profile, now: float) -> list[Change]:
        found = super().changes(request, profile, now)
        return [
            change._replace(key=f"{change.key} {request.cseq.number}") if change.expires else change
            for change in found
        ]


class _NeverExpires(Registrar):
    def has_lapsed(self, row: BindingRow, now: float) -> bool:
        return False


class _ExpiresHeaderIgnored(Registrar):
    def asked(self, contact: NameAddr, request: Request) -> int:
        if contact.params.get("expires") is None and request.expires != 0:
            return self._rules.default_expires
        return super().asked(contact, request)


class _ContactExpiresIgnored(Registrar):
    def asked(self, contact: NameAddr, request: Request) -> int:
        if contact.params.get("expires") == "0":
            return 0
        return super().asked(contact.replace(params=contact.params.without("expires")), request)


class _TooBriefGranted(Registrar):
    def too_brief(self, asked: int, minimum: int) -> None:
        pass


class _QueryListsNothing(Registrar):
    def register(self, request: Request, profile: Profile, packet: Packet, now: float) -> list[str]:
        bound = super().register(request, profile, packet, now)
        return bound if "Contact" in request.headers else []


class _StarRemovesOne(Registrar):
    def removed_by_star(self, keys: list[str]) -> list[str]:
        return keys[:1]


class _StarWithExpires(Registrar):
    def remove_all(self, request: Request, profile: Profile) -> None:
        for key in list(self._bindings.get(profile.username, {})):
            del self._bindings[profile.username][key]
            self._store.drop_binding(profile.username, key)


class _RemoveOneRemovesAll(Registrar):
    def apply(self, change: Change, request: Request, profile: Profile, packet: Packet, now: float) -> None:
        if change.expires == 0:
            self._bindings.get(profile.username, {}).clear()
        super().apply(change, request, profile, packet, now)


class _AnyOrder(Registrar):
    def check_order(self, row: BindingRow, request: Request) -> None:
        pass


class _AnyAddressOfRecord(Registrar):
    def check_address_of_record(self, request: Request, profile: Profile) -> None:
        pass


def _without_expires(response: Response) -> Response:
    values = [value.partition(";expires=")[0] for value in response.headers.get_all("Contact")]
    if values:
        response.headers.set("Contact", ", ".join(values))
    return response


def _without_way_back(response: Response) -> Response:
    via = response.via
    params = via.params.without("received").without("rport")
    response.headers.set_first("Via", str(via.replace(params=params)))
    return response


FAULTS = (
    Fault(
        "no-register-challenge",
        "registration.challenged",
        "REGISTER without credentials is accepted",
        part(authentication=_OpenRegistrar),
    ),
    Fault(
        "nobody-registers",
        "registration.credentials-accepted",
        "REGISTER with the right credentials is challenged again",
        part(authentication=_NobodyRegisters),
    ),
    Fault(
        "any-password-registers",
        "registration.wrong-password-refused",
        "REGISTER with a wrong password is accepted",
        part(authentication=_AnyPasswordRegisters),
    ),
    Fault(
        "way-back-of-register-not-told",
        "registration.path-of-response",
        "the answer to REGISTER has neither received nor rport",
        sip_out(responses(_without_way_back, method="REGISTER")),
    ),
    Fault(
        "one-binding-only",
        "registration.several-bindings",
        "a new contact drives all others out",
        part(registrar=_OneBinding),
    ),
    Fault(
        "refresh-adds-binding",
        "registration.refresh",
        "registering a contact again lists it twice",
        part(registrar=_RefreshAdds),
    ),
    Fault(
        "binding-never-expires",
        "registration.expires",
        "a binding outlives its expiry",
        part(registrar=_NeverExpires),
    ),
    Fault(
        "expires-ignored",
        "registration.expires-header",
        "the Expires header field does not count",
        part(registrar=_ExpiresHeaderIgnored),
    ),
    Fault(
        "expires-not-told",
        "registration.expires-granted",
        "the 200 does not say how long a binding lives",
        sip_out(responses(_without_expires, method="REGISTER", statuses=(200,))),
    ),
    Fault(
        "contact-expires-ignored",
        "registration.per-contact-expires",
        "the expires parameter of a contact does not count",
        part(registrar=_ContactExpiresIgnored),
    ),
    Fault(
        "interval-too-brief-granted",
        "registration.min-expires",
        "an expiry under the minimum is granted instead of 423",
        part(registrar=_TooBriefGranted),
    ),
    Fault(
        "min-expires-missing",
        "registration.min-expires",
        "423 comes without Min-Expires",
        sip_out(responses(without("Min-Expires"), statuses=(423,))),
    ),
    Fault(
        "query-lists-nothing",
        "registration.query",
        "REGISTER without Contact is answered without the bindings",
        part(registrar=_QueryListsNothing),
    ),
    Fault(
        "star-removes-one",
        "registration.remove-all",
        "Contact: * removes one binding and leaves the others",
        part(registrar=_StarRemovesOne),
    ),
    Fault(
        "star-with-expires-accepted",
        "registration.star-alone",
        "Contact: * removes all bindings whatever Expires says",
        part(registrar=_StarWithExpires),
    ),
    Fault(
        "remove-one-removes-all",
        "registration.remove-one",
        "removing one contact removes all",
        part(registrar=_RemoveOneRemovesAll),
    ),
    Fault(
        "cseq-order-ignored",
        "registration.cseq-order",
        "an older REGISTER changes the binding",
        part(registrar=_AnyOrder),
    ),
    Fault(
        "any-address-of-record",
        "registration.aor-matches-credentials",
        "credentials of one profile register for another",
        part(registrar=_AnyAddressOfRecord),
    ),
)
