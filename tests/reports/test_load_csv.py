"""CSV of a load run."""

import csv
import io

from reports.load_csv import latencies_csv, series_csv, summary_csv
from tests.reports.load_factory import make_load, make_search


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_the_series_has_a_line_for_each_second() -> None:
    rows = read(series_csv(make_load(seconds=30)))
    assert len(rows) == 30
    assert rows[29]["second"] == "29"
    assert float(rows[29]["offered_call"]) == 20.0
    assert rows[0]["mos_mean"] == ""


def test_what_is_undefined_is_an_empty_cell() -> None:
    values = {row["figure"]: row["value"] for row in read(summary_csv(make_load(search=make_search())))}
    assert values["IRA"] == ""
    assert values["SER"] == "99.43"
    assert values["verdict"] == "pass"
    assert values["Session Establishment Rate (RFC 7502)"] == "180.0"


def test_latencies_have_a_line_for_each_outcome() -> None:
    rows = read(latencies_csv(make_load()))
    assert [(row["outcome"], row["p99_ms"]) for row in rows] == [("200", "31.0"), ("503", "5.5")]


def test_a_target_cannot_put_a_formula_into_a_spreadsheet() -> None:
    run = make_load()
    row = run.latencies[0].model_copy(update={"code": '=HYPERLINK("http://192.0.2.1")'})
    text = latencies_csv(run.model_copy(update={"latencies": [row]}))
    assert read(text)[0]["outcome"].startswith("'=")
