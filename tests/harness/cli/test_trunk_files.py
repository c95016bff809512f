"""The generated files are what their readers expect."""

from pathlib import Path

import pytest

from harness.cli.failure import CommandFailure, ExitStatus
from harness.cli.serve import write_template
from harness.cli.trunk_files import ACCOUNTS, embedded_profiles, target_toml, trunk_toml
from harness.settings.target import load_target
from reference_server.settings import load_trunk_file

PROFILES = embedded_profiles("127.0.0.2", 40001)
ANNOUNCED = {"udp": "127.0.0.1:40002", "tls": "127.0.0.1:40003", "control": "http://127.0.0.1:40004"}


def test_the_trunk_reads_its_settings(tmp_path: Path) -> None:
    path = tmp_path / "trunk.toml"
    path.write_text(trunk_toml(PROFILES), encoding="utf-8")
    read = load_trunk_file(path)
    assert [each.sip_username for each in read.profile] == [each.sip_username for each in PROFILES]
    assert read.profile[0].extension_tags == {"sales.example": "200", "support.example": "201"}
    assert [each.name for each in read.account] == [each.name for each in ACCOUNTS]


def test_the_scenarios_read_their_target(tmp_path: Path) -> None:
    path = tmp_path / "target.toml"
    path.write_text(target_toml(PROFILES, ANNOUNCED), encoding="utf-8")
    read = load_target(path)
    assert read.profiles == PROFILES
    assert read.accounts == ACCOUNTS
    assert len(read.unattached) >= 2
    assert read.attached
    assert str(read.target.hop("tls")) == "tls:127.0.0.1:40003"
    assert read.control is not None


def test_there_is_a_profile_for_every_special_need() -> None:
    assert PROFILES[0].channels == 300
    assert any(each.channels == 2 for each in PROFILES)
    assert any(each.min_expires == 1 for each in PROFILES)
    assert any(each.algorithm == "SHA-256" for each in PROFILES)
    assert any(each.auth == "ip" for each in PROFILES)
    assert any(not each.active for each in PROFILES)
    assert any(each.credit == 0 for each in PROFILES)
    assert any(each.credit == 0.04 for each in PROFILES)
    assert {each.us_bundle_seconds for each in PROFILES if each.us_minute_bundles} == {None, 1}
    assert PROFILES[0].caller_id in PROFILES[0].online_numbers


def test_the_template_is_read_by_the_trunk_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "trunk.toml"
    write_template(path)
    assert load_trunk_file(path).profile[0].channels == 300
    assert load_trunk_file(path).account[0].name == "ann.example"
    with pytest.raises(CommandFailure) as caught:
        write_template(path)
    assert caught.value.status is ExitStatus.WRONG_INPUT
