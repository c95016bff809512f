"""linphonec without sound hardware: plays and records files, and is driven by commands on its input."""

from pathlib import Path
from typing import Self

from tests.interop.peer_process import PeerProcess, Processes
from tests.interop.program import installed_program
from tests.interop.trunk_process import DOMAIN, PASSWORD
from tests.interop.waiting import wait_for
from tests.interop.wave_file import hears_tone, write_tone

PLAYED = 1004
"""Hz of the tone that linphonec sends in its calls."""
TONE_SECONDS = 300
SETTINGS = """
[sip]
sip_port={udp_port}
sip_tcp_port={tcp_port}
bind_address=127.0.0.1
use_ipv6=0
default_proxy=0
media_encryption=none

[rtp]
audio_rtp_port=-1

[net]
firewall_policy=0

[proxy_0]
reg_proxy=<sip:{address};transport={transport}>
reg_route=<sip:{address};transport={transport};lr>
reg_identity=<sip:{username}@{domain}>
reg_expires=120
reg_sendregister=1
publish=0

[auth_info_0]
username={username}
userid={username}
passwd={password}
realm={domain}
domain={domain}
"""


class Linphonec:
    """A running linphonec with one account. Use it as a context manager."""

    def __init__(
        self,
        processes: Processes,
        folder: Path,
        username: str,
        address: str,
        transport: str = "udp",
        settings: str | None = None,
    ) -> None:
        """`address` (HOST:PORT) is the trunk; linphonec registers there at once.

        `settings` is the text of a linphonerc that takes the place of our own.
        """
        program = installed_program("linphonec")
        self.folder = folder
        self._recordings = 0
        (folder / ".local" / "share" / "linphone").mkdir(parents=True)  # else it has no database
        write_tone(folder / "played.wav", PLAYED, TONE_SECONDS)
        settings = settings or SETTINGS.format(
            address=address,
            transport=transport,
            username=username,
            domain=DOMAIN,
            password=PASSWORD,
            udp_port=-1 if transport == "udp" else 0,  # -1: any free port; 0: none
            tcp_port=-1 if transport == "tcp" else 0,
        )
        path = folder / "linphonerc"
        path.write_text(settings, "utf-8")
        self.process: PeerProcess = processes.start(
            "linphonec", [program, "-c", str(path)], folder, {"HOME": str(folder)}
        )
        self.process.wait_output("linphonec> ")
        self.command("soundcard use files", "Using wav files")
        self.command(f"play {folder}/played.wav")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.process.end()

    def command(self, text: str, expected: str | None = None) -> None:
        """Types a command; waits for a pattern in the output that follows, when one is given."""
        start = len(self.process.output)
        self.process.write_line(text)
        if expected is not None:
            self.process.wait_output(expected, after=start)

    def wait_registered(self, expected: str) -> None:
        """Asks for the state of the registration until linphonec, too, has seen the answer to REGISTER."""

        def look() -> bool:
            start = len(self.process.output)
            self.command("status register", r"registered[=,].*")
            return expected in self.process.output[start:]

        wait_for(f"linphonec to say {expected!r}", look)

    def record(self) -> Path:
        """Lets the next call be recorded; returns the file, which is finished when the call ends."""
        self._recordings += 1
        path = self.folder / f"heard-{self._recordings}.wav"
        self.command(f"record {path}")
        return path

    def wait_heard(self, recording: Path, frequency: int) -> None:
        """Waits until a recording has the tone."""
        wait_for(f"linphonec to have heard {frequency} Hz", lambda: hears_tone(recording, frequency))
