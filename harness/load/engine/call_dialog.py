"""The dialog of an outgoing call: what a 2xx says of target, route set and next hop (RFC 3261 section 12).

The usual 2xx has no Record-Route and a Contact that leads to the target itself; one regular expression sees
that. Everything else is `harness.sip.dialog`'s and `harness.sip.location`'s work.
"""

import re
from typing import TYPE_CHECKING

from harness.sip.dialog import Dialog
from harness.sip.errors import SipError
from harness.sip.hop import Hop
from harness.sip.location import next_hops
from harness.sip.message import Request, Response, parse_message
from harness.sip.transport_rules import is_numeric
from harness.sip.uri import SipUri

if TYPE_CHECKING:
    from harness.load.engine.outgoing_call import FastCall

CONTACT = re.compile(
    rb"\r\n(?:Contact|m)[ \t]*+:[ \t]*+[^<\r\n]*+<(sip:(?:[^@>\r\n]*+@)?([^;>?\r\n]*+)([^>\r\n]*+))>",
    re.IGNORECASE,
)
"""Groups: the URI, its host and port, its parameters."""


def enter_dialog(call: "FastCall", to: bytes, data: bytes) -> None:
    """Note where ACK and BYE go from the 2xx in ``data``."""
    call.to = to
    found = CONTACT.search(data)
    if found is not None:
        uri, host, parameters = found.groups()
        usual = not parameters or (b"maddr" not in parameters and b"transport" not in parameters)
        if usual and host == call.line.engine.target_name and b"\nRecord-Route" not in data:
            call.remote_target = uri
            return
    _enter_slowly(call, data)


def _enter_slowly(call: "FastCall", data: bytes) -> None:
    """Any other 2xx; one without a Contact that can be read leads back to the Request-URI."""
    call.remote_target, call.routes, call.hop = call.messages.request_uri, b"", None
    try:
        response = parse_message(data)
        if not isinstance(response, Response):
            return
        invite = Request.build("INVITE", call.messages.request_uri.decode("utf-8", "surrogateescape"))
        for name in ("From", "To", "Call-ID", "CSeq"):
            invite.headers.add(name, response.headers.get(name) or "")
        dialog = Dialog.from_uac(invite, response)
        within = dialog.build_request("BYE")
        call.remote_target = within.uri.encode("utf-8", "surrogateescape")
        routes = within.headers.get_lines("Route")
        call.routes = "".join(f"Route: {route}\r\n" for route in routes).encode("utf-8", "surrogateescape")
        hop = hop_of(dialog)
    except SipError:
        return
    call.hop = None if hop == call.line.engine.target else hop


def hop_of(dialog: Dialog) -> Hop | None:
    """The address that requests of a dialog go to; None when it cannot be told here: then to the target."""
    uri = dialog.next_hop_uri()
    if not isinstance(uri, SipUri) or not is_numeric(uri.maddr or uri.host):
        return None
    hop = next_hops(uri)[0]
    return hop if hop.transport == "udp" else None
