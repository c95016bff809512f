"""Questions to people: answered, skipped, seen to be done, too late, and nobody there."""

import json
import os
from collections.abc import Callable

import pytest

from harness.pytest_plugin.operator_desk import Answer, OperatorDesk
from harness.pytest_plugin.progress import Progress


class Channel:
    """The other end of a desk: what was asked, and the way back."""

    def __init__(self) -> None:
        self.asked, asking = os.pipe()
        hearing, self.answers = os.pipe()
        self.progress = Progress(asking)
        self.desk = OperatorDesk(self.progress, hearing, self.wait)
        self.on_wait: Callable[[], None] = lambda: None

    def wait(self, holds: Callable[[], bool], _seconds: float) -> bool:
        """No time passes: once before somebody acts, once after."""
        if holds():
            return True
        self.on_wait()
        return holds()

    def answer(self, **answer: object) -> None:
        os.write(self.answers, json.dumps(answer).encode() + b"\n")

    def events(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in os.read(self.asked, 65536).splitlines()]


@pytest.fixture
def channel() -> Channel:
    return Channel()


@pytest.mark.parametrize("word", ["done", "skipped"])
def test_an_answer_is_handed_back(channel: Channel, word: str) -> None:
    channel.on_wait = lambda: channel.answer(number=1, answer=word)
    assert channel.desk.ask("Dial 1", 60) is Answer(word)
    asked, over = channel.events()
    assert (asked["event"], asked["text"], asked["seconds"], asked["action"]) == ("ask", "Dial 1", 60, "act")
    assert over["event"] == "asked"


def test_what_is_seen_to_be_done_needs_no_answer(channel: Channel) -> None:
    assert channel.desk.ask("Dial 1", 60, until=lambda: True) is Answer.DONE


def test_an_answer_to_an_earlier_question_does_not_count(channel: Channel) -> None:
    assert channel.desk.ask("Dial 1", 1) is Answer.LATE
    channel.on_wait = lambda: channel.answer(number=1, answer="done")
    assert channel.desk.ask("Dial 2", 1) is Answer.LATE


def test_without_a_way_back_nobody_is_asked() -> None:
    desk = OperatorDesk(Progress(None), None, lambda _holds, _seconds: True)
    assert not desk.is_there
    assert desk.ask("Dial 1", 60) is Answer.SKIPPED
