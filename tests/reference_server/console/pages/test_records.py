"""Call records: filters, export; reports by day."""

import csv
import io

import pytest

from reference_server.store.rows import COMMUNITY, RecordRow
from tests.reference_server.console.console_play import ConsolePlay
from tests.reference_server.manager.managed_trunk import ADA, MOBILE, US


@pytest.fixture
def play() -> ConsolePlay:
    """A profile that called a mobile yesterday and the US today."""
    made = ConsolePlay()
    path = made.profile(channels=4, bundles=1)
    username = path.rpartition("/")[2]
    made.world.manager.credit.add_credit(ADA, username, 20_000_000, "k")
    made.world.talk(username, MOBILE, 65)
    made.world.pass_days(1)
    made.sign_in("ada")
    made.world.talk(username, US, 60)
    made.world.store.commit(made.world.now)
    return made


def test_records_show_cost_and_bundle(play: ConsolePlay) -> None:
    text = play.get("/records").text
    assert MOBILE in text
    assert "1:00 from the US bundle" in text


@pytest.mark.parametrize(
    ("query", "seen", "unseen"),
    [
        ("number=4477", MOBILE, US),
        ("since=2026-01-11", US, MOBILE),
        ("until=2026-01-10", MOBILE, US),
        ("direction=inbound", "No call fits", MOBILE),
        ("answered=no", "No call fits", US),
    ],
)
def test_filters_leave_out_the_rest(play: ConsolePlay, query: str, seen: str, unseen: str) -> None:
    text = play.get(f"/records?{query}").text.partition("<tbody>")[2]
    assert seen in text
    assert unseen not in text


@pytest.fixture
def community(play: ConsolePlay) -> ConsolePlay:
    """One account called another today."""
    now = play.world.now
    names = ("ann.example", COMMUNITY, "ann.example", "bob.example")
    play.world.store.add_record(
        RecordRow("c1", *names, now - 61, now - 60, now, 200, "BYE", "caller", "", key="ann1")
    )
    play.world.store.commit(now)
    return play


def test_a_call_between_accounts_is_shown_as_one(community: ConsolePlay) -> None:
    text = community.get("/records?direction=community").text.partition("<tbody>")[2]
    assert "Business account" in text
    assert "bob.example" in text
    assert "between accounts" in text
    assert MOBILE not in text
    assert "bob.example" not in community.get("/records?direction=outbound").text.partition("<tbody>")[2]


def test_a_call_between_accounts_is_exported_with_its_kind(community: ConsolePlay) -> None:
    (row,) = csv.DictReader(io.StringIO(community.get("/records/calls.csv?direction=community").text))
    assert (row["direction"], row["profile"], row["cost"]) == ("community", "ann.example", "0.00")
    (record,) = community.get("/records/calls.json?direction=community").json()
    assert (record["direction"], record["seconds"]) == ("community", 60)


def test_calls_between_accounts_count_for_no_profile(community: ConsolePlay) -> None:
    text = community.get("/reports?since=2026-01-09&until=2026-01-11").text
    assert "Minutes talked by day: 2 in all" in text


def test_a_wrong_day_says_what_to_write(play: ConsolePlay) -> None:
    answer = play.get("/records?since=tomorrow")
    assert answer.status_code == 422
    assert "write a day as 2026-11-23" in answer.text


def test_exports_have_the_filtered_records(play: ConsolePlay) -> None:
    rows = list(csv.DictReader(io.StringIO(play.get("/records/calls.csv?number=4477").text)))
    assert [row["number"].lstrip("'") for row in rows] == [MOBILE]
    assert [record["number"] for record in play.get("/records/calls.json?number=1212").json()] == [US]
    answer = play.get("/records/history.csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="history.csv"'


def test_reports_add_up_days_and_draw_them(play: ConsolePlay) -> None:
    text = play.get("/reports?since=2026-01-09&until=2026-01-11").text
    assert "Minutes talked by day: 2 in all" in text
    assert "Sun, 11 Jan 2026" in text
    assert "Fri, 9 Jan 2026" not in text.partition("<tbody>")[2]
    assert play.get("/reports?since=2020-01-01&until=2026-01-11").status_code == 422
    assert "2026-01-10" in play.get("/reports/days.csv?since=2026-01-09&until=2026-01-11").text
