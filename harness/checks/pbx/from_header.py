"""From: the SIP username stands there in every outgoing call, whatever extension calls.

The display name is free ("Anonymous" with the right user is no fault), and so are the PBX's other identity
headers.
"""

from collections.abc import Iterator

from harness.checks.pbx.registry import judges_pbx
from harness.checks.pbx.ruling import Sight
from harness.checks.pbx.trunk_leg import TrunkLeg
from harness.sip.uri import SipUri

MISSING = "the PBX made no call"


@judges_pbx("from_header.pbx-username", MISSING)
def from_names_the_profile(leg: TrunkLeg) -> Iterator[Sight | None]:
    """The user of From is the SIP username."""
    for call in leg.outbound:
        uri = call.invite.message.from_.uri
        user = uri.unescaped_user if isinstance(uri, SipUri) else ""
        shown = user or str(uri)
        yield Sight(user == leg.setup.sip_username, f"From names {shown}", call.invite, "From")


@judges_pbx("from_header.pbx-domain", MISSING)
def from_is_of_the_domain(leg: TrunkLeg) -> Iterator[Sight | None]:
    """The host of From is the trunk's domain."""
    for call in leg.outbound:
        uri = call.invite.message.from_.uri
        host = uri.host.lower().rstrip(".") if isinstance(uri, SipUri) else ""
        seen = f"the host of From is {host or 'missing'}"
        yield Sight(host == leg.setup.domain.lower(), seen, call.invite, "From")
