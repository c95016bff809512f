"""Orders that come often are read straight ahead, and nothing is taken or found that was not before."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.sip.familiar_order import COUNTED, FAMILIAR, MOST_ORDERS, FamiliarOrder, Grammar, Order

GRAMMAR = Grammar(
    start=rb"go\ ",
    parts={
        b"one": rb"(?P<one>[0-9]+)",
        b"two": rb"(?P<two>(?P<sign>-)?[0-9]+)",
        b"three": rb"(?P<three>[0-9]+)",
    },
    free_names=rb"note|x-[a-z]+",
    free_text=rb"[a-z]*",
    mark=rb"=",
    joint=rb";",
    end=rb"\.",
    find_names=re.compile(rb"[\ ;]([a-z-]+)="),
)
LINES = [b"one=1", b"two=-2", b"three=3", b"note=a", b"x-a=b"]


def _text(lines: list[bytes]) -> bytes:
    return b"go " + b"".join(line + b";" for line in lines) + b"."


def _used_to(*texts: bytes) -> FamiliarOrder:
    reader = FamiliarOrder(GRAMMAR)
    for text in texts:
        for _ in range(FAMILIAR):
            reader(text)
    return reader


def _read(found: "re.Match[bytes] | None") -> "dict[str, bytes | None] | None":
    return None if found is None else {**found.groupdict(), "end": b"%d" % found.end()}


@given(
    st.lists(st.permutations(LINES), max_size=3),
    st.lists(st.sampled_from([*LINES, b"two=2", b"two=x", b"x-b=c", b"four=4"]), max_size=7),
    st.sampled_from([b"", b" and more", b"."]),
)
def test_what_is_read_does_not_depend_on_what_is_familiar(
    met: list[list[bytes]], lines: list[bytes], rest: bytes
) -> None:
    text = _text(lines) + rest
    reader = _used_to(*map(_text, met), *(_text(one[:3]) for one in met))
    expected = _read(GRAMMAR.any_order().match(text))
    assert _read(reader(text)) == expected
    for order in reader.orders:
        found = GRAMMAR.straight(order).match(text)
        assert found is None or _read(found) == expected


def test_an_order_is_familiar_when_it_was_met_often() -> None:
    reader, text = FamiliarOrder(GRAMMAR), _text(LINES)
    for _ in range(FAMILIAR - 1):
        reader(text)
    assert not reader.orders
    reader(text)
    names = (b"one", b"two", b"three", b"note", b"x-a")
    assert list(reader.orders) == [Order(names, frozenset(names))]


def test_orders_that_do_not_contradict_each_other_share_an_expression() -> None:
    reader = _used_to(_text(LINES[:2]), _text([LINES[0], LINES[2], LINES[1]]), _text([LINES[3], LINES[1]]))
    assert reader.orders == (Order((b"note", b"one", b"three", b"two"), frozenset({b"two"})),)
    found = reader(_text([LINES[0], LINES[1]]))
    assert found is not None
    assert (found["one"], found["two"], found["three"]) == (b"1", b"-2", None)


def test_orders_that_contradict_each_other_have_one_each() -> None:
    reader = _used_to(_text(LINES), _text(LINES[::-1]))
    assert [order.names[0] for order in reader.orders] == [b"one", b"x-a"]


@pytest.mark.parametrize(
    "lines", [[LINES[0], LINES[3], LINES[3]], [b"x-%c=" % letter for letter in range(97, 123)] * 2]
)
def test_what_stands_twice_gets_no_expression(lines: list[bytes]) -> None:
    reader = _used_to(_text(lines))
    assert reader(_text(lines)) is not None
    assert not reader.orders


def test_a_stranger_who_always_writes_otherwise_costs_no_memory() -> None:
    names = [bytes((97 + first, 97 + second)) for first in range(26) for second in range(26)]
    texts = [_text([b"x-%b=" % name, LINES[0], b"x-%b=" % name[::-1]]) for name in names[: 2 * COUNTED]]
    reader = _used_to(*texts[: 3 * MOST_ORDERS])
    assert 0 < len(reader.orders) <= MOST_ORDERS
    assert all(reader(text) is not None for text in texts)
