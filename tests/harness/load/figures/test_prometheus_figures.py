"""What Prometheus scrapes while a load runs."""

from collections.abc import Callable
from typing import Any

from harness.load.figures.figures import Figures
from harness.load.figures.prometheus_figures import metrics_application
from tests.harness.load.attempts import call, heard


def scraped(application: Any) -> str:
    def start_response(status: str, headers: list[tuple[str, str]]) -> Callable[[bytes], None]:
        assert status == "200 OK"
        return lambda _: None

    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/metrics", "QUERY_STRING": ""}
    return b"".join(application(environ, start_response)).decode()


def test_each_scrape_shows_the_figures_as_they_are() -> None:
    figures = Figures()
    application = metrics_application(lambda: figures, lambda: {"concurrent_calls": 7.0})
    assert "sip_load_concurrent_calls 7.0" in scraped(application)
    figures.add(call(media=heard(4.4)))
    figures.add(call(status=486, retransmissions=3))
    text = scraped(application)
    assert 'sip_load_attempts_total{code="200",kind="call"} 1.0' in text
    assert 'sip_load_failed_total{kind="call"} 1.0' in text
    assert 'sip_load_retransmissions_total{kind="call"} 3.0' in text
    assert 'sip_load_rfc6076_percent{metric="SER"} 50.0' in text
    assert 'sip_load_mos{statistic="lowest"} 4.4' in text
    assert 'sip_load_latency_seconds_count{code="486",kind="call"} 1.0' in text
    assert 'quantile="0.99"' in text


def test_an_undefined_ratio_is_not_exposed() -> None:
    assert "sip_load_rfc6076_percent{" not in scraped(metrics_application(Figures))
