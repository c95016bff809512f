"""The command line: what it lists, and what it says of wrong input."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from harness.pbx_simulator.__main__ import USAGE_ERROR, application
from harness.pbx_simulator.faults.registry import FAULTS

PLAIN = '[pbx]\ntrunk = "127.0.0.1:5060"\nusername = "100"\npassword = "x"\n'


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(application, list(arguments))
    return result.exit_code, result.output


def test_faults_are_listed_for_people_and_programs() -> None:
    status, words = run("faults")
    assert status == 0
    assert "from-carries-extension" in words
    listed = json.loads(run("faults", "--json")[1])
    assert [each["name"] for each in listed] == [fault.name for fault in FAULTS]
    assert listed[0]["side"] == "pbx"
    assert listed[0]["requirement"] in listed[0]["requirements"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[pbx]\ntrunk = "127.0.0.1:5060"\nusername = "100"\n', "without a password"),
        (f'{PLAIN}transport = "sctp"\n', '"udp", "tcp" or "tls"'),
        (f'{PLAIN}trunk_listen = "nowhere"\n', "HOST:PORT"),
        (f'{PLAIN}[inbound]\n"+4412345678" = "300"\n', "extension 300, which is not there"),
        (f"{PLAIN}colour = 3\n", "unknown key"),
        (f'{PLAIN}listen = "192.0.2.1:5060"\n', "cannot be used"),
        ("", "[pbx]"),
    ],
)
def test_wrong_settings_are_explained_in_one_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "pbx.toml"
    path.write_text(text, encoding="utf-8")
    status, words = run("--config", str(path))
    assert status == USAGE_ERROR
    assert said in words
    assert "Traceback" not in words


def test_settings_and_faults_that_are_not_there(tmp_path: Path) -> None:
    path = tmp_path / "pbx.toml"
    path.write_text(PLAIN, encoding="utf-8")
    assert run("--config", str(path), "--fault", "nonsense") == (
        USAGE_ERROR,
        "pbx_simulator: no fault is called 'nonsense'; `harness faults --side pbx` lists them\n",
    )
    assert run()[1].startswith("pbx_simulator: no settings")
