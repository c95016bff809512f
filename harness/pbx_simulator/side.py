"""One side of the PBX, the phones or the trunk: an endpoint with its transactions, calls and requests.

Holds things together and judges nothing: `pbx` drives both sides, `switchboard` decides what they do.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass

from harness.sip.hop import Hop
from harness.sip.timers import TimerQueue
from harness.sip.transaction_layer import TransactionLayer
from harness.ua.call_table import CallTable
from harness.ua.endpoint import Endpoint, MediaReceiver, TimedAction, contact_uri
from harness.ua.outside_requests import OutsideRequests

USER_AGENT = "PBX Simulator"


@dataclass(frozen=True, slots=True)
class MediaPorts:
    """Where RTP ports come from: the driver's."""

    open: Callable[[str], Hop]
    """Binds an RTP port of a host, and the next one for RTCP."""
    release: Callable[[Hop], None]


class Side:
    """The phones' side or the trunk's."""

    def __init__(
        self,
        local: Hop,
        username: str,
        rng: random.Random,
        media_ports: MediaPorts,
        timers: TimerQueue[TimedAction],
        media_receivers: dict[Hop, MediaReceiver],
        *,
        outbound: Hop | None = None,
    ) -> None:
        """``outbound`` is where packets go whose next hop is a name; None: the side of the phones."""
        self.local = local
        self.layer = TransactionLayer(rng)
        self.endpoint = Endpoint(
            layer=self.layer,
            rng=rng,
            local=local,
            contact=f"<{contact_uri(username, local)}>",
            media_address=lambda: media_ports.open(local.host),
            release_media=media_ports.release,
            user_agent=USER_AGENT,
            outbound=outbound,
            symmetric=outbound is None,  # phones are answered where they call from
            timers=timers,
            media_receivers=media_receivers,
        )
        self.calls = CallTable()
        self.requests = OutsideRequests(self.endpoint)
