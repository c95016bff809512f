"""Lists in pages: so many items, and the address of the page that follows."""

from collections.abc import Callable, Sequence
from typing import Annotated, Generic, TypeVar
from urllib.parse import urlencode

from fastapi import Query, Request
from pydantic import BaseModel, Field

Item = TypeVar("Item")

Limit = Annotated[int, Query(ge=1, le=1000, description="Items of a page.")]
After = Annotated[
    str | None, Query(max_length=200, description="Only items after this one, as `next` of the page before.")
]
Before = Annotated[
    int | None, Query(ge=1, lt=2**63, description="Only items older than this id, as `next` says.")
]


class Page(BaseModel, Generic[Item]):
    """A part of a list."""

    items: list[Item]
    next: str | None = Field(examples=["/api/v1/profiles?after=99051000000231&limit=100"])
    """Address of the page that follows; null on the last one."""


def page_after(
    request: Request, items: Sequence[Item], name: Callable[[Item], str], after: str | None, limit: int
) -> Page[Item]:
    """The items of a list after the one named `after`; the list is sorted by `name`."""
    rest = [item for item in sorted(items, key=name) if after is None or name(item) > after]
    shown = rest[:limit]
    more = len(rest) > limit
    return Page(items=shown, next=_address(request, after=name(shown[-1]), limit=limit) if more else None)


def page_before(
    request: Request, items: Sequence[Item], number: Callable[[Item], int], limit: int
) -> Page[Item]:
    """The newest items, of which one more than `limit` was asked for."""
    shown = list(items[:limit])
    more = len(items) > limit
    return Page(items=shown, next=_address(request, before=number(shown[-1]), limit=limit) if more else None)


def _address(request: Request, **changed: str | int) -> str:
    query = {**request.query_params, **{name: str(value) for name, value in changed.items()}}
    return f"{request.url.path}?{urlencode(sorted(query.items()))}"
