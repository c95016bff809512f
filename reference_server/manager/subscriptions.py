"""Channel subscriptions: quoted, bought, changed, renewed every 30 days, ended when they cannot be paid.

Quick Start Guide step 2. A change ends the old subscription without anything paid back and begins another,
paid in full (D). Paid is from the Manager's balance, at the price list of that day.
"""

from pydantic import BaseModel
from sqlalchemy import Connection

from reference_server.ledger import accounts
from reference_server.ledger.movement import transfer
from reference_server.manager.actor import SYSTEM, Actor, may_change
from reference_server.manager.amount import Amount
from reference_server.manager.bundle_months import BundleMonths
from reference_server.manager.effects import Effects
from reference_server.manager.means import Means
from reference_server.manager.orders import client_key
from reference_server.manager.problem import Problem, wrong_value
from reference_server.manager.profile_lookup import any_profile, managed_profile
from reference_server.manager.profile_view import Quote
from reference_server.manager.terms import day_text, term_end
from reference_server.rating.prices import DAYS
from reference_server.settings import MOST_CHANNELS
from reference_server.store import profile_rows, subscription_rows
from reference_server.store.subscription_rows import SubscriptionRow

NO_MONEY = "manager-balance"
"""Kind of the problem that ends a subscription."""


class TermView(BaseModel):
    """A term that was paid."""

    channels: int
    us_minute_bundles: int
    price: Amount
    started: float
    ends: float
    closed: float | None
    """When it ended; None while it runs."""
    closed_by: str
    """`renewal`, `change`, `unpaid` or `removal`."""


class Subscriptions:
    """Subscriptions of all profiles. A `calendar.DueBook`. Methods raise `Problem`."""

    def __init__(self, means: Means, months: BundleMonths) -> None:
        self._means = means
        self._months = months

    def quote(self, channels: int, us_minute_bundles: int) -> Quote:
        """What a term would cost. Raises `Problem` 422 for numbers that cannot be."""
        if not 1 <= channels <= MOST_CHANNELS:
            detail = f"seen {channels}; a SIP Profile has 1 to {MOST_CHANNELS} channels"
            raise wrong_value("channels", detail)
        if not 0 <= us_minute_bundles <= channels:
            detail = (
                f"seen {us_minute_bundles} with {channels} channels; the number of US minute bundles "
                "you enter cannot exceed the number of channels"
            )
            raise wrong_value("us_minute_bundles", detail)
        prices = self._means.prices
        channel_cost, bundle_cost = prices.channel * channels, prices.us_minute_bundle * us_minute_bundles
        return Quote(
            channels=channels,
            us_minute_bundles=us_minute_bundles,
            currency=prices.currency,
            channel_cost=channel_cost,
            bundle_cost=bundle_cost,
            total=channel_cost + bundle_cost,
            days=DAYS,
        )

    def buy(self, actor: Actor, username: str, channels: int, us_minute_bundles: int, key: str) -> None:
        """Begins a subscription of a profile that has none, and makes the profile active."""
        self._order(actor, "buy", username, self.quote(channels, us_minute_bundles), key)

    def change(self, actor: Actor, username: str, channels: int, us_minute_bundles: int, key: str) -> None:
        """Ends the subscription that runs and begins another."""
        self._order(actor, "change", username, self.quote(channels, us_minute_bundles), key)

    def history(self, username: str) -> list[TermView]:
        """All terms of a profile, newest first."""
        with self._means.orders.reading() as connection:
            any_profile(connection, username)
            rows = subscription_rows.history(connection, username)
        return [TermView.model_validate(row._asdict()) for row in rows]

    def next_due(self, connection: Connection) -> float | None:
        """When the first subscription ends."""
        return subscription_rows.next_end(connection)

    def carry_out_first(self, due: float) -> bool:
        """Renews the subscription that ends at `due`, or makes its profile inactive when unpaid."""
        with self._means.orders.reading() as connection:
            row = subscription_rows.first_ended(connection, due)
        if row is None:
            return False
        key = f"renewal:{row.id}"

        def work(connection: Connection, effects: Effects) -> None:
            try:
                self._begin(connection, effects, SYSTEM, row, due, key)
            except Problem as problem:
                if problem.kind != NO_MONEY:
                    raise
                self._end_unpaid(connection, effects, row, problem)

        return self._means.orders.carry_out(key, f"renewal for {row.sip_username}", work)

    def _order(self, actor: Actor, operation: str, username: str, quote: Quote, key: str) -> None:
        may_change(actor)
        order = client_key(operation, key)
        now = self._means.clock()
        self._means.calendar.run_until(now)

        def work(connection: Connection, effects: Effects) -> None:
            managed_profile(connection, username)
            running = subscription_rows.running(connection, username)
            if operation == "buy" and running is not None:
                raise _runs_already(running, self._means)
            if operation == "change":
                _check_change(running, quote)
            wanted = SubscriptionRow(
                0 if running is None else running.id,
                username,
                quote.channels,
                quote.us_minute_bundles,
                0,
                now,
                now,
                None,
                "",
            )
            self._begin(connection, effects, actor, wanted, now, order)

        about = f"{operation} {quote.channels} channels, {quote.us_minute_bundles} bundles for {username}"
        self._means.orders.carry_out(order, about, work)

    def _begin(
        self,
        connection: Connection,
        effects: Effects,
        actor: Actor,
        wanted: SubscriptionRow,
        at: float,
        key: str,
    ) -> None:
        """A new term at `at` in place of the one with the id of `wanted`; `key`: of the order."""
        means, username, bundles = self._means, wanted.sip_username, wanted.us_minute_bundles
        quote = self.quote(wanted.channels, bundles)
        means.check_manager_balance(connection, quote.total)
        ends = term_end(at, means.zone)
        self._pay(connection, actor, username, quote, at, ends, key)
        action = "subscription bought"
        if wanted.id:
            closed_by = "renewal" if actor is SYSTEM else "change"
            action = "subscription renewed" if actor is SYSTEM else "subscription changed"
            subscription_rows.close(connection, wanted.id, at, closed_by)
        subscription_rows.add(connection, username, wanted.channels, bundles, quote.total, at, ends)
        values = {"channels": wanted.channels, "us_minute_bundles": bundles}
        profile_rows.change(connection, username, active=True, **values)
        self._months.adjust(connection, effects, username, bundles, at, key, actor)
        effects.change(username)
        detail = f"{wanted.channels} channels, {bundles} US minute bundles, {means.text(quote.total)}"
        means.note(connection, actor, action, username, detail)

    def _pay(
        self,
        connection: Connection,
        actor: Actor,
        username: str,
        quote: Quote,
        at: float,
        ends: float,
        key: str,
    ) -> None:
        until = day_text(ends, self._means.zone)
        for kind, target, cost, words in (
            ("channels", accounts.INCOME_CHANNELS, quote.channel_cost, f"{quote.channels} channels"),
            ("bundles", accounts.INCOME_BUNDLES, quote.bundle_cost, f"{quote.us_minute_bundles} bundles"),
        ):
            if cost:
                note = f"{words} for {username} until {until}"
                movement = transfer(
                    f"{key}:{kind}", kind, at, accounts.MANAGER, target, cost, note=note, actor=actor.name
                )
                self._means.post(connection, movement)

    def _end_unpaid(
        self, connection: Connection, effects: Effects, row: SubscriptionRow, problem: Problem
    ) -> None:
        subscription_rows.close(connection, row.id, row.ends, "unpaid")
        profile_rows.change(connection, row.sip_username, active=False)
        effects.change(row.sip_username)
        self._means.note(connection, SYSTEM, "subscription ended unpaid", row.sip_username, problem.detail)


def _runs_already(running: SubscriptionRow, means: Means) -> Problem:
    ends = day_text(running.ends, means.zone)
    detail = f"a subscription of {running.channels} channels runs until {ends}; change that one"
    return Problem("subscription-runs", 409, "The profile has a subscription", detail)


def _check_change(running: SubscriptionRow | None, quote: Quote) -> None:
    if running is None:
        detail = "the profile has none that could be changed; buy a channel subscription"
        raise Problem("no-subscription", 409, "No subscription runs", detail)
    if (running.channels, running.us_minute_bundles) == (quote.channels, quote.us_minute_bundles):
        detail = (
            f"the subscription has {quote.channels} channels and {quote.us_minute_bundles} bundles already"
        )
        raise Problem("unchanged", 409, "Nothing would change", detail)
