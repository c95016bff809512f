"""`/metrics` of the trunk: counts that the parts keep anyway, read when somebody scrapes.

Nothing is counted here, so the path of a message pays nothing; only the loop's lag is told by `server`.
"""

from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from reference_server.ledger.money import UNIT
from reference_server.trunk import Trunk


class TrunkCollector(Collector):
    """Reads a trunk's counts."""

    def __init__(self, trunk: Trunk, clock: Callable[[], float]) -> None:
        self._trunk = trunk
        self._clock = clock
        self.loop_lag = 0.0
        """Seconds by which the loop was late when it last looked."""
        self.worst_loop_lag = 0.0

    def note_lag(self, seconds: float) -> None:
        """Takes one measurement of the loop's lag."""
        self.loop_lag = seconds
        self.worst_loop_lag = max(self.worst_loop_lag, seconds)

    def collect(self) -> Iterator[Metric]:
        """All metrics."""
        yield from self._registrations()
        yield from self._calls()
        yield self._channels()
        yield from self._credit()
        yield from self._answers()
        yield GaugeMetricFamily(
            "trunk_loop_lag_seconds", "Lateness of the event loop, last seen", self.loop_lag
        )
        yield GaugeMetricFamily(
            "trunk_loop_lag_worst_seconds", "Lateness of the event loop, worst", self.worst_loop_lag
        )

    def _registrations(self) -> Iterator[Metric]:
        parts, now = self._trunk.parts, self._clock()
        bindings = sum(len(parts.registrar.bindings(profile, now)) for profile in parts.profiles.all())
        yield GaugeMetricFamily("trunk_bindings", "Contacts that are bound now", bindings)
        yield CounterMetricFamily(
            "trunk_registrations", "REGISTER requests answered with 200", parts.registrar.registrations
        )

    def _calls(self) -> Iterator[Metric]:
        ended = CounterMetricFamily(
            "trunk_calls", "Calls that ended, by outcome", labels=["direction", "outcome"]
        )
        for (direction, outcome), count in self._trunk.parts.calls.outcomes.items():
            ended.add_metric([direction, outcome], count)
        yield ended
        yield GaugeMetricFamily("trunk_calls_now", "Calls that hold a channel", self._trunk.parts.calls.count)

    def _channels(self) -> Metric:
        used = GaugeMetricFamily("trunk_channels_used", "Channels in use", labels=["sip_username"])
        for profile in self._trunk.parts.profiles.all():
            used.add_metric([profile.username], self._trunk.parts.channels.used(profile))
        return used

    def _credit(self) -> Iterator[Metric]:
        available = GaugeMetricFamily(
            "trunk_credit_available", "Credit that calls can still spend", labels=["sip_username"]
        )
        for profile in self._trunk.parts.profiles.all():
            available.add_metric([profile.username], self._trunk.credit.available(profile.username) / UNIT)
        yield available
        yield CounterMetricFamily(
            "trunk_calls_out_of_credit",
            "Calls that ended because credit was used up",
            self._trunk.parts.metering.ended,
        )

    def _answers(self) -> Iterator[Metric]:
        responses = CounterMetricFamily("trunk_responses", "Responses sent, by status", labels=["code"])
        for code, count in self._trunk.responses.items():
            responses.add_metric([code.decode("ascii", "replace")], count)
        yield responses
        refused = CounterMetricFamily("trunk_refusals", "Requests refused, by rule", labels=["rule"])
        for rule, count in self._trunk.parts.dispatch.refused.items():
            refused.add_metric([rule], count)
        yield refused
        yield CounterMetricFamily(
            "trunk_failed_commits", "Commits that the database refused", self._trunk.failed_commits
        )


class Metrics:
    """A registry of the trunk's own."""

    def __init__(self, trunk: Trunk, clock: Callable[[], float]) -> None:
        self.collector = TrunkCollector(trunk, clock)
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self.collector)

    def text(self) -> bytes:
        """The exposition text."""
        return generate_latest(self._registry)
