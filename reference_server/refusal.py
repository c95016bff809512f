"""How the trunk says no: status, reason phrase and a Warning that names what was seen and what was expected.

The rules decide when, the dialect with which words; `trunk` makes the response of a `Refused`.
"""

from collections.abc import Iterable

from reference_server.dialect import Dialect, Refusal

WARNING_CODE = 399
"""Miscellaneous warning, RFC 3261 section 20.43."""
SEEN_LENGTH = 120

HeaderField = tuple[str, str]


class Refused(Exception):
    """A request that is to be answered with a final response other than 2xx."""

    def __init__(self, status: int, reason: str | None, headers: Iterable[HeaderField], rule: str) -> None:
        super().__init__(status, reason, rule)
        self.status = status
        self.reason = reason
        """None for the RFC's own phrase."""
        self.headers = tuple(headers)
        self.rule = rule
        """Key in the dialect's refusals, or `challenge`: the cause in metrics and call records."""

    def __str__(self) -> str:
        return f"{self.status} {self.rule}"


class Refusals:
    """Makes refusals in the words of a dialect."""

    def __init__(self, dialect: Dialect) -> None:
        self._domain = dialect.domain
        self._words: dict[str, Refusal] = dict(dialect.refusal)

    def refuse(
        self,
        rule: str,
        seen: str,
        headers: Iterable[HeaderField] = (),
        *,
        reason: str | None = None,
        **values: object,
    ) -> Refused:
        """The refusal for breaking `rule`, a key of the dialect's `[refusal]`; `values` fill its template."""
        words = self._words[rule]
        warning = self.warning(seen, words.expected.format(**values))
        return Refused(words.status, reason or words.reason or None, (*headers, warning), rule)

    def warning(self, seen: str, expected: str) -> HeaderField:
        """`Warning: 399 <domain> "seen X; expected Y"`."""
        return (
            "Warning",
            f'{WARNING_CODE} {self._domain} "seen {_quotable(seen)}; expected {_quotable(expected)}"',
        )


def _quotable(text: str) -> str:
    printable = "".join(character if character.isprintable() else "?" for character in text[:SEEN_LENGTH])
    return printable.replace("\\", "\\\\").replace('"', '\\"')
