"""Fills a profile to its last channel and writes down what is seen: the run behind the saturation scenarios.

The order of events: the main profile is filled with outbound and inbound calls that have a tone each,
other profiles beside it without audio; all are held. Meanwhile calls beyond the limit are tried, and one
call ends while some try to take its place. Then calls race for the last ten channels, a third of the
callers vanish, and when their channels are back everything is ended. Judges nothing:
`harness.scenarios.trunk.test_saturation` does. The calls are `generator`'s; Locust runs this by
`saturation_locustfile`.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from harness.capture.pcap import write_pcap
from harness.capture.trace import Trace
from harness.drivers.local_address import local_host_towards
from harness.load.generator import Generator
from harness.load.outcome.kernel_counters import receive_buffer_errors
from harness.load.saturation.saturation_calls import FilledLine, TonedCall
from harness.pytest_plugin.control import Control, ControlError
from harness.results.saturation_log import (
    SaturationLog,
    SeenFill,
    SeenRace,
    SeenRefusal,
    SeenVanishing,
)
from harness.settings.target import Profile, TargetSettings, load_target

RATE = 60.0
"""Calls per second of the main profile while it is filled."""
RATE_OF_OTHERS = 100.0
SETTLE = 10.0
"""Seconds that calls have to be answered or refused."""
BEYOND_AFTER = 2.0
"""Seconds after the profile is full."""
TRIED_FOR_ONE = 3
TRIED_BEYOND = 5
"""Calls of each other profile beyond its channels."""
RACE_CHANNELS = 10
"""Of a profile with six times as many channels; smaller ones free a sixth."""
RACE_CALLS = 5
"""Calls for each of them."""
VANISHING_SHARE = 3
"""One in so many callers vanishes."""
EXTRA_PATIENCE = 8.0
"""Seconds beyond the documented time that the channels of vanished callers are waited for."""
RTP_PORTS = range(20000, 32000)
LONGEST_LAG = 0.2
"""Seconds; a generator that was held up longer cannot tell its own delay from the target's."""


class SaturationWishes(BaseModel):
    """What the run is to do; written by `harness.scenarios.saturation_run`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    target_file: Path
    profile: str
    """SIP username."""
    others: tuple[str, ...] = ()
    held_s: float
    out: Path


class SaturationRun:
    """One run."""

    def __init__(
        self, wishes: SaturationWishes, sleep: Callable[[float], object], tell: Callable[[str], None]
    ) -> None:
        """`tell` gets a line at each turn of events. Raises what `load_target` and `Generator` raise."""
        self._wishes = wishes
        self._sleep = sleep
        self._tell = tell
        self._target: TargetSettings = load_target(wishes.target_file)
        named = self._target.control
        self._control = Control("" if named is None else named.url)
        self._trace = Trace()
        target = self._target.target
        host = local_host_towards(target.hop("udp"))
        self._generator = Generator(
            target.hop("udp"),
            local_host=host,
            rtp_ports=RTP_PORTS,
            domain=target.domain,
            trace=self._trace,
        )
        self._began = self._generator.clock()
        self._lost_before = receive_buffer_errors()
        self._worst_lag = self._worst_lag_while_held = 0.0
        numbers = self._target.numbers
        self._main = FilledLine(self._generator, self._profile(wishes.profile), numbers, self._control)
        self._others = [
            FilledLine(self._generator, self._profile(name), numbers, self._control) for name in wishes.others
        ]

    def run(self) -> None:
        """The whole of it; writes the log. Raises ControlError, OSError."""
        try:
            log = self._observe()
        finally:
            self._generator.close()
        pcap = self._wishes.out.with_suffix(".pcap")
        write_pcap(self._trace, pcap)
        log = log.model_copy(update={"trace": pcap.name})
        self._wishes.out.write_text(log.model_dump_json(indent=1), encoding="utf-8")

    # The order of events

    def _observe(self) -> SaturationLog:
        main, wishes = self._main, self._wishes
        self._fill()
        full_at = self._now()
        self._wait(BEYOND_AFTER)
        self._tell(f"saturation: {main.up} of {main.channels} calls are up, one more is tried")
        beyond = [self._one_more_outbound(), self._one_more_inbound()]
        fills = [self._seen_fill(line) for line in self._others]
        while (left := full_at + wishes.held_s - self._now()) > 0:
            self._tell(f"saturation: {main.up} calls are up, {left:.0f} s left")
            self._wait(min(left, 2.0))
        self._worst_lag_while_held = self._worst_lag
        lost = {call.call_id for call in main.calls if not call.up}
        admitted = self._one_for_one()
        race = self._race()
        vanishing = self._vanish()
        self._tell("saturation: ending all calls")
        used_after = self._end_all()
        return SaturationLog(
            profile=wishes.profile,
            channels=main.channels,
            held_s=wishes.held_s,
            calls=[
                call.seen(self._began, held=call.call_id not in lost) for call in main.calls[: main.channels]
            ],
            beyond=beyond,
            one_for_one_tried=TRIED_FOR_ONE,
            one_for_one_admitted=admitted,
            race=race,
            vanishing=vanishing,
            others=fills,
            channels_used_after=used_after,
            records=self._records(),
            worst_lag_ms=round(self._worst_lag_while_held * 1000, 1),
            unreliable=self._doubts(),
        )

    def _fill(self) -> None:
        """Takes every channel of every profile, outbound and inbound by turns in the main one."""
        main = self._main
        main.register()
        self._until(lambda: main.line.is_registered, SETTLE)
        started, placed = self._now(), 0
        while placed < main.channels or any(len(each.calls) < each.channels for each in self._others):
            elapsed = self._now() - started
            while placed < main.channels and placed < elapsed * RATE:
                if placed % 2:
                    main.order(placed)
                else:
                    main.call(placed)
                placed += 1
            for other in self._others:
                wanted = min(other.channels, int(elapsed * RATE_OF_OTHERS))
                for _ in range(wanted - len(other.calls)):
                    other.call(None)
            self._tell(f"saturation: filling the profile, {main.up} of {main.channels} calls are up")
            self._wait(0.02)
        self._until(lambda: main.settled and all(other.settled for other in self._others), SETTLE)

    def _one_more_outbound(self) -> SeenRefusal:
        call = self._main.call(None)
        self._until(lambda: call.decided, SETTLE)
        call.hang_up()
        attempt = call.attempt
        refused_at = attempt.first_response if attempt.status and attempt.status >= 300 else attempt.answered
        delay = None if refused_at is None else (refused_at - attempt.started) * 1000
        answers = [
            traced.packet.data
            for traced in self._trace.of_call(call.call_id)
            if traced.packet.data.startswith(b"SIP/2.0 ")
        ]
        message = answers[-1].decode("utf-8", "surrogateescape") if answers else ""
        self._main.calls.remove(call)
        return SeenRefusal(direction="outbound", status=attempt.status, delay_ms=delay, message=message)

    def _one_more_inbound(self) -> SeenRefusal:
        """Towards the caller the trunk says it by the status of the call that it was told to place."""
        began = self._now()
        name = self._control.place_call(self._main.name, caller="one-more")
        for _ in range(100):
            shown = self._control.call(name)
            if shown["state"] != "ringing":
                break
            self._wait(0.02)
        refused = shown["state"] == "ended"
        delay = (self._now() - began) * 1000 if shown["state"] != "ringing" else None
        if not refused:
            self._control.hang_up(name)
        status = shown["status"] if refused else 200
        return SeenRefusal(direction="inbound", status=status, delay_ms=delay)

    def _one_for_one(self) -> int:
        self._tell("saturation: one call ends, some want its channel")
        leaving = next((call for call in self._main.calls if call.up and call.is_outbound), None)
        if leaving is not None:
            leaving.hang_up()
            self._until(lambda: leaving.over, SETTLE)
        return len(self._rush(TRIED_FOR_ONE))

    def _race(self) -> SeenRace:
        self._tell("saturation: many calls race for few channels")
        channels = max(1, min(RACE_CHANNELS, self._main.channels // 6))
        leaving = [call for call in self._main.calls if call.up and call.is_outbound][:channels]
        free = self._main.channels - self._main.up + len(leaving)
        for call in leaving:
            call.hang_up()
        self._until(lambda: all(call.over for call in leaving), SETTLE)
        before = len(self._main.calls)
        admitted = self._rush(RACE_CALLS * channels)
        refused = [call for call in self._main.calls[before:] if call not in admitted]
        return SeenRace(
            free=free,
            offered=len(self._main.calls) - before,
            admitted=len(admitted),
            statuses=_statuses(refused),
        )

    def _rush(self, calls: int) -> list[TonedCall]:
        """Starts calls at the same instant; gives back those that got in."""
        rush = [self._main.call(None) for _ in range(calls)]
        self._until(lambda: all(call.decided for call in rush), SETTLE)
        return [call for call in rush if call.up]

    def _vanish(self) -> SeenVanishing:
        main, documented = self._main, self._target.target.rtp_timeout
        used_before = self._used()
        talking = [call for call in main.calls if call.up and call.is_outbound and call.has_audio]
        gone = talking[: max(1, main.channels // VANISHING_SHARE)]
        for call in gone:
            call.vanish()
        since, back = self._now(), None
        while back is None and self._now() - since < documented + EXTRA_PATIENCE:
            self._tell(f"saturation: {len(gone)} callers have vanished, {self._now() - since:.0f} s ago")
            self._wait(0.5)
            if self._used() <= used_before - len(gone):
                back = self._now() - since
        return SeenVanishing(
            callers=len(gone),
            used_before=used_before,
            used_after=self._used(),
            documented_s=documented,
            returned_after_s=back,
            waited_s=self._now() - since,
        )

    def _end_all(self) -> int:
        """Ends every call; how many channels the main profile still has in use then."""
        lines = [self._main, *self._others]
        for line in lines:
            line.hang_up_all()
        self._until(lambda: all(line.is_empty for line in lines), SETTLE)
        self._main.line.unregister()
        self._until(lambda: self._used() == 0, 2.0)
        return self._used()

    # What is looked at

    def _seen_fill(self, line: FilledLine) -> SeenFill:
        tried = [line.call(None) for _ in range(TRIED_BEYOND)]
        self._until(lambda: all(call.decided for call in tried), SETTLE)
        filling = line.calls[: line.channels]
        return SeenFill(
            profile=line.name,
            channels=line.channels,
            admitted=sum(call.up for call in filling),
            tried_beyond=len(tried),
            refused_beyond=sum(not call.up for call in tried),
            statuses=_statuses(call for call in filling if not call.up),
        )

    def _records(self) -> dict[str, int]:
        lines = [self._main, *self._others]
        admitted = [call.call_id for line in lines for call in line.calls if call.was_up]
        found = Counter(str(record["call_id"]) for record in self._control.records(last=10 * len(admitted)))
        return {call_id: found[call_id] for call_id in admitted}

    def _doubts(self) -> list[str]:
        doubts = []
        if self._worst_lag > LONGEST_LAG:
            doubts.append(f"the generator was held up for {self._worst_lag:.2f} s; give it a free core")
        lost = receive_buffer_errors()
        if lost is not None and self._lost_before is not None and lost > self._lost_before:
            count = lost - self._lost_before
            doubts.append(f"receive buffers of this machine lost {count} packets; raise net.core.rmem_max")
        return doubts

    def _used(self) -> int:
        try:
            return int(self._control.profile(self._main.name)["channels_used"])
        except ControlError:
            return -1

    # Time

    def _now(self) -> float:
        return self._generator.clock()

    def _wait(self, seconds: float) -> None:
        self._worst_lag = max(self._worst_lag, self._generator.loop_lag)
        self._sleep(seconds)

    def _until(self, holds: Callable[[], bool], timeout: float) -> bool:
        until = self._now() + timeout
        while not holds():
            if self._now() > until:
                return False
            self._wait(0.02)
        return True

    def _profile(self, username: str) -> Profile:
        return next(each for each in self._target.profiles if each.sip_username == username)


def _statuses(calls: Iterable[TonedCall]) -> dict[str, int]:
    counts = Counter(str(call.attempt.status or "none") for call in calls)
    return dict(sorted(counts.items()))
