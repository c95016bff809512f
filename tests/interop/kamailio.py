"""Kamailio with the configuration that `harness pbx-config kamailio` prints, in the foreground."""

from collections.abc import Mapping
from pathlib import Path

from tests.interop.peer_process import PeerProcess, Processes
from tests.interop.program import installed_program


def start_kamailio(processes: Processes, folder: Path, texts: Mapping[str, str]) -> PeerProcess:
    """Writes the files, lets Kamailio check them, and starts it; it registers at once."""
    program = installed_program("kamailio")
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    checked = processes.start("kamailio -c", [program, "-c", "-f", "kamailio.cfg"], folder)
    assert checked.wait_exit() == 0, checked.output
    command = [program, "-DD", "-E", "-f", "kamailio.cfg", "-Y", str(folder), "-m", "32", "-M", "4"]
    return processes.start("kamailio", command, folder)
