"""Rules that every response keeps towards its request (RFC 3261 section 8.2.6.2).

Pure functions over a request and its responses; the rules of single topics are in the files beside.
"""

from collections.abc import Iterable, Sequence

from harness.checks.breach import Breach
from harness.checks.registry import judges
from harness.sip.message import Request, Response


@judges("call.via-copied")
def via_copied(request: Request, response: Response) -> Breach | None:
    """The Via values are those of the request, in order; the first may have got received and rport."""
    sent = [(via.transport, via.host, via.port, via.branch) for via in request.vias]
    got = [(via.transport, via.host, via.port, via.branch) for via in response.vias]
    if got == sent:
        return None
    shown = ", ".join(f"{host}:{port} {branch}" for _, host, port, branch in got)
    return Breach("call.via-copied", f"Via of the {response.status} is [{shown}]", response, "Via")


@judges("call.cseq-copied")
def cseq_copied(request: Request, response: Response) -> Breach | None:
    """CSeq equals the request's."""
    if response.cseq == request.cseq:
        return None
    seen = (
        f"CSeq of the {response.status} is {response.headers.get('CSeq')}, "
        f"the request's {request.headers.get('CSeq')}"
    )
    return Breach("call.cseq-copied", seen, response, "CSeq")


@judges("call.from-copied")
def from_and_call_id_copied(request: Request, response: Response) -> Breach | None:
    """From, its tag included, and Call-ID equal the request's."""
    if response.from_.tag != request.from_.tag or str(response.from_.uri) != str(request.from_.uri):
        seen = f"From of the {response.status} is {response.headers.get('From')}"
        return Breach("call.from-copied", seen, response, "From")
    if response.call_id != request.call_id:
        return Breach("call.from-copied", f"Call-ID came back as {response.call_id}", response, "Call-ID")
    return None


@judges("call.to-tag")
def to_tag_added(response: Response) -> Breach | None:
    """Every response but 100 carries a To-tag."""
    if response.status == 100 or response.to.tag:
        return None
    seen = f"To of the {response.status} to {response.cseq.method} has no tag"
    return Breach("call.to-tag", seen, response, "To")


@judges("call.to-tag-stable")
def to_tag_stable(responses: Iterable[Response]) -> Breach | None:
    """The responses of one request (100 apart) carry one To-tag. A far end that forks is not considered."""
    tags: dict[str, Response] = {}
    for response in responses:
        if response.status > 100 and response.to.tag:
            tags.setdefault(response.to.tag, response)
    if len(tags) <= 1:
        return None
    return Breach(
        "call.to-tag-stable",
        f"responses to one request carry {len(tags)} To-tags: {', '.join(tags)}",
        list(tags.values())[-1],
        "To",
    )


@judges("capability.content-length")
def content_length_counts(data: bytes, response: Response) -> Breach | None:
    """Content-Length is the number of octets behind the empty line of the datagram."""
    body = data.partition(b"\r\n\r\n")[2]
    text = response.headers.get("Content-Length")
    if text is None or (text.strip().isdecimal() and int(text) == len(body)):
        return None
    seen = f"Content-Length of the {response.status} is {text}, its body has {len(body)} octets"
    return Breach("capability.content-length", seen, response, "Content-Length")


@judges("call.record-route")
def record_route_copied(request: Request, response: Response) -> Breach | None:
    """Record-Route is repeated as it came, in order."""
    sent = [str(route) for route in request.record_routes]
    got = [str(route) for route in response.record_routes]
    if sent == got:
        return None
    seen = f"Record-Route of the {response.status} is {got or 'missing'}, the request's {sent}"
    return Breach("call.record-route", seen, response, "Record-Route")


@judges("call.contact-in-2xx")
def contact_in_2xx(response: Response) -> Breach | None:
    """A 2xx to INVITE tells with Contact where ACK and BYE shall go."""
    if response.contacts:
        return None
    return Breach("call.contact-in-2xx", f"the {response.status} to INVITE has no Contact", response, "start")


def same_answer(one: Response, other: Response, ignored: Sequence[str]) -> list[str]:
    """In which of status, reason phrase and header fields two responses differ.

    `ignored` names header fields that differ between any two requests (Via, From, To, nonces ...).
    """
    differences = []
    if (one.status, one.reason) != (other.status, other.reason):
        differences.append(f"{one.status} {one.reason} against {other.status} {other.reason}")
    left, right = [name.lower() for name, _ in one.headers], [name.lower() for name, _ in other.headers]
    if left != right:
        differences.append(f"header fields {', '.join(left)} against {', '.join(right)}")
    skipped = {name.lower() for name in ignored}
    for name in dict.fromkeys(left):
        if name not in skipped and one.headers.get_lines(name) != other.headers.get_lines(name):
            differences.append(f"{name} {one.headers.get(name)!r} against {other.headers.get(name)!r}")
    return differences
