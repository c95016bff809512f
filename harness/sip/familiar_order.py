"""Reads texts whose named parts may come in any order, and gets used to the orders that come often.

An expression for any order tries each part at each place and saves all groups at each turn. One that knows
the order reads straight ahead in a third of the time, and a peer writes in one order always. So an order that
was met often gets an expression of its own: put together from the same parts it takes nothing else and finds
the same groups. Orders that do not contradict each other share one, with parts that may be missing. What the
parts are is the caller's affair (`request_glance`).
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

FAMILIAR = 8
"""So often is an order met before it gets an expression: making one takes as long as hundreds of readings."""
MOST_ORDERS = 4
"""Expressions at most; an order that contradicts all of them is always read by the one for any order."""
MOST_NAMES = 32
"""Names in an order at most."""
COUNTED = 256
"""Orders that are counted at a time."""


class Order(NamedTuple):
    """Names as they follow each other."""

    names: tuple[bytes, ...]
    always: frozenset[bytes]
    """Those that are never missing."""

    def joined(self, names: tuple[bytes, ...]) -> "Order | None":
        """The order that `names` go with as well as what went with this one; None: they contradict it."""
        known = set(self.names)
        if [name for name in self.names if name in names] != [name for name in names if name in known]:
            return None
        all_names: list[bytes] = []
        rest = list(self.names)
        for name in names:
            if name in known:
                place = rest.index(name)
                all_names += rest[:place]
                del rest[: place + 1]
            all_names.append(name)
        return Order((*all_names, *rest), self.always.intersection(names))


@dataclass(frozen=True, slots=True)
class Grammar:
    """Verbose expressions for the pieces of a text: `start`, parts with `joint` behind each, `end`."""

    start: bytes
    parts: Mapping[bytes, bytes]
    """Name and, behind the name, the mark that follows it: what the part may say. Each stands once at most
    and has a group that always takes part."""
    free_names: bytes
    """Names of parts that may stand more than once; matches nothing where there are none."""
    free_text: bytes
    """What these may say."""
    mark: bytes
    """Between a name and what the part says."""
    joint: bytes
    end: bytes
    find_names: re.Pattern[bytes]
    """Finds the names in a text that was read, in order."""

    def any_order(self) -> re.Pattern[bytes]:
        """Takes the parts in any order. `(?(group)(?!))` fails where a group has matched before."""
        free = rb"(?:%b)%b%b" % (self.free_names, self.mark, self.free_text)
        named = (
            rb"%b%b(?(%b)(?!))%b" % (name, self.mark, _groups(one)[0], one)
            for name, one in self.parts.items()
        )
        text = rb"%b(?:(?:%b)%b)+%b" % (self.start, b"|".join((*named, free)), self.joint, self.end)
        # Python knows conditions on groups that come later in the text by number only.
        for number, group in enumerate(_groups(text), start=1):
            text = text.replace(b"(?(%b)" % group, b"(?(%d)" % number)
        return _compiled(text)

    def straight(self, order: Order) -> re.Pattern[bytes]:
        """Takes the parts in one order alone. Groups of parts that it does not know never take part."""
        lines = (self._line(name, may_miss=name not in order.always) for name in order.names)
        strangers = b"|".join(part for name, part in self.parts.items() if name not in order.names)
        return _compiled(rb"%b%b%b(?:|%b)" % (self.start, b"".join(lines), self.end, strangers))

    def _line(self, name: bytes, *, may_miss: bool) -> bytes:
        text = rb"%b%b%b%b" % (re.escape(name), self.mark, self.parts.get(name, self.free_text), self.joint)
        return b"(?:%b)?" % text if may_miss else text


class FamiliarOrder:
    """A reader of one grammar: called like the `match` of a pattern."""

    def __init__(self, grammar: Grammar) -> None:
        self._grammar = grammar
        self._any_order = grammar.any_order().match
        self._orders: list[Order] = []
        self._straight: list[Callable[[bytes], re.Match[bytes] | None]] = []
        self._met: Counter[tuple[bytes, ...]] = Counter()

    def __call__(self, text: bytes) -> re.Match[bytes] | None:
        """Match the text from its beginning, whatever order its parts have."""
        for match in self._straight:
            found = match(text)
            if found is not None:
                return found
        found = self._any_order(text)
        if found is not None:
            self._meet(tuple(self._grammar.find_names.findall(found[0])))
        return found

    @property
    def orders(self) -> tuple[Order, ...]:
        """Those that have an expression by now."""
        return tuple(self._orders)

    def _meet(self, names: tuple[bytes, ...]) -> None:
        if len(self._met) >= COUNTED:
            self._met.clear()
        self._met[names] += 1
        if self._met[names] == FAMILIAR and len(set(names)) == len(names):
            self._get_used_to(names)

    def _get_used_to(self, names: tuple[bytes, ...]) -> None:
        for place, order in enumerate(self._orders):
            joined = order.joined(names)
            if joined is not None and len(joined.names) <= MOST_NAMES:
                self._orders[place] = joined
                self._straight[place] = self._grammar.straight(joined).match
                return
        if len(self._orders) < MOST_ORDERS and len(names) <= MOST_NAMES:
            self._orders.append(Order(names, frozenset(names)))
            self._straight.append(self._grammar.straight(self._orders[-1]).match)


def _groups(text: bytes) -> list[bytes]:
    return re.findall(rb"\(\?P<(\w+)>", text)


def _compiled(text: bytes) -> re.Pattern[bytes]:
    return re.compile(text, re.VERBOSE | re.ASCII)
