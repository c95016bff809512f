"""START HERE for load: the hot path's shell, which has the sockets, the clock and gevent's loop.

One `Generator` a process and local address; it owns a UDP socket, drains it from the loop's own callbacks (no
greenlet a call, none a packet) and has one timer. How many packets pass at a time is `harness.load.wire`'s,
what calls do `harness.load.engine`'s. Works without Locust; gevent need not have patched anything. Thin users
are `harness.load.users`.

    generator = Generator(Hop("udp", "192.0.2.1", 5060), domain="sip.skype.com")
    line = generator.line(profile)
    generator.on_attempt.append(figures.add)
    call = line.call("+442079460000", hold=30.0, intended=when_the_schedule_wanted_it)
"""

import random
import time
from collections.abc import Callable
from typing import Any

import gevent
from gevent import get_hub

from harness.capture.trace import Trace
from harness.load.engine.answering import Answering as Answering
from harness.load.engine.call_audio import Audio as Audio
from harness.load.engine.call_sample import SampleFinding as SampleFinding
from harness.load.engine.engine import SAMPLE_EVERY, Engine
from harness.load.engine.fixed_delay import GRAIN
from harness.load.engine.incoming_call import IncomingCall as IncomingCall
from harness.load.engine.line import Account, Line
from harness.load.engine.outgoing_call import FastCall as FastCall
from harness.load.figures.attempt import Attempt
from harness.load.media.media_plane import MediaPlane
from harness.load.media.pacing_wheel import TICK as MEDIA_TICK
from harness.load.wire.inbox import AT_ONCE, LARGEST_PACKET, open_inbox
from harness.load.wire.looks import READ, Looks
from harness.load.wire.outbox import Outbox
from harness.load.wire.twin_sockets import granted_buffer, twin_sockets
from harness.sip.hop import Hop, Packet

RECEIVE_BUFFER = 4 * 1024 * 1024
"""Bytes asked of the kernel: 20,000 calls/s wait there for 50 ms without a loss."""
TICK = 0.005
"""Seconds between two looks at the timers; also how long a tick may be late before it counts as lag."""
LONGEST_TURN = 0.1
"""Seconds that one look for answers counts at most at the end: whoever stood still longer did not wait."""
MOST_BATCHES = 8
"""Batches of packets taken before the loop gets a turn, so that users and timers are not starved."""


class Generator:
    """Load from one local address to one target."""

    def __init__(
        self,
        target: Hop,
        *,
        local_host: str = "127.0.0.1",
        local_port: int = 0,
        rtp_ports: range | None = None,
        receive_buffer: int = RECEIVE_BUFFER,
        domain: str,
        trace: Trace | None = None,
        sample_every: int = SAMPLE_EVERY,
        batches: bool = True,
    ) -> None:
        """``rtp_ports`` are for calls with audio; ``receive_buffer`` is asked of the kernel, in bytes, and
        `receive_buffer_granted` what it gave. A ``trace`` gets every message (slow). One outgoing call of
        ``sample_every`` goes through all checks: see `findings`. ``batches``: packets may leave together,
        see `Outbox`. Raises OSError for a bad local address.
        """
        self._socket, self._twin = twin_sockets(local_host, local_port, target[1:], receive_buffer)
        self._offset = time.time() - time.monotonic()
        self.local = Hop("udp", local_host, self._socket.getsockname()[1])
        self.receive_buffer_asked = receive_buffer
        self.receive_buffer_granted = granted_buffer(self._socket)
        self._inbox = open_inbox(self._socket, self.clock)
        self._outbox = Outbox(self._socket, self._flush_soon, batches=batches)
        self._refused = self._not_sent = 0
        self.on_tick: list[Callable[[float], None]] = []
        """Called with the time about every `TICK`: the place to start calls without a greenlet."""
        self._target = target
        self._worst_lag = 0.0
        self._next_tick = self._next_timers = 0.0
        rng = random.Random()  # names of calls are no secrets
        self.media = None if rtp_ports is None else MediaPlane(local_host, rtp_ports, rng)
        """The audio of calls; None without ports for it."""
        self.engine = Engine(
            local=self.local,
            target=target,
            domain=domain,
            send=self._outbox.put,
            send_to=self._send_to,
            clock=self.clock,
            rng=rng,
            audio=self.media,
            sample_every=sample_every,
        )
        if trace is not None:
            self._keep(trace)
        self._watchers: list[Any] = []
        self._is_closed = False
        self._watch_all()

    def clock(self) -> float:
        """Seconds since the epoch, on a clock that never steps back: that of all `Attempt` times."""
        return time.monotonic() + self._offset

    def line(self, account: Account, *, reuses_nonce: bool = False) -> Line:
        """A profile that calls, registers and answers from here."""
        return self.engine.line(account, reuses_nonce=reuses_nonce)

    @property
    def on_attempt(self) -> list[Callable[[Attempt], None]]:
        """Who is told of each attempt that is over."""
        return self.engine.on_attempt

    @property
    def concurrent(self) -> int:
        """Answered calls now."""
        return self.engine.concurrent

    @property
    def in_progress(self) -> int:
        """Calls that are not over."""
        return self.engine.in_progress

    @property
    def stray(self) -> int:
        """Packets that belonged to nothing."""
        return self.engine.stray

    @property
    def judged(self) -> int:
        """Sampled calls that went through all checks."""
        return self.engine.sample.judged

    @property
    def findings(self) -> list[SampleFinding]:
        """What the checks found in the sampled calls."""
        return self.engine.sample.findings

    @property
    def loop_lag(self) -> float:
        """By how many seconds the loop's timer was late, at worst, since this was last read."""
        worst, self._worst_lag = self._worst_lag, 0.0
        return worst

    @property
    def refused(self) -> int:
        """How often the target's host said that nobody listens there (ICMP)."""
        return self._refused + self._outbox.refused

    @property
    def not_sent(self) -> int:
        """Packets that the kernel did not take; the timers send them again."""
        return self._not_sent + self._outbox.not_sent

    def look_along(self) -> None:
        """Send what waits, and take what has come unless each packet wakes us: the caller is awake anyway."""
        self._outbox.flush()  # what was begun just now does not wait for what has come
        self._looks.look_along()

    def close(self, patience: float = 2.0) -> int:
        """End all calls with BYE or CANCEL, remove registrations and wait for the answers.

        Returns how many were left unanswered after ``patience`` seconds, in which time that this process or
        its machine stood still does not count.
        """
        if self._is_closed:
            return 0
        self.engine.end_all()
        waited = 0.0
        while self.engine.unsettled and waited < patience:
            before = self.clock()
            gevent.sleep(TICK)
            waited += min(self.clock() - before, LONGEST_TURN)
        left = self.engine.unsettled
        self._outbox.flush()
        self._is_closed = True
        self._looks.close()
        for watcher in self._watchers:
            watcher.stop()
            watcher.close()
        self._socket.close()
        self._twin.close()
        if self.media is not None:
            self.media.shut()
        return left

    def _flush_soon(self) -> None:
        get_hub().loop.run_callback(self._outbox.flush)

    def _watch_all(self) -> None:
        loop = get_hub().loop
        self._looks = Looks(
            loop,
            self._socket.fileno(),
            self._drain,
            clock=self.clock,
            may_wait=self._inbox.is_stamped,
        )
        self._watch(loop.io(self._twin.fileno(), READ), self._drain_twin)
        self._watch(loop.timer(TICK, TICK), self._tick)
        if self.media is not None:
            self._watch(loop.io(self.media.fileno(), READ), self._drain_media)
            self._watch(loop.timer(MEDIA_TICK, MEDIA_TICK), self._tick_media)

    def _watch(self, watcher: Any, callback: Callable[[], None]) -> None:
        watcher.start(callback)
        self._watchers.append(watcher)

    def _keep(self, trace: Trace) -> None:
        """Write every message into a trace."""
        engine, take, put, local = self.engine, self.engine.receive, self._outbox.put, self.local

        def receive(data: bytes, source: Hop, now: float) -> None:
            trace.append(now, Packet(data, source, local), "sip")
            take(data, source, now)

        def send(data: bytes) -> None:
            trace.append(self.clock(), Packet(data, local, self._target), "sip")
            put(data)

        def send_to(data: bytes, hop: Hop) -> None:
            trace.append(self.clock(), Packet(data, local, hop), "sip")
            self._send_to(data, hop)

        engine.receive, engine.send, engine.send_to = receive, send, send_to  # type: ignore[method-assign]

    # The loop's callbacks

    def _drain(self) -> int:
        """Take what came from the target, answer it, and say how much it was."""
        engine, take, target = self.engine, self._inbox.take, self._target
        receive, count = engine.receive, 0
        try:
            for _ in range(MOST_BATCHES):
                packets = take()
                engine.turn(self.clock())
                for data, came in packets:
                    receive(data, target, came)
                self._outbox.flush()
                count += len(packets)
                if len(packets) < AT_ONCE:
                    break
        except ConnectionRefusedError:
            self._refused += 1
        return count

    def _drain_twin(self) -> None:
        self.engine.turn(self.clock())
        try:
            for _ in range(AT_ONCE):
                data, address = self._twin.recvfrom(LARGEST_PACKET)
                self.engine.receive(data, Hop("udp", address[0], address[1]), self.clock())
        except BlockingIOError:
            return
        except ConnectionRefusedError:
            self._refused += 1

    def _drain_media(self) -> None:
        if self.media is not None:
            self.media.drain(self.clock())

    def _tick_media(self) -> None:
        if self.media is not None:
            self.media.wheel.turn(self.clock())

    def _tick(self) -> None:
        now = self.clock()
        if self._next_tick:
            self._worst_lag = max(self._worst_lag, now - self._next_tick)
        self._next_tick = now + TICK
        if now >= self._next_timers:
            self._next_timers = now + GRAIN
            self.engine.handle_timers(now)
        for callback in self.on_tick:
            callback(now)

    def _send_to(self, data: bytes, hop: Hop) -> None:
        try:
            self._twin.sendto(data, (hop.host, hop.port))
        except ConnectionRefusedError:
            self._refused += 1
        except OSError:
            self._not_sent += 1
