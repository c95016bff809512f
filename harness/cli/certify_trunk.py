"""The trunk in front of a PBX that is certified: one SIP profile as pbx.toml wants it, observed.

Settings only; starting and stopping is `embedded_trunk`'s.
"""

import json
from typing import Any

from harness.cli.embedded_trunk import EmbeddedTrunk
from harness.settings.pbx import PbxFile
from harness.settings.pbx_template import fresh_password
from harness.sip.hop import Hop

CREDIT = "1000.00"
"""Of the profile; a certification never runs out of it."""


class CertifyTrunk(EmbeddedTrunk):
    """The trunk that one PBX faces."""

    def __init__(self, pbx: PbxFile) -> None:
        super().__init__()
        self.pbx = pbx
        """pbx.toml, with the password that the profile really has."""
        self.announced: dict[str, str] = {}
        """Transport -> host:port where it listens; ``control`` -> URL."""
        if not pbx.trunk.password and pbx.pbx.mode == "registration":
            trunk = pbx.trunk.model_copy(update={"password": fresh_password()})
            self.pbx = pbx.model_copy(update={"trunk": trunk})

    def prepare(self) -> list[str]:
        """Writes the settings; returns the trunk's arguments."""
        settings = self.folder / "trunk.toml"
        settings.write_text(trunk_settings(self.pbx), encoding="utf-8")
        return ["--config", str(settings), "--observe"]

    def take(self, announced: dict[str, str]) -> None:
        """Learns where the trunk listens."""
        self.announced = announced

    @property
    def listeners(self) -> dict[str, str]:
        """Transport -> host:port."""
        return {key: value for key, value in self.announced.items() if key in ("udp", "tcp", "tls")}


def trunk_settings(pbx: PbxFile) -> str:
    """trunk.toml for a PBX."""
    facing = pbx.trunk
    wanted = [facing.hop("udp"), facing.hop("tcp")]
    if pbx.pbx.transport == "tls" or facing.tls_listen is not None:
        wanted.append(facing.hop("tls"))
    profile: dict[str, Any] = {
        "name": f"{pbx.pbx.vendor} {pbx.pbx.product}"[:200],
        "sip_username": facing.sip_username,
        "auth": pbx.pbx.mode,
        "channels": facing.channels,
        "credit": CREDIT,
        "online_numbers": list(facing.online_numbers),
    }
    if facing.password:
        profile["password"] = facing.password
    if pbx.pbx.mode == "ip":
        profile |= {"address": pbx.pbx.hop.host, "port": pbx.pbx.hop.port}
    tables = [
        _table(
            "[trunk]",
            {"listen": [_text(hop) for hop in wanted], "control": "127.0.0.1:0", "database": ":memory:"},
        ),
        _table("[dialect]", {"domain": facing.domain}),
        _table("[[profile]]", profile),
        _table(
            "[profile.extension_tags]", {json.dumps(key): tag for key, tag in facing.extension_tags.items()}
        ),
    ]
    return "\n".join(tables)


def _text(hop: Hop) -> str:
    host = f"[{hop.host}]" if ":" in hop.host else hop.host
    return f"{hop.transport}:{host}:{hop.port}"


def _table(head: str, keys: dict[str, Any]) -> str:
    # texts, numbers and lists of texts look the same in JSON and TOML
    return "\n".join([head, *(f"{key} = {json.dumps(value)}" for key, value in keys.items()), ""])
