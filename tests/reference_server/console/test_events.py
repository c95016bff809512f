"""Server-sent events: parts are sent when they change, and the stream ends."""

import asyncio
import json
from collections.abc import Callable, Mapping

import pytest

from reference_server.console import events
from reference_server.console.events import event_stream
from reference_server.manager.problem import not_found


class Listener:
    """A browser that stays for some looks."""

    def __init__(self, looks: int) -> None:
        self.looks = looks

    async def is_disconnected(self) -> bool:
        """Whether it went away."""
        self.looks -= 1
        return self.looks < 0


def heard(
    looks: int,
    shown: Callable[[], Mapping[str, str]],
    going: Callable[[], bool] = lambda: True,
    allowed: Callable[[], bool] = lambda: True,
) -> list[str]:
    """All events of a stream."""

    async def parts() -> Mapping[str, str]:
        return shown()

    async def listen() -> list[str]:
        answer = event_stream(Listener(looks), parts, allowed, going)  # type: ignore[arg-type]  # what it asks of a request
        return [str(piece) async for piece in answer.body_iterator]

    return asyncio.run(listen())


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks follow each other at once."""
    monkeypatch.setattr(events, "LOOK_EVERY", 0.0)


def test_a_part_is_sent_when_it_changes_and_not_again() -> None:
    looks = iter([{"calls": "none"}, {"calls": "none"}, {"calls": "<p>one\ncall</p>"}])
    parts = [piece for piece in heard(3, lambda: next(looks)) if piece.startswith("event: part")]
    assert [json.loads(piece.partition("data: ")[2])["html"] for piece in parts] == [
        "none",
        "<p>one\ncall</p>",
    ]
    assert all(piece.endswith("\n\n") and piece.count("\n") == 3 for piece in parts)


def test_the_last_look_is_sent_before_the_stream_ends() -> None:
    """A call that is over shows how it went."""
    states = iter(["ringing", "over"])
    goes = iter([True, False])
    pieces = heard(9, lambda: {"state": next(states)}, lambda: next(goes))
    assert "over" in pieces[-2]
    assert pieces[-1].startswith("event: end")


def test_what_is_gone_ends_the_stream() -> None:
    def gone() -> Mapping[str, str]:
        raise not_found("no call has this id")

    assert heard(9, gone)[-1].startswith("event: end")


def test_who_signed_out_hears_nothing_more() -> None:
    answers = iter([True, False])
    pieces = heard(2 * events.ASK_EVERY, lambda: {"calls": "none"}, allowed=lambda: next(answers))
    assert next(answers, "asked twice") == "asked twice"
    assert pieces[-1].startswith("event: end")
    signed_out = heard(9, lambda: {"calls": "secret"}, allowed=lambda: False)
    assert not any("secret" in piece for piece in signed_out)
