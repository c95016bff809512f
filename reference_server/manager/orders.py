"""Transactions of the Manager: each order that moves money is carried out once, and wholly or not at all.

Ledger and rows change in one transaction, the running trunk right after it (`effects`). When a database fails
in the middle, the order's own row tells later whether it was written; until it can be read the money that was
taken out of what is available stays taken, so that nothing is spent twice.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from reference_server.manager.effects import Effects
from reference_server.manager.live_trunk import LiveTrunk
from reference_server.manager.problem import Problem
from reference_server.store import order_rows
from reference_server.store.database import Database
from reference_server.store.journal import Overdrawn
from reference_server.store.store_error import StoreError

LONGEST_KEY = 200
"""Characters of a key that a client may choose."""

Work = Callable[[Connection, Effects], None]


class Orders:
    """Carries out orders. Methods raise `Problem` 503 when the database fails; nothing was changed then."""

    def __init__(self, database: Database, live: LiveTrunk, clock: Callable[[], float]) -> None:
        self._database = database
        self._live = live
        self._clock = clock
        self._doubtful: list[tuple[str, Effects]] = []
        self._untold: dict[tuple[str, Callable[[str], None]], None] = {}

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that only reads, with the charges of all calls that ended."""
        try:
            self._live.settle()
            with self._database.read() as connection:
                yield connection
        except StoreError as error:
            raise database_fails(error) from error

    @contextmanager
    def changing(self, *usernames: str) -> Iterator[Connection]:
        """A transaction that moves no money; the trunk then reads the profiles `usernames` anew."""
        self.catch_up()
        try:
            with self._database.begin() as connection:
                yield connection
        except StoreError as error:
            raise database_fails(error) from error
        except IntegrityError as error:
            raise changed_meanwhile() from error
        finally:
            self.tell(*usernames)

    def carry_out(self, key: str, about: str, work: Work) -> bool:
        """Does `work` in a transaction; False when the order `key` was carried out before.

        `about` tells what is ordered. Raises `Problem` 409 when `key` was used for something else.
        """
        self.catch_up()
        effects = Effects(self._live)
        try:
            self._live.settle()
            with self._database.begin() as connection:
                if _known(connection, key, about):
                    return False
                work(connection, effects)
                order_rows.add(connection, key, about, self._clock())
        except IntegrityError as error:
            effects.undo()
            raise changed_meanwhile() from error
        except StoreError as error:
            self._recover(key, effects, error)
        except Overdrawn as error:
            effects.undo()
            raise Problem("overdrawn", 409, "There is too little", f"{error}; try again") from error
        except BaseException:
            effects.undo()
            raise
        self._finish(effects)
        return True

    def tell(self, *usernames: str) -> None:
        """Lets the trunk read profiles anew; what cannot be read is tried again by `catch_up`."""
        self._tell(self._live.profile_changed, usernames)

    def tell_accounts(self, *names: str) -> None:
        """Lets the trunk read business accounts anew; what cannot be read is tried again by `catch_up`."""
        self._tell(self._live.account_changed, names)

    def catch_up(self) -> None:
        """Finishes what a failing database left open. Raises `Problem` 503 while it still fails."""
        while self._doubtful:
            key, effects = self._doubtful[0]
            written = self._was_written(key)
            if written is None:
                raise database_fails("it cannot be read")
            del self._doubtful[0]
            if written:
                self._finish(effects)
            else:
                effects.undo()
        self.tell()

    def _tell(self, learn: Callable[[str], None], names: Iterable[str]) -> None:
        self._untold.update(dict.fromkeys((name, learn) for name in names))
        for name, tell in list(self._untold):
            try:
                tell(name)
            except StoreError:
                return
            del self._untold[name, tell]

    def _finish(self, effects: Effects) -> None:
        effects.apply()
        self.tell(*effects.changed)

    def _recover(self, key: str, effects: Effects, error: StoreError) -> None:
        """Returns when the order was written although the database said that it failed."""
        written = self._was_written(key)
        if written is None:
            self._doubtful.append((key, effects))
            raise database_fails(error) from error
        if not written:
            effects.undo()
            raise database_fails(error) from error

    def _was_written(self, key: str) -> bool | None:
        try:
            with self._database.read() as connection:
                return order_rows.about(connection, key) is not None
        except StoreError:
            return None


def client_key(operation: str, key: str) -> str:
    """The key of an order that a client gave `key` for. Raises `Problem` 422 for one that cannot be."""
    if not 1 <= len(key) <= LONGEST_KEY or not key.isprintable():
        detail = f"seen {key[:40]!r}; write 1 to {LONGEST_KEY} printable characters, another for each order"
        raise Problem("wrong-value", 422, "That cannot be", detail, "key")
    return f"{operation}:{key}"


def database_fails(reason: object) -> Problem:
    """503: nothing was changed."""
    detail = f"{reason}; try again in a while"
    return Problem("database", 503, "The database cannot be used", detail)


def changed_meanwhile() -> Problem:
    """409: somebody else was faster."""
    detail = "somebody else changed the same thing at the same time; look at it again and repeat"
    return Problem("conflict", 409, "That was changed meanwhile", detail)


def _known(connection: Connection, key: str, about: str) -> bool:
    seen = order_rows.about(connection, key)
    if seen is None:
        return False
    if seen != about:
        detail = f"this key was used for {seen!r} before; use another one for {about!r}"
        raise Problem("key-reused", 409, "The key was used before", detail, "key")
    return True
