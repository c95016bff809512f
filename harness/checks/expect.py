"""START HERE for scenario authors: sentences that judge.

``expect...`` raise `RequirementBroken` under the requirement they name; `given` turns whatever goes wrong
on the way to the point in question into *inconclusive*, so that one fault of the target is not reported as
twenty. The rules that need more than a line are the checks beside this file.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from harness.checks.breach import Breach, Inconclusive, RequirementBroken
from harness.drivers.errors import TargetUnreachable, WaitTimeout
from harness.sip.errors import SipError
from harness.sip.message import Message, Request, Response

_COMPARISON = re.compile(r"assert (\S+) == (\S+)")
"""How pytest words a comparison that does not hold."""


def expect(
    condition: object, requirement: str, seen: str, message: Message | None = None, line: str | None = None
) -> None:
    """Holds when the condition is true; otherwise what was seen breaks the requirement.

    The deciding message and its line (a header field's name, or ``start``) go into the report.
    """
    if not condition:
        raise RequirementBroken(Breach(requirement, seen, message, line))


def expect_status(response: Response, expected: int | tuple[int, ...], requirement: str) -> Response:
    """The response has the status, or one of the statuses; gives the response back."""
    statuses = expected if isinstance(expected, tuple) else (expected,)
    wanted = " or ".join(str(status) for status in statuses)
    seen = f"{response.cseq.method} was answered with {response.status} {response.reason} instead of {wanted}"
    expect(response.status in statuses, requirement, seen, response, "start")
    return response


def expect_header(response: Message, name: str, requirement: str, contains: str = "") -> str:
    """The message has the header field, and the text is in it (case does not count); gives its value back."""
    value = response.headers.get(name)
    seen = f"{_named(response)} has no {name} header field"
    expect(value is not None, requirement, seen, response, "start")
    text = value or ""
    found = contains.lower() in ", ".join(response.headers.get_lines(name)).lower()
    expect(
        found, requirement, f"{name} of {_named(response)} is {text!r}, without {contains!r}", response, name
    )
    return text


def expect_rule(breach: Breach | None) -> None:
    """A check found nothing."""
    if breach is not None:
        raise RequirementBroken(breach)


@contextmanager
def expecting(requirement: str, message: Message | None = None) -> Iterator[None]:
    """What is waited for inside must come: a `WaitTimeout` breaks the requirement, a closed door too."""
    try:
        yield
    except (WaitTimeout, TargetUnreachable) as missing:
        raise RequirementBroken(Breach(requirement, str(missing), message)) from missing


@contextmanager
def given(what: str) -> Iterator[None]:
    """A precondition: when it is not reached, the scenario is inconclusive, not failed."""
    try:
        yield
    except (WaitTimeout, AssertionError, SipError) as obstacle:
        raise Inconclusive(f"could not get as far as {what}: {sentence_of(obstacle)}") from obstacle


def sentence_of(error: BaseException) -> str:
    """What an exception says in one line; ``assert 403 == 200`` of a plain assertion in words."""
    line = " ".join(str(error).split("\n", 1)[0].split())
    compared = _COMPARISON.fullmatch(line)
    return f"it was {compared[1]} instead of {compared[2]}" if compared else line


def _named(message: Message) -> str:
    if isinstance(message, Response):
        return f"the {message.status} to {message.cseq.method}"
    return f"the {message.method}" if isinstance(message, Request) else "the message"
