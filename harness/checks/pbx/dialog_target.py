"""Where the PBX sends what follows in a call: to the contact that the trunk gave, at the address it names.

The remote target is the latest Contact of the trunk in an INVITE, in its 2xx or in an UPDATE. A request with
a strict route carries the target elsewhere and is not judged; a route set decides the address, so `maddr` is
judged without one only.
"""

from collections.abc import Iterator
from typing import NamedTuple

from harness.checks.pbx.call import Call
from harness.checks.pbx.leg_message import LegMessage
from harness.checks.pbx.registry import judges_pbx
from harness.checks.pbx.ruling import Sight
from harness.checks.pbx.trunk_leg import TrunkLeg
from harness.sip.errors import ParseError
from harness.sip.message import Request
from harness.sip.uri import SipUri, Uri

REFRESHING = frozenset({"INVITE", "UPDATE"})
"""Requests whose Contact, and that of whose 2xx, is the new remote target (RFC 3261 section 12.2)."""


class _Sent(NamedTuple):
    message: LegMessage
    request: Request
    target: SipUri


@judges_pbx("call.pbx-remote-target", "no request of the PBX within a call")
def addresses_the_contact(leg: TrunkLeg) -> Iterator[Sight | None]:
    """The Request-URI of ACK, BYE and the like is the trunk's Contact."""
    for call in leg.calls:
        for sent in _sent_within(call):
            uri = _uri_of(sent.request)
            if uri is None or _is_strictly_routed(sent.request):
                continue
            holds = sent.target.equivalent(uri) or _same_place(sent.target, uri)
            seen = f"{sent.request.method} was sent to {uri}, the trunk's Contact is {sent.target}"
            yield Sight(holds, seen, sent.message, "start")


@judges_pbx("call.pbx-maddr", "no Contact of the trunk with maddr, or nothing sent within such a call")
def goes_to_maddr(leg: TrunkLeg) -> Iterator[Sight | None]:
    """A Contact with maddr is reached at that address."""
    for call in leg.calls:
        for sent in _sent_within(call):
            if sent.target.maddr is None or "Route" in sent.request.headers:
                continue
            host = sent.message.traced.packet.destination.host
            seen = (
                f"{sent.request.method} went to {host}, maddr of the trunk's Contact is {sent.target.maddr}"
            )
            yield Sight(host == sent.target.maddr, seen, sent.message, "start")


def _sent_within(call: Call) -> Iterator[_Sent]:
    """The PBX's requests within the dialog, each with its remote target; no ACK to a refusal."""
    refused = {
        id(ack)
        for exchange in (*call.attempts, *call.reinvites)
        for ack in exchange.acks
        if exchange.status >= 300 or exchange.request.branch == ack.message.branch
    }
    target: SipUri | None = None
    for each in call.messages:
        message = each.message
        if not each.from_pbx:
            target = _contact(each) or target
            continue
        if not isinstance(message, Request) or message.to.tag is None or message.method == "CANCEL":
            continue
        if target is not None and call.answer is not None and id(each) not in refused:
            yield _Sent(each, message, target)


def _contact(each: LegMessage) -> SipUri | None:
    """The remote target that a message of the trunk sets."""
    is_final = not isinstance(each.message, Request) and 200 <= each.status < 300
    if each.method not in REFRESHING or not (isinstance(each.message, Request) or is_final):
        return None
    try:
        uris: list[Uri] = [contact.uri for contact in each.message.contacts]
    except ParseError:
        return None
    return next((uri for uri in uris if isinstance(uri, SipUri)), None)


def _uri_of(request: Request) -> SipUri | None:
    try:
        uri = request.parsed_uri
    except ParseError:
        return None
    return uri if isinstance(uri, SipUri) else None


def _is_strictly_routed(request: Request) -> bool:
    try:
        routes = request.routes
    except ParseError:
        return True
    return bool(routes) and isinstance(routes[0].uri, SipUri) and "lr" not in routes[0].uri.params


def _same_place(target: SipUri, uri: SipUri) -> bool:
    """User, host and port agree: a PBX that drops a parameter still reaches the trunk."""
    return (target.unescaped_user, target.host.lower(), target.port or 5060) == (
        uri.unescaped_user,
        uri.host.lower(),
        uri.port or 5060,
    )
