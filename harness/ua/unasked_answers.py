"""What a phone answers by itself to requests outside its dialogs, as RFC 3261 section 8.2 says.

Incoming calls become `call.Call`; requests inside dialogs are `in_dialog_answers`'.
"""

from collections.abc import Sequence

from harness.sip.message import Request, Response
from harness.sip.transaction import ServerTransaction
from harness.sip.transaction_events import RequestReceived
from harness.ua.endpoint import Endpoint
from harness.ua.in_dialog_answers import KNOWN_METHODS
from harness.ua.request_fields import Fields, list_field

SUPPORTED_EXTENSIONS = ("100rel", "timer")
"""Option tags that calls know what to do with."""


def unsupported_extensions(request: Request, supported: Sequence[str] = SUPPORTED_EXTENSIONS) -> list[str]:
    """Option tags in Require that we do not know (RFC 3261 section 8.2.2.3)."""
    return [tag for tag in request.require if tag.lower() not in supported]


def refusal_of_invite(event: RequestReceived, to_tag: str) -> Response | None:
    """Why an INVITE cannot even ring: 482 for a merged one, 420 for an unknown extension; None: it can."""
    request = event.request
    if event.transaction.merged_with is not None:
        return request.response(482, to_tag=to_tag)
    unknown = unsupported_extensions(request)
    if unknown:
        return request.response(420, to_tag=to_tag, headers=list_field("Unsupported", unknown))
    return None


def answer_unasked(
    endpoint: Endpoint,
    transaction: ServerTransaction,
    request: Request,
    now: float,
    *,
    options_status: int | None = 200,
) -> None:
    """Answer any other request outside a dialog: OPTIONS 200, unknown dialogs 481, the rest 405 or 501."""
    allow = list_field("Allow", endpoint.allow)
    headers: Fields = [("Server", endpoint.user_agent)] if endpoint.user_agent else []
    if request.to.tag is not None or request.method in ("BYE", "PRACK", "UPDATE", "INFO"):
        status: int | None = 481
    elif request.method == "OPTIONS":
        status = options_status
        headers += [("Contact", endpoint.contact), *allow, ("Accept", "application/sdp")]
        headers += list_field("Supported", SUPPORTED_EXTENSIONS)
    else:
        status = 405 if request.method in KNOWN_METHODS else 501
        headers += allow
    if status is not None:
        response = request.response(status, to_tag=endpoint.new_tag(), headers=headers)
        endpoint.layer.send_response(transaction, response, now)
