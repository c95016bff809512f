"""How a trunk's start ends: where it can be reached, or one line why it cannot be.

`server` starts a trunk of one process, `workers.supervisor` one of several.
"""

import json
from dataclasses import dataclass

from harness.sip.hop import Hop
from reference_server.listener import address_text

OTHER_PORT = "choose another address or port, or end the program that has it"
"""Advice to who names an address that is taken."""


class StartFailed(Exception):
    """The trunk cannot start; one line for the operator."""


@dataclass(frozen=True, slots=True)
class Started:
    """Where a trunk that runs can be reached."""

    listeners: tuple[Hop, ...]
    control: str
    workers: int = 1
    console: str | None = None
    """URL of the Manager's console, where there is one."""
    first_link: str | None = None
    """URL where the first administrator's account is made, while there is none."""

    def announcement(self) -> str:
        """One line of JSON for a program that started the trunk."""
        first: dict[str, str] = {}
        for hop in self.listeners:
            first.setdefault(hop.transport, address_text(hop))
        manager = {"console": self.console, "first_link": self.first_link}
        told = {name: url for name, url in manager.items() if url is not None}
        return json.dumps({**first, "control": self.control, "workers": self.workers, **told})
