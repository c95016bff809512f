"""Whether the credentials in a request are those of the profile.

With the password known the digest is computed; without it only username and realm can be read, and whether
they were right is told by the trunk's answer. A PBX may repeat credentials, add a second header field of the
same realm (Kamailio) or count nc across nonces (Yate): one right header field is enough.
"""

from harness.checks.pbx.setup import Setup
from harness.sip.credentials import Credentials
from harness.sip.digest_response import verify
from harness.sip.errors import ParseError
from harness.sip.message import Request

HEADERS = ("Authorization", "Proxy-Authorization")


def credentials_of(request: Request) -> list[Credentials]:
    """Every digest of a request that can be read."""
    found = []
    for name in HEADERS:
        for line in request.headers.get_lines(name):
            try:
                found.append(Credentials.parse(line))
            except ParseError:
                continue
    return found


def carries_any(request: Request) -> bool:
    """Whether the request has a header field with credentials, readable or not."""
    return any(name in request.headers for name in HEADERS)


def digest_holds(request: Request, setup: Setup) -> bool | None:
    """Whether one digest is the profile's; None when the password is not known but the username is right."""
    own = [each for each in credentials_of(request) if each.userhash or each.username == setup.sip_username]
    if not own:
        return False
    if setup.password is None:
        return None
    return any(
        verify(
            each,
            method=request.method,
            password=setup.password,
            username=setup.sip_username,
            body=request.body,
        )
        for each in own
    )


def what_is_wrong(request: Request, setup: Setup) -> str:
    """Why the credentials of a request are not the profile's, as a clause."""
    found = credentials_of(request)
    if not found:
        return "the credentials can't be read"
    names = dict.fromkeys(each.username for each in found)
    if setup.sip_username not in names:
        return f"the credentials are those of {', '.join(names)}, not of {setup.sip_username}"
    return "the digest does not fit the profile's password"
