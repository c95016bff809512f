"""What routes an ordinary request, found by one expression over its bytes.

A glance takes INVITE, ACK and BYE as nearly all phones write them over UDP over IPv4: canonical names, one
line a field, one Via, nothing that asks for something unusual. It never takes a message that
`message.parse_message` would read otherwise; what it does not take is for that full reading. The order of the
fields is free, and read faster once it is known (`familiar_order`). Who answers by glances alone is
`reference_server.express`.
"""

import re

from harness.sip.familiar_order import FamiliarOrder, Grammar

_PORT = rb"(?:[1-5][0-9]{4}|6[0-4][0-9]{3}|[1-9][0-9]{0,3})"
"""1 to 64999; the few above are for the full reading."""
_HOST = rb"[0-9A-Za-z][0-9A-Za-z-]*+(?:\.[0-9A-Za-z-]*[0-9A-Za-z])*+(?::%b)?" % _PORT
_TOKEN = rb"[0-9A-Za-z.!%*_+`'~-]+"
_TEXT = rb"[\x20-\x7e]*"
_NAME = rb'(?:"[0-9A-Za-z+._-][0-9A-Za-z+._\ -]*"\ ?)?'
_FREE_NAMES = rb"User-Agent|Allow|Subject|Organization|Date|Allow-Events|X-[0-9A-Za-z-]+"

_FIELDS = {
    b"Via": rb"SIP/2\.0/UDP\ (?P<sent_by>(?P<sent_host>[0-9.]{7,15})(?P<sent_port>:%b)?)"
    rb"(?P<rport>;rport)?;branch=(?P<branch>z9hG4bK%b)(?P<late_rport>;rport)?" % (_PORT, _TOKEN),
    b"From": rb'(?P<from_>(?:"(?P<display>[0-9A-Za-z+._-][0-9A-Za-z+._\ -]*)"\ ?)?'
    rb"<sip:(?P<from_user>[0-9A-Za-z._+-]+)@%b>;tag=(?P<from_tag>%b))" % (_HOST, _TOKEN),
    b"Call-ID": rb"(?P<call_id>[0-9A-Za-z.@_:-]{1,255})",
    b"Contact": rb"<sip:(?P<contact>(?:[0-9A-Za-z._+-]+@)?%b(?:;(?:ob|transport=(?:udp|UDP)))*)>" % _HOST,
    b"Max-Forwards": rb"(?P<max_forwards>[1-9][0-9]{0,2})",
    b"Content-Length": rb"\ {0,7}(?P<length>[0-9]{1,5})",
}
_INVITE_FIELDS = _FIELDS | {
    b"CSeq": rb"(?P<cseq>[0-9]{1,9}\ INVITE)",
    b"To": rb"(?P<to>%b<sip:[0-9A-Za-z._+-]+@%b>)" % (_NAME, _HOST),
    b"Content-Type": rb"(?P<type>application/sdp)",
    b"Proxy-Authorization": rb"(?P<credentials>Digest\ %b)" % _TEXT,
    b"Supported": rb"(?P<supported>[0-9A-Za-z][0-9A-Za-z,\ -]*)",
    b"Accept": rb"(?P<accept>application/sdp)",
}
_IN_DIALOG_FIELDS = _FIELDS | {
    b"CSeq": rb"(?P<cseq>[0-9]{1,9}\ (?P=method))",
    b"To": rb"(?P<to>%b<sip:[0-9A-Za-z._+-]+@%b>;tag=(?P<to_tag>%b))" % (_NAME, _HOST, _TOKEN),
}
_DIGEST_PARAMETERS = {
    b"username": rb'"(?P<username>[0-9A-Za-z._+-]+)"',
    b"realm": rb'"(?P<realm>[0-9A-Za-z._-]+)"',
    b"nonce": rb'"(?P<nonce>[0-9a-f]+)"',
    b"uri": rb'"(?P<uri>sip:[0-9A-Za-z._+@:;=-]+)"',
    b"response": rb'"(?P<response>[0-9a-f]+)"',
    b"algorithm": rb"(?P<algorithm>MD5|SHA-256)",
    b"cnonce": rb'"(?P<cnonce>[0-9A-Za-z./+=_-]+)"',
    b"qop": rb"(?P<qop>auth)",
    b"nc": rb"(?P<nc>[0-9a-f]{8})",
}


def _request(start: bytes, fields: dict[bytes, bytes], free_names: bytes = _FREE_NAMES) -> Grammar:
    return Grammar(
        start=start + rb"\r\n",
        parts=fields,
        free_names=free_names,
        free_text=_TEXT,
        mark=rb":\ ",
        joint=rb"\r\n",
        end=rb"\r\n",
        find_names=re.compile(rb"^([0-9A-Za-z-]+):", re.MULTILINE),
    )


glance_at_invite = FamiliarOrder(
    _request(rb"INVITE\ (?P<uri>sip:(?P<number>\+[0-9]{1,15})@%b)\ SIP/2\.0" % _HOST, _INVITE_FIELDS)
)
"""Matches an INVITE outside a dialog up to its body."""
glance_in_dialog = FamiliarOrder(
    _request(
        rb"(?P<method>ACK|BYE)\ sip:[0-9A-Za-z._+@:;=-]+\ SIP/2\.0",
        _IN_DIALOG_FIELDS,
        rb"%b|Proxy-Authorization|Authorization|Supported|Reason" % _FREE_NAMES,
    )
)
"""Matches an ACK or a BYE inside a dialog up to its body."""
glance_at_credentials = FamiliarOrder(
    Grammar(
        start=rb"Digest\ ",
        parts=_DIGEST_PARAMETERS,
        free_names=rb"(?!)",
        free_text=rb"",
        mark=rb"=",
        joint=rb"(?:,\ ?|\Z)",
        end=rb"\Z",
        find_names=re.compile(rb"[\ ,]([a-z]+)="),
    )
)
"""Matches plain Digest credentials from end to end; a parameter that is missing has no group."""
