"""What a service of the Manager says when it refuses, in the manner of RFC 9457: the one exception they have.

`rest` makes a problem+json of it, `console` a sentence at the field; nothing was changed when it is raised.
"""


class Problem(Exception):
    """Something that was asked is refused; says what was seen and what to do instead."""

    def __init__(self, kind: str, status: int, title: str, detail: str, field: str | None = None) -> None:
        """`kind`: a slug for programs, as `manager-balance`; `status`: the HTTP status that suits; `title`: a
        few words, the same for every problem of the kind; `detail`: one sentence or two; `field`: the
        argument that is wrong, None when no single one is."""
        super().__init__(kind, status, title, detail, field)
        self.kind = kind
        self.status = status
        self.title = title
        self.detail = detail
        self.field = field

    def __str__(self) -> str:
        return f"{self.title}: {self.detail}"


def wrong_value(field: str, detail: str) -> Problem:
    """A value that cannot be: 422. `detail` says what was seen and what to write."""
    return Problem("wrong-value", 422, "That cannot be", detail, field)


def not_found(what: str, field: str | None = None) -> Problem:
    """Something that is not there: 404. `what` is a sentence, as "No profile has the SIP username 99"."""
    return Problem("not-found", 404, "There is no such thing", what, field)
