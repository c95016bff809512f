"""Passwords of administrators: argon2id hashes, made and compared in a thread.

A hash takes tens of milliseconds and 64 MiB on purpose (RFC 9106 section 4); the loop carries calls
meanwhile, so it never waits for one. SIP passwords are not here: they are encrypted (`store.vault`).
"""

import asyncio
import contextlib

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from reference_server.manager.problem import Problem

SHORTEST = 10
"""Characters; NIST SP 800-63B section 5.1.1.2 demands 8 at least."""
LONGEST = 200
AT_ONCE = 2
"""Hashes made at the same time: they cost memory, and anybody may ask for one by signing in."""


class Passwords:
    """Makes and compares hashes."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        """`hasher` may be a cheap one in tests."""
        self._hasher = hasher if hasher is not None else PasswordHasher()
        self._gate = asyncio.Semaphore(AT_ONCE)
        self._nobody: str | None = None

    async def hashed(self, password: str) -> str:
        """The hash to keep of `password`."""
        async with self._gate:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def match(self, kept: str | None, password: str) -> bool:
        """Whether `kept` was made of `password`; takes as long for None, which nothing matches."""
        if self._nobody is None:
            self._nobody = await self.hashed("nobody has this password")
        compared = kept if kept is not None else self._nobody
        async with self._gate:
            return await asyncio.to_thread(self._verified, compared, password[:LONGEST]) and kept is not None

    def _verified(self, kept: str, password: str) -> bool:
        with contextlib.suppress(VerificationError, InvalidHashError):
            return self._hasher.verify(kept, password)
        return False


def check_password(password: str, name: str) -> None:
    """Returns when `password` will do for `name`. Raises `Problem` 422."""
    seen = ""
    if len(password) < SHORTEST:
        seen = f"{len(password)} characters"
    elif len(password) > LONGEST:
        seen = f"{len(password)} characters, more than {LONGEST}"
    elif name.casefold() in password.casefold() or len(set(password)) < 4:
        seen = "a password that is the name, or a few characters over and over"
    if seen:
        detail = f"seen {seen}; write at least {SHORTEST} characters that others don't guess"
        raise Problem("weak-password", 422, "The password is too easy to guess", detail, "password")
