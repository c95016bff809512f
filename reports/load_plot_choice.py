"""Which plots a load run's page shows, and with which curves.

Drawing them is `load_plots`' work; the words around them stand here.
"""

from collections.abc import Iterator, Sequence

from harness.results import LimitSearch, LoadResult, MediaResult, SearchStep, Series
from reports.load_plots import Column, Curve, Plot, Scale, column_plot, line_plot, stacked_plot
from reports.outcome_words import named_code

MOS_SCALE = Scale(1.0, 4.5, (1.0, 2.0, 3.0, 4.0))
MOST_LAYERS = 7
"""More outcomes than these are drawn as one layer ``others``."""


def plots_of(result: LoadResult) -> list[Plot]:
    """The plots, in the page's order; none for a run in which nothing happened."""
    if not result.series.length:
        return []
    return [
        *_rates(result.series),
        *_concurrent(result),
        *_latencies(result.series),
        *_outcomes(result.series),
        *_retransmissions(result.series),
        *_voice(result),
    ]


def search_plot(search: LimitSearch) -> Plot:
    """The rates that were tried, in their order."""
    found = search.rate_found
    return column_plot(
        "Rates that were tried",
        "Each column is one step of the search: green was taken without a failure, red was not.",
        "attempts/s",
        [
            Column(str(number), step.rate, _step_style(step), _step_words(number, step))
            for number, step in enumerate(search.steps, 1)
        ],
        limit=("rate found", found) if found is not None else None,
        key=[("q-good", "taken"), ("q-bad", "failed"), ("q-fair", "says nothing")],
    )


def _step_style(step: SearchStep) -> str:
    return "q-fair" if step.void else "q-good" if step.passed else "q-bad"


def _step_words(number: int, step: SearchStep) -> str:
    outcome = (
        f"void: {step.void}" if step.void else f"{step.failures} failed" if step.failures else "none failed"
    )
    return f"step {number}: {step.rate:g} attempts/s, {step.attempts:,} attempts, {outcome}"


def _rates(series: Series) -> Iterator[Plot]:
    """Calls in one plot, all that is not a call in another."""
    calls = [kind for kind in series.offered if kind == "call"]
    others = [kind for kind in series.offered if kind not in ("call", "answer")]
    for title, kinds in (("Calls per second", calls), ("Other requests per second", others)):
        if not kinds:
            continue
        offered = _added([series.offered[kind] for kind in kinds])
        achieved = _added([series.achieved[kind] for kind in kinds])
        name = "" if kinds == ["call"] else f" ({', '.join(kinds)})"
        yield line_plot(
            title,
            "Offered is what the schedule wanted, achieved what really started: the lines should be one.",
            "per second",
            [Curve(f"offered{name}", offered, "c2"), Curve(f"achieved{name}", achieved, "c1")],
            step_s=series.step_s,
        )


def _added(lists: Sequence[Sequence[float]]) -> list[float]:
    return [sum(values) for values in zip(*lists, strict=True)]


def _concurrent(result: LoadResult) -> Iterator[Plot]:
    if not any(result.series.concurrent):
        return
    limit = result.channel_limit
    yield line_plot(
        "Calls at once",
        "Answered calls that had not ended yet.",
        "calls",
        [Curve("calls at once", result.series.concurrent, "c1", highest_of_stretch=True)],
        step_s=result.series.step_s,
        limit=(f"channel limit {limit:,}", float(limit)) if limit is not None else None,
    )


def _latencies(series: Series) -> Iterator[Plot]:
    for kind, spread in series.latency_ms.items():
        if kind == "answer" or not any(value is not None for value in spread["p50"]):
            continue
        yield line_plot(
            "Time to the first response" if kind == "call" else f"Time to the response: {kind}",
            "From the time the schedule wanted it to start. p90: nine of ten were faster; "
            "p99: ninety-nine of a hundred.",
            "ms",
            [
                Curve(name, spread[name], style, highest_of_stretch=True)
                for name, style in (("p99", "c4"), ("p90", "c3"), ("p50", "c1"))
            ],
            step_s=series.step_s,
        )


def _outcomes(series: Series) -> Iterator[Plot]:
    totals = {code: sum(values) for code, values in series.codes.items()}
    frequent = sorted(totals, key=lambda code: -totals[code])
    shown, rest = frequent[:MOST_LAYERS], frequent[MOST_LAYERS:]
    curves = [
        Curve(named_code(code), series.codes[code], style)
        for code, style in zip(shown, _styles(shown), strict=True)
    ]
    if rest:
        curves.append(Curve("others", _added([series.codes[code] for code in rest]), "c8"))
    yield stacked_plot(
        "Outcomes",
        "How attempts ended, by final status; words stand for attempts that got none.",
        "per second",
        curves,
        step_s=series.step_s,
    )


def _styles(codes: Sequence[str]) -> Iterator[str]:
    """Green is kept for what went well; the others follow in turn."""
    others = iter(["c4", "c3", "c5", "c6", "c7", "c2", "c1", "c8"])
    for code in codes:
        yield "q-good" if code == "200" else next(others)


def _retransmissions(series: Series) -> Iterator[Plot]:
    if not any(series.retransmissions) and not any(series.failed):
        return
    yield line_plot(
        "Trouble",
        "Requests that had to be sent again because no answer came in time, and attempts that failed.",
        "per second",
        [Curve("sent again", series.retransmissions, "c3"), Curve("failed", series.failed, "c4")],
        step_s=series.step_s,
    )


def _voice(result: LoadResult) -> Iterator[Plot]:
    series, media = result.series, result.media
    if media is None:
        return
    yield line_plot(
        "Voice quality over time",
        "MOS of the calls that ended: 4.4 is the best a telephone line can be, below 3.6 people complain.",
        "MOS",
        [Curve("mean", series.mos_mean, "c1"), Curve("lowest", series.mos_lowest, "c4")],
        step_s=series.step_s,
        scale=MOS_SCALE,
    )
    yield column_plot(
        "Voice quality of all calls",
        "How many calls had which MOS.",
        "calls",
        list(_mos_columns(media)),
        key=[("q-good", "good: 4.0 and more"), ("q-fair", "fair"), ("q-bad", "bad: below 3.1")],
    )


def _mos_columns(media: MediaResult) -> Iterator[Column]:
    for tenth in range(10, 46):
        label = f"{tenth / 10:.1f}"
        count = media.distribution.get(label, 0)
        style = "q-good" if tenth >= 40 else "q-fair" if tenth >= 31 else "q-bad"
        yield Column(label, count, style, f"MOS {label}: {count:,} calls")
