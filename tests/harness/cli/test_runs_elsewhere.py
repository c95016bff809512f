"""`harness run --target` against a trunk that is a process of its own: what it lacks, and what goes wrong."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.cli.python_path import child_environment
from harness.results import RunResult, Verdict, load_results
from tests.harness.cli.test_commands import PATIENCE, harness, one_line, wait_for

PROFILE = """
[[profile]]
name = "Head office"
sip_username = "99051000000231"
password = "secret"
auth = "registration"
channels = 300
credit = "25.00"
online_numbers = ["+442079460123"]
extension_tags = { "sales.example" = "200" }
"""
TRUNK = """
[trunk]
listen = ["udp:127.0.0.1:0", "tcp:127.0.0.1:0"]
control = "127.0.0.1:0"
"""


class Served:
    """A trunk, and the folder with its files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "trunk.toml").write_text(TRUNK + PROFILE, encoding="utf-8")
        command = [sys.executable, "-m", "harness.cli", "serve", "--announce"]
        self.process = subprocess.Popen(
            command, cwd=folder, env=child_environment(), stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        announced = json.loads(self.process.stdout.readline())
        self.address: str = announced["udp"]
        self.control: str = announced["control"]

    def target(self, *, address: str = "", control: str = "", profile: str = PROFILE) -> None:
        """Writes target.toml."""
        text = f'[target]\naddress = "{address or self.address}"\n{profile}'
        if control:
            text += f'[control]\nurl = "{control}"\n'
        (self.folder / "target.toml").write_text(text, encoding="utf-8")

    def run(self, words: str) -> tuple[subprocess.CompletedProcess[str], RunResult]:
        """`harness run` against it."""
        done = harness("run", "--target", "target.toml", "-k", words, "--out", "here", cwd=self.folder)
        return done, load_results(self.folder / "here" / "results.json")

    def close(self) -> int:
        """Ends the trunk as an operator does; its exit status."""
        self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(PATIENCE)
        finally:
            self.process.kill()
            self.process.wait()
            assert self.process.stdout is not None
            self.process.stdout.close()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    trunk = Served(tmp_path)
    yield trunk
    assert trunk.close() in (0, -signal.SIGKILL)


def test_without_control_and_second_profile_scenarios_are_not_applicable(served: Served) -> None:
    served.target()
    done, result = served.run("to_holds_the_sip_username or another_profiles_username or options_is_answered")
    assert done.returncode == 0, done.stdout + done.stderr
    verdicts = {each.name.partition("/")[0]: (each.verdict, each.reason) for each in result.scenarios}
    assert verdicts["inbound"][0] is Verdict.NOT_APPLICABLE
    assert "target.toml has no [control] url" in verdicts["inbound"][1]
    assert verdicts["from_header"] == (
        Verdict.NOT_APPLICABLE,
        "target.toml has no second active profile",
    )
    assert verdicts["liveness"][0] is Verdict.PASS
    assert "not applicable  1 scenario: target.toml has no second active profile" in done.stdout


def test_with_control_inbound_calls_are_judged(served: Served) -> None:
    served.target(control=served.control)
    done, result = served.run("to_holds_the_sip_username")
    assert done.returncode == 0, done.stdout + done.stderr
    assert [each.verdict for each in result.scenarios] == [Verdict.PASS]


def test_names_are_looked_up_and_kept_in_the_report(served: Served) -> None:
    address = f"localhost:{served.address.rpartition(':')[2]}"
    served.target(address=address)
    done, result = served.run("svmap or rport")
    assert done.returncode == 0, done.stdout + done.stderr
    assert result.target.address == address


def test_a_control_api_that_is_not_there_is_told_before_the_first_scenario(served: Served) -> None:
    served.target(control=f"http://{served.address}")  # nobody speaks HTTP there
    done = harness("run", "--target", "target.toml", cwd=served.folder)
    assert done.returncode == 3
    assert "correct [control] url in" in one_line(done.stderr)


def test_wrong_credentials_are_hinted_at(served: Served) -> None:
    served.target(profile=PROFILE.replace('"secret"', '"wrong"'))
    done, _ = served.run("registration and credentials")
    assert done.returncode == 1
    assert "hint: the trunk does not take the credentials in target.toml" in done.stdout


def test_a_trunk_that_dies_ends_the_run_with_a_report(served: Served) -> None:
    served.target()
    command = [sys.executable, "-m", "harness.cli", "run", "--target", "target.toml", "--out", "here"]
    with subprocess.Popen(
        command,
        cwd=served.folder,
        env=child_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as run:
        wait_for(served.folder / "here" / "pcap")
        os.kill(served.process.pid, signal.SIGKILL)
        output, errors = run.communicate(timeout=PATIENCE)
    assert run.returncode == 3, output + errors
    assert "the run ended early: udp:127.0.0.1" in one_line(errors)
    assert (served.folder / "here" / "report.html").exists()
