"""Draws pages from templates: the Jinja environment with its words for money, time and durations.

Which template and with what is the pages' business; the headers that keep a page safe are `security_headers`.
"""

import hashlib
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse

from reference_server.ledger.money import money_text

STATIC = Path(__file__).with_name("static")
MOVEMENTS = {
    "payment": "Payment",
    "channels": "Channel subscription",
    "bundles": "US minute bundles",
    "number": "Online Number",
    "add-credit": "Credit added",
    "take-back": "Credit taken back",
    "auto-recharge": "Auto-recharge",
    "call": "Call",
    "opening": "Opening balance",
}
"""Kinds of movements of the ledger, for people."""
MINUS = "\N{MINUS SIGN}"
NO_BREAK = "\N{NO-BREAK SPACE}"


class Ended(Protocol):
    """A call that is over."""

    cause: str
    released_by: str


class Rendering:
    """Templates with the Manager's currency and time zone."""

    def __init__(self, currency: str, zone: ZoneInfo) -> None:
        self._currency = currency
        self._zone = zone
        self._environment = Environment(
            loader=PackageLoader("reference_server.console"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        versions = {path.name: _version(path) for path in STATIC.iterdir() if path.is_file()}
        self._environment.globals["static"] = lambda name: f"/static/{name}?v={versions[name]}"
        self._environment.globals["currency"] = currency
        self._environment.filters.update(
            money=self.money, moment=self.moment, day=self.day, instant=self.instant, clock=self.clock_time
        )
        self._environment.filters.update(lasting=lasting, sentence=sentence, minutes=minutes)
        self._environment.filters.update(plain=money_text, movement=movement_words, ending=ending)

    def answer(self, template: str, status: int, **values: Any) -> HTMLResponse:
        """A template as a response."""
        return HTMLResponse(self.text(template, **values), status)

    def text(self, template: str, **values: Any) -> str:
        """A template as text."""
        return self._environment.get_template(template).render(**values)

    def money(self, micros: int) -> str:
        """An amount in words: "25.00 EUR"."""
        return f"{money_text(micros).replace('-', MINUS)}{NO_BREAK}{self._currency}"

    def moment(self, at: float | None) -> Markup:
        """A time: "23 Nov 2026, 14:05"; a dash for none."""
        return self._time(at, "%-d %b %Y, %H:%M")

    def instant(self, at: float | None) -> Markup:
        """A time to the second: "23 Nov 2026, 14:05:09"; a dash for none."""
        return self._time(at, "%-d %b %Y, %H:%M:%S")

    def day(self, at: float | None) -> Markup:
        """A day: "23 Nov 2026"; a dash for none."""
        return self._time(at, "%-d %b %Y")

    def clock_time(self, at: float | None) -> Markup:
        """A time of day: "14:05:09"; a dash for none."""
        return self._time(at, "%H:%M:%S")

    def local(self, at: float) -> datetime:
        """A time in the Manager's time zone."""
        return datetime.fromtimestamp(at, self._zone)

    def _time(self, at: float | None, pattern: str) -> Markup:
        if at is None:
            return Markup("–")
        local = self.local(at)
        return Markup('<time datetime="{}" class="nowrap">{}</time>').format(
            local.isoformat(timespec="seconds"), local.strftime(pattern)
        )


def lasting(seconds: float) -> str:
    """A duration: "0:09", "12:30" or "1:02:03"."""
    whole = max(0, int(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, over = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{over:02}" if hours else f"{minutes}:{over:02}"


def minutes(seconds: int) -> str:
    """Whole minutes with a mark between thousands, as "4,988"."""
    return f"{seconds // 60:,}"


def movement_words(kind: str) -> str:
    """What a movement of the ledger is called."""
    return MOVEMENTS.get(kind, kind.replace("-", " ").capitalize())


def ending(call: Ended) -> str:
    """How a call ended: who hung up, or the trunk's own words."""
    return f"{call.released_by} hung up" if call.cause == "BYE" and call.released_by else call.cause


def sentence(words: str) -> str:
    """With a capital at its beginning and a full stop at its end."""
    whole = f"{words[:1].upper()}{words[1:]}"
    return whole if whole.endswith((".", "!", "?")) else f"{whole}."


def _version(path: Path) -> str:
    """So that browsers may keep a file until it changes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
