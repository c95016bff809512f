"""SIPp with one of the scenarios in `sipp/`; its exit status says whether the scenario went as written."""

from dataclasses import dataclass
from pathlib import Path

from tests.interop.free_port import free_port, is_bound
from tests.interop.peer_process import PeerProcess, Processes
from tests.interop.program import installed_program
from tests.interop.trunk_process import ECHO_NUMBER, PASSWORD
from tests.interop.waiting import PATIENCE, wait_for

SCENARIOS = Path(__file__).parent / "sipp"
TIMEOUT = 90
"""Seconds after which SIPp gives up; that is a failure."""
REPETITIONS = 20
"""How often a request or a 200 is sent again; SIPp's own 5 are over in 16 seconds."""
MESSAGES = "messages.log"
ERRORS = "errors.log"
SOCKETS = {"udp": "u1", "tcp": "t1"}
"""Transport -> SIPp's `-t`: one socket for all calls."""


@dataclass(frozen=True, slots=True)
class SippRun:
    """One run of a scenario."""

    process: PeerProcess
    folder: Path

    def wait_exit(self) -> int:
        """SIPp's exit status: 0 when the scenario went as written, 1 when a call failed."""
        return self.process.wait_exit(TIMEOUT + PATIENCE)

    def assert_success(self) -> None:
        """The scenario went as written, to its end."""
        status = self.wait_exit()
        assert status == 0, f"{self.process.name} ended with {status}\n{self.logs()}"

    def logs(self) -> str:
        """What SIPp complained of, and the end of its log of messages."""
        return "\n".join(
            f"--- {path.name}\n{path.read_text('utf-8', 'replace')[-8000:]}"
            for path in (self.folder / ERRORS, self.folder / MESSAGES)
            if path.exists()
        )


@dataclass(frozen=True, slots=True)
class Sipp:
    """Starts scenarios whose logs go to one folder."""

    processes: Processes
    folder: Path

    def start(
        self,
        scenario: str,
        username: str,
        *,
        remote: str = "",
        transport: str = "udp",
        contact: tuple[str, int] | None = None,
        password: str = PASSWORD,
        port: int | None = None,
        values: dict[str, str] | None = None,
    ) -> SippRun:
        """Starts a scenario; without `remote` (HOST:PORT) it waits for a call.

        `contact` is transport and port of the Contact, by default its own; `values` replace words of the
        scenario file, for SIPp has no variables in regular expressions.
        """
        own_port = port or free_port()
        contact_transport, contact_port = contact or (transport, own_port)
        command = [installed_program("sipp"), *([remote] if remote else [])]
        command += ["-sf", str(self._written(scenario, values or {})), "-t", SOCKETS[transport]]
        command += ["-i", "127.0.0.1", "-p", str(own_port), "-mp", str(free_port()), "-m", "1", "-nostdin"]
        command += ["-s", username, "-au", username, "-ap", password]
        command += ["-key", "number", ECHO_NUMBER, "-key", "contact_transport", contact_transport]
        command += ["-key", "contact_port", str(contact_port)]
        command += ["-timeout", f"{TIMEOUT}s", "-timeout_error", "-trace_msg", "-trace_err"]
        command += ["-max_retrans", str(REPETITIONS), "-message_file", MESSAGES, "-error_file", ERRORS]
        run = SippRun(self.processes.start(f"SIPp {scenario}", command, self.folder), self.folder)
        if not remote:
            wait_for(f"SIPp to listen at {transport} port {own_port}", lambda: is_bound(transport, own_port))
        return run

    def _written(self, scenario: str, values: dict[str, str]) -> Path:
        text = (SCENARIOS / f"{scenario}.xml").read_text("iso-8859-1")
        for word, value in values.items():
            assert word in text, f"{scenario}.xml has no {word}"
            text = text.replace(word, value)
        path = self.folder / f"{scenario}.xml"
        path.write_text(text, "iso-8859-1")
        return path
