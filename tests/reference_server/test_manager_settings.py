"""The `[manager]` table of trunk.toml."""

from pathlib import Path

import pytest

from harness.settings.errors import SettingsError
from reference_server.settings import TrunkFile, load_trunk_file


def loaded(folder: Path, text: str) -> TrunkFile:
    path = folder / "trunk.toml"
    path.write_text(text, encoding="utf-8")
    return load_trunk_file(path)


def test_a_file_without_the_table_has_no_manager(tmp_path: Path) -> None:
    assert not loaded(tmp_path, "[trunk]\n").manager.listens


def test_the_table_alone_is_a_manager_on_this_machine(tmp_path: Path) -> None:
    settings = loaded(tmp_path, "[manager]\n").manager
    assert settings.listens
    assert settings.address == "127.0.0.1:8088"
    assert settings.tariff is None


def test_an_empty_address_switches_the_manager_off(tmp_path: Path) -> None:
    assert not loaded(tmp_path, '[manager]\naddress = ""\n').manager.listens


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("adress = '127.0.0.1:1'", ("manager.adress", "address")),
        ("address = '8088'", ("manager.address", "HOST:PORT")),
        ("timezone = 'Europe/Dublinn'", ("manager.timezone", "Dublinn", "Europe/Dublin")),
        ("private_key = 'k'", ("manager.private_key", "certificate")),
    ],
)
def test_a_mistake_names_file_line_and_key(tmp_path: Path, line: str, parts: tuple[str, ...]) -> None:
    with pytest.raises(SettingsError) as raised:
        loaded(tmp_path, f"[manager]\n{line}\n")
    said = str(raised.value)
    assert said.startswith(f"{tmp_path}/trunk.toml:2: ")
    for part in parts:
        assert part in said
