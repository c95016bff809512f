"""Finds calls whose peer is gone, so that their channels come back.

Three signs: RTP that came and stopped, an OPTIONS inside the dialog that nobody knows, and a call that
lasts beyond all measure. Session timers are a fourth, which the session itself watches
(`harness.ua.session_refresh`).
"""

from harness.ua.call import Call
from harness.ua.call_state import CallState
from harness.ua.exchange import Exchange
from reference_server.calls import Calls
from reference_server.dialect import Dialect
from reference_server.live_call import LeanCall, LiveCall

SWEEP_INTERVAL = 1.0
"""Seconds between two looks at all calls."""
GONE = (408, 481)
"""Answers inside a dialog that end it, RFC 3261 section 12.2.1.2."""


class Liveness:
    """Watches the calls of a trunk."""

    def __init__(self, dialect: Dialect, calls: Calls) -> None:
        self._patience = dialect.media.rtp_timeout
        self._longest = dialect.longest_call
        self._calls = calls

    def sweep(self, now: float) -> None:
        """Looks at all calls that stand."""
        for live in self._calls.live():
            if live.lean is not None and not self.may_be_gone(live, live.lean, now):
                continue
            session = live.session
            if session is None or session.state is not CallState.ANSWERED:
                continue
            cause = self.cause_to_end(live, session, now)
            if cause:
                self._calls.end(live, cause, now)

    def may_be_gone(self, live: LiveCall, lean: LeanCall, now: float) -> bool:
        """Whether a call without a session must be looked at closely, for which it gets one."""
        if now - live.started > self._longest:
            return True
        if lean.answered_at is None or self._patience == 0:
            return False
        heard = None if lean.media is None else lean.media.last_received_at
        return now - (heard or lean.answered_at) > self._patience

    def cause_to_end(self, live: LiveCall, session: Call, now: float) -> str:
        """Why a call must end; empty when it need not."""
        if now - live.started > self._longest:
            return "longest call reached"
        if self._patience == 0:
            return ""
        if self.has_fallen_silent(live, session, now):
            return f"no RTP for {self._patience:g} s"
        return "the peer does not know the call any more" if self.is_unknown(live, session, now) else ""

    def has_fallen_silent(self, live: LiveCall, session: Call, now: float) -> bool:
        """Whether RTP came and has stopped, while nobody holds the call."""
        media = session.media
        if media is None or media.last_received_at is None:
            return False
        on_hold = media.agreed is None or not media.agreed.receives or media.agreed.is_held
        live.heard_at = now if on_hold else max(live.heard_at or 0.0, media.last_received_at)
        return now - live.heard_at > self._patience

    def is_unknown(self, live: LiveCall, session: Call, now: float) -> bool:
        """Whether a peer that never sent RTP says, or shows by silence, that the call is over."""
        if live.heard_at is not None:
            return False
        if live.probe is None:
            if now - (live.probed_at or live.answered or now) > self._patience:
                live.probed_at = now
                live.probe = session.request("OPTIONS", now)
            return False
        if not live.probe.done:
            return False
        probe, live.probe = live.probe, None
        return self.says_gone(probe)

    def says_gone(self, probe: Exchange) -> bool:
        """Whether the outcome of an OPTIONS inside the dialog means that the peer is gone."""
        if probe.timed_out or probe.unreachable is not None:
            return True
        return bool(probe.responses) and probe.status in GONE
