"""What is due when: renewals and months of all services, carried out in the order in which they came due.

Knows no clock: `now` is an argument, so that years pass in tests as fast as the database writes. What was
missed while nothing ran is caught up one by one, each at its own moment.
"""

from typing import Protocol

from sqlalchemy import Connection

from reference_server.manager.orders import Orders


class DueBook(Protocol):
    """A service's things that come due."""

    def next_due(self, connection: Connection) -> float | None:
        """When the first of them is due; None when nothing ever is."""

    def carry_out_first(self, due: float) -> bool:
        """Does the one that is due at `due`, in a transaction of its own; False when there is none."""


class Calendar:
    """All that comes due in a Manager. Methods raise `Problem` 503 when the database fails."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders
        self._books: list[DueBook] = []

    def add(self, book: DueBook) -> None:
        """Of things due at one moment, those of the book that was added first come first."""
        self._books.append(book)

    def next_due(self) -> float | None:
        """When the first thing is due."""
        found = self._first()
        return None if found is None else found[0]

    def run_until(self, now: float) -> None:
        """Does all that came due until `now`."""
        while (found := self._first()) is not None and found[0] <= now:
            due, place = found
            if not self._books[place].carry_out_first(due):
                return  # somebody else did it meanwhile: look again next time

    def _first(self) -> tuple[float, int] | None:
        with self._orders.reading() as connection:
            dues = [(book.next_due(connection), place) for place, book in enumerate(self._books)]
        return min(((due, place) for due, place in dues if due is not None), default=None)
