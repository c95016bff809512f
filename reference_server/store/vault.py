"""Encrypts what must be shown again but not lie about: SIP passwords, with the key of one database.

Fernet of the cryptography package: AES-CBC with HMAC-SHA256. The key is in the environment or in a file of
its owner's own; the database holds a check value by which a wrong key is noticed at the start (`database`).
Administrators' passwords are hashed instead and never come here.
"""

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from cryptography.fernet import Fernet, InvalidToken

from reference_server.store.store_error import StoreError

VARIABLE = "HARNESS_DATABASE_KEY"
"""The environment variable that holds the key; it comes before any file."""
SUFFIX = ".key"
"""What the name of a key file adds to that of its database."""


class VaultKey(NamedTuple):
    """A key, and where it was found."""

    secret: bytes
    """32 bytes in URL-safe Base64, as `Fernet.generate_key` makes them."""
    origin: str
    """For messages."""


class WrongKey(Exception):
    """What is to be decrypted was encrypted with another key."""


class Vault:
    """Encrypts and decrypts with one key."""

    def __init__(self, key: VaultKey) -> None:
        """Raises `StoreError` when it is no key."""
        self.origin = key.origin
        try:
            self._fernet = Fernet(key.secret)
        except ValueError:
            raise StoreError(
                f"{key.origin} holds no key: a key is 44 characters of Base64, "
                "as in a key file that the trunk made"
            ) from None

    def encrypt(self, text: str) -> str:
        """`text` as a token that only this key opens; another one each time."""
        return self._fernet.encrypt(text.encode()).decode("ascii")

    def decrypt(self, token: str) -> str:
        """What `token` was made of. Raises `WrongKey`."""
        try:
            return self._fernet.decrypt(token.encode("ascii", "replace")).decode()
        except InvalidToken:
            raise WrongKey from None


def new_key(origin: str) -> VaultKey:
    """A key that nobody has."""
    return VaultKey(Fernet.generate_key(), origin)


def open_key(file: Path | None, *, may_make: bool, environment: Mapping[str, str] = os.environ) -> VaultKey:
    """The key from the environment, or from `file`; a missing file is made when `may_make`.

    Raises `StoreError`: no key, or one that others can read.
    """
    if environment.get(VARIABLE):
        return VaultKey(environment[VARIABLE].encode(), f"the environment variable {VARIABLE}")
    if file is None:
        raise StoreError(
            f"the key of the database is not known: set {VARIABLE}, or name a [manager] key_file"
        )
    try:
        return VaultKey(_read(file), f"key file {file}")
    except FileNotFoundError:
        if not may_make:
            raise StoreError(
                f"key file {file} is missing: the database cannot be read without the key it was made with; "
                f"put the file back, or set {VARIABLE}"
            ) from None
    except OSError as error:
        raise StoreError(f"key file {file} cannot be read: {error.strerror}") from None
    return _make(file)


def _read(file: Path) -> bytes:
    descriptor = os.open(file, os.O_RDONLY)
    with os.fdopen(descriptor, "rb") as opened:
        mode = stat.S_IMODE(os.fstat(descriptor).st_mode)
        if mode & 0o077:
            raise StoreError(
                f"key file {file} can be read by others (mode {mode:04o}): "
                f"make it your own with chmod 600 {file}"
            )
        return opened.read(1000).strip()


def _make(file: Path) -> VaultKey:
    """A new key in a new file that only its owner reads."""
    key = new_key(f"key file {file}")
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(key.secret + b"\n")
            opened.flush()
            os.fsync(descriptor)
    except FileExistsError:  # another process of this trunk was faster
        return VaultKey(_read(file), key.origin)
    except OSError as error:
        raise StoreError(f"key file {file} cannot be written: {error.strerror}") from None
    return key
