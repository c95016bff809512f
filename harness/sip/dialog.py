"""Dialogs (RFC 3261 section 12): what two user agents remember of each other between requests.

One object per dialog; a forked INVITE makes several, one for each To tag. Sending is the call's work, finding
the address of `Dialog.next_hop_uri` is `location`'s.
"""

from collections.abc import Iterable
from enum import Enum

from harness.sip.errors import LocalError, ParseError
from harness.sip.message import Message, Request, Response
from harness.sip.name_addr import NameAddr
from harness.sip.uri import SipUri, Uri, parse_uri

MAX_FORWARDS = "70"
"""RFC 3261 section 8.1.1.6."""

TARGET_REFRESH_METHODS = frozenset({"INVITE", "UPDATE", "SUBSCRIBE", "NOTIFY", "REFER"})
"""Requests whose Contact, and that of their 2xx, replaces the remote target (RFC 3261 12.2, 3311, 6665)."""

CREDENTIAL_HEADERS = ("Authorization", "Proxy-Authorization")
"""Copied from the INVITE into its ACK (RFC 3261 section 22.1)."""


class DialogState(Enum):
    """How far a dialog has come."""

    EARLY = "early"
    CONFIRMED = "confirmed"
    TERMINATED = "terminated"


class OutOfOrder(LocalError):
    """A request has a lower CSeq than one before it: answer 500 (RFC 3261 section 12.2.2)."""

    status = 500

    def __init__(self, seen: int, last: int) -> None:
        self.seen = seen
        self.last = last
        super().__init__(seen, last)

    def __str__(self) -> str:
        return f"CSeq {self.seen} is out of order; the last one was {self.last}"


class Dialog:
    """One dialog, seen from one side."""

    __slots__ = (
        "call_id",
        "local_cseq",
        "local_tag",
        "local_target",
        "local_uri",
        "remote_cseq",
        "remote_tag",
        "remote_target",
        "remote_uri",
        "route_set",
        "secure",
        "state",
    )

    def __init__(self, *, call_id: str, local: NameAddr, remote: NameAddr, remote_target: str) -> None:
        self.call_id = call_id
        self.local_tag = local.tag or ""
        self.remote_tag = remote.tag or ""
        """Empty when the peer is one of RFC 2543."""
        self.local_uri = local
        """Our From, with display name and tag."""
        self.remote_uri = remote
        """Our To, with display name and tag."""
        self.local_target: str | None = None
        """The Contact value that we last told the peer, as it stands in the header field."""
        self.remote_target = remote_target
        """The URI of the peer's Contact as it came."""
        self.local_cseq: int | None = None
        self.remote_cseq: int | None = None
        self.route_set: tuple[str, ...] = ()
        """Route values in the order they are sent, as they came."""
        self.state = DialogState.EARLY
        self.secure = False

    @classmethod
    def from_uac(cls, request: Request, response: Response) -> "Dialog":
        """Make the dialog of a request of ours from a response 101-299 with a To tag (RFC 3261 12.1.2).

        Without a Contact (a 180 may lack one) the Request-URI is the remote target for the time being; a
        Contact or Record-Route that cannot be read is none. Raises ParseError.
        """
        dialog = cls(
            call_id=request.call_id,
            local=request.from_,
            remote=response.to,
            remote_target=_contact_uri(response) or request.uri,
        )
        dialog.local_cseq = request.cseq.number
        dialog.local_target = request.headers.get("Contact")
        dialog.route_set = _recorded(response)[::-1]
        dialog.state = DialogState.CONFIRMED if response.status >= 200 else DialogState.EARLY
        dialog.secure = request.uri.lower().startswith("sips:")
        return dialog

    @classmethod
    def from_uas(cls, request: Request, local_tag: str) -> "Dialog":
        """Make the dialog of a request that we are about to answer with ``local_tag`` (RFC 3261 12.1.1).

        Early until `confirm`. A peer that sent no Contact is reached at its From URI. Raises ParseError.
        """
        to = request.to
        local = to if to.tag is not None else to.with_tag(local_tag)
        dialog = cls(
            call_id=request.call_id,
            local=local,
            remote=request.from_,
            remote_target=_contact_uri(request) or str(request.from_.uri),
        )
        dialog.remote_cseq = request.cseq.number
        dialog.route_set = _recorded(request)
        dialog.secure = request.uri.lower().startswith("sips:")
        return dialog

    @property
    def id(self) -> tuple[str, str, str]:
        """Call-ID, local tag, remote tag (RFC 3261 section 12)."""
        return (self.call_id, self.local_tag, self.remote_tag)

    def matches(self, request: Request) -> bool:
        """Tell whether a received request belongs to this dialog. Raises ParseError."""
        return (
            request.call_id == self.call_id
            and (request.to.tag or "") == self.local_tag
            and (request.from_.tag or "") == self.remote_tag
        )

    def confirm(self, response: Response | None = None) -> None:
        """A 2xx was sent, or ``response`` received: as UAC it sets route set and target anew (13.2.2.4)."""
        if self.state is not DialogState.TERMINATED:
            self.state = DialogState.CONFIRMED
        if response is not None:
            self.route_set = _recorded(response)[::-1]
            self.refresh_target(response)

    def terminate(self) -> None:
        """Note the end, whoever brought it."""
        self.state = DialogState.TERMINATED

    def receive_request(self, request: Request) -> None:
        """Take a request of the peer's: order its CSeq and refresh the remote target.

        ACK and CANCEL carry the number of their INVITE and change nothing. Raises OutOfOrder (500).
        """
        if request.method in ("ACK", "CANCEL"):
            return
        number = request.cseq.number
        if self.remote_cseq is not None and number < self.remote_cseq:
            raise OutOfOrder(number, self.remote_cseq)
        self.remote_cseq = number
        if request.method in TARGET_REFRESH_METHODS:
            self.refresh_target(request)

    def refresh_target(self, message: Message) -> None:
        """Take the Contact of a target refresh request, or of its 2xx, as the remote target."""
        self.remote_target = _contact_uri(message) or self.remote_target

    def build_request(
        self,
        method: str,
        *,
        headers: Iterable[tuple[str, str]] = (),
        body: bytes = b"",
        contact: str | None = None,
        cseq: int | None = None,
    ) -> Request:
        """Make a request within the dialog with the next CSeq number (RFC 3261 section 12.2.1.1).

        ``contact`` is a whole Contact value; target refresh requests without it repeat the last one. The Via
        is the transaction layer's, ``cseq`` only for those who mean to break the order.
        """
        if cseq is None:
            cseq = self.local_cseq = (self.local_cseq or 0) + 1
        if contact is not None:
            self.local_target = contact
        elif method in TARGET_REFRESH_METHODS:
            contact = self.local_target
        fields = self._fields(cseq, method)
        if contact is not None:
            fields.append(("Contact", contact))
        request_uri, routes = self._routing()
        return Request.build(method, request_uri, [*routes, *fields, *headers], body)

    def build_ack(
        self,
        invite: Request,
        *,
        headers: Iterable[tuple[str, str]] = (),
        body: bytes = b"",
        contact: str | None = None,
    ) -> Request:
        """Make the ACK to a 2xx: CSeq number and credentials of its INVITE (RFC 3261 13.2.2.4, 22.1)."""
        fields = self._fields(invite.cseq.number, "ACK")
        for name in CREDENTIAL_HEADERS:
            fields.extend((name, value) for value in invite.headers.get_lines(name))
        if contact is not None:
            fields.append(("Contact", contact))
        request_uri, routes = self._routing()
        return Request.build("ACK", request_uri, [*routes, *fields, *headers], body)

    def next_hop_uri(self) -> Uri:
        """Return the URI whose hop gets our requests: the first route, else the remote target (8.1.2).

        A maddr in it is `location`'s to honour. Raises ParseError.
        """
        if self.route_set:
            return NameAddr.parse(self.route_set[0]).uri
        return parse_uri(self.remote_target)

    def _fields(self, cseq: int, method: str) -> list[tuple[str, str]]:
        return [
            ("Max-Forwards", MAX_FORWARDS),
            ("From", str(self.local_uri)),
            ("To", str(self.remote_uri)),
            ("Call-ID", self.call_id),
            ("CSeq", f"{cseq} {method}"),
        ]

    def _routing(self) -> tuple[str, list[tuple[str, str]]]:
        """Request-URI and Route fields, also for a strict router in front (RFC 3261 section 12.2.1.1)."""
        if not self.route_set:
            return self.remote_target, []
        first = NameAddr.parse(self.route_set[0]).uri
        if not isinstance(first, SipUri) or "lr" in first.params:
            return self.remote_target, [("Route", route) for route in self.route_set]
        # A strict router wants itself in the Request-URI, without what may not stand there (19.1.1), and
        # the remote target as the last Route.
        request_uri = str(first.replace(params=first.params.without("method"), headers=""))
        routes = [*self.route_set[1:], f"<{self.remote_target}>"]
        return request_uri, [("Route", route) for route in routes]


def _contact_uri(message: Message) -> str | None:
    """The URI of the first Contact; `*`, an empty field and what leads nowhere are none."""
    if "Contact" not in message.headers:
        return None
    try:
        contacts = message.contacts
    except ParseError:
        return None
    return str(contacts[0].uri) if contacts and is_target(contacts[0].uri) else None


def _recorded(message: Message) -> tuple[str, ...]:
    """The values of Record-Route, topmost first; without those that lead nowhere."""
    if "Record-Route" not in message.headers:
        return ()
    try:
        return tuple(str(route) for route in message.record_routes if is_target(route.uri))
    except ParseError:
        return ()


def is_target(uri: Uri) -> bool:
    """Whether a request can be sent to a URI: it has a scheme, and no white space to break a start line."""
    return bool(uri.scheme) and not any(character <= " " for character in str(uri))
