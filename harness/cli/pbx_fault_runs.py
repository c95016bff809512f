"""The runs of `harness faults --run` in which the PBX is the faulty side: `harness certify --simulate-pbx`.

A fault of the PBX is run with the scenarios of its requirement alone: they last seconds, the whole pack
minutes. The matrix itself is `fault_matrix`'s.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from harness.cli.traceability import Fault, Scenario

IP_MODE = "ip_mode."
"""Topic of requirements that hold in IP mode alone."""


class PbxFaultRuns:
    """How the simulated PBX is run with a fault."""

    name = "correct-pbx"
    words = "correct PBX"

    def __init__(self, scenarios: Sequence[Scenario]) -> None:
        self._scenarios = scenarios

    def is_heavy(self, fault: Fault) -> bool:
        """Whether only few of such runs bear each other."""
        return False

    def command(self, fault: Fault | None, folder: Path, words: str | None) -> list[str]:
        """One run with its results in `folder`."""
        command = [sys.executable, "-m", "harness.cli", "certify", "--simulate-pbx", "--out", str(folder)]
        if fault is None:
            return command if words is None else [*command, "-k", words]
        command += ["--fault", fault.name, "-k", self.words_for(fault, words)]
        return [*command, "--ip"] if fault.requirement.startswith(IP_MODE) else command

    def words_for(self, fault: Fault, words: str | None) -> str:
        """What is selected, as pytest's ``-k``: the scenarios of the fault's requirement."""
        names = [
            each.name.rpartition("/")[2] for each in self._scenarios if fault.requirement in each.requirements
        ]
        own = " or ".join(names) or "nothing-judges-it"
        return own if words is None else f"({words}) and ({own})"
