"""What the control API takes and gives, as pydantic models: these make `/openapi.json`.

The routes are `application`; the trunk's own values are `live_call`, `inbound` and `store.rows`.
"""

from dataclasses import asdict
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from reference_server.inbound import Behaviour, Order
from reference_server.ledger.money import money_text
from reference_server.live_call import LiveCall
from reference_server.profile import Profile
from reference_server.rating.credit import Purse
from reference_server.store.rows import BindingRow, RecordRow

LONGEST = 86_400.0
"""Seconds that a caller may be told to wait."""


class CallBehaviour(BaseModel):
    """What the caller does; all times in seconds."""

    model_config = ConfigDict(extra="forbid")

    ring_timeout: float | None = Field(default=None, gt=0, le=LONGEST)
    hang_up_after: float | None = Field(default=None, ge=0, le=LONGEST)
    cancel_after: float | None = Field(default=None, ge=0, le=LONGEST)
    media: str = Field(default="silence", pattern=r"^(echo|silence|none|tone:\d+)$")
    late_offer: bool = False
    dtmf: str | None = Field(default=None, pattern=r"^[0-9A-D*#]+$")


class CallOrder(BaseModel):
    """A call towards a PBX."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"profile": "99051000000231", "number": "+442079460123"}]},
    )

    profile: str | None = None
    """SIP username; may be left out when number or account tell it."""
    number: str | None = None
    """The Online Number that was called."""
    account: str | None = None
    """The business account that was called; its extension tag goes into the Request-URI."""
    caller: str | None = Field(default=None, pattern=r"^[0-9A-Za-z+._-]+$")
    display: str | None = Field(default=None, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")
    """The caller's name, for the display name of From."""
    behaviour: CallBehaviour = Field(default_factory=CallBehaviour)

    def order(self) -> Order:
        """The same for the trunk."""
        behaviour = Behaviour(**self.behaviour.model_dump())
        return Order(self.profile, self.number, self.account, self.caller, self.display, behaviour)


class CallMedia(BaseModel):
    """RTP of a call, as the trunk received it."""

    received_packets: int
    lost_packets: int
    jitter_ms: float
    digits: str
    """Telephone-events that came in."""


class CallShown(BaseModel):
    """A call."""

    id: str
    call_id: str
    profile: str
    direction: str
    number: str
    caller: str
    presented: str = ""
    """What the far end is shown as the caller: Caller ID or SIP username."""
    state: str
    """`ringing`, `answered` or `ended`."""
    status: int | None
    cause: str
    released_by: str
    started: float
    answered: float | None
    ended: float | None
    fault_of_pbx: str | None
    remarks: list[str]
    media: CallMedia | None

    @classmethod
    def of(cls, live: LiveCall) -> Self:
        """A call as it is now."""
        return cls(
            id=live.id,
            call_id=live.call_id,
            profile=live.profile.username,
            direction=live.direction,
            number=live.number,
            caller=live.caller,
            presented=live.presented,
            state=live.state,
            status=live.final_status,
            cause=live.cause,
            released_by=live.released_by,
            started=live.started,
            answered=live.answered,
            ended=live.ended,
            fault_of_pbx=live.fault_of_pbx,
            remarks=live.remarks,
            media=None if live.heard is None else CallMedia(**asdict(live.heard)),
        )


class BindingShown(BaseModel):
    """A registered contact."""

    contact: str
    source: str
    expires_in: int
    """Seconds."""

    @classmethod
    def of(cls, row: BindingRow, now: float) -> Self:
        """A binding as it is now."""
        return cls(contact=row.contact, source=row.source, expires_in=max(0, round(row.expires_at - now)))


class ProfileShown(BaseModel):
    """A SIP Profile."""

    sip_username: str
    name: str
    bindings: list[BindingShown]
    channels_used: int
    channels: int
    active: bool
    credit: str
    """What calls can still spend: the balance without what running calls have reserved."""
    bundle_seconds: int = 0
    """Seconds of US minute bundles that are left."""
    online_numbers: list[str]

    @classmethod
    def of(cls, profile: Profile, bindings: list[BindingRow], used: int, purse: Purse, now: float) -> Self:
        """A profile as it is now."""
        return cls(
            sip_username=profile.username,
            name=profile.name,
            bindings=[BindingShown.of(row, now) for row in bindings],
            channels_used=used,
            channels=profile.channels,
            active=profile.active,
            credit=money_text(purse.available(profile.username)),
            bundle_seconds=purse.bundle_seconds(profile.username),
            online_numbers=list(profile.online_numbers),
        )


class RecordShown(BaseModel):
    """A call record."""

    call_id: str
    profile: str
    direction: str
    caller: str
    number: str
    started: float
    answered: float | None
    ended: float
    status: int | None
    cause: str
    released_by: str
    remarks: str
    cost: str = "0.00"
    """Credit that the call used up."""
    bundle_seconds: int = 0
    """Seconds of US minute bundles that it used up."""
    rate: str = ""
    """What was paid for, as people read it."""
    key: str = ""
    """The call's id while it lived."""

    @classmethod
    def of(cls, row: RecordRow) -> Self:
        """A row of the store."""
        values = row._asdict() | {"cost": money_text(row.cost)}
        return cls(profile=values.pop("sip_username"), **values)


class Health(BaseModel):
    """Whether the trunk works."""

    status: str
    """`ok`, or `degraded` while a worker is away."""
    calls: int
    workers: int = 1
    """Processes that serve now."""
