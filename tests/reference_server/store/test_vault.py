"""Keys and what is encrypted with them."""

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_server.store.store_error import StoreError
from reference_server.store.vault import VARIABLE, Vault, VaultKey, WrongKey, new_key, open_key


@given(st.text(max_size=80))
def test_what_was_encrypted_comes_back(text: str) -> None:
    vault = Vault(VaultKey(b"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", "test"))
    token = vault.encrypt(text)
    assert vault.decrypt(token) == text
    assert not text or text not in token or len(text) < 4
    assert vault.encrypt(text) != token, "who sees two tokens cannot tell that they say the same"


@pytest.mark.parametrize("token", ["", "nonsense", "gAAAAA==", "gâteau"])
def test_what_no_key_opens_is_told_as_a_wrong_key(token: str) -> None:
    with pytest.raises(WrongKey):
        Vault(new_key("test")).decrypt(token)


def test_another_key_does_not_open_it() -> None:
    token = Vault(new_key("one")).encrypt("secret")
    with pytest.raises(WrongKey):
        Vault(new_key("other")).decrypt(token)


def test_a_key_file_is_made_for_its_owner_alone_and_found_again(tmp_path: Path) -> None:
    file = tmp_path / "trunk.sqlite.key"
    made = open_key(file, may_make=True, environment={})
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert open_key(file, may_make=False, environment={}) == made
    assert made.origin == f"key file {file}"


def test_the_key_of_the_environment_comes_first(tmp_path: Path) -> None:
    file = tmp_path / "trunk.sqlite.key"
    key = new_key("").secret
    found = open_key(file, may_make=True, environment={VARIABLE: key.decode()})
    assert found == VaultKey(key, f"the environment variable {VARIABLE}")
    assert not file.exists()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "x.key"
    open_key(file, may_make=True, environment={})
    file.chmod(mode)
    with pytest.raises(StoreError, match=rf"x\.key can be read by others \(mode {mode:04o}\): .*chmod 600"):
        open_key(file, may_make=True, environment={})


def test_a_missing_key_is_told_and_not_made_anew(tmp_path: Path) -> None:
    file = tmp_path / "x.key"
    with pytest.raises(
        StoreError, match=r"x\.key is missing: .* put the file back, or set HARNESS_DATABASE_KEY"
    ):
        open_key(file, may_make=False, environment={})
    assert not file.exists()


def test_a_key_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"x\.key cannot be written: No such file or directory"):
        open_key(tmp_path / "no" / "x.key", may_make=True, environment={})


def test_a_key_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    file = tmp_path / "x.key"
    file.mkdir(0o700)
    with pytest.raises(StoreError, match=r"x\.key cannot be read: Is a directory"):
        open_key(file, may_make=True, environment={})


def test_a_server_without_a_named_key_is_told_what_to_name() -> None:
    with pytest.raises(StoreError, match="set HARNESS_DATABASE_KEY, or name a"):
        open_key(None, may_make=True, environment={})


@pytest.mark.parametrize("secret", [b"", b"short", b"x" * 44])
def test_what_is_no_key_is_told(secret: bytes) -> None:
    with pytest.raises(StoreError, match="key file x holds no key: a key is 44 characters of Base64"):
        Vault(VaultKey(secret, "key file x"))
