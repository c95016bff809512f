"""`harness pbx-config` as its user meets it: files printed or written, and sentences for wrong input."""

from pathlib import Path

import pytest

from harness.settings.pbx_template import write_commented_pbx_toml
from tests.harness.cli.test_commands import harness, one_line


@pytest.fixture
def pbx(tmp_path: Path) -> Path:
    path = tmp_path / "pbx.toml"
    write_commented_pbx_toml(path)
    return path


def changed(pbx: Path, old: str, new: str) -> Path:
    text = pbx.read_text("utf-8")
    assert old in text
    pbx.write_text(text.replace(old, new, 1), "utf-8")
    return pbx


def test_files_are_printed_below_their_names(pbx: Path) -> None:
    done = harness("pbx-config", "asterisk", "--pbx", str(pbx), cwd=pbx.parent)
    assert done.returncode == 0
    assert "======== /etc/asterisk/pjsip.conf ========" in done.stdout
    assert "from_user=99051000000231" in done.stdout
    assert "core reload" in done.stderr


def test_a_single_file_is_printed_alone_to_be_redirected(pbx: Path) -> None:
    done = harness("pbx-config", "linphone", "--pbx", str(pbx), cwd=pbx.parent)
    assert done.stdout.startswith("# linphonerc: ")


def test_files_are_written_to_a_folder_for_that_trunk(pbx: Path, tmp_path: Path) -> None:
    out = tmp_path / "made"
    done = harness(
        "pbx-config",
        "kamailio",
        "--pbx",
        str(pbx),
        "--trunk",
        "198.51.100.7:5070",
        "--out",
        str(out),
        cwd=pbx.parent,
    )
    assert done.returncode == 0
    assert f"text://{out}/dbtext" in (out / "kamailio.cfg").read_text("utf-8")
    assert "198.51.100.7\\:5070" in (out / "dbtext" / "uacreg").read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["astrisk"], "no configuration of 'astrisk' is known; did you mean asterisk?"),
        (["nortel"], "no configuration of 'nortel' is known. There are: asterisk"),
        (["asterisk", "--trunk", "a:b"], "--trunk a:b: write host:port"),
        (["asterisk", "--trunk", "tls:192.0.2.1"], 'says transport = "udp"; let them agree'),
    ],
)
def test_wrong_options_are_explained(pbx: Path, arguments: list[str], said: str) -> None:
    done = harness("pbx-config", *arguments, "--pbx", str(pbx), cwd=pbx.parent)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in one_line(done.stderr)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('product = "Example PBX"', "product = 5", "pbx.product: seen 5; write the product's name"),
        ('listen = "192.0.2.1:5060"', 'listen = "127.0.0.1:0"', "say it: --trunk HOST:PORT"),
        ('password = "change-me-101"', 'password = "a b"', "password of phone 101 has ' '"),
        ("\npassword = ", "\n# password = ", "[trunk] password is missing"),
    ],
)
def test_a_wrong_pbx_toml_is_explained(pbx: Path, old: str, new: str, said: str) -> None:
    done = harness("pbx-config", "yate", "--pbx", str(changed(pbx, old, new)), cwd=pbx.parent)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in one_line(done.stderr)
    assert str(pbx) in done.stderr


def test_without_a_pbx_toml_it_is_said_how_to_get_one(tmp_path: Path) -> None:
    done = harness("pbx-config", "yate", cwd=tmp_path)
    assert done.returncode == 2
    assert "pbx.toml: there is no such file; write one with: harness certify --init" in one_line(done.stderr)


def test_a_pbx_toml_at_hand_needs_no_option(pbx: Path) -> None:
    assert harness("pbx-config", "yate", cwd=pbx.parent).returncode == 0


def test_a_folder_that_cannot_be_made_is_explained(pbx: Path) -> None:
    done = harness("pbx-config", "yate", "--pbx", str(pbx), "--out", str(pbx / "below"), cwd=pbx.parent)
    assert done.returncode == 2
    assert "can't be written" in one_line(done.stderr)
