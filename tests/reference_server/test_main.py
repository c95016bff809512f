"""The process: announcement, ports in use, signals."""

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from harness.drivers.blocking import BlockingDriver
from harness.drivers.phone import Phone
from harness.sip.hop import Hop
from harness.ua.account import Account
from tests.interrupted_start import interrupted_start

PATIENCE = 100.0
"""Seconds for anything that has to happen; the machine may be busy, or stand still."""
COMMAND = [sys.executable, "-m", "reference_server"]
SETTINGS = """\
[trunk]
listen = ["udp:127.0.0.1:{port}", "tcp:127.0.0.1:{port}", "tls:127.0.0.1:0"]
control = "127.0.0.1:{control}"

[[profile]]
sip_username = "99051000000231"
password = "secret"
channels = 2
"""


def settings_file(folder: Path, port: int = 0, control: int = 0) -> Path:
    path = folder / "trunk.toml"
    path.write_text(SETTINGS.format(port=port, control=control), encoding="utf-8")
    return path


def hop_of(address: str, transport: str) -> Hop:
    host, _, port = address.rpartition(":")
    return Hop(transport, host, int(port))


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, timeout=PATIENCE, check=False
    )


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_a_started_trunk_announces_itself_serves_a_call_and_ends_it_on_sigterm(
    tmp_path: Path, transport: str
) -> None:
    arguments = [*COMMAND, "--config", str(settings_file(tmp_path)), "--announce"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            addresses = json.loads(process.stdout.readline())
            assert addresses["udp"] == addresses["tcp"]
            driver = BlockingDriver()
            account = Account("99051000000231", "secret", hop_of(addresses[transport], transport))
            with Phone(driver, account, transport=transport) as phone:
                assert phone.register(timeout=PATIENCE).status == 200
                call = phone.call("+17606604690").wait_answered(PATIENCE)
                process.send_signal(signal.SIGTERM)
                assert call.wait_ended(PATIENCE).ended_by == "remote"
            driver.close()
            assert process.wait(PATIENCE) == 0
        finally:
            process.kill()
    assert (tmp_path / "trunk.sqlite").exists()


@pytest.mark.parametrize("which", ["port", "control"])
def test_a_port_in_use_is_one_line_and_exit_status_2(tmp_path: Path, which: str) -> None:
    kind = socket.SOCK_DGRAM if which == "port" else socket.SOCK_STREAM
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            taken.listen()
        port = taken.getsockname()[1]
        done = run("--config", str(settings_file(tmp_path, **{which: port})))
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert f"127.0.0.1:{port}" in done.stderr
    assert "in use" in done.stderr


def test_wrong_settings_and_unknown_faults_are_exit_status_2(tmp_path: Path) -> None:
    path = settings_file(tmp_path)
    path.write_text(
        path.read_text(encoding="utf-8").replace("channels = 2", "channels = 301"), encoding="utf-8"
    )
    done = run("--config", str(path))
    assert (done.returncode, "1 to 300 channels" in done.stderr) == (2, True)
    done = run("--config", str(settings_file(tmp_path)), "--fault", "no-such")
    assert (done.returncode, "no-such" in done.stderr) == (2, True)


def test_the_faults_are_listed_as_json() -> None:
    rows = json.loads(run("faults", "--json").stdout)
    assert {"name", "side", "requirement", "description"} <= set(rows[0])


@pytest.mark.parametrize("workers", ["0", "17", "two"])
def test_a_wrong_number_of_workers_is_exit_status_2(workers: str) -> None:
    done = run("--workers", workers)
    assert (done.returncode, "--workers" in done.stderr) == (2, True)


@pytest.mark.parametrize("module", ["reference_server.command_line", "typer", "reference_server.server"])
def test_ctrl_c_at_once_leaves_no_traceback(tmp_path: Path, module: str) -> None:
    done = interrupted_start("reference_server.__main__", module, tmp_path)
    assert done.returncode == 130, done.stderr
    assert done.stderr == "reference_server: interrupted before it listened\n"


def test_people_are_told_where_the_password_stands_and_what_to_write_for_every_address(
    tmp_path: Path,
) -> None:
    settings = settings_file(tmp_path)
    settings.write_text(settings.read_text("utf-8") + '[manager]\naddress = "0.0.0.0:0"\n', "utf-8")
    with subprocess.Popen(
        [*COMMAND, "--config", str(settings)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        told = ""
        while "SIP User" not in told:
            told += process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
    assert f"SIP User 99051000000231, its password stands in {settings}, registration" in told
    assert "(for 0.0.0.0 write the address at which your browser reaches this machine)" in told
