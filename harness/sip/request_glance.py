"""What routes an ordinary request, found by one expression over its bytes.

A glance takes INVITE, ACK and BYE as nearly all phones write them over UDP over IPv4: canonical names, one
line a field, one Via, nothing that asks for something unusual. It never takes a message that
`message.parse_message` would read otherwise; what it does not take is for that full reading. The order of the
fields is free. Who answers by glances alone is `reference_server.express`.
"""

import re

_PORT = rb"(?:[1-5][0-9]{4}|6[0-4][0-9]{3}|[1-9][0-9]{0,3})"
"""1 to 64999; the few above are for the full reading."""
_HOST = rb"[0-9A-Za-z](?:[0-9A-Za-z-]*(?:\.[0-9A-Za-z-]*[0-9A-Za-z])*)(?::%b)?" % _PORT
_TOKEN = rb"[0-9A-Za-z.!%*_+`'~-]+"
_TEXT = rb"[\x20-\x7e]*"

_FIELDS = rb"""
Via:(?(branch)(?!))\ SIP/2\.0/UDP\ (?P<sent_host>[0-9.]{7,15})(?P<sent_port>:%(port)b)?
    (?P<rport>;rport)?;branch=(?P<branch>z9hG4bK%(token)b)(?P<late_rport>;rport)?
|From:(?(from_)(?!))\ (?P<from_>(?:"(?P<display>[0-9A-Za-z+._-][0-9A-Za-z+._\ -]*)"\ ?)?
    <sip:(?P<from_user>[0-9A-Za-z._+-]+)@%(host)b>;tag=(?P<from_tag>%(token)b))
|Call-ID:(?(call_id)(?!))\ (?P<call_id>[0-9A-Za-z.@_:-]{1,255})
|CSeq:(?(cseq)(?!))\ (?P<cseq>[0-9]{1,9}\ %(method)b)
|Contact:(?(contact)(?!))\ <sip:(?P<contact>(?:[0-9A-Za-z._+-]+@)?%(host)b
    (?:;(?:ob|transport=(?:udp|UDP)))*)>
|Max-Forwards:(?(max_forwards)(?!))\ (?P<max_forwards>[1-9][0-9]{0,2})
|Content-Length:(?(length)(?!))\ {1,8}(?P<length>[0-9]{1,5})
|(?:User-Agent|Allow|Subject|Organization|Date|Allow-Events|X-[0-9A-Za-z-]+):\ %(text)b
"""

_INVITE_FIELDS = rb"""
|To:(?(to)(?!))\ (?P<to>(?:"[0-9A-Za-z+._-][0-9A-Za-z+._\ -]*"\ ?)?<sip:[0-9A-Za-z._+-]+@%(host)b>)
|Content-Type:(?(type)(?!))\ (?P<type>application/sdp)
|Proxy-Authorization:(?(credentials)(?!))\ (?P<credentials>Digest\ %(text)b)
|Supported:(?(supported)(?!))\ (?P<supported>[0-9A-Za-z][0-9A-Za-z,\ -]*)
|Accept:(?(accept)(?!))\ (?P<accept>application/sdp)
"""

_IN_DIALOG_FIELDS = rb"""
|To:(?(to)(?!))\ (?P<to>(?:"[0-9A-Za-z+._-][0-9A-Za-z+._\ -]*"\ ?)?<sip:[0-9A-Za-z._+-]+@%(host)b>
    ;tag=(?P<to_tag>%(token)b))
|(?:Proxy-Authorization|Authorization|Supported|Reason):\ %(text)b
"""


def _pattern(start: bytes, own_fields: bytes, method: bytes) -> re.Pattern[bytes]:
    words: dict[bytes, bytes] = {
        b"host": _HOST,
        b"token": _TOKEN,
        b"text": _TEXT,
        b"method": method,
        b"port": _PORT,
    }
    return _once_each(rb"%b\r\n(?:(?:%b)\r\n)+\r\n" % (start, (_FIELDS + own_fields) % words))


def _once_each(text: bytes) -> re.Pattern[bytes]:
    """Compile; `(?(name)(?!))` fails where the group has matched before: nothing ordinary stands twice.

    Python knows conditions on groups that come later in the text by number only.
    """
    for number, name in enumerate(re.findall(rb"\(\?P<(\w+)>", text), start=1):
        text = text.replace(b"(?(%b)" % name, b"(?(%d)" % number)
    return re.compile(text, re.VERBOSE | re.ASCII)


glance_at_invite = _pattern(
    rb"INVITE\ (?P<uri>sip:(?P<number>\+[0-9]{1,15})@%b)\ SIP/2\.0" % _HOST, _INVITE_FIELDS, rb"INVITE"
).match
"""Matches an INVITE outside a dialog up to its body; `groups()` are in the order of the pattern."""
glance_in_dialog = _pattern(
    rb"(?P<method>ACK|BYE)\ sip:[0-9A-Za-z._+@:;=-]+\ SIP/2\.0", _IN_DIALOG_FIELDS, rb"(?P=method)"
).match
"""Matches an ACK or a BYE inside a dialog up to its body."""

_parameters = _once_each(
    rb"""Digest\ (?:(?:
 username=(?(username)(?!))"(?P<username>[0-9A-Za-z._+-]+)"
|realm=(?(realm)(?!))"(?P<realm>[0-9A-Za-z._-]+)"
|nonce=(?(nonce)(?!))"(?P<nonce>[0-9a-f]+)"
|uri=(?(uri)(?!))"(?P<uri>sip:[0-9A-Za-z._+@:;=-]+)"
|response=(?(response)(?!))"(?P<response>[0-9a-f]+)"
|algorithm=(?(algorithm)(?!))(?P<algorithm>MD5|SHA-256)
|cnonce=(?(cnonce)(?!))"(?P<cnonce>[0-9A-Za-z./+=_-]+)"
|qop=(?(qop)(?!))(?P<qop>auth)
|nc=(?(nc)(?!))(?P<nc>[0-9a-f]{8})
)(?:,\ ?|$))+"""
)
glance_at_credentials = _parameters.fullmatch
"""Matches plain Digest credentials; a parameter that is missing has no group."""
