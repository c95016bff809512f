"""The running figures for Prometheus, read anew at each scrape.

A collector around a function that gives the current `Figures`, and a WSGI application that serves it alone:
no process-wide registry, no thread of its own. Whoever runs the load serves it.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from prometheus_client import CollectorRegistry, make_wsgi_app
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    Metric,
    SummaryMetricFamily,
)
from prometheus_client.registry import Collector

from harness.load.figures.figures import Figures
from harness.load.figures.histogram import Histogram
from harness.load.figures.rfc6076 import metrics_of

QUANTILES = (0.5, 0.9, 0.99, 0.999)


class FiguresCollector(Collector):
    """What Prometheus sees of a run."""

    def __init__(
        self, figures: Callable[[], Figures], gauges: Callable[[], dict[str, float]] | None = None
    ) -> None:
        """`gauges` gives what only the generator knows: ``concurrent_calls``, ``loop_lag_seconds``."""
        self._figures = figures
        self._gauges = gauges

    def collect(self) -> Iterable[Metric]:
        """All metrics, as they are now."""
        figures = self._figures()
        yield from _counters(figures)
        yield _latencies(figures)
        yield _ratios(figures)
        yield from _media(figures)
        for name, value in (self._gauges() if self._gauges else {}).items():
            gauge = GaugeMetricFamily(f"sip_load_{name}", "As the generator says now")
            gauge.add_metric([], value)
            yield gauge


def metrics_application(
    figures: Callable[[], Figures], gauges: Callable[[], dict[str, float]] | None = None
) -> Any:
    """A WSGI application that answers every path with the metrics."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(FiguresCollector(figures, gauges))
    return make_wsgi_app(registry)


def _counters(figures: Figures) -> Iterator[Metric]:
    attempts = CounterMetricFamily("sip_load_attempts", "Finished attempts", labels=["kind", "code"])
    failed = CounterMetricFamily("sip_load_failed", "Attempts that failed", labels=["kind"])
    again = CounterMetricFamily("sip_load_retransmissions", "Requests sent again", labels=["kind"])
    for name, kind in sorted(figures.kinds.items()):
        for code, count in sorted(kind.codes.items()):
            attempts.add_metric([name, code], count)
        failed.add_metric([name], kind.failed)
        again.add_metric([name], kind.retransmissions)
    yield from (attempts, failed, again)


def _latencies(figures: Figures) -> Metric:
    """Quantiles since the start; `SummaryMetricFamily` itself writes none, so they are added as samples."""
    family = SummaryMetricFamily(
        "sip_load_latency_seconds", "From the intended start to the response", labels=["kind", "code"]
    )
    for name, kind in sorted(figures.kinds.items()):
        for code, spread in sorted(kind.latency.items()):
            _add_summary(family, {"kind": name, "code": code}, spread)
    return family


def _add_summary(family: SummaryMetricFamily, labels: dict[str, str], spread: Histogram) -> None:
    for quantile in QUANTILES:
        value = spread.percentile(quantile * 100) or 0.0
        family.add_sample("sip_load_latency_seconds", {**labels, "quantile": str(quantile)}, value)
    count = spread.count
    family.add_sample("sip_load_latency_seconds_count", labels, count)
    family.add_sample("sip_load_latency_seconds_sum", labels, (spread.mean or 0.0) * count)


def _ratios(figures: Figures) -> Metric:
    """Ratios that are undefined are left out."""
    family = GaugeMetricFamily("sip_load_rfc6076_percent", "Ratios of RFC 6076", labels=["metric"])
    for metric in metrics_of(figures):
        if metric.unit == "%" and metric.value is not None:
            family.add_metric([metric.name], metric.value)
    return family


def _media(figures: Figures) -> Iterator[Metric]:
    media = figures.media
    if not media.calls:
        return
    mos = GaugeMetricFamily("sip_load_mos", "MOS of finished calls (ITU-T G.107)", labels=["statistic"])
    mos.add_metric(["mean"], media.mos_mean or 0.0)
    mos.add_metric(["lowest"], media.mos_lowest or 0.0)
    yield mos
    packets = CounterMetricFamily(
        "sip_load_audio_packets", "Audio packets of finished calls", labels=["fate"]
    )
    for fate in ("sent", "received", "lost", "late", "foreign", "unknown"):
        packets.add_metric([fate], getattr(media, fate))
    yield packets
