"""`trunk.toml`: what is enough, and what is said about mistakes."""

from pathlib import Path

import pytest

from harness.settings.errors import SettingsError
from reference_server.settings import TrunkFile, database_url, load_trunk_file

SHORT = """\
[[profile]]
name = "Head office"
sip_username = "99051000000231"
password = "secret"
channels = 300
credit = "25.00"
online_numbers = ["+442079460123"]
extension_tags = { "sales.example" = "200" }
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "trunk.toml"
    path.write_text(text, encoding="utf-8")
    return path


def error(folder: Path, text: str) -> str:
    with pytest.raises(SettingsError) as raised:
        load_trunk_file(write(folder, text))
    return str(raised.value)


def test_a_short_file_is_enough(tmp_path: Path) -> None:
    settings = load_trunk_file(write(tmp_path, SHORT))
    assert settings.trunk.listen == ("udp:127.0.0.1:5060", "tcp:127.0.0.1:5060")
    assert settings.trunk.control == "127.0.0.1:8080"
    assert settings.profile[0].channels == 300
    assert settings.profile[0].active


def test_more_than_300_channels_are_refused_with_file_line_and_limit(tmp_path: Path) -> None:
    """Quick Start Guide: "You can add a maximum of 300 channels per SIP Profile"."""
    said = error(tmp_path, SHORT.replace("channels = 300", "channels = 301"))
    assert said == (
        f"{tmp_path}/trunk.toml:5: profile[0].channels: seen 301; a SIP Profile has 1 to 300 channels"
    )


@pytest.mark.parametrize(
    ("change", "parts"),
    [
        (("channels = 300", "chanels = 300"), (":5:", "chanels", "channels")),
        (("channels = 300", 'channels = "many"'), (":5:", "profile[0].channels", "'many'")),
        (("channels = 300", "channels = 0"), (":5:", "1 to 300")),
        (('password = "secret"\n', ""), ("password",)),
        (('password = "secret"', 'auth = "ip"'), ("address",)),
        (('["+442079460123"]', '["02079460123"]'), (":7:", "Online Number")),
        (('["+442079460123"]', '"+442079460123"'), (":7:", 'write a list of numbers in quotes, as ["+44')),
        (('"25.00"', '"lots"'), (":6:", "profile[0].credit", "'lots'", 'as "25.00"')),
        (('"25.00"', '"-1"'), (":6:", "'-1'", "0 or more")),
        (
            ("channels = 300", "us_minute_bundles = 2"),
            (":5:", "2 US minute bundles and 1 channels", "at most as many bundles as channels"),
        ),
        (
            ("channels = 300", "us_minute_bundles = 1\nus_bundle_seconds = 300001"),
            (":6:", "profile[0].us_bundle_seconds", "300001 seconds left of 1", "write at most 300000"),
        ),
        (("channels = 300", 'auth = "none"'), (":5:", "'none'", 'write "registration" or "ip"')),
        (("channels = 300", 'auth = "ip"'), (":5:", "profile[0].auth", 'write address = "')),
        (("channels = 300", 'auth = "ip"\naddress = "pbx"'), (":6:", "'pbx'", "IP address")),
        (("[[profile]]", "[profile]"), (":1:", "write [[profile]], in two brackets")),
        (("[[profile]]", "[trunk]\nlisten = []\n[[profile]]"), (":2:", "trunk.listen", "write a list")),
        (("[[profile]]", '[trunk]\nprivate_key = "k"\n[[profile]]'), (":2:", 'write certificate = "..."')),
        (("[[profile]]", '[trunk]\nlisten = ["udx:1:2"]\n[[profile]]'), (":2:", "udp:HOST:PORT")),
        (("[[profile]]", '[trunk]\nlisten = ["udp:0.0.0.0:5060"]\n[[profile]]'), (":2:", "reach")),
        (("[[profile]]", "[trunk]\ncontrol = 8080\n[[profile]]"), (":2:", "trunk.control", "8080")),
    ],
    ids=lambda value: value[1] if isinstance(value, tuple) and len(value) == 2 else "",
)
def test_a_mistake_names_file_line_and_key(
    tmp_path: Path, change: tuple[str, str], parts: tuple[str, ...]
) -> None:
    said = error(tmp_path, SHORT.replace(*change))
    assert said.startswith(f"{tmp_path}/trunk.toml:")
    for part in parts:
        assert part in said


def test_a_sip_username_belongs_to_one_profile(tmp_path: Path) -> None:
    said = error(tmp_path, SHORT + SHORT)
    assert "profile[1].sip_username: profile[0] has the SIP username 99051000000231 too" in said
    assert said.startswith(f"{tmp_path}/trunk.toml:{len(SHORT.splitlines()) + 3}:")


def test_an_address_belongs_to_one_profile(tmp_path: Path) -> None:
    known = 'sip_username = "{}"\nauth = "ip"\naddress = "203.0.113.7"\n'
    said = error(tmp_path, "".join(f"[[profile]]\n{known.format(name)}" for name in ("a", "b")))
    assert ":8: profile[1].address: profile[0] is known by 203.0.113.7, port 5060 too" in said


def test_an_online_number_belongs_to_one_profile(tmp_path: Path) -> None:
    second = SHORT.replace("99051000000231", "99051000000232")
    said = error(tmp_path, SHORT + second)
    assert "profile[1].online_numbers: +442079460123 belongs to profile[0] already" in said


def test_an_account_has_a_name_of_its_own_and_a_password(tmp_path: Path) -> None:
    account = '\n[[account]]\nname = "{}"\npassword = "open sesame"\n'
    said = error(tmp_path, SHORT + account.format("ann.example") * 2)
    assert "account[1].name: account[0] signs in as ann.example too" in said
    said = error(tmp_path, SHORT + account.format("99051000000231"))
    assert "account[0].name: profile[0] signs in as 99051000000231 too" in said
    said = error(tmp_path, SHORT + account.format("ann example"))
    assert "account[0].name" in said
    assert 'as "sales.example"' in said
    said = error(tmp_path, SHORT + '\n[[account]]\nname = "ann.example"\n')
    assert "account[0].password" in said
    assert "the password, in quotes" in said


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"nowhere\.toml"):
        load_trunk_file(tmp_path / "nowhere.toml")


def test_the_database_lies_beside_the_file(tmp_path: Path) -> None:
    assert database_url(TrunkFile().trunk, tmp_path) == f"sqlite:///{tmp_path}/trunk.sqlite"


@pytest.mark.parametrize("workers", ["0", "17", "-1", "true", '"2"', "1.5"])
def test_a_trunk_has_1_to_16_workers(tmp_path: Path, workers: str) -> None:
    path = tmp_path / "trunk.toml"
    path.write_text(f"[trunk]\nworkers = {workers}\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"trunk\.toml:2: trunk\.workers: .*(whole number|1 to 16)"):
        load_trunk_file(path)
