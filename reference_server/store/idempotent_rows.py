"""Rows of requests that moved money, with what was answered, so that the same request again moves nothing.

The rule is `rest.idempotency`'s. The movement itself carries a key of its own in the ledger (`journal`).
"""

from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select

from reference_server.store.people_schema import IDEMPOTENT_REQUESTS


class AnswerRow(NamedTuple):
    """What was answered to a key."""

    fingerprint: str
    status: int
    body: str


def answer_to(connection: Connection, actor: str, key: str) -> AnswerRow | None:
    """The answer that was given to `key` of `actor`."""
    table = IDEMPOTENT_REQUESTS.c
    query = select(table.fingerprint, table.status, table.body).where(
        (table.actor == actor) & (table.key == key)
    )
    row = connection.execute(query).first()
    return None if row is None else AnswerRow(*row)


def keep(connection: Connection, actor: str, key: str, at: float, answer: AnswerRow) -> None:
    """Remembers an answer."""
    values = {"actor": actor, "key": key, "at": at, **answer._asdict()}
    connection.execute(insert(IDEMPOTENT_REQUESTS).values(**values))


def forget(connection: Connection, before: float) -> None:
    """Forgets those that were answered before a time."""
    connection.execute(delete(IDEMPOTENT_REQUESTS).where(IDEMPOTENT_REQUESTS.c.at < before))
