"""Starts the programs that a benchmark compares and reads the processor time they used."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SIPP_FOLDER = Path(__file__).parent / "sipp"
TUNED = ("-buff_size", "4194304", "-max_recv_loops", "5000", "-max_sched_loops", "5000")
"""Without these SIPp itself loses packets near 4,000 calls/s and the comparison is worthless."""

TRUNK_TOML = """
[trunk]
listen = ["udp:127.0.0.1:0"]
control = "127.0.0.1:0"
database = "{folder}/trunk.sqlite"

[dialect.media]
rtp_timeout = 600
"""
"""Held calls are silent here: after a minute the trunk would ask each of them whether it still lives."""
PROFILE_TOML = """
[[profile]]
name = "Benchmark {username}"
sip_username = "{username}"
password = "secret"
auth = "registration"
channels = 300
credit = "1000000.00"
"""
FIRST_USERNAME = "99051000000231"
"""SIP username of the first profile; the next profiles count on from it."""


class BenchmarkError(Exception):
    """A program of the comparison is missing or failed; the text says which and what it printed."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server under measurement."""

    pid: int
    port: int

    def cpu_seconds(self) -> float:
        """User and system time of the process so far, in seconds (proc(5), fields 14 and 15)."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def sipp_path() -> str:
    """Where SIPp is; raises BenchmarkError with the package's name when it is nowhere."""
    path = shutil.which("sipp")
    if path is None:
        raise BenchmarkError("sipp is not installed; as root: apt-get install sip-tester")
    return path


def username(index: int) -> str:
    """The SIP username of a profile of `reference_trunk`."""
    return str(int(FIRST_USERNAME) + index)


def free_port() -> int:
    """A UDP port of 127.0.0.1 that was free a moment ago."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def end(process: subprocess.Popen[str]) -> None:
    """Ends a process that this module started, and reaps it."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def reference_trunk(profiles: int = 1) -> Iterator[Server]:
    """The reference trunk with some profiles of 300 channels and its database on disk."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "trunk.toml"
        text = TRUNK_TOML.format(folder=folder)
        text += "".join(PROFILE_TOML.format(username=username(index)) for index in range(profiles))
        config.write_text(text, encoding="utf-8")
        process = subprocess.Popen(
            [sys.executable, "-m", "reference_server", "--config", str(config), "--announce"],
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if not line:
                raise BenchmarkError("the reference trunk did not start")
            yield Server(process.pid, int(json.loads(line)["udp"].rsplit(":", 1)[1]))
        finally:
            end(process)


@contextmanager
def sipp_uas(*options: str) -> Iterator[Server]:
    """SIPp's own UAS scenario, with more options such as ``-rtp_echo``."""
    port = free_port()
    command = [sipp_path(), "-sn", "uas", "-i", "127.0.0.1", "-p", str(port), "-mp", str(free_port())]
    process = subprocess.Popen(
        [*command, "-nostdin", *TUNED, *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield Server(process.pid, port)
    finally:
        end(process)


def run_calls(scenario: str, number: str, server: Server, *, calls: int, rate: int) -> float:
    """SIPp places calls at a rate; returns the server's processor microseconds per call.

    Raises BenchmarkError when a call failed.
    """
    command = [sipp_path(), f"127.0.0.1:{server.port}", "-sf", str(SIPP_FOLDER / scenario), "-s", number]
    command += ["-i", "127.0.0.1", "-p", str(free_port()), "-m", str(calls), "-r", str(rate)]
    command += ["-l", "250", "-nostdin", "-timeout", "120", *TUNED]
    before = server.cpu_seconds()
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    if done.returncode != 0:
        raise BenchmarkError(f"SIPp ended with {done.returncode}: {done.stdout[-1500:]}{done.stderr[-500:]}")
    return (server.cpu_seconds() - before) / calls * 1e6
