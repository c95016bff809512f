"""Kamailio with the configuration that `harness pbx-config kamailio` prints, in the foreground.

With one worker instead of four: two that take a 180 and a 200 at the same moment may send them on in either
order, which UDP allows and phones dislike.
"""

from collections.abc import Mapping
from pathlib import Path

from tests.interop.peer_process import PeerProcess, Processes
from tests.interop.program import installed_program

WORKERS, ONE_WORKER = "children=4\n", "children=1\n"


def start_kamailio(processes: Processes, folder: Path, texts: Mapping[str, str]) -> PeerProcess:
    """Writes the files, lets Kamailio check them, and starts it; it registers at once."""
    program = installed_program("kamailio")
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text.replace(WORKERS, ONE_WORKER), "utf-8")
    checked = processes.start("kamailio -c", [program, "-c", "-f", "kamailio.cfg"], folder)
    assert checked.wait_exit() == 0, checked.output
    command = [program, "-DD", "-E", "-f", "kamailio.cfg", "-Y", str(folder), "-m", "32", "-M", "4"]
    return processes.start("kamailio", command, folder)
