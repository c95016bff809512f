"""Our figures in Locust's web UI: a page of their own at /sip, as CSV, JSON and for Prometheus.

Imports Locust (its web UI is a Flask application, which takes blueprints). The page draws itself from JSON
once a second and loads nothing from elsewhere, so it works offline.
"""

import csv
import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import gevent
from flask import Blueprint, Response, jsonify
from gevent.pywsgi import WSGIServer
from locust.web import WebUI

from harness.load.figures.figures import Figures
from harness.load.figures.prometheus_figures import metrics_application
from harness.load.figures.rfc6076 import metrics_of
from harness.load.outcome.run_outcome import latencies_of, series_of
from harness.load.swarm.load_gathering import LoadGathering
from harness.load.swarm.locust_page_text import PAGE

if TYPE_CHECKING:
    from harness.load.swarm.locust_node import LoadNode

POINTS = 600
"""Points of a plot: the last ten minutes at one a second."""
CSV_COLUMNS = ("kind", "outcome", "count", "mean_ms", "p50_ms", "p90_ms", "p99_ms", "p99_9_ms", "max_ms")


def add_page(web_ui: WebUI, node: "LoadNode") -> None:
    """Adds the routes; called before the web UI starts."""
    blueprint = Blueprint("sip", __name__, url_prefix="/sip")

    def page() -> str:
        return PAGE

    def figures_json() -> Response:
        return jsonify(shown(node.gathering))

    def figures_csv() -> Response:
        return Response("".join(csv_lines(node.gathering)), mimetype="text/csv")

    blueprint.add_url_rule("", view_func=page)
    blueprint.add_url_rule("/figures.json", view_func=figures_json)
    blueprint.add_url_rule("/figures.csv", view_func=figures_csv)
    assert web_ui.app is not None
    web_ui.app.register_blueprint(blueprint)


def shown(gathering: LoadGathering | None) -> dict[str, Any]:
    """What the page shows."""
    if gathering is None:
        return {"running": False}
    series = series_of(gathering.figures)
    calls = series.latency_ms.get("call") or next(iter(series.latency_ms.values()), {})
    return {
        "running": True,
        "title": gathering.settings.in_words(),
        "now": gathering.progress(),
        "metrics": [
            {"name": each.name, "title": each.title, "unit": each.unit, "value": each.value, "p99": each.p99}
            for each in metrics_of(gathering.figures)
        ],
        "latencies": [each.model_dump() for each in latencies_of(gathering.figures)],
        "plots": [
            _plot("attempts started a second", {kind: series.achieved[kind] for kind in series.achieved}),
            _plot("calls up", {"answered": list(series.concurrent)}),
            _plot("outcomes a second", dict(series.codes)),
            _plot("from the intended start to the first response, ms", dict(calls)),
            _plot("MOS", {"mean": series.mos_mean, "lowest": series.mos_lowest}),
        ],
    }


def csv_lines(gathering: LoadGathering | None) -> Iterator[str]:
    """Latencies by kind and outcome."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(CSV_COLUMNS)
    for each in latencies_of(gathering.figures) if gathering is not None else []:
        row = each.model_dump()
        writer.writerow(
            [row[key] for key in ("kind", "code", "count", "mean", "p50", "p90", "p99", "p99_9", "max")]
        )
    yield text.getvalue()


def serve_metrics(address: str, node: "LoadNode") -> WSGIServer:
    """Serves the running figures for Prometheus at HOST:PORT, from a greenlet. Raises OSError."""

    def figures() -> Figures:
        return node.gathering.figures if node.gathering is not None else Figures()

    def gauges() -> dict[str, float]:
        if node.gathering is None:
            return {}
        return {
            "concurrent_calls": float(node.gathering.total("concurrent")),
            "in_progress_calls": float(node.gathering.total("in_progress")),
            "workers": float(len(node.gathering.workers) - len(node.gathering.lost)),
        }

    host, _, port = address.rpartition(":")
    server = WSGIServer((host or "127.0.0.1", int(port)), metrics_application(figures, gauges), log=None)
    server.start()
    gevent.sleep(0)
    return server


def _plot(title: str, lines: dict[str, list[Any]]) -> dict[str, Any]:
    return {"title": title, "lines": {name: list(values)[-POINTS:] for name, values in lines.items()}}
