"""START HERE for the load engine: one object that owns all calls of one local address, without I/O.

The shell hands in what arrived (`receive`) and the time (`handle_timers`), and gives two functions that send.
Calls are found by the serial in the branch of their requests, so a response costs one regular expression
(`harness.sip.response_glance`) and one look-up. What this costs beside SIPp is measured by
`benchmarks.generator`; the profile behind it is in docs/performance.md.
"""

import random
from collections.abc import Callable
from typing import Any, Protocol

from harness.load.engine import call_machine as call_machine  # fills in the states of calls
from harness.load.engine import call_repair
from harness.load.engine.call_audio import Audio, AudioSource, CallAudio
from harness.load.engine.call_messages import Wording
from harness.load.engine.call_sample import CallSample
from harness.load.engine.exchange import Exchange
from harness.load.engine.fixed_delay import FixedDelay
from harness.load.engine.front_desk import FrontDesk
from harness.load.engine.line import Account, Line
from harness.load.engine.outgoing_call import FastCall
from harness.load.errors import LoadInputError
from harness.load.figures.attempt import Attempt
from harness.sip.hop import Hop
from harness.sip.response_glance import Fields, response_glance
from harness.sip.timers import TimerQueue, TimerSettings
from harness.sip.transaction_layer import TransactionLayer
from harness.sip.transport_rules import bracketed

Send = Callable[[bytes], Any]
SendTo = Callable[[bytes, Hop], Any]
TimedStep = Callable[[Any, Any, float], None]

TIMERS = TimerSettings()
SAMPLE_EVERY = 100
"""Of so many calls one is judged by all checks."""


class Receiver(Protocol):
    """Whoever has sent requests with a serial of its own."""

    def receive(self, fields: Fields, data: bytes, now: float) -> None:
        """Take a response."""

    def release(self) -> None:
        """Come to an end soon."""


class Engine:
    """All calls and registrations of one local address towards one target."""

    concurrent = 0
    """Answered calls."""
    in_progress = 0
    """Calls that are not over."""
    stray = 0
    """Packets that belong to nothing."""
    malformed = 0
    """Packets that cannot be read."""
    retransmissions = 0
    """Requests of ours that were sent again."""
    repeated = 0
    """Final responses that were repeated to us."""
    now = 0.0
    """The time of this turn, in seconds: when what is sent leaves, and later than what is taken came."""

    def __init__(
        self,
        *,
        local: Hop,
        target: Hop,
        domain: str,
        send: Send,
        send_to: SendTo,
        clock: Callable[[], float],
        rng: random.Random,
        audio: AudioSource | None = None,
        sample_every: int = SAMPLE_EVERY,
    ) -> None:
        """``send`` sends to the target, ``send_to`` elsewhere; ``clock`` is what `Attempt` times are read
        from, in seconds. ``rng`` makes what must not be guessed or repeated: tags, Call-IDs, cnonces. One
        outgoing call of ``sample_every`` goes through all checks; 0 for none.
        """
        self.local = local
        self.target = target
        self.target_name = f"{bracketed(target.host)}:{target.port}".encode("ascii")
        """As it stands in a Contact that leads back to the target."""
        self.domain = domain
        self.send = send
        self.send_to = send_to
        self.clock = clock
        self.on_attempt: list[Callable[[Attempt], None]] = []
        self.queue: TimerQueue[tuple[TimedStep, Any, Any]] = TimerQueue()
        self.first_retransmission: FixedDelay[tuple[Any, bytes]] = FixedDelay(TIMERS.T1)
        self.memory: FixedDelay[bytes] = FixedDelay(TIMERS.timeout)
        """Serials of what is over: forgotten after 64*T1, when nothing more can come (Timers D, M and L)."""
        self.run = f"{rng.getrandbits(40):010x}z"
        self._run = self.run.encode("ascii")
        self.sample = CallSample(sample_every)
        """What the checks found in the calls that were looked at closely."""
        self._rng = rng
        self._audio = audio
        self._serial = 0
        self._exchanges = 0
        self.lines: list[Line] = []
        self._receivers: dict[bytes, Receiver] = {}
        via = Wording(user="", domain=domain, local=local, run=self.run).via
        self._usual, self._thorough = response_glance(via)
        self._desk = FrontDesk(self, TransactionLayer(rng, automatic_trying=True))

    def line(self, account: Account, *, reuses_nonce: bool = False) -> Line:
        """A profile that calls, registers and answers through this engine."""
        line = Line(self, account, reuses_nonce=reuses_nonce)
        self.lines.append(line)
        return line

    # What the shell does

    def receive(self, data: bytes, source: Hop, now: float) -> None:
        """Take one packet that came at ``now``. Call `turn` before the first of a batch."""
        match = self._usual(data)
        if match is None:
            self._receive_unusual(data, source, now)
            return
        fields: Fields = match.groups()  # type: ignore[assignment]  # six groups, all of which matched
        receiver = self._receivers.get(fields[1])
        if receiver is None:
            self.stray += 1
        else:
            receiver.receive(fields, data, now)

    def turn(self, now: float) -> None:
        """Let the buckets of time go on; before anything is sent at ``now``."""
        self.now = now
        self.first_retransmission.turn(now)
        self.memory.turn(now)

    def handle_timers(self, now: float) -> None:
        """Do what is due."""
        self.now = now
        for receiver, request in self.first_retransmission.due(now):
            receiver.first_wait_is_over(request, now)
        for serial in self.memory.due(now):
            self._receivers.pop(serial, None)
        for step, subject, argument in self.queue.due(now):
            step(subject, argument, now)
        self._desk.handle_timers(now)

    def next_timer(self) -> float | None:
        """When `handle_timers` has something to do, in seconds; None: never."""
        times = (
            self.first_retransmission.next_time(),
            self.memory.next_time(),
            self.queue.next_timer(),
            self._desk.next_timer(),
        )
        return min((at for at in times if at is not None), default=None)

    @property
    def remembered(self) -> int:
        """Calls and exchanges that responses are matched to, those included that are over."""
        return len(self._receivers)

    def end_all(self) -> None:
        """End every call with BYE or CANCEL and remove every binding."""
        for receiver in list(self._receivers.values()):
            receiver.release()
        for call in self._desk.calls:
            call.hang_up()
        for line in self.lines:
            if line.is_registered:
                line.unregister()

    @property
    def unsettled(self) -> int:
        """Calls and requests of ours that wait for their end."""
        return self.in_progress + self._exchanges

    # What calls do

    def adopt(self, call: FastCall) -> None:
        """Take a new call."""
        self._receivers[call.serial] = call
        self.in_progress += 1

    def adopt_exchange(self, exchange: Exchange) -> None:
        """Take a new request outside calls."""
        self._receivers[exchange.serial] = exchange
        self._exchanges += 1

    def settle_exchange(self, exchange: Exchange) -> None:
        """A request has its final response, or never gets one; it is remembered for repeated ones."""
        self._exchanges -= 1
        self.memory.newest.append(exchange.serial)

    def report(self, attempt: Attempt, done: Callable[[Attempt], None] | None) -> None:
        """Tell everybody of an attempt that is over."""
        for listener in self.on_attempt:
            listener(attempt)
        if done is not None:
            done(attempt)

    def call_of(self, call_id: str) -> FastCall | None:
        """The outgoing call with a Call-ID."""
        serial, _, rest = call_id.encode("utf-8", "surrogateescape").partition(self._run)
        receiver = self._receivers.get(serial) if rest else None
        return receiver if isinstance(receiver, FastCall) else None

    def forget(self, serial: bytes) -> None:
        """Know nothing more of a call; what still comes for it is stray."""
        self._receivers.pop(serial, None)

    def receive_other(self, call: FastCall, fields: Fields, data: bytes, now: float) -> None:
        """A response that is not to the latest request of its call."""
        call_repair.receive_other(call, fields, data, now)

    def repair_silence(self, call: FastCall, request: bytes, now: float) -> None:
        """T1 has passed since a request of a call that is not over."""
        call_repair.first_wait_is_over(call, request, now)

    def new_serial(self) -> bytes:
        """What tells a call or exchange from all others of this engine: hexadecimal digits."""
        self._serial += 1
        return b"%08x" % self._serial

    def new_token(self) -> str:
        """Sixteen digits that nobody guesses."""
        return f"{self._rng.getrandbits(64):016x}"

    def open_audio(self, audio: Audio, wording: Wording) -> CallAudio:
        """A port for a call's audio. Raises `LoadInputError` when the engine has no ports for audio."""
        if self._audio is None:
            raise LoadInputError("rtp_ports", "none", "give the generator ports for calls with audio")
        return self._audio.open(audio, wording)

    # Below

    def _receive_unusual(self, data: bytes, source: Hop, now: float) -> None:
        if data[:4] != b"SIP/":
            self._desk.receive(data, source, self.now)
            return
        fields = self._thorough(data)
        receiver = self._receivers.get(fields[1]) if fields is not None else None
        if fields is None or receiver is None:
            self.stray += 1
        else:
            receiver.receive(fields, data, now)
