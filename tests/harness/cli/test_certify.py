"""`harness certify` end to end, with a few scenarios: what goes wrong is said, what was judged is kept."""

import json
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from harness.capture.pcap import read_pcap
from harness.cli.certify_folder import ASKED, read_folder
from harness.cli.certify_simulator import simulated_settings
from harness.cli.failure import CommandFailure
from harness.cli.python_path import child_environment
from harness.drivers.free_port import free_port
from harness.results import RunResult, Verdict, load_results
from harness.settings.pbx import load_pbx

PATIENCE = 250
"""Seconds for one command."""
PBX = """\
[pbx]
vendor = "Maker"
product = "Box"
version = "1"
address = "127.0.0.1:5999"

[trunk]
listen = "127.0.0.1:{port}"
password = "secret"

[[phone]]
extension = "101"
password = "one"

[timeouts]
appear = {appear}
"""
STREAMED = """\
[pbx]
vendor = "Reference"
product = "PBX simulator"
version = "1"
address = "127.0.0.1:5999"
transport = "{transport}"

[trunk]
listen = "127.0.0.1:0"

[[phone]]
extension = "101"
password = "one"
rings_for = ["+442079460123", "99051000000231"]

[timeouts]
appear = 60
"""
REGISTER = (
    b"REGISTER sip:sip.skype.com SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:%d;branch=z9hG4bKa;rport\r\n"
    b"From: <sip:100@sip.skype.com>;tag=1\r\nTo: <sip:100@sip.skype.com>\r\nCall-ID: x\r\n"
    b"CSeq: 1 REGISTER\r\nMax-Forwards: 70\r\nContact: <sip:100@127.0.0.1>\r\nContent-Length: 0\r\n\r\n"
)


def certify(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "harness.cli", "certify", *map(str, words)]
    return subprocess.run(
        command, capture_output=True, text=True, env=child_environment(), timeout=PATIENCE, check=False
    )


def pbx_file(folder: Path, *, port: int = 0, appear: float = 0.5) -> Path:
    path = folder / "pbx.toml"
    path.write_text(PBX.format(port=port, appear=appear), encoding="utf-8")
    return path


def verdicts(folder: Path) -> dict[str, Verdict]:
    result: RunResult = load_results(folder / "results.json")
    return {each.name: each.verdict for each in result.scenarios}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "name the PBX: --pbx pbx.toml"),
        (["--fault", "x", "--pbx", "pbx.toml"], "add --simulate-pbx"),
        (["--pbx", "nowhere.toml"], "nowhere.toml"),
        (
            ["--simulate-pbx", "--fault", "no-such"],
            "no fault is called 'no-such'; `harness faults --side pbx`",
        ),
        (["--ip", "--pbx", "pbx.toml"], 'write mode = "ip" under [pbx] in pbx.toml'),
        (["--simulate-pbx", "-k", "nothing_is_called_so"], "no scenario fits"),
        (["--resume", "nowhere"], "name the folder of a certification"),
        (["--resume", "nowhere", "--simulate-pbx"], "leave --pbx"),
    ],
)
def test_wrong_input_is_told_in_a_line(words: list[str], said: str, tmp_path: Path) -> None:
    out = [] if "--resume" in words else ["--out", str(tmp_path)]
    done = certify(*words, *out)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_pbx_file_is_told_with_its_line(tmp_path: Path) -> None:
    path = pbx_file(tmp_path)
    path.write_text(path.read_text().replace('address = "127.0.0.1:5999"', "address = 5"), encoding="utf-8")
    done = certify("--pbx", path, "--out", tmp_path / "out")
    assert done.returncode == 2
    assert "pbx.toml:5: pbx.address" in done.stderr


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        done = certify("--pbx", pbx_file(tmp_path, port=port), "--out", tmp_path / "out")
    assert done.returncode == 2
    assert str(port) in done.stderr


def test_a_pbx_that_never_appears_is_exit_status_3_with_a_report(tmp_path: Path) -> None:
    done = certify("--pbx", pbx_file(tmp_path), "--out", tmp_path / "out")
    assert done.returncode == 3
    assert "the PBX has not registered within 0.5 s: nothing was heard on udp:127.0.0.1:" in done.stderr
    assert set(verdicts(tmp_path / "out").values()) == {Verdict.INCONCLUSIVE, Verdict.NOT_APPLICABLE}
    assert (tmp_path / "out" / "report.html").exists()


def test_what_was_heard_instead_is_told(tmp_path: Path) -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as pbx,
    ):
        pbx.bind(("127.0.0.1", 0))
        trunk, here = ("127.0.0.1", free_port()), pbx.getsockname()[1]
        over = threading.Event()

        def register() -> None:
            while not over.wait(0.05):
                pbx.sendto(REGISTER % here, trunk)

        sender = threading.Thread(target=register)
        sender.start()
        try:
            path = pbx_file(tmp_path, port=trunk[1], appear=4.0)
            done = certify("--pbx", path, "--out", tmp_path / "out", "-k", "registration")
        finally:
            over.set()
            sender.join()
    assert done.returncode == 3
    words = f"REGISTER from 127.0.0.1:{here} for user 100 on port {trunk[1]}, expected 99051000000231"
    assert words in done.stderr
    assert verdicts(tmp_path / "out")["registration/test_the_sip_username_is_registered"] is Verdict.FAIL


def test_the_simulated_pbx_is_certified_and_a_run_goes_on(tmp_path: Path) -> None:
    done = certify("--simulate-pbx", "--out", tmp_path, "-k", "test_from_is_of_the_domain", "--json", "-")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["verdict"] == "pass"
    assert {"certificate.html", "certificate.pdf", "junit.xml", ASKED} <= {
        each.name for each in tmp_path.iterdir()
    }
    before = read_pcap(tmp_path / "trace.pcap").packets
    again = certify("--resume", tmp_path, "-k", "test_from_is_of_the_domain or test_from_names")
    assert again.returncode == 0, again.stderr
    whole = read_pcap(tmp_path / "trace.pcap").packets
    assert [each.packet for each in whole[: len(before)]] == [each.packet for each in before]
    assert whole[-1].number == load_results(tmp_path / "results.json").scenarios[-1].last_packet
    names = list(verdicts(tmp_path))
    assert names[0] == "from_header/test_from_is_of_the_domain"
    assert len(names) == 3


def test_what_is_not_decided_runs_again(tmp_path: Path) -> None:
    done = certify("--simulate-pbx", "--out", tmp_path, "-k", "test_from_is_of_the_domain")
    kept = tmp_path / "scenarios.jsonl"
    text = kept.read_text().replace('"verdict":"pass"', '"verdict":"inconclusive"')
    kept.write_text(text + '{"name": "cut o', encoding="utf-8")
    assert done.returncode == 0
    assert read_folder(tmp_path, None)[1] == []
    assert certify("--resume", tmp_path).returncode == 0
    assert verdicts(tmp_path) == {"from_header/test_from_is_of_the_domain": Verdict.PASS}


def test_a_pbx_that_dies_leaves_a_report_and_the_rest_inconclusive(tmp_path: Path) -> None:
    words = "test_an_unexpected_notify or test_a_large_invite"
    done = certify("--simulate-pbx", "--fault", "dies-on-notify", "--out", tmp_path, "-k", words)
    assert done.returncode == 1
    found = verdicts(tmp_path)
    assert found["robustness/test_an_unexpected_notify_does_no_harm"] is Verdict.FAIL
    assert found["robustness/test_a_large_invite_is_taken"] is Verdict.INCONCLUSIVE
    assert "does not answer the trunk any more" in done.stdout + done.stderr
    assert (tmp_path / "report.html").exists()


def test_a_template_is_written_once(tmp_path: Path) -> None:
    path = tmp_path / "pbx.toml"
    assert certify("--init", "--pbx", path).returncode == 0
    assert load_pbx(path).pbx.vendor == "Example Telephony"
    again = certify("--init", "--pbx", path)
    assert again.returncode == 2
    assert "is there already" in again.stderr


def test_the_schema_names_the_tables() -> None:
    schema = json.loads(certify("--schema").stdout)
    assert {"pbx", "trunk", "phone", "supports"} <= schema["properties"].keys()


def test_a_folder_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / ASKED).write_text("{}", encoding="utf-8")
    with pytest.raises(CommandFailure, match="can't be read"):
        read_folder(tmp_path, None)


def test_the_simulated_pbx_has_a_pbx_file_in_both_modes() -> None:
    assert [simulated_settings(mode).pbx.mode for mode in ("registration", "ip")] == ["registration", "ip"]


@pytest.mark.parametrize("transport", ["tcp", "tls"])
def test_the_simulated_pbx_passes_over_streams(tmp_path: Path, transport: str) -> None:
    """Registration, calls both ways, audio and release over TCP and TLS."""
    path = tmp_path / "pbx.toml"
    text = STREAMED.format(transport=transport)
    path.write_text(text, encoding="utf-8")
    words = (
        "test_the_pbx_registers or test_the_echo or test_an_inbound or test_maddr or test_rtp or hangs_up or "
        "test_record_route"
    )
    done = certify("--simulate-pbx", "--pbx", path, "--out", tmp_path / "out", "-k", words)
    assert done.returncode == 0, done.stdout + done.stderr
    assert set(verdicts(tmp_path / "out").values()) == {Verdict.PASS}
    assert load_results(tmp_path / "out" / "results.json").target.transport == transport
