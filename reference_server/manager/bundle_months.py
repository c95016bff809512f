"""US bundle minutes by month: granted when one begins, lapsed when it ends, adjusted when bundles change.

A profile has 5,000 minutes for each bundle in each calendar month of the Manager's time zone, the whole of
them in the month in which it gets the bundle. Minutes that were used stay used: with fewer bundles only what
is left goes. At the turn of a month, what running calls have reserved counts for the new month. All of this
is our own decision (D): no source says it.
"""

from sqlalchemy import Connection

from reference_server.ledger import accounts
from reference_server.ledger.movement import SECONDS, transfer
from reference_server.manager.actor import SYSTEM, Actor
from reference_server.manager.effects import Effects
from reference_server.manager.means import Means
from reference_server.manager.orders import changed_meanwhile
from reference_server.rating.us_bundle import SECONDS_PER_BUNDLE, month_of, next_month
from reference_server.store import bundle_month_rows, profile_rows
from reference_server.store.bundle_month_rows import BundleMonthRow
from reference_server.store.profile_settings import FROM_FILE


class BundleMonths:
    """Grants and lapses. A `calendar.DueBook`."""

    def __init__(self, means: Means) -> None:
        self._means = means

    def next_due(self, connection: Connection) -> float | None:
        """When the first month ends."""
        return bundle_month_rows.next_end(connection)

    def carry_out_first(self, due: float) -> bool:
        """Begins a new month for the profile whose month ended at `due`."""
        with self._means.orders.reading() as connection:
            row = bundle_month_rows.first_ended(connection, due)
            profile = None if row is None else profile_rows.named(connection, row.sip_username)
        if row is None:
            return False
        bundles = profile.us_minute_bundles if profile is not None and profile.active else 0
        username, key = row.sip_username, f"month:{row.sip_username}:{due!r}"

        def work(connection: Connection, effects: Effects) -> None:
            self.adjust(connection, effects, username, bundles, due, key, SYSTEM)

        return self._means.orders.carry_out(key, f"US minutes of {username}", work)

    def take_file_profiles(self) -> None:
        """Learns at the start which profiles of the settings file have bundles: the store granted the minutes
        of this month, those of the months to come are granted here. A change counts from then on."""
        means, now = self._means, self._means.clock()
        with means.orders.reading() as connection:
            known = bundle_month_rows.all_of_them(connection)
            new = [
                row.sip_username
                for row in profile_rows.all_of_them(connection)
                if row.origin == FROM_FILE and row.us_minute_bundles and row.sip_username not in known
            ]
        if not new:
            return
        month, until = month_of(now, means.zone), next_month(now, means.zone)
        with means.orders.changing() as connection:
            for username in new:
                granted = means.journal.balance(connection, accounts.bundle(username), SECONDS)
                bundle_month_rows.keep(connection, BundleMonthRow(username, month, until, granted))

    def adjust(
        self,
        connection: Connection,
        effects: Effects,
        username: str,
        bundles: int,
        at: float,
        key: str,
        actor: Actor,
    ) -> None:
        """Makes the minutes of the month of `at` those of so many bundles; `key`: of the order."""
        means, month = self._means, month_of(at, self._means.zone)
        row = bundle_month_rows.of(connection, username)
        granted = 0 if row is None else row.granted
        if row is not None and row.month != month:
            available = means.live.available(username, SECONDS)
            self._lapse(connection, effects, username, available, at, f"{key}:lapse", actor)
            granted = means.journal.balance(connection, accounts.bundle(username), SECONDS)
        target = bundles * SECONDS_PER_BUNDLE
        if target > granted:
            self._grant(connection, effects, username, target - granted, at, f"{key}:grant", actor)
            granted = target
        elif target < granted:
            left = means.live.available(username, SECONDS)
            surplus = min(left, granted - target)
            self._lapse(connection, effects, username, surplus, at, f"{key}:fewer", actor)
            granted -= surplus
        if granted or bundles:
            until = next_month(at, means.zone)
            bundle_month_rows.keep(connection, BundleMonthRow(username, month, until, granted))
        else:
            bundle_month_rows.forget(connection, username)

    def lapse_all(
        self, connection: Connection, effects: Effects, username: str, at: float, key: str, actor: Actor
    ) -> None:
        """Takes what is left of a profile that goes."""
        left = self._means.live.available(username, SECONDS)
        self._lapse(connection, effects, username, left, at, f"{key}:lapse", actor)
        bundle_month_rows.forget(connection, username)

    def _grant(
        self,
        connection: Connection,
        effects: Effects,
        username: str,
        seconds: int,
        at: float,
        key: str,
        actor: Actor,
    ) -> None:
        source, target = accounts.BUNDLES_GRANTED, accounts.bundle(username)
        note = f"US minutes of {month_of(at, self._means.zone)}"
        self._means.post(
            connection,
            transfer(key, "bundle-grant", at, source, target, seconds, SECONDS, note, actor.name),
        )
        effects.give(username, seconds, SECONDS)

    def _lapse(
        self,
        connection: Connection,
        effects: Effects,
        username: str,
        seconds: int,
        at: float,
        key: str,
        actor: Actor,
    ) -> None:
        if not seconds:
            return
        if not effects.take(username, seconds, SECONDS):
            raise changed_meanwhile()
        source, target = accounts.bundle(username), accounts.BUNDLES_LAPSED
        self._means.post(
            connection,
            transfer(key, "bundle-lapse", at, source, target, seconds, SECONDS, "US minutes", actor.name),
        )
