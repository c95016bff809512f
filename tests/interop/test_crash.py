"""A trunk that is killed with SIGKILL under load, at random moments, and started again: nothing is lost.

No finished call is lost or charged twice, cut calls are closed with what is known, channels are free and the
ledger balances. `HARNESS_CRASHES` says how often (10), `HARNESS_CRASH_SEED` with which randomness (1).
"""

import os
import random
from collections import Counter
from pathlib import Path

import httpx
import pytest

from reference_server.ledger.money import parse_money
from tests.interop.crash_audit import CUT, FREE, CrashAudit
from tests.interop.hasty_caller import PATIENCE, HastyCaller
from tests.interop.trunk_nursery import TrunkNursery, kill, trunk_nursery

CRASHES = int(os.environ.get("HARNESS_CRASHES", "10"))
SEED = int(os.environ.get("HARNESS_CRASH_SEED", "1"))
USERNAME, PASSWORD = "99051000000231", "secret"
CREDIT = "100000.00"
NUMBERS = ("+442079460000", "+442079460000", "+14155552671", FREE)
"""Paid, paid, in a bundle, free."""
AT_ONCE = 40
"""Calls at once; those that never end are cut by the kill."""
MOST_RESPONSES = 1000
"""From the trunk's first to the kill; a call has about five."""
LONGEST_BETWEEN = 0.08
"""Seconds from the last of them to the kill, so that it meets all moments between two commits."""
SETTINGS = f"""
[trunk]
listen = ["udp:127.0.0.1:0"]
control = "127.0.0.1:0"
database = "trunk.sqlite"

[[profile]]
sip_username = "{USERNAME}"
password = "{PASSWORD}"
channels = 300
credit = "{CREDIT}"
us_minute_bundles = 100
"""


def crash(nursery: TrunkNursery, folder: Path, rng: random.Random, audit_of: "Audit") -> None:
    """One start, a look at what the last kill left, calls, and a kill."""
    with nursery.started(folder / "trunk.toml") as (pid, announced):
        audit_of.look(announced["control"])
        port = int(announced["udp"].rpartition(":")[2])
        caller = HastyCaller(port, USERNAME, PASSWORD, rng)
        try:
            responses, linger = rng.randrange(MOST_RESPONSES), rng.uniform(0.0, LONGEST_BETWEEN)
            caller.call_until(responses, NUMBERS, AT_ONCE, linger)
            kill(pid)
            caller.take_answers()
        finally:
            caller.close()
        audit_of.answered |= caller.answered
        audit_of.finished |= caller.finished


class Audit:
    """What callers were told so far, and the look at the database after each start."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "trunk.sqlite"
        self.answered: set[str] = set()
        self.finished: set[str] = set()
        self.causes: Counter[str] = Counter()

    def look(self, control: str) -> None:
        """Raises AssertionError when the trunk forgot anything."""
        audit = CrashAudit(self._path, USERNAME, parse_money(CREDIT))
        try:
            self.causes = audit.check(self.answered, self.finished)
            balance = audit.balance()
        finally:
            audit.close()
        url = f"{control}/profiles/{USERNAME}"
        profile = httpx.get(url, trust_env=False, timeout=PATIENCE).raise_for_status().json()
        assert profile["channels_used"] == 0
        assert parse_money(profile["credit"]) == balance


@pytest.mark.timeout(300 + 60 * CRASHES)
def test_a_trunk_that_is_killed_loses_nothing_and_charges_nothing_twice(tmp_path: Path) -> None:
    (tmp_path / "trunk.toml").write_text(SETTINGS, encoding="utf-8")
    rng, audit = random.Random(SEED), Audit(tmp_path)
    with trunk_nursery() as nursery:
        for _ in range(CRASHES):
            crash(nursery, tmp_path, rng, audit)
        with nursery.started(tmp_path / "trunk.toml") as (_, announced):
            audit.look(announced["control"])
    told = f"{len(audit.answered)} calls answered, {len(audit.finished)} finished"
    print(f"{CRASHES} kills: {told}, {dict(audit.causes)}")
    assert audit.causes["BYE"] >= len(audit.finished) > 0
    assert audit.causes[CUT] > 0
