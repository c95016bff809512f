"""The table [supports] of pbx.toml: what a PBX does and doesn't, so that verdicts can be *not applicable*.

A protocol implementation conformance statement (PICS) in small. What is not declared is "unknown": it is
tried, and judged as if the PBX did it. Only a plain ``false`` takes a scenario out, and the certificate
says so. The rest of pbx.toml is in `pbx`.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

Supported = bool | Literal["unknown"]
"""true: the PBX does it; false: it doesn't, and what needs it is not applicable; "unknown": try."""

_ANSWER = 'true, false or "unknown"'
_Declared = Annotated[Supported, Field(description=_ANSWER)]


class Supports(BaseModel):
    """[supports]: one key a feature."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    outbound: _Declared = "unknown"
    inbound: _Declared = "unknown"
    routes_by_number: _Declared = "unknown"
    several_calls: Annotated[
        int | Literal["unknown"],
        Field(description='how many calls at once on the trunk, as 10, or "unknown"'),
    ] = "unknown"
    refresh: _Declared = "unknown"
    unregister: _Declared = "unknown"
    options: _Declared = "unknown"
    sha256: _Declared = "unknown"
    tcp: _Declared = "unknown"
    tls: _Declared = "unknown"
    fragmented_udp: _Declared = "unknown"
    early_media: _Declared = "unknown"
    reliable_provisional: _Declared = "unknown"
    late_offer: _Declared = "unknown"
    maddr: _Declared = "unknown"
    record_route: _Declared = "unknown"
    dtmf_rfc4733: _Declared = "unknown"
    hold: _Declared = "unknown"
    reinvite: _Declared = "unknown"
    session_timer: _Declared = "unknown"
    national_numbers: _Declared = "unknown"
    short_numbers: _Declared = "unknown"
    emergency_route: _Declared = "unknown"

    @field_validator("*", mode="before")
    @classmethod
    def _answer_is_one_of_three(cls, value: Any, info: ValidationInfo) -> Any:
        if value == "unknown":
            return value
        if info.field_name == "several_calls":
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise ValueError('write how many calls at once on the trunk, as 10, or "unknown"')
        elif not isinstance(value, bool):
            raise ValueError(f"write {_ANSWER}")
        return value

    def lacks(self, feature: str) -> bool:
        """Whether the PBX is declared not to do `feature`. Raises KeyError for a word that is none."""
        if feature not in Supports.model_fields:
            raise KeyError(feature)
        return getattr(self, feature) is False

    def lacking(self) -> tuple[str, ...]:
        """Every feature that is declared not to be there, in the order of the table."""
        return tuple(name for name in Supports.model_fields if self.lacks(name))

    def calls_at_once(self, channels: int) -> int:
        """How many calls to try at once: what is declared, else as many as the profile has channels."""
        return channels if self.several_calls == "unknown" else min(self.several_calls, channels)


FEATURES: dict[str, str] = {
    "outbound": "calls out through the trunk",
    "inbound": "takes calls from the trunk",
    "routes_by_number": "routes inbound calls by the number in the Request-URI (a plain SIP phone can't)",
    "several_calls": "calls at once on the trunk; 1 for a one-line device",
    "refresh": "registers again before the registration ends",
    "unregister": "removes its registration when it is shut down or told to",
    "options": "answers OPTIONS",
    "sha256": "answers SHA-256 challenges (RFC 8760)",
    "tcp": "SIP over TCP",
    "tls": "SIP over TLS",
    "fragmented_udp": "takes UDP messages larger than one packet",
    "early_media": "plays audio to the caller before the answer (183 with SDP)",
    "reliable_provisional": "reliable provisional responses (100rel, RFC 3262)",
    "late_offer": "takes an INVITE without SDP",
    "maddr": "honours maddr in the trunk's Contact",
    "record_route": "keeps the route that Record-Route sets",
    "dtmf_rfc4733": "sends DTMF as telephone-event (RFC 4733)",
    "hold": "puts calls on hold and takes them back",
    "reinvite": "takes re-INVITE from the trunk",
    "session_timer": "session timers (RFC 4028)",
    "national_numbers": "turns national numbers into E.164",
    "short_numbers": "refuses numbers that are too short, or has a use of its own for them",
    "emergency_route": "sends emergency calls by another way than the trunk",
}
"""Each key in a reader's words."""
