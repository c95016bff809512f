"""What `toml_file` says about a file that is wrong: place, key, what was seen, what to write."""

from pathlib import Path

import pytest

from harness.settings.errors import SettingsError
from harness.settings.target import TargetSettings, load_target
from harness.settings.toml_file import key_lines, load_toml

GOOD = """\
[target]
address = "192.0.2.1:5060"

[[profile]]
sip_username = "99051000000231"
password = "secret"

[[profile]]
sip_username = "99051000000232"
password = "other"
channels = 2
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "target.toml"
    path.write_text(text, encoding="utf-8")
    return path


def error_of(path: Path) -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        load_target(path)
    return caught.value


def test_a_good_file_is_read(tmp_path: Path) -> None:
    settings = load_toml(written(tmp_path, GOOD), TargetSettings)
    assert [profile.channels for profile in settings.profiles] == [300, 2]
    assert settings.main_profile.sip_username == "99051000000231"


def test_a_key_is_found_in_the_list_of_tables_it_belongs_to() -> None:
    lines = key_lines(GOOD)
    assert lines["profile", 1, "channels"] == 11
    assert lines["profile", 0] == 4
    assert lines["target", "address"] == 2


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    error = error_of(tmp_path / "nowhere.toml")
    assert str(error) == f"{tmp_path / 'nowhere.toml'}: there is no such file; give the path of a TOML file"


def test_wrong_syntax_is_shown_with_its_line(tmp_path: Path) -> None:
    error = error_of(written(tmp_path, "[target]\naddress = 192.0.2.1:5060\n"))
    assert error.line == 2
    assert "address = 192.0.2.1:5060" in error.seen


def test_a_wrong_value_is_shown_with_its_line_and_what_to_write(tmp_path: Path) -> None:
    error = error_of(written(tmp_path, GOOD.replace("channels = 2", "channels = 301")))
    assert (error.line, error.key) == (11, "profile[1].channels")
    assert "301" in error.seen
    assert "1 to 300" in error.expected


def test_an_unknown_key_gets_the_key_that_was_probably_meant(tmp_path: Path) -> None:
    error = error_of(written(tmp_path, GOOD.replace("channels = 2", "chanels = 2")))
    assert (error.line, error.expected) == (11, "write channels")


def test_a_missing_key_is_looked_for_in_its_table(tmp_path: Path) -> None:
    error = error_of(written(tmp_path, GOOD.replace('sip_username = "99051000000232"\n', "")))
    assert (error.line, error.key) == (8, "profile[1].sip_username")
    assert error.seen == "the key is missing"


def test_an_address_that_is_none_is_refused_with_an_example(tmp_path: Path) -> None:
    error = error_of(written(tmp_path, GOOD.replace("192.0.2.1:5060", "192.0.2.1:sip")))
    assert (error.line, error.key) == (2, "target.address")
    assert "192.0.2.1:5060" in error.expected


def test_the_message_is_one_line(tmp_path: Path) -> None:
    error = error_of(written(tmp_path, GOOD.replace('password = "other"\n', "")))
    assert "\n" not in str(error)
    assert "password" in str(error)


def test_a_single_table_where_a_list_belongs_is_told_with_its_brackets(tmp_path: Path) -> None:
    error = error_of(
        written(tmp_path, GOOD.partition("\n[[profile]]")[0] + '\n[profile]\nsip_username = "1"\n')
    )
    assert error.line == 4
    assert (error.seen, error.expected) == ("one table [profile]", "write [[profile]], in two brackets")


def test_a_word_that_is_none_of_a_choice_is_told_with_the_choice(tmp_path: Path) -> None:
    error = error_of(written(tmp_path, GOOD.replace("[target]", '[target]\ntransport = "sctp"')))
    assert (error.seen, error.expected) == ("seen 'sctp'", 'write "udp", "tcp" or "tls"')


def test_a_number_that_is_none_is_told(tmp_path: Path) -> None:
    error = error_of(written(tmp_path, GOOD + 'online_numbers = ["+442079460123", "abc"]\n'))
    assert error.line == 12
    assert error.expected == "'abc' is no number; write digits, as \"+442079460123\""
