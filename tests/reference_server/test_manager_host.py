"""The Manager in the trunk's process: the printed link, the console's address, tokens, TLS."""

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from reference_server.manager_server import is_loopback, manager_tls
from reference_server.manager_settings import ManagerSettings
from reference_server.start import StartFailed
from tests.reference_server.test_main import COMMAND, PATIENCE, run

SETTINGS = """\
[trunk]
listen = ["udp:127.0.0.1:0"]
control = "127.0.0.1:0"

[manager]
address = "127.0.0.1:0"
"""
PASSWORD = "correct horse battery"


def settings_file(folder: Path, text: str = SETTINGS) -> Path:
    path = folder / "trunk.toml"
    path.write_text(text, encoding="utf-8")
    return path


@contextmanager
def running(path: Path, *options: str) -> Iterator["subprocess.Popen[str]"]:
    """A trunk that is ended as an operator does."""
    process = subprocess.Popen(
        [*COMMAND, "--config", str(path), *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with process:
        try:
            yield process
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE) == 0
        finally:
            process.kill()


def announced(process: "subprocess.Popen[str]") -> dict[str, Any]:
    assert process.stdout is not None
    told: dict[str, Any] = json.loads(process.stdout.readline())
    return told


def test_the_printed_link_leads_to_the_first_administrator_once(tmp_path: Path) -> None:
    path = settings_file(tmp_path)
    with running(path, "--announce") as process:
        told = announced(process)
        assert told["first_link"].startswith(f"{told['console']}/invitation/")
        with httpx.Client(base_url=told["console"], timeout=PATIENCE) as client:
            page = client.get(told["first_link"])
            assert page.status_code == 200
            assert "password" in page.text
            secret = told["first_link"].rpartition("/")[2]
            wish = {"invitation": secret, "name": "ada", "password": PASSWORD}
            made = client.post("/api/v1/administrators", json=wish)
            assert (made.status_code, made.json()["role"]) == (201, "administrator")
            assert client.post("/api/v1/administrators", json=wish).status_code == 404
    with running(path, "--announce") as process:
        told = announced(process)
        assert "first_link" not in told
        assert "console" in told


def test_address_and_link_are_printed_for_people(tmp_path: Path) -> None:
    with running(settings_file(tmp_path)) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(4)]
    console = next(line for line in lines if line.startswith("Skype Manager console: http://127.0.0.1:"))
    link = next(line for line in lines if "first administrator" in line)
    assert link.split()[-1].startswith(console.split()[3] + "/invitation/")


def test_a_token_of_the_command_line_opens_the_api(tmp_path: Path) -> None:
    path = settings_file(tmp_path)
    with running(path, "--announce") as process:
        told = announced(process)
        made = run("--config", str(path), "--make-token", "bench", "--scopes", "read, profiles")
        assert made.returncode == 0, made.stderr
        headers = {"Authorization": f"Bearer {made.stdout.strip()}"}
        with httpx.Client(base_url=f"{told['console']}/api/v1", headers=headers, timeout=PATIENCE) as client:
            assert client.get("/me").json()["scopes"] == ["profiles", "read"]
            assert client.post("/profiles", json={"name": "Branch"}).status_code == 201
            assert client.get("/audit").status_code == 403


def test_a_stream_that_is_open_does_not_hold_up_the_end(tmp_path: Path) -> None:
    path = settings_file(tmp_path)
    made = run("--config", str(path), "--make-token", "bench", "--scopes", "read")
    headers = {"Authorization": f"Bearer {made.stdout.strip()}"}
    with running(path, "--announce") as process:
        told = announced(process)
        with (
            httpx.Client(headers=headers, timeout=PATIENCE) as client,
            client.stream("GET", f"{told['console']}/api/v1/events") as stream,
        ):
            assert stream.status_code == 200
            process.send_signal(signal.SIGTERM)
            assert stream.read() == b""
        assert process.wait(PATIENCE) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


@pytest.mark.parametrize(
    ("text", "options", "words"),
    [
        (SETTINGS, ["--scopes", "all"], "choose from read, profiles, money"),
        (SETTINGS, ["--scopes", ","], "no scope"),
        (SETTINGS.partition("[manager]")[0], [], "[manager] with an address"),
        (SETTINGS.replace("[manager]", 'database = ":memory:"\n[manager]'), [], "in memory"),
    ],
)
def test_a_token_that_cannot_be_made_is_told_in_one_line(
    tmp_path: Path, text: str, options: list[str], words: str
) -> None:
    done = run("--config", str(settings_file(tmp_path, text)), "--make-token", "bench", *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_console_port_in_use_is_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run(
            "--config",
            str(
                settings_file(
                    tmp_path,
                    SETTINGS.replace(':0"\n', f':{port}"\n').replace(
                        f'control = "127.0.0.1:{port}"', 'control = "127.0.0.1:0"'
                    ),
                )
            ),
        )
    assert done.returncode == 2
    assert f"[manager] address: 127.0.0.1:{port}" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_trunk_without_the_table_has_no_console(tmp_path: Path) -> None:
    with running(settings_file(tmp_path, SETTINGS.partition("[manager]")[0]), "--announce") as process:
        assert "console" not in announced(process)


def test_an_address_that_others_reach_speaks_tls_alone(tmp_path: Path) -> None:
    text = SETTINGS.replace('address = "127.0.0.1:0"', 'address = "0.0.0.0:0"')
    with running(settings_file(tmp_path, text), "--announce") as process:
        port = int(announced(process)["console"].rpartition(":")[2])
        with pytest.raises(httpx.HTTPError):
            httpx.get(f"http://127.0.0.1:{port}/api/v1/openapi.json", timeout=PATIENCE)
        trusting = ssl.create_default_context()
        trusting.check_hostname = False
        trusting.verify_mode = ssl.CERT_NONE  # the certificate is its own issuer
        answer = httpx.get(f"https://127.0.0.1:{port}/api/v1/openapi.json", verify=trusting, timeout=PATIENCE)
        assert answer.status_code == 200


@pytest.mark.parametrize(
    ("host", "only_this_machine"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.0.2.1", False),
        ("manager.example", False),
    ],
)
def test_loopback_is_what_only_this_machine_reaches(host: str, only_this_machine: bool) -> None:
    assert is_loopback(host) == only_this_machine


@pytest.mark.parametrize(
    ("address", "tls"), [("127.0.0.1:0", False), ("[::1]:0", False), ("0.0.0.0:0", True), ("[::]:0", True)]
)
def test_tls_is_for_addresses_that_others_reach(tmp_path: Path, address: str, tls: bool) -> None:
    context = manager_tls(ManagerSettings(address=address), "trunk.example", tmp_path)
    assert (context is not None) == tls


def test_a_certificate_that_is_not_there_is_told(tmp_path: Path) -> None:
    settings = ManagerSettings(address="127.0.0.1:0", certificate="none.pem")
    with pytest.raises(StartFailed, match=r"\[manager\] certificate: none.pem"):
        manager_tls(settings, "trunk.example", tmp_path)


def test_harness_serve_makes_a_token(tmp_path: Path) -> None:
    settings_file(tmp_path)
    command = [sys.executable, "-m", "harness.cli", "serve", "--make-token", "bench", "--scopes", "read"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("rtm_")
