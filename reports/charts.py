"""The small drawings of the report that people would rather look at than read.

Stacked bars of verdicts and the skyline of scenario durations, as inline SVG whose colours come from the
page. Ladders are `ladder_svg`'s work.
"""

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from harness.results import ScenarioResult, Verdict

_BAR_WIDTH, _BAR_HEIGHT = 240, 10
_SKYLINE_WIDTH, _SKYLINE_HEIGHT = 960, 76

BAR_ORDER = (
    Verdict.FAIL,
    Verdict.ERROR,
    Verdict.INCONCLUSIVE,
    Verdict.PASS,
    Verdict.NOT_APPLICABLE,
    Verdict.NOT_COVERED,
)
"""Bad news first, so that it stands in the same place of each bar."""


def verdict_bar(counts: Mapping[Verdict, int]) -> Markup:
    """One stacked bar, its whole width shared by the verdicts of `counts`."""
    total = sum(counts.values())
    if not total:
        return Markup("")
    parts, x = [], 0.0
    for verdict in BAR_ORDER:
        width = _BAR_WIDTH * counts.get(verdict, 0) / total
        if width:
            parts.append(
                Markup('<rect class="fill-{}" x="{:.1f}" y="0" width="{:.1f}" height="{}"/>').format(
                    verdict.value, x, max(width - 1, 1), _BAR_HEIGHT
                )
            )
        x += width
    words = ", ".join(f"{counts[verdict]} {verdict.words}" for verdict in BAR_ORDER if counts.get(verdict, 0))
    return Markup(
        '<svg class="bar" role="img" aria-label="{}" viewBox="0 0 {} {}" preserveAspectRatio="none">'
        "<title>{}</title>{}</svg>"
    ).format(words, _BAR_WIDTH, _BAR_HEIGHT, words, Markup("").join(parts))


def duration_skyline(scenarios: Sequence[ScenarioResult], anchors: Mapping[str, str]) -> Markup:
    """One bar for each scenario in the order they ran, as high as the square root of its duration.

    The root keeps short scenarios visible beside one that waits half a minute. `anchors` gives the place
    on the page that a bar leads to.
    """
    if not scenarios:
        return Markup("")
    longest = max(scenario.duration_s for scenario in scenarios) or 1.0
    pitch = min(28.0, _SKYLINE_WIDTH / len(scenarios))
    bars = Markup("").join(
        _skyline_bar(scenario, number * pitch, pitch, longest, anchors.get(scenario.name, ""))
        for number, scenario in enumerate(scenarios)
    )
    return Markup(
        '<svg class="skyline" role="img" aria-label="Durations of {} scenarios, the longest {:.1f} s" '
        'viewBox="0 0 {} {}" preserveAspectRatio="none">{}</svg>'
    ).format(len(scenarios), longest, _SKYLINE_WIDTH, _SKYLINE_HEIGHT, bars)


def _skyline_bar(scenario: ScenarioResult, x: float, pitch: float, longest: float, anchor: str) -> Markup:
    share = max(scenario.duration_s, 0.0) / longest
    height = max(2.0, (_SKYLINE_HEIGHT - 4) * share**0.5)
    return Markup(
        '<a href="#{}" tabindex="-1"><title>{} — {:.2f} s</title>'
        '<rect class="fill-{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" rx="1"/></a>'
    ).format(
        anchor,
        scenario.title or scenario.name,
        scenario.duration_s,
        scenario.verdict.value,
        x,
        _SKYLINE_HEIGHT - height,
        max(pitch - 2, 1),
        height,
    )
