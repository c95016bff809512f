"""Test calls to a profile, calls that run now, and call records with what they cost.

Quick Start Guide step 8. Calls are the trunk's; a record is written by it when the call ends. What a test
call's result means is `call_outcome`'s.
"""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from reference_server.control.models import CallBehaviour, CallOrder, CallShown
from reference_server.manager.actor import Actor, may_change
from reference_server.manager.amount import Amount
from reference_server.manager.call_outcome import TestCallOutcome, outcome_of
from reference_server.manager.means import Means
from reference_server.manager.problem import Problem, not_found
from reference_server.manager.profile_lookup import any_profile
from reference_server.rating.charge import talk_seconds
from reference_server.store import account_rows, record_rows
from reference_server.store.record_rows import NumberedRecordRow, RecordSelection

RING_FOR = 30.0
"""Seconds that a test call rings."""
TALK_FOR = 8.0
"""Seconds that an answered test call lasts."""
TONE = "tone:440"
"""What whoever answers hears."""
MOST_RECORDS = 10_000


class CallFilter(BaseModel):
    """Which records; what is None does not restrict."""

    model_config = ConfigDict(extra="forbid")

    profile: str | None = Field(default=None, max_length=64)
    direction: Literal["outbound", "inbound", "community"] | None = None
    number: str | None = Field(default=None, max_length=64)
    """Part of the number called or of the caller."""
    since: float | None = Field(default=None, allow_inf_nan=False)
    """Started at or after, seconds since the epoch."""
    until: float | None = Field(default=None, allow_inf_nan=False)
    """Started before."""
    answered: bool | None = None
    before: int | None = Field(default=None, ge=0, le=2**62)
    """Only records older than the one with this id: the page that follows."""
    last: int = Field(default=100, ge=1, le=MOST_RECORDS)

    def selection(self) -> RecordSelection:
        """The same for the store."""
        return RecordSelection(
            self.profile, self.direction, self.number, self.since, self.until, self.answered, self.before
        )


class CallRecordView(BaseModel):
    """A call that ended."""

    id: int
    key: str
    """The live id that the call had; empty for one that was refused at once."""
    call_id: str
    profile: str
    """SIP username; of a call between business accounts the name of the account that called."""
    direction: str
    """`outbound` from the PBX, `inbound` towards it, `community` between business accounts."""
    caller: str
    number: str
    started: float
    answered: float | None
    ended: float
    seconds: int
    """From answer to end, begun seconds counted; 0 when it was not answered."""
    status: int | None
    cause: str
    released_by: str
    cost: Amount
    bundle_seconds: int
    """Seconds that a US minute bundle paid."""
    rate: str
    """What was paid for, as people read it."""
    remarks: str

    @classmethod
    def of(cls, row: NumberedRecordRow) -> Self:
        """A row of the store."""
        record = row.record
        seconds = 0 if record.answered is None else talk_seconds(record.answered, record.ended)
        values = record._asdict()
        return cls(id=row.id, profile=values.pop("sip_username"), seconds=seconds, **values)


class Calls:
    """Calls of all profiles. Methods raise `Problem`."""

    def __init__(self, means: Means) -> None:
        self._means = means

    async def place_test_call(
        self, actor: Actor, username: str, number: str | None = None, account: str | None = None
    ) -> TestCallOutcome:
        """Calls the profile as somebody from outside would: by an Online Number or a business account of it,
        or by its SIP username when neither is named. Whoever answers hears a tone for some seconds."""
        may_change(actor)
        if number is not None and account is not None:
            detail = "name an Online Number or a business account, not both"
            raise Problem("wrong-value", 422, "That cannot be", detail, "number")
        with self._means.orders.changing() as connection:
            any_profile(connection, username)
            if account is not None:
                account = _attached(connection, username, account)
            self._means.note(connection, actor, "test call", username, number or account or username)
        behaviour = CallBehaviour(ring_timeout=RING_FOR, hang_up_after=TALK_FOR, media=TONE)
        order = CallOrder(
            profile=username, number=number, account=account, display="Test call", behaviour=behaviour
        )
        return outcome_of(await self._means.live.place_call(order))

    async def test_call(self, call_id: str) -> TestCallOutcome:
        """How a test call goes. Raises `Problem` 404."""
        return outcome_of(await self._means.live.call(call_id))

    async def now(self) -> list[CallShown]:
        """Calls that live, the newest first."""
        return [call for call in await self.recent() if call.state != "ended"]

    async def recent(self) -> list[CallShown]:
        """Calls that live and those that ended lately, the newest first."""
        return sorted(await self._means.live.calls(), key=lambda call: call.started, reverse=True)

    async def end(self, actor: Actor, call_id: str) -> None:
        """Ends a call. Raises `Problem` 404."""
        may_change(actor)
        call = await self._means.live.call(call_id)
        await self._means.live.end_call(call_id)
        with self._means.orders.changing() as connection:
            self._means.note(connection, actor, "call ended", call.profile, call.number)

    def records(self, which: CallFilter) -> list[CallRecordView]:
        """Call records, newest first."""
        with self._means.orders.reading() as connection:
            rows = record_rows.newest(connection, which.selection(), which.last)
        return [CallRecordView.of(row) for row in rows]

    def record(self, record_id: int) -> CallRecordView:
        """One record. Raises `Problem` 404."""
        with self._means.orders.reading() as connection:
            row = record_rows.numbered(connection, record_id)
        if row is None:
            raise not_found(f"no call record has the id {record_id}")
        return CallRecordView.of(row)


def _attached(connection: Connection, username: str, name: str) -> str:
    found = account_rows.attached_name(connection, username, name)
    if found is None:
        raise not_found(
            f"profile {username} has no business account {name[:40]!r}; attach it first", "account"
        )
    return found
