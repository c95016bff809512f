"""`/metrics` of several workers as those of one trunk: counts are added up, what all know is taken once."""

from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

SHARED = frozenset(
    {
        "trunk_bindings",
        "trunk_channels_used",
        "trunk_credit_available",
        "trunk_loop_lag_seconds",
        "trunk_loop_lag_worst_seconds",
    }
)
"""Each worker knows the whole; of the loops' lags the worst counts."""

Labels = tuple[tuple[str, str], ...]


class _Merged(Collector):
    """Metrics of several processes."""

    def __init__(self, texts: Iterable[bytes], alive: int) -> None:
        self._alive = alive
        self._kinds: dict[str, tuple[str, str]] = {}
        self._values: dict[str, dict[Labels, float]] = {}
        for text in texts:
            for family in text_string_to_metric_families(text.decode()):
                self._add(family)

    def _add(self, family: Metric) -> None:
        self._kinds.setdefault(family.name, (family.type, family.documentation))
        values = self._values.setdefault(family.name, {})
        for sample in family.samples:
            if sample.name.endswith("_created"):
                continue
            labels = tuple(sample.labels.items())
            if family.name in SHARED:
                values[labels] = max(values.get(labels, 0.0), sample.value)
            else:
                values[labels] = values.get(labels, 0.0) + sample.value

    def collect(self) -> Iterator[Metric]:
        """All of them, and how many workers there are."""
        for name, values in self._values.items():
            kind, words = self._kinds[name]
            make = CounterMetricFamily if kind == "counter" else GaugeMetricFamily
            keys = next((tuple(key for key, _ in labels) for labels in values), ())
            metric = make(name, words, labels=keys)
            for labels, value in values.items():
                metric.add_metric([text for _, text in labels], value)
            yield metric
        yield GaugeMetricFamily("trunk_workers", "Processes that serve now", self._alive)


def merged_metrics(texts: Iterable[bytes], alive: int) -> bytes:
    """The exposition text of a trunk whose workers gave `texts`."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Merged(texts, alive))
    return generate_latest(registry)
