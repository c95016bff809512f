"""What the routes of the control API work with: the trunk of this process, or one of several workers.

The routes are `application`; what goes in and out is `models`. A trunk of several workers answers from
`workers.desk`, which asks the desks of its workers.
"""

from collections.abc import Callable
from typing import Protocol

from fastapi import HTTPException

from reference_server.control.models import CallOrder, CallShown, Health, ProfileShown, RecordShown
from reference_server.control.stage_routes import StageDesk
from reference_server.inbound import UnknownCallee
from reference_server.live_call import LiveCall
from reference_server.metrics import Metrics
from reference_server.profile import Profile
from reference_server.store.store import Store
from reference_server.trunk import Trunk


class Desk(Protocol):
    """The questions and orders of the control API. Methods raise `HTTPException`."""

    async def place_call(self, order: CallOrder) -> CallShown:
        """Places a call towards a PBX, or 404."""

    async def calls(self) -> list[CallShown]:
        """Calls that live, and those that ended lately."""

    async def call(self, call_id: str) -> CallShown:
        """One call, or 404."""

    async def end_call(self, call_id: str) -> None:
        """Ends a call, or 404."""

    async def profiles(self) -> list[ProfileShown]:
        """All SIP Profiles."""

    async def profile(self, sip_username: str) -> ProfileShown:
        """One SIP Profile, or 404."""

    async def records(self, last: int, call_id: str | None) -> list[RecordShown]:
        """The newest call records, oldest first."""

    async def metrics(self) -> bytes:
        """Metrics as Prometheus reads them."""

    async def health(self) -> Health:
        """Whether the trunk works."""


class ControlDesk:
    """The desk of one trunk in this process."""

    def __init__(
        self,
        trunk: Trunk,
        store: Store,
        metrics: Metrics,
        clock: Callable[[], float],
        pump: Callable[[], None],
    ) -> None:
        """`pump` lets the driver send what the core wants to send."""
        self._trunk = trunk
        self._store = store
        self._metrics = metrics
        self._clock = clock
        self._pump = pump
        stage = trunk.parts.stage
        self.stage = None if stage is None else StageDesk(stage, trunk, clock, pump)
        """The director's desk, where the trunk is observed."""

    async def place_call(self, order: CallOrder) -> CallShown:
        """Places a call towards a PBX, or 404."""
        try:
            live = self._trunk.place_call(order.order(), self._clock())
        except UnknownCallee as error:
            raise HTTPException(404, str(error)) from None
        self._pump()
        return CallShown.of(live)

    async def calls(self) -> list[CallShown]:
        """Calls that live, and those that ended lately."""
        parts = self._trunk.parts
        return [CallShown.of(live) for live in (*parts.community.shown(), *parts.calls.shown())]

    async def call(self, call_id: str) -> CallShown:
        """One call, or 404."""
        return CallShown.of(self._named(call_id))

    async def end_call(self, call_id: str) -> None:
        """Ends a call, or 404."""
        self._trunk.hang_up(self._named(call_id), self._clock())
        self._pump()

    async def profiles(self) -> list[ProfileShown]:
        """All SIP Profiles."""
        return [self._shown(profile) for profile in self._trunk.parts.profiles.all()]

    async def profile(self, sip_username: str) -> ProfileShown:
        """One SIP Profile, or 404."""
        profile = self._trunk.parts.profiles.named(sip_username)
        if profile is None:
            raise HTTPException(404, f"no profile has the SIP username {sip_username}")
        return self._shown(profile)

    async def records(self, last: int, call_id: str | None) -> list[RecordShown]:
        """The newest call records, oldest first."""
        return [RecordShown.of(row) for row in self._store.records(last, call_id)]

    async def metrics(self) -> bytes:
        """Metrics as Prometheus reads them."""
        return self._metrics.text()

    async def health(self) -> Health:
        """Whether the trunk works."""
        return Health(status="ok", calls=self._trunk.parts.calls.count)

    def _named(self, call_id: str) -> LiveCall:
        parts = self._trunk.parts
        live = parts.calls.named(call_id) or parts.community.named(call_id)
        if live is None:
            raise HTTPException(404, f"no call has the id {call_id}")
        return live

    def _shown(self, profile: Profile) -> ProfileShown:
        parts, now = self._trunk.parts, self._clock()
        bindings = parts.registrar.bindings(profile, now)
        return ProfileShown.of(profile, bindings, parts.channels.used(profile), self._trunk.credit, now)
