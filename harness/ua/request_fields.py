"""The header fields of requests outside a dialog, as a phone sends them, and their deliberate changes.

Inside a dialog `harness.sip.dialog` makes them.
"""

from collections.abc import Mapping, Sequence

from harness.sip.errors import ParseError
from harness.sip.message import Request
from harness.sip.name_addr import NameAddr
from harness.sip.uri import parse_uri

Fields = list[tuple[str, str]]


def address_value(uri: str, display: str | None = None, tag: str | None = None) -> str:
    """A From or To value. A URI that cannot be read is put between the brackets as it is."""
    try:
        address = NameAddr(display, parse_uri(uri))
        return str(address.with_tag(tag) if tag else address)
    except ParseError:
        name = f'"{display}" ' if display else ""
        return f"{name}<{uri}>" + (f";tag={tag}" if tag else "")


def list_field(name: str, values: Sequence[str]) -> Fields:
    """One comma-separated header field; none when the list is empty."""
    return [(name, ", ".join(values))] if values else []


def build_with_changes(
    method: str,
    uri: str,
    fields: Fields,
    body: bytes,
    replaced: Mapping[str, str | None] | None,
) -> Request:
    """A request in which some header fields say something else or, with None, are missing."""
    request = Request.build(method, uri, fields, body)
    for name, value in (replaced or {}).items():
        if value is None:
            request.headers.remove(name)
        else:
            request.headers.set(name, value)
    return request
