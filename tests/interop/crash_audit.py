"""Looks into the database of a trunk that was killed and started again: is all there that it promised, once?

It reads the tables with SQLite alone, and reckons costs by the tariff, not by what the trunk wrote.
"""

import sqlite3
from collections import Counter
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any

from reference_server.rating.charge import talk_seconds
from reference_server.rating.tariff import Tariff

FREE = "+17606604690"
CUT = "trunk stopped"
"""Why a call ended that the kill cut."""


class CrashAudit:
    """What one database says."""

    def __init__(self, path: Path, username: str, opening: int) -> None:
        """`opening`: micro-units of credit that the profile began with."""
        self._connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        self._username, self._opening = username, opening
        self._tariff = Tariff.load()

    def close(self) -> None:
        """Closes the database."""
        self._connection.close()

    def check(self, answered: AbstractSet[str], finished: AbstractSet[str]) -> "Counter[str]":
        """Compares with what the caller was told; returns how many calls ended for which cause.

        Raises AssertionError.
        """
        records = self._rows("SELECT * FROM call_record WHERE answered IS NOT NULL")
        self._check_records(records, answered, finished)
        self._check_ledger(records)
        assert not self._rows("SELECT key FROM open_call"), "calls are still open after the start"
        return Counter(record["cause"] for record in records)

    def balance(self) -> int:
        """Micro-units of credit that the profile has."""
        return self._sum(f"profile:{self._username}", "money")

    def _check_records(
        self, records: list[dict[str, Any]], answered: AbstractSet[str], finished: AbstractSet[str]
    ) -> None:
        counts = Counter(record["call_id"] for record in records)
        twice = [call for call, count in counts.items() if count > 1]
        assert not twice, f"recorded twice: {twice[:5]}"
        assert not finished - counts.keys(), f"finished and lost: {sorted(finished - counts.keys())[:5]}"
        assert not answered - counts.keys(), f"answered and lost: {sorted(answered - counts.keys())[:5]}"
        for record in records:
            self._check_record(record, is_finished=record["call_id"] in finished)

    def _check_record(self, record: dict[str, Any], *, is_finished: bool) -> None:
        call, seconds = record["call_id"], talk_seconds(record["answered"], record["ended"])
        assert record["cause"] in (("BYE",) if is_finished else ("BYE", CUT)), f"{call}: {record['cause']}"
        assert record["ended"] >= record["answered"], f"{call} ended before it was answered"
        if record["number"] == FREE:
            expected = (0, 0)
        elif record["bundle_seconds"]:
            expected = (0, max(1, seconds))
        else:
            expected = (self._tariff.find(record["number"]).cost(seconds), 0)
        assert (record["cost"], record["bundle_seconds"]) == expected, f"{call} of {seconds} s: {record}"

    def _check_ledger(self, records: list[dict[str, Any]]) -> None:
        charged = {f"call:{one['key']}" for one in records if one["cost"] or one["bundle_seconds"]}
        movements = [row["key"] for row in self._rows("SELECT key FROM movement WHERE kind = 'call'")]
        assert len(movements) == len(set(movements)), "a call was charged twice"
        assert set(movements) == charged, "records and charges are not of the same calls"
        uneven = "SELECT movement FROM entry GROUP BY movement, unit HAVING sum(amount) <> 0"
        assert not self._rows(uneven), "a movement does not balance"
        cost = sum(record["cost"] for record in records)
        assert self.balance() == self._opening - cost, f"{self.balance()} of {self._opening} after {cost}"
        assert self._sum("income:calls", "money") == cost
        used = sum(record["bundle_seconds"] for record in records)
        assert self._sum("bundles:used", "us-seconds") == used
        for row in self._rows("SELECT account, unit, amount FROM balance"):
            assert row["amount"] == self._sum(row["account"], row["unit"]), f"balance of {row['account']}"

    def _sum(self, account: str, unit: str) -> int:
        query = "SELECT coalesce(sum(amount), 0) AS total FROM entry WHERE account = ? AND unit = ?"
        return int(self._rows(query, account, unit)[0]["total"])

    def _rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        cursor = self._connection.execute(query, values)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]
