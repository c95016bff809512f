"""Ladder steps as an inline SVG: lifelines, arrows with their times, the deciding message in red.

Colours and fonts come from the page's style sheet, through classes; the text of messages is shown by `html`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from harness.results import LadderStep

_LEFT, _RIGHT, _TOP, _ROW = 66, 56, 46, 31  # pixels at full size
_GAPS = {1: 0, 2: 520, 3: 330}
_NARROW_GAP = 260
_CHARACTER = 6.7  # pixels of an average character at the label's size
_AROUND_MARKED = 3  # steps kept on either side of a marked one when a ladder is cut short

_CSEQ_METHOD = re.compile(r"^CSeq[ \t]*:\s*\d+[ \t]+(\S+)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class _Plan:
    """Where everything stands."""

    lifelines: tuple[str, ...]
    gap: int
    begin: float
    """Time of the first step, in seconds since the epoch."""

    @property
    def width(self) -> int:
        return _LEFT + _RIGHT + self.gap * max(1, len(self.lifelines) - 1) + 54

    def place(self, name: str) -> int:
        return _LEFT + 30 + self.lifelines.index(name) * self.gap


def ladder_svg(steps: Sequence[LadderStep], *, limit: int, tooltips: bool) -> Markup:
    """The drawing of at most about `limit` steps; `tooltips` puts each message's text behind its arrow."""
    if not steps:
        return Markup("")
    kept = shown_steps(steps, limit)
    names = dict.fromkeys(
        name for step in steps if step.kind != "note" for name in (step.source, step.destination)
    )
    lifelines = tuple(names) or ("",)
    plan = _Plan(lifelines, _GAPS.get(len(lifelines), _NARROW_GAP), steps[0].time)
    height = _TOP + _ROW * len(kept) + 14
    rows = Markup("").join(
        _row(plan, step, _TOP + _ROW * number + 22, tooltips) for number, step in enumerate(kept)
    )
    summary = f"{len(steps)} steps between {', '.join(lifelines)}"
    return Markup(
        '<svg class="ladder" role="img" aria-label="Ladder: {}" viewBox="0 0 {} {}" style="max-width:{}px">'
        "{}{}</svg>"
    ).format(summary, plan.width, height, plan.width, _lifelines(plan, height), rows)


def shown_steps(steps: Sequence[LadderStep], limit: int) -> list[LadderStep]:
    """All of `steps`; of more than `limit` the first, the last and those around marked ones."""
    if len(steps) <= limit:
        return list(steps)
    marked = [place for place, step in enumerate(steps) if step.marked]
    near = {place + shift for place in marked[:5] for shift in range(-_AROUND_MARKED, _AROUND_MARKED + 1)}
    half = limit // 2
    kept = [
        place for place in range(len(steps)) if place < half or place >= len(steps) - half or place in near
    ]
    shown: list[LadderStep] = []
    expected = 0
    for place in kept:
        if place > expected:
            shown.append(_gap_note(steps[expected], place - expected))
        shown.append(steps[place])
        expected = place + 1
    return shown


def time_label(seconds: float) -> str:
    """A time since the first step, in seconds with milliseconds."""
    return f"{seconds:.3f}"


def response_method(step: LadderStep) -> str:
    """The method that a response answers, empty when the step is none or does not say."""
    if step.kind != "sip" or not step.label[:1].isdigit():
        return ""
    found = _CSEQ_METHOD.search(step.text)
    return found[1][:20] if found else ""


def _gap_note(step: LadderStep, count: int) -> LadderStep:
    label = f"{count} step{'s' if count != 1 else ''} left out here; the capture has them"
    return LadderStep(packet=0, time=step.time, source="", destination="", label=label, kind="note")


def _lifelines(plan: _Plan, height: int) -> Markup:
    parts = []
    for name in plan.lifelines:
        x = plan.place(name)
        shown = _shortened(name, max(18, int(plan.gap / _CHARACTER) - 2))
        parts.append(
            Markup('<text class="who" x="{}" y="22">{}</text><path class="life" d="M{} 32V{}"/>').format(
                x, shown, x, height - 6
            )
        )
    return Markup("").join(parts)


def _row(plan: _Plan, step: LadderStep, y: int, tooltips: bool) -> Markup:
    if step.kind == "note":
        return Markup('<text class="note" x="{}" y="{}">{}</text>').format(plan.width // 2, y, step.label)
    start, end = plan.place(step.source), plan.place(step.destination)
    span = abs(end - start) or 240
    text = _shortened(_label(step), max(12, int((span - 16) / _CHARACTER) - len(response_method(step))))
    middle = (start + end) / 2 if start != end else start + 130
    title = _tooltip(step) if tooltips else step.label
    return Markup(
        '<g class="{}"><title>{}</title>{}<text class="time" x="{}" y="{}">{}</text>'
        '<text class="label" x="{:g}" y="{}">{}{}</text>{}'
        '<text class="number" x="{}" y="{}">{}</text></g>'
    ).format(
        _classes(step),
        title,
        _marked_band(plan, step, y),
        _LEFT - 14,
        y + 4,
        time_label(step.time - plan.begin),
        middle,
        y - 5,
        text,
        _method_suffix(step),
        _arrow(step.kind, start, end, y),
        plan.width - 10,
        y + 4,
        f"#{step.packet}",
    )


def _label(step: LadderStep) -> str:
    return f"{step.label} × {step.count}" if step.count > 1 else step.label


def _method_suffix(step: LadderStep) -> Markup:
    method = response_method(step)
    return Markup('<tspan class="method"> {}</tspan>').format(method) if method else Markup("")


def _marked_band(plan: _Plan, step: LadderStep, y: int) -> Markup:
    if not step.marked:
        return Markup("")
    return Markup('<rect class="band" x="4" y="{}" width="{}" height="{}" rx="5"/>').format(
        y - 20, plan.width - 8, _ROW - 2
    )


def _classes(step: LadderStep) -> str:
    kind = step.kind
    if step.kind == "sip" and step.label[:1].isdigit():
        kind_of_status = {"1": "provisional", "2": "success"}.get(step.label[0], "refusal")
        return f"step {kind_of_status} marked" if step.marked else f"step {kind_of_status}"
    return f"step {kind} marked" if step.marked else f"step {kind}"


def _arrow(kind: str, start: int, end: int, y: int) -> Markup:
    if start == end:
        return _path("arrow", f"M{start} {y - 6}h26v10h-24m6-4-6 4 6 4")
    line, head = f"M{start} {y}H{end}", "m-8-4.5 8 4.5-8 4.5" if end > start else "m8-4.5-8 4.5 8 4.5"
    if kind == "rtp":  # the line is dashed, the head is not
        return _path("arrow dashed", line) + _path("arrow", f"M{end} {y}{head}")
    return _path("arrow", line + head)


def _path(name: str, drawing: str) -> Markup:
    return Markup('<path class="{}" d="{}"/>').format(name, drawing)


def _tooltip(step: LadderStep) -> str:
    text = step.text.strip() or _label(step)
    return _shortened(text, 1200)


def _shortened(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: max(1, length - 1)]}…"
