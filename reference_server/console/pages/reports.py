"""Reports by day: calls, minutes, cost and bundle minutes, as plots and a table."""

import datetime as dt

from starlette.responses import Response
from starlette.routing import Route

from reference_server.console.form import day_asked
from reference_server.console.gate import Gate
from reference_server.console.pages.records import download
from reference_server.console.plots import Bar, day_plot
from reference_server.console.visit import Visit
from reference_server.ledger.money import UNIT
from reference_server.manager.problem import Problem
from reference_server.manager.reports import DayView

DAYS = 30
"""Shown when no days are asked for."""


def reports_routes(gate: Gate) -> list[Route]:
    """The page and its export."""
    return [gate.page("/reports", _show), gate.page("/reports/days.csv", _days_csv)]


async def _show(visit: Visit) -> Response:
    today = visit.manager.reports.today()
    since, until, days = today - dt.timedelta(days=DAYS - 1), today, list[DayView]()
    try:
        since, until = _asked(visit)
        days = visit.manager.reports.by_day(since, until, visit.asked("profile") or None)
    except Problem as problem:
        visit.problem = problem
    money = visit.rendering.money
    minutes = [
        Bar(_name(one), one.seconds / 60, f"{_name(one)}: {one.seconds // 60} minutes") for one in days
    ]
    costs = [Bar(_name(one), one.cost / UNIT, f"{_name(one)}: {money(one.cost)}") for one in days]
    talked, cost = sum(one.seconds for one in days), sum(one.cost for one in days)
    return visit.page(
        "reports.html.j2",
        title="Reports by day",
        days=days,
        since=since,
        until=until,
        profile=visit.asked("profile"),
        profiles=visit.manager.profiles.all(),
        query=visit.request.url.query,
        talked=talked,
        cost=cost,
        minutes_plot=day_plot(minutes, f"Minutes talked by day: {talked // 60} in all") if talked else "",
        cost_plot=day_plot(costs, f"Cost by day: {money(cost)} in all", "c2") if cost else "",
    )


async def _days_csv(visit: Visit) -> Response:
    since, until = _asked(visit)
    lines = visit.manager.reports.days_csv(since, until, visit.asked("profile") or None)
    return download(lines, "days.csv", "text/csv; charset=utf-8")


def _asked(visit: Visit) -> tuple[dt.date, dt.date]:
    """First and last day. Raises `Problem` 422."""
    until = day_asked(visit.asked("until"), "until") or visit.manager.reports.today()
    return day_asked(visit.asked("since"), "since") or until - dt.timedelta(days=DAYS - 1), until


def _name(day: DayView) -> str:
    return f"{day.day:%-d %b}"
