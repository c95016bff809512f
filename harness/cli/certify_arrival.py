"""Waiting for the PBX: until it has registered, or is reachable in ip mode; and what was heard instead.

Looks into the observed trunk's trace; what the scenarios make of the PBX is their own affair.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from harness.capture.trace import TracedPacket
from harness.pytest_plugin.control import Control, ControlError
from harness.settings.pbx import PbxFile
from harness.sip.errors import ParseError
from harness.sip.message import Response, parse_message
from harness.sip.uri import SipUri

LOOK_AGAIN = 0.1
"""Seconds between two looks."""
ASK_AGAIN = 5.0
"""Seconds between two OPTIONS to a PBX in ip mode."""
MOST_TOLD = 5
"""Kinds of packets that are told of."""


@dataclass(slots=True)
class Heard:
    """What came in while the PBX was waited for."""

    pbx: PbxFile
    lines: dict[str, int] = field(default_factory=dict)
    """What was heard, in words, and how often."""
    answers: bool = False
    """Whether the PBX answered a request of the trunk, or called."""

    def take(self, packets: Iterable[TracedPacket], trunk: Iterable[str]) -> list[str]:
        """Note packets; returns the words that are new."""
        ours = set(trunk)
        new: list[str] = []
        for each in packets:
            source = each.packet.source
            if f"{source.host}:{source.port}" in ours:
                continue
            words = self._words(each)
            if words not in self.lines:
                new.append(words)
            self.lines[words] = self.lines.get(words, 0) + 1
        return new

    def _words(self, each: TracedPacket) -> str:
        source = each.packet.source
        sender, port = f"{source.host}:{source.port}", each.packet.destination.port
        try:
            message = parse_message(each.packet.data)
            uri = message.to.uri if message.cseq.method == "REGISTER" else message.from_.uri
        except ParseError:
            return f"{len(each.packet.data)} bytes that are no SIP from {sender} on port {port}"
        if isinstance(message, Response):
            self.answers = True
            return f"{message.status} to {message.cseq.method} from {sender} on port {port}"
        user = uri.unescaped_user if isinstance(uri, SipUri) else str(uri)
        words = f"{message.method} from {sender} for user {user or 'nobody'} on port {port}"
        if message.method == "INVITE":
            self.answers = True
        expected = self.pbx.trunk.sip_username
        return words if user == expected else f"{words}, expected {expected}"

    def sentence(self, seconds: float, where: str) -> str:
        """Why the PBX counts as not there."""
        wanted = "registered" if self.pbx.pbx.mode == "registration" else "answered"
        if not self.lines:
            return (
                f"the PBX has not {wanted} within {seconds:g} s: nothing was heard on {where}; see that "
                f"it runs, that it knows the trunk as {where}, and that no firewall is between them"
            )
        told = [f"{words} ({count} times)" if count > 1 else words for words, count in self.lines.items()]
        more = f" and {len(told) - MOST_TOLD} more" if len(told) > MOST_TOLD else ""
        hint = ""
        if self.pbx.pbx.mode == "registration" and not any("expected" in words for words in self.lines):
            hint = "; see that the password in the PBX is the profile's"
        return (
            f"the PBX has not {wanted} within {seconds:g} s; heard: {', '.join(told[:MOST_TOLD])}{more}{hint}"
        )


def wait_for_pbx(
    control: Control, pbx: PbxFile, trunk: dict[str, str], tell: Callable[[str], None]
) -> tuple[bool, Heard]:
    """Until the PBX has appeared (True) or its time is over. Raises ControlError."""
    heard, since, asked = Heard(pbx), 0, 0.0
    deadline = time.monotonic() + pbx.timeouts.appear
    while True:
        packets, since = control.observed(since, kind="sip")
        for words in heard.take(packets, trunk.values()):
            tell(words)
        if _is_there(control, pbx, heard):
            return True, heard
        now = time.monotonic()
        if now >= deadline:
            return False, heard
        if pbx.pbx.mode == "ip" and now - asked >= ASK_AGAIN:
            asked = now
            _ask(control, pbx.trunk.sip_username)
        time.sleep(LOOK_AGAIN)


def _is_there(control: Control, pbx: PbxFile, heard: Heard) -> bool:
    if pbx.pbx.mode == "ip":
        return heard.answers
    return bool(control.profile(pbx.trunk.sip_username)["bindings"])


def _ask(control: Control, sip_username: str) -> None:
    try:
        control.send_request(sip_username)
    except ControlError:
        pass  # nobody there yet
