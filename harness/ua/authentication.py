"""The next try of a request that was challenged: a copy with credentials and the next CSeq.

The digest itself and when to give up are `harness.sip.credential_store`'s work.
"""

from harness.sip.credential_store import CredentialStore
from harness.sip.message import Request, Response

CHALLENGES = (401, 407)
MOST_TRIES = 8
"""Challenges that one request follows, whatever the credential store thinks of them."""


def authenticated_copy(
    request: Request, response: Response, credentials: CredentialStore | None, tries: int = 0
) -> Request | None:
    """The request with credentials for a 401 or 407, without Via; None when there is nothing to answer.

    ``tries`` is how often it was sent with credentials already.
    """
    if credentials is None or response.status not in CHALLENGES or tries >= MOST_TRIES:
        return None
    answer = credentials.authorization_for(request, response)
    if not answer:
        return None
    again = next_copy(request)
    for name in ("Authorization", "Proxy-Authorization"):
        again.headers.remove(name)
    for name, value in answer.headers:
        again.headers.add(name, value)
    return again


def next_copy(request: Request) -> Request:
    """A copy to be changed and sent again: no Via, the next CSeq (RFC 3261 section 8.1.3.5)."""
    again = request.copy()
    again.headers.remove("Via")
    again.headers.set("CSeq", f"{request.cseq.number + 1} {request.method}")
    return again
