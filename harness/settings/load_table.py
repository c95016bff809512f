"""The table [load] of target.toml: how `harness load` puts load on this target when no option says otherwise.

Every key may be left out. What becomes of them, and of the options, is told in `harness.load.load_settings`.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

UserName = Literal[
    "RegisteringCaller",
    "OutgoingCaller",
    "IncomingAnswerer",
    "MixedChannels",
    "RegistrationStorm",
    "OptionsPinger",
]
HIGHEST_PORT = 65535


class LoadCriteria(BaseModel):
    """The table [load.criteria]: what a run must reach to pass; the keys are those of results.json."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    failed_share: Annotated[
        float, Field(ge=0, le=1, description="the share of attempts that may fail, as 0.001")
    ] = 0.0
    srd_p99_ms: Annotated[
        float | None, Field(gt=0, description="99 of 100 calls have a response within, in ms, as 500")
    ] = None
    registration_p99_ms: Annotated[
        float | None, Field(gt=0, description="99 of 100 registrations are done within, in ms, as 500")
    ] = None
    mos_lowest: Annotated[
        float | None, Field(ge=1, le=4.5, description="the MOS that no call may fall below, as 4.0")
    ] = None
    session_completion_ratio: Annotated[
        float | None, Field(ge=0, le=100, description="calls that must complete, in percent, as 99.9")
    ] = None
    foreign_packets: Annotated[int, Field(ge=0, description="packets with another call's audio, as 0")] = 0
    retransmissions_share: Annotated[
        float | None, Field(ge=0, description="retransmissions for each attempt, as 0.01")
    ] = None
    findings: Annotated[int, Field(ge=0, description="findings in the sampled calls, as 0")] = 0


class LoadTable(BaseModel):
    """The table [load]."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    user: Annotated[UserName | None, Field(description='a user, as "OutgoingCaller"')] = None
    rate: Annotated[float | None, Field(gt=0, description="attempts per second, as 50")] = None
    shape: Annotated[str | None, Field(description='a shape, as "ramp 0..200 in 60s, hold 30s"')] = None
    calls: Annotated[int | None, Field(ge=1, description="calls at once, as 300")] = None
    hold: Annotated[str | None, Field(description='how long a call is held, as "30s"')] = None
    duration: Annotated[str | None, Field(description='how long the load lasts, as "2m"')] = None
    audio: Annotated[bool | None, Field(description="true or false")] = None
    number: Annotated[str | None, Field(description='the number to call, as "+17606604690"')] = None
    arrivals: Annotated[Literal["even", "poisson"] | None, Field(description='"even" or "poisson"')] = None
    profiles: Annotated[
        tuple[str, ...] | None, Field(description='SIP usernames, as ["99051000000231"], or ["all"]')
    ] = None
    source_addresses: Annotated[
        tuple[str, ...] | None, Field(description='local addresses, as ["192.0.2.7", "192.0.2.8"]')
    ] = None
    rtp_ports: Annotated[str | None, Field(description='a range of ports, as "20000-29999"')] = None
    sample: Annotated[
        float | None,
        Field(ge=0, le=1, description="the share of calls that goes through all checks, as 0.01"),
    ] = None
    batches: Annotated[bool | None, Field(description="true or false")] = None
    criteria: Annotated[LoadCriteria, Field(description="a table [load.criteria]")] = LoadCriteria()
