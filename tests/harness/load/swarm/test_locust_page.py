"""Our figures while a load runs: the page in Locust's web UI, and what Prometheus reads."""

import json
import urllib.error
import urllib.request
from pathlib import Path

from harness.drivers.free_port import free_port
from harness.load.load_settings import LoadSettings
from tests.harness.load.load_run import PATIENCE, load_run, target_of
from tests.harness.load.trunk_fixtures import trunk as trunk
from tests.interop.trunk_process import TrunkProcess
from tests.interop.waiting import wait_for


def fetched(address: str) -> str:
    """What is served there; empty while nothing is."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://{address}", timeout=PATIENCE) as answer:
            return str(answer.read().decode())
    except (urllib.error.URLError, OSError):
        return ""


def test_figures_are_served_for_prometheus_while_the_load_runs(trunk: TrunkProcess, tmp_path: Path) -> None:
    address = f"127.0.0.1:{free_port()}"
    options = {"rate": 10.0, "duration": 90.0, "hold": 0.2, "metrics_address": address}
    with load_run(LoadSettings.made_of(target_of(trunk), options), tmp_path) as run:
        run.wait_progress("attempts", 5)
        text = fetched(f"{address}/metrics")
        run.interrupt()
        run.result()
    assert "sip_load_concurrent_calls" in text
    assert 'kind="call"' in text


def test_the_page_shows_the_figures_of_a_running_load(trunk: TrunkProcess, tmp_path: Path) -> None:
    address = f"127.0.0.1:{free_port()}"
    settings = LoadSettings.made_of(target_of(trunk), {"rate": 10.0, "duration": 90.0, "hold": 0.2})
    port = address.rpartition(":")[2]
    web = ("--autostart", "--web-host", "127.0.0.1", "--web-port", port)
    with load_run(settings, tmp_path, *web, headless=False) as run:
        run.wait_progress("attempts", 5)
        page = wait_for("the page", lambda: fetched(f"{address}/sip"), PATIENCE)
        shown = json.loads(fetched(f"{address}/sip/figures.json"))
        table = fetched(f"{address}/sip/figures.csv")
        run.interrupt()
        next(event for event in run.events() if event["event"] == "end")
        run.interrupt()  # the first ends the load, the second the web UI
        run.result()
    assert "<html" in page.lower()
    assert shown["running"]
    assert shown["now"]["attempts"] >= 5
    assert "SRD" in [each["name"] for each in shown["metrics"]]
    assert table.startswith("kind,outcome,count")
    assert "call,200," in table
