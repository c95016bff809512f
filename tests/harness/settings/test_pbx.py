"""pbx.toml: what is told in it, and that each mistake is named with its line and what to write."""

from pathlib import Path

import pytest

from harness.settings.errors import SettingsError
from harness.settings.pbx import PbxFile, load_pbx
from harness.settings.pbx_phone import DialPlan
from harness.settings.pbx_support import FEATURES, Supports
from harness.settings.pbx_template import commented_pbx_toml, write_commented_pbx_toml
from harness.sip.hop import Hop


@pytest.fixture
def path(tmp_path: Path) -> Path:
    written = tmp_path / "pbx.toml"
    write_commented_pbx_toml(written)
    return written


@pytest.fixture
def loaded(path: Path) -> PbxFile:
    return load_pbx(path)


def broken(path: Path, old: str, new: str) -> str:
    """What is said when `old` stands as `new` in the template."""
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(SettingsError) as caught:
        load_pbx(path)
    return str(caught.value)


def line_of(path: Path, text: str) -> int:
    lines = path.read_text("utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.startswith(text))


class TestTemplate:
    def test_the_commented_file_loads_as_it_stands(self, loaded: PbxFile) -> None:
        assert loaded.pbx.hop == Hop("udp", "192.0.2.20", 5060)
        assert [phone.extension for phone in loaded.phones] == ["101", "102"]

    def test_it_names_every_feature_with_its_meaning(self) -> None:
        text = commented_pbx_toml()
        assert set(FEATURES) == set(Supports.model_fields)
        assert all(f"{name} = " in text and words in text for name, words in FEATURES.items())

    def test_each_file_has_a_password_of_its_own(self) -> None:
        assert commented_pbx_toml() != commented_pbx_toml()

    def test_a_file_that_is_there_is_left_alone(self, path: Path) -> None:
        with pytest.raises(FileExistsError):
            write_commented_pbx_toml(path)

    def test_its_lines_fit_a_terminal(self) -> None:
        assert max(map(len, commented_pbx_toml().splitlines())) <= 120


class TestMistakes:
    @pytest.mark.parametrize(
        ("old", "new", "said"),
        [
            ("vendor = ", "vendr = ", "pbx.vendor: the key is missing; write the maker's name, as text"),
            ('mode = "registration"', 'mode = "sip"', 'seen \'sip\'; write "registration" or "ip"'),
            ('password = "change-me-101"\n', "", "phone 101 without a password; write password"),
            ('["200"]', '["201"]', "201 is no number of the trunk; write one of"),
            ('["200"]', '["+442079460123"]', "+442079460123 rings phone[0] already; leave it out"),
            ('\nhold = "unknown"', '\nhold = "yes"', "seen 'yes'; write true, false or \"unknown\""),
            ('several_calls = "unknown"', "several_calls = 0", "seen 0; write how many calls at once"),
            ('several_calls = "unknown"', "several_calls = true", "seen True; write how many calls"),
            ('"192.0.2.1:5060"', '"0.0.0.0:5060"', "write the one address that the PBX can reach"),
            ('"192.0.2.1:5060"', '"trunk.example:5060"', "write an IP address of this machine and a port"),
            ('extension = "102"', 'extension = "101"', "phone[0] has extension 101 too"),
            (
                '[[phone]]\nextension = "101"',
                '[[phones]]\nextension = "101"',
                "write [[phone]], in two brackets",
            ),
            ('"192.0.2.20:5060"  ', '"192.0.2.20:x"  ', "write host:port"),
            ("appear = 300", "appear = 0", "write seconds until the PBX must appear, as 300"),
            ('["+442079460123"]', '["02079460123"]', "write Online Numbers as"),
            ('password = "change-me-101"', 'passwrd = "change-me-101"', "unknown key; write password"),
        ],
    )
    def test_a_mistake_is_named_with_what_to_write(self, path: Path, old: str, new: str, said: str) -> None:
        message = broken(path, old, new)
        assert said in message
        assert message.startswith(f"{path}:")

    def test_the_line_is_that_of_the_key(self, path: Path) -> None:
        message = broken(path, '["200"]', '["201"]')
        line = line_of(path, 'rings_for = ["201"]')
        assert message.startswith(f"{path}:{line}: ")

    def test_ip_mode_needs_a_numeric_address(self, path: Path) -> None:
        text = path.read_text("utf-8").replace('mode = "registration"', 'mode = "ip"')
        path.write_text(text, "utf-8")
        assert "write the IP address" in broken(path, '"192.0.2.20:5060"  ', '"pbx.example:5060"  ')

    def test_a_person_and_commands_exclude_each_other(self, path: Path) -> None:
        added = '[[phone]]\nextension = "9"\nmanual = true\n[phone.commands]\ndial = "a"\nhang_up = "b"\n'
        assert "leave one of them out" in broken(path, "[supports]", f"{added}\n[supports]")

    def test_a_command_with_an_open_quote_is_refused(self, path: Path) -> None:
        added = '[[phone]]\nextension = "9"\n[phone.commands]\ndial = "a \'b"\nhang_up = "b"\n'
        assert "paired quotes" in broken(path, "[supports]", f"{added}\n[supports]")


class TestMeaning:
    def test_what_is_not_declared_is_tried(self) -> None:
        assert not Supports().lacks("hold")
        assert Supports(hold=False, tls=True).lacking() == ("hold",)

    def test_a_word_that_is_no_feature_is_an_error(self) -> None:
        with pytest.raises(KeyError):
            Supports().lacks("holding")

    @pytest.mark.parametrize(("declared", "expected"), [("unknown", 10), (3, 3), (50, 10)])
    def test_calls_at_once_stay_within_the_channels(self, declared: int | str, expected: int) -> None:
        assert Supports.model_validate({"several_calls": declared}).calls_at_once(10) == expected

    def test_a_number_without_a_route_rings_the_first_phone(self, loaded: PbxFile) -> None:
        first, second = loaded.phones
        assert loaded.phone_ringing_for("200") is second
        assert loaded.phone_ringing_for("+4930123456") is first

    def test_phones_register_at_the_pbx_unless_told_otherwise(self, loaded: PbxFile) -> None:
        first = loaded.phones[0]
        assert loaded.phone_hop(first) == Hop("udp", "192.0.2.20", 5060)
        assert loaded.phone_hop(first.model_copy(update={"address": "192.0.2.21:5080"})).port == 5080

    def test_tls_has_a_port_of_its_own(self, loaded: PbxFile) -> None:
        trunk = loaded.trunk
        assert trunk.hop("tls") == Hop("tls", "192.0.2.1", 5061)
        assert trunk.model_copy(update={"listen": "127.0.0.1:0"}).hop("tls").port == 0
        assert trunk.model_copy(update={"tls_listen": "192.0.2.1:6061"}).hop("tls").port == 6061

    def test_an_extension_dials_a_number_in_each_form(self) -> None:
        plan = DialPlan(outside_line="9", national="0", international="00")
        assert plan.e164("+442079460000") == "9+442079460000"
        assert plan.model_copy(update={"plus": False}).e164("+442079460000") == "900442079460000"
        assert plan.at_home("+442079460000", "44") == "902079460000"
        assert plan.at_home("+17606604690", "44") is None

    def test_commands_get_their_numbers_word_by_word(self, path: Path) -> None:
        added = '[[phone]]\nextension = "9"\n[phone.commands]\ndial = "ctl \'a b\' {number}"\nhang_up = "h"\n'
        path.write_text(path.read_text("utf-8").replace("[supports]", f"{added}\n[supports]", 1), "utf-8")
        phone = load_pbx(path).phones[2]
        assert phone.kind == "commands"
        assert phone.commands is not None
        assert phone.commands.words("dial", number="+1; rm") == ["ctl", "a b", "+1; rm"]
        assert phone.commands.words("answer") == []

    def test_the_schema_has_every_table(self) -> None:
        properties = PbxFile.model_json_schema()["properties"]
        assert set(properties) == {"pbx", "supports", "trunk", "phone", "dial", "timeouts"}
