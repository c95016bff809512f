"""What attempts and their outcomes are called for readers who don't know SIP.

Tables only; statuses and causes themselves stand in the results.
"""

KINDS = {
    "call": "Calls made",
    "answer": "Calls received",
    "register": "Registrations",
    "refresh": "Registration refreshes",
    "unregister": "Registrations removed",
    "options": "OPTIONS pings",
    "scenario": "Scenarios",
}
"""Kinds of attempts in a reader's words."""

CODES = {
    "200": "OK",
    "202": "accepted",
    "302": "moved to another address",
    "400": "bad request",
    "401": "credentials refused",
    "403": "forbidden",
    "404": "number not found",
    "407": "credentials refused",
    "408": "timed out at the target",
    "423": "interval too brief",
    "480": "nobody available",
    "481": "call unknown to the target",
    "484": "number incomplete",
    "486": "busy",
    "487": "given up before the answer",
    "488": "media not acceptable",
    "500": "internal error of the target",
    "502": "bad gateway",
    "503": "service unavailable: overloaded or out of channels",
    "504": "timed out behind the target",
    "600": "busy everywhere",
    "603": "declined",
    "timer B": "no answer to INVITE within 32 s",
    "timer F": "no answer to the request within 32 s",
}
"""Outcomes in a reader's words."""


def code_words(code: str) -> str:
    """What an outcome means; empty when the code says it itself."""
    return CODES.get(code, "")


def kind_words(kind: str) -> str:
    """A kind of attempt in a reader's words."""
    return KINDS.get(kind, kind)


def named_code(code: str) -> str:
    """A code with its words: ``486 busy``; ``600`` when nothing is known of it."""
    words = code_words(code)
    return f"{code} {words}" if words else code
