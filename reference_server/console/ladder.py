"""The messages of one call as an SVG ladder: who sent what to whom, when; `live_feed` knows what was sent."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

LEFT, GAP, TOP, ROW, TAIL = 62, 430, 44, 32, 14  # pixels at full size
MOST_ROWS = 40
CHALLENGES = ("401", "407")
"""Answers that every request gets first; no refusal."""
LONGEST_LABEL = 48  # characters


@dataclass(frozen=True, slots=True)
class Message:
    """One SIP message between the trunk and a peer."""

    at: float
    """Seconds since the epoch."""
    incoming: bool
    """From the peer to the trunk."""
    peer: str
    """Address of the peer, HOST:PORT."""
    text: str
    """The message, cut short if it is very long."""

    @property
    def label(self) -> str:
        """What stands on its arrow: method, or status and reason phrase."""
        line = self.text.partition("\n")[0].strip()
        if line.startswith("SIP/"):
            return line.partition(" ")[2].strip() or line
        return line.partition(" ")[0]

    @property
    def outcome(self) -> str:
        """Class for its colour: request, provisional, success or refusal."""
        if not self.text.startswith("SIP/"):
            return "request"
        if self.label[:3] in CHALLENGES:
            return "provisional"
        return {"1": "provisional", "2": "success"}.get(self.label[:1], "refusal")


def ladder_svg(messages: Sequence[Message], trunk: str = "Skype Connect") -> Markup:
    """The drawing; empty when nothing was seen."""
    if not messages:
        return Markup("")
    shown = messages[:MOST_ROWS]
    peers = tuple(dict.fromkeys(message.peer for message in messages))
    places = {peer: LEFT + 90 + (number * 2) * GAP for number, peer in enumerate(peers[:1])}
    places |= {peer: LEFT + 90 + (number + 1) * GAP for number, peer in enumerate(peers[1:], 1)}
    middle = LEFT + 90 + GAP
    width = max((middle, *places.values())) + 110
    height = TOP + ROW * len(shown) + TAIL
    lines = [
        *(
            (place, f"PBX {peer}" if number == 0 else peer)
            for number, (peer, place) in enumerate(places.items())
        )
    ]
    who = Markup("").join(_lifeline(x, name, height) for x, name in (*lines, (middle, trunk)))
    rows = Markup("").join(
        _row(message, places[message.peer], middle, TOP + ROW * number + 22, messages[0].at)
        for number, message in enumerate(shown)
    )
    words = ", ".join(message.label for message in shown)
    return Markup(
        '<svg class="ladder" role="img" aria-label="Messages of the call: {}" viewBox="0 0 {} {}">{}{}</svg>'
    ).format(words, width, height, who, rows)


def _lifeline(x: int, name: str, height: int) -> Markup:
    return Markup('<text class="who" x="{}" y="20">{}</text><path class="life" d="M{} 30V{}"/>').format(
        x, name, x, height - 4
    )


def _row(message: Message, peer: int, trunk: int, y: int, begin: float) -> Markup:
    start, end = (peer, trunk) if message.incoming else (trunk, peer)
    head = "m-8-4.5 8 4.5-8 4.5" if end > start else "m8-4.5-8 4.5 8 4.5"
    label = message.label
    shown = label if len(label) <= LONGEST_LABEL else f"{label[: LONGEST_LABEL - 1]}…"
    return Markup(
        '<g class="{}"><text class="time" x="{}" y="{}">{:.3f}</text>'
        '<text class="label" x="{}" y="{}">{}</text><path class="arrow" d="M{} {}H{}{}"/></g>'
    ).format(
        message.outcome,
        LEFT - 8,
        y + 4,
        max(0.0, message.at - begin),
        (start + end) // 2,
        y - 6,
        shown,
        start,
        y,
        end,
        head,
    )
