"""Calls as the store is told of them, for its tests."""

from typing import Any

from reference_server.store.rows import OpenCallRow, RecordRow

USER = "99051000000231"
RATE = ("+44", "UK landline", 600_000, 0, 60)
"""0.60 a started minute."""


def open_call(key: str, answered: float = 100.0, user: str = USER, **others: Any) -> OpenCallRow:
    """A call to a number that costs by the minute."""
    known = (key, f"call-{key}", user, "outbound", "me", "+442079460000", answered - 5.0, answered)
    return OpenCallRow(*known, *RATE)._replace(**others)


def record(
    key: str, cost: int = 0, bundle_seconds: int = 0, ended: float = 160.0, user: str = USER
) -> RecordRow:
    """The record of a call that was answered and ended."""
    return RecordRow(
        f"call-{key}",
        user,
        "outbound",
        "me",
        "+442079460000",
        ended - 65.0,
        ended - 60.0,
        ended,
        200,
        "BYE",
        "caller",
        "",
        cost,
        bundle_seconds,
        "UK landline" if cost or bundle_seconds else "",
        key,
    )
