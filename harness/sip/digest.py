"""START HERE for authentication: every name that a client or a server needs (RFC 7616, RFC 8760).

A list, no logic. `challenge` and `credentials` read and write the headers, `digest_response` computes,
`nonce` issues and checks a server's nonces, `credential_store` is a client's memory.
"""

from harness.sip.challenge import Challenge, choose_challenge, parse_challenges
from harness.sip.credential_store import Answer, CredentialStore
from harness.sip.credentials import Credentials
from harness.sip.digest_response import expected_response, hash_a1, hash_username, respond, verify
from harness.sip.nonce import NonceIssuer, NonceVerdict

__all__ = [
    "Answer",
    "Challenge",
    "CredentialStore",
    "Credentials",
    "NonceIssuer",
    "NonceVerdict",
    "choose_challenge",
    "expected_response",
    "hash_a1",
    "hash_username",
    "parse_challenges",
    "respond",
    "verify",
]
