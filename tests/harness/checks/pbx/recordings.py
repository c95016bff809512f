"""The captures of real PBXs, their ground truth, and ways to change a packet in them."""

import json
import tomllib
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

from harness.capture.pcap import read_pcap
from harness.capture.trace import Trace, TracedPacket
from harness.checks.pbx.judgement import judge_pbx
from harness.checks.pbx.ruling import Observed, Ruling
from harness.checks.pbx.setup import End, Setup

CAPTURES = Path(__file__).parents[3] / "data" / "captures"
SETUP = Setup(
    sip_username="99051000000231",
    password="Sk7pePass",
    trunk=(End("127.0.1.1", 5060),),
    pbx=(End("127.0.2.1"),),
    online_numbers=("+14155550123", "+14155550124"),
    from_start=True,
)
INDEX: dict[str, dict[str, Any]] = {
    each["file"]: each for each in json.loads((CAPTURES / "index.json").read_text(encoding="utf-8"))["files"]
}
CORRECTIONS: dict[str, dict[str, Any]] = {
    each["file"]: each
    for each in tomllib.loads((CAPTURES / "corrections.toml").read_text(encoding="utf-8"))["recording"]
}

RULES = {
    "register_ok": "registration.pbx-registers",
    "register_aor_ok": "registration.pbx-aor",
    "reregister_ok": "registration.pbx-refreshes",
    "unregister_ok": "registration.pbx-unregisters",
    "invite_auth_ok": "authentication.pbx-password",
    "invite_407_answered": "authentication.pbx-answers-challenge",
    "from_user_ok": "from_header.pbx-username",
    "from_host_ok": "from_header.pbx-domain",
    "e164_ok": "numbering.pbx-e164",
    "inbound_no_challenge": "inbound.pbx-trusts",
    "inbound_ruri_ok": "inbound.pbx-routes-by-ruri",
    "inbound_answered": "inbound.pbx-answers",
    "release_clean": "call.pbx-releases",
    "media_two_way": "media.pbx-two-way",
    "media_address_ok": "media.pbx-source-address",
}
"""The words of index.json, and the requirement that each is about."""

WORDS = {True: Observed.PASS, False: Observed.FAIL, None: Observed.NOT_OBSERVED}


@cache
def recording(name: str) -> Trace:
    """The capture with this name, without ``.pcap``; nobody changes it."""
    return read_pcap(CAPTURES / f"{name}.pcap")


def truth(file: str) -> dict[str, Observed]:
    """Requirement -> verdict for the file as it is."""
    verdicts = dict(INDEX[file]["verdicts"])
    for rule, verdict in CORRECTIONS.get(file, {}).get("verdicts", {}).items():
        verdicts[rule] = None if verdict == "null" else verdict
    return {RULES[rule]: WORDS[verdict] for rule, verdict in verdicts.items()}


def rulings(trace: Trace, setup: Setup = SETUP) -> dict[str, Ruling]:
    """Every ruling over a trace, by requirement."""
    return {ruling.requirement: ruling for ruling in judge_pbx(trace, setup)}


def verdict(requirement: str, trace: Trace, setup: Setup = SETUP) -> Observed:
    """One verdict."""
    return rulings(trace, setup)[requirement].verdict


def without(trace: Trace, unwanted: Callable[[TracedPacket], bool]) -> Trace:
    """The trace without some packets."""
    return Trace(each for each in trace if not unwanted(each))


def rewritten(trace: Trace, start: bytes, old: bytes, new: bytes) -> Trace:
    """The trace with `old` replaced in SIP messages that begin with `start`; somewhere it must be."""
    changed, found = [], False
    for each in trace:
        data = each.packet.data
        if each.kind == "sip" and data.startswith(start) and old in data:
            data, found = data.replace(old, new), True
        changed.append(each._replace(packet=each.packet._replace(data=data)))
    assert found, f"no message begins with {start!r} and holds {old!r}"
    return Trace(changed)


def sip(*starts: bytes, holding: bytes = b"", source: str = "") -> Callable[[TracedPacket], bool]:
    """A test for SIP messages that begin with one of `starts`, hold some bytes and come from a host."""
    return lambda each: (
        each.kind == "sip"
        and each.packet.data.startswith(starts)
        and holding in each.packet.data
        and (not source or each.packet.source.host == source)
    )


def until(trace: Trace, wanted: Callable[[TracedPacket], bool]) -> Trace:
    """The trace up to the first packet that fits, which is its last one."""
    kept: list[TracedPacket] = []
    for each in trace:
        kept.append(each)
        if wanted(each):
            return Trace(kept)
    raise AssertionError("no packet fits")


def later(trace: Trace, seconds: float, packets: Iterable[TracedPacket] = ()) -> Trace:
    """The trace going on for some seconds: `packets` once more at its end, or else an empty datagram."""
    last = trace.packets[-1]
    longer = Trace(trace.packets)
    repeated = list(packets) or [last._replace(packet=last.packet._replace(data=b"\r\n\r\n"), kind="other")]
    for each in repeated:
        longer.append(last.time + seconds, each.packet, each.kind)
    return longer
