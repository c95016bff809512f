"""What a person holds and the database doesn't: the secret of a session, a one-time link or a token.

32 random bytes, so a plain hash is enough to keep: nobody guesses them, and nobody reads them back.
"""

import base64
import hashlib
import hmac
import random

SECRET_BYTES = 32


def new_secret(rng: random.Random) -> str:
    """43 characters that may stand in a URL, a cookie or a header."""
    return base64.urlsafe_b64encode(rng.randbytes(SECRET_BYTES)).rstrip(b"=").decode("ascii")


def hash_of(secret: str) -> str:
    """What the database keeps of `secret`."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def derived(secret: str, purpose: str) -> str:
    """Another secret that only who holds `secret` can show, such as the CSRF token of a session."""
    return hmac.new(secret.encode("utf-8", "surrogatepass"), purpose.encode(), "sha256").hexdigest()


def same(one: str, other: str) -> bool:
    """Whether two secrets are the same, in a time that tells nothing."""
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass"))
