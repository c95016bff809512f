"""The two requests that the transaction layer makes from an INVITE: the ACK to a failure, and CANCEL.

The ACK to a 2xx belongs to the dialog and is made in `dialog`.
"""

from collections.abc import Iterable

from harness.sip.message import Request, Response

MAX_FORWARDS = "70"
"""RFC 3261 section 8.1.1.6."""


def ack_for(invite: Request, response: Response) -> Request:
    """Return the ACK to a final response from 300 to 699 (RFC 3261 section 17.1.1.3)."""
    to = response.headers.get("To") or invite.headers.get("To") or ""
    return Request.build("ACK", invite.uri, _same_hop(invite, "ACK", to))


def cancel_for(invite: Request, headers: Iterable[tuple[str, str]] = ()) -> Request:
    """Return the CANCEL of an INVITE (RFC 3261 section 9.1), with more header fields such as Reason."""
    to = invite.headers.get("To") or ""
    return Request.build("CANCEL", invite.uri, [*_same_hop(invite, "CANCEL", to), *headers])


def _same_hop(invite: Request, method: str, to: str) -> list[tuple[str, str]]:
    """The header fields that let a request match the INVITE's transaction at the next hop."""
    headers = invite.headers
    fields = [("Via", headers.get("Via") or "")]
    fields.extend(("Route", route) for route in headers.get_lines("Route"))
    fields.append(("Max-Forwards", MAX_FORWARDS))
    fields.append(("From", headers.get("From") or ""))
    fields.append(("To", to))
    fields.append(("Call-ID", invite.call_id))
    fields.append(("CSeq", f"{invite.cseq.number} {method}"))
    return fields
