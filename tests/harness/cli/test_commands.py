"""The command line as its user meets it: exit statuses, and errors in one line without a traceback."""

import errno
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.cli.__main__ import main
from harness.cli.python_path import child_environment
from harness.drivers.free_port import free_port
from harness.results import Verdict, save_results
from tests.harness.cli.runs import run_of, scenario
from tests.interrupted_start import interrupted_start

PATIENCE = 250.0
"""Seconds for a command, or what it must do, on a busy machine."""
GOOD_PROFILE = '[[profile]]\nsip_username = "99051000000231"\npassword = "secret"\n'


def harness(*arguments: str, cwd: Path, timeout: float = PATIENCE) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own."""
    command = [sys.executable, "-m", "harness.cli", *arguments]
    return subprocess.run(
        command,
        cwd=cwd,
        env=child_environment(),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that nobody else can take and nobody listens on, over UDP and TCP."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as stream:
        stream.bind(("127.0.0.1", free_port()))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
            datagrams.bind(stream.getsockname())
            datagrams.connect(("127.0.0.1", 9))  # from elsewhere it takes nothing: the kernel refuses it
            yield int(stream.getsockname()[1])


def one_line(text: str) -> str:
    """The error; fails when there is more than a line, or a traceback."""
    lines = text.strip().splitlines()
    assert len(lines) == 1, text
    assert lines[0].startswith("harness: ")
    return lines[0]


def test_help_has_examples(tmp_path: Path) -> None:
    done = harness("run", "--help", cwd=tmp_path)
    assert done.returncode == 0
    assert "harness run --target target.toml" in done.stdout


def test_shell_completion_is_offered(tmp_path: Path) -> None:
    assert "--install-completion" in harness("--help", cwd=tmp_path).stdout


def test_a_missing_target_file_is_named(tmp_path: Path) -> None:
    done = harness("run", "--target", "nowhere.toml", cwd=tmp_path)
    assert done.returncode == 2
    assert "nowhere.toml: there is no such file" in one_line(done.stderr)


def test_a_wrong_target_file_is_shown_with_line_and_key(tmp_path: Path) -> None:
    (tmp_path / "target.toml").write_text(f"[target]\naddress = 5060\n{GOOD_PROFILE}", encoding="utf-8")
    done = harness("run", "--target", "target.toml", cwd=tmp_path)
    assert done.returncode == 2
    line = one_line(done.stderr)
    assert "target.toml:2: target.address: seen 5060" in line
    assert 'write host:port of the trunk, as "192.0.2.1:5060"' in line


def test_a_fault_needs_the_embedded_trunk(tmp_path: Path) -> None:
    (tmp_path / "target.toml").write_text(
        f'[target]\naddress = "127.0.0.1"\n{GOOD_PROFILE}', encoding="utf-8"
    )
    done = harness("run", "--target", "target.toml", "--fault", "echo-silent", cwd=tmp_path)
    assert done.returncode == 2
    assert "harness serve --fault" in one_line(done.stderr)


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_an_unreachable_target_is_told(tmp_path: Path, silent_port: int, transport: str) -> None:
    """That it is told within five seconds is shown without a clock in `pytest_plugin.test_probe`."""
    target = f'[target]\naddress = "127.0.0.1:{silent_port}"\ntransport = "{transport}"\n{GOOD_PROFILE}'
    (tmp_path / "target.toml").write_text(target, encoding="utf-8")
    done = harness("run", "--target", "target.toml", cwd=tmp_path)
    assert done.returncode == 3
    assert f"{transport}:127.0.0.1:{silent_port} cannot be reached" in one_line(done.stderr)


def test_a_target_that_never_answers_is_told_with_what_was_tried(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{deaf.getsockname()[1]}"
        (tmp_path / "target.toml").write_text(
            f'[target]\naddress = "{address}"\n{GOOD_PROFILE}', encoding="utf-8"
        )
        done = harness("run", "--target", "target.toml", cwd=tmp_path)
    assert done.returncode == 3
    assert "no answer to OPTIONS and REGISTER" in one_line(done.stderr)


def test_a_selection_of_nothing_is_told(tmp_path: Path) -> None:
    done = harness("run", "-k", "nosuchscenario", cwd=tmp_path)
    assert done.returncode == 2
    assert "no scenario fits -k 'nosuchscenario'" in one_line(done.stderr)


def test_an_unknown_fault_is_told(tmp_path: Path) -> None:
    done = harness("run", "--fault", "no-such-fault", cwd=tmp_path)
    assert done.returncode == 2
    assert "no-such-fault" in one_line(done.stderr)
    assert not list((tmp_path / "out").iterdir()), "a refused run leaves no folder"


def test_a_selection_that_is_no_expression_is_told(tmp_path: Path) -> None:
    done = harness("run", "-k", "a and (", cwd=tmp_path)
    assert done.returncode == 2
    assert one_line(done.stderr).startswith("harness: Wrong expression passed to '-k': a and (")


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("", encoding="utf-8")
    done = harness("run", "--out", "taken", cwd=tmp_path)
    assert done.returncode == 2
    assert "--out taken: can't be made" in one_line(done.stderr)


def test_the_tests_of_the_folder_one_stands_in_have_no_say(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "conftest.py").write_text("import no_such_package", encoding="utf-8")
    done = harness("run", "-k", "options_is_answered", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "\x1b" not in done.stdout


def test_a_run_leaves_all_its_documents(tmp_path: Path) -> None:
    done = harness("run", "-k", "options", "--out", "here", "--json", "copy.json", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    for name in ("report.html", "results.json", "junit.xml", "trace.pcap"):
        assert (tmp_path / "here" / name).stat().st_size > 0
    assert list((tmp_path / "here" / "pcap").glob("*.pcap"))
    assert json.loads((tmp_path / "copy.json").read_text(encoding="utf-8"))["verdict"] == "pass"


def test_a_fault_makes_the_run_fail_with_a_finding(tmp_path: Path) -> None:
    done = harness(
        "run", "--fault", "no-invite-challenge", "-k", "is_challenged", "--json", "-", cwd=tmp_path
    )
    assert done.returncode == 1, done.stderr
    result = json.loads(done.stdout)
    findings = [each for one in result["scenarios"] for each in one["findings"]]
    finding = next(each for each in findings if each["requirement"] == "authentication.invite-challenged")
    assert finding["packet"] is not None
    assert "--fault no-invite-challenge -k test_" in finding["how_to_see"]


@pytest.mark.parametrize("module", ["harness.cli.application", "typer", "pydantic"])
def test_ctrl_c_at_once_leaves_no_traceback(tmp_path: Path, module: str) -> None:
    done = interrupted_start("harness.cli.__main__", module, tmp_path)
    assert done.returncode == 130, done.stderr
    assert done.stderr == "harness: interrupted\n"


def test_ctrl_c_ends_the_run_with_a_report(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "harness.cli", "run", "--out", "here", "-k", "registration or timers"]
    with subprocess.Popen(
        command,
        cwd=tmp_path,
        env=child_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as run:
        wait_for(tmp_path / "here" / "pcap")
        os.kill(run.pid, signal.SIGINT)
        output, errors = run.communicate(timeout=PATIENCE)
    assert run.returncode == 130, errors
    assert "Traceback" not in output + errors
    assert (tmp_path / "here" / "report.html").exists()


def wait_for(path: Path) -> None:
    """Until the path is there."""
    deadline = time.monotonic() + PATIENCE
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} never came"
        time.sleep(0.02)


def test_serve_with_settings_that_are_not_there_says_how_to_write_them(tmp_path: Path) -> None:
    done = harness("serve", "--config", "t.toml", cwd=tmp_path)
    assert done.returncode == 2
    assert "harness serve --init --config t.toml" in one_line(done.stderr)


def test_serve_init_writes_a_template(tmp_path: Path) -> None:
    done = harness("serve", "--init", "--config", "t.toml", cwd=tmp_path)
    assert done.returncode == 0
    assert "[[profile]]" in (tmp_path / "t.toml").read_text(encoding="utf-8")


def test_serve_on_a_port_in_use_is_told(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        settings = f'[trunk]\nlisten = ["udp:127.0.0.1:{port}"]\ncontrol = "127.0.0.1:0"\n'
        (tmp_path / "trunk.toml").write_text(settings, encoding="utf-8")
        done = harness("serve", cwd=tmp_path)
    assert done.returncode in (2, 3)
    assert str(port) in done.stderr
    assert "Traceback" not in done.stderr


def test_requirements_are_listed_with_what_covers_them(tmp_path: Path) -> None:
    done = harness("requirements", "cancel.487", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (entry,) = json.loads(done.stdout)
    assert entry["scenarios"] == ["cancel/test_a_cancelled_invite_ends_with_487"]


def test_words_that_no_requirement_has_are_told(tmp_path: Path) -> None:
    done = harness("requirements", "nosuchword", cwd=tmp_path)
    assert done.returncode == 2
    assert "no requirement has 'nosuchword'" in one_line(done.stderr)


def test_uncovered_requirements_are_not_hidden(tmp_path: Path) -> None:
    done = harness("requirements", "pbx", cwd=tmp_path)
    assert "not covered:" in done.stdout
    assert "inbound.pbx-trusts" in done.stdout


def test_faults_are_listed_with_what_catches_them(tmp_path: Path) -> None:
    done = harness("faults", "--json", "faults.json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    listed = json.loads((tmp_path / "faults.json").read_text(encoding="utf-8"))
    assert len(listed) >= 30
    assert [each["name"] for each in listed if not each["scenarios"]] == []


def test_faults_are_a_line_each(tmp_path: Path) -> None:
    lines = harness("faults", cwd=tmp_path).stdout.splitlines()
    expected = (
        "no-invite-challenge — INVITE without credentials is accepted (authentication.invite-challenged)"
    )
    assert expected in lines


def test_the_version_is_told(tmp_path: Path) -> None:
    done = harness("--version", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith("harness 0.")


def test_a_report_is_rendered_again(tmp_path: Path) -> None:
    result = run_of(scenario("media/test_echo", Verdict.PASS, requirements=["media.echo"]))
    save_results(result, tmp_path / "results.json")
    done = harness("report", ".", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "<html" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_results_that_are_none_are_told(tmp_path: Path) -> None:
    (tmp_path / "results.json").write_text("{}", encoding="utf-8")
    done = harness("report", "results.json", cwd=tmp_path)
    assert done.returncode == 2
    assert "schema_version" in one_line(done.stderr)


def test_the_schema_is_printed(tmp_path: Path) -> None:
    schema = json.loads(harness("report", "--schema", cwd=tmp_path).stdout)
    assert schema["properties"]["verdict"]


def test_faults_that_are_named_are_listed_alone(tmp_path: Path) -> None:
    done = harness("faults", "echo-silent", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.splitlines()[0].startswith("echo-silent — ")
    assert "\n1 fault. Start" in done.stdout


def test_a_fault_that_is_nearly_named_right_is_told(tmp_path: Path) -> None:
    done = harness("faults", "echo-silnt", cwd=tmp_path)
    assert done.returncode == 2
    assert one_line(done.stderr) == (
        "harness: unknown fault echo-silnt; did you mean echo-silent? `harness faults` lists them"
    )


def test_a_proof_with_a_selection_of_nothing_is_wrong_input(tmp_path: Path) -> None:
    done = harness("faults", "--run", "echo-silent", "-k", "nosuchscenario", "--out", "here", cwd=tmp_path)
    assert done.returncode == 2
    assert one_line(done.stderr).startswith("harness: no scenario fits -k 'nosuchscenario'")


@pytest.mark.parametrize("command", [["run"], ["load"], ["certify", "--simulate-pbx"], ["faults", "--run"]])
def test_where_no_json_can_go_is_told_before_long_work(command: list[str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    done = harness(*command, "--json", "file/result.json", cwd=tmp_path)
    assert done.returncode == 2
    assert "--json file/result.json: can't be written" in one_line(done.stderr)
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_a_full_disk_is_no_fault_of_the_harness(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full() -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "out/report.html")

    monkeypatch.setattr("harness.cli.application.application", full)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 3
    assert one_line(capsys.readouterr().err) == (
        "harness: out/report.html: No space left on device; make room there, "
        "or name a folder elsewhere with --out DIR"
    )
