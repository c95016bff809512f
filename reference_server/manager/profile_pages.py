"""Puts a profile's page together: its row, subscription, credit, numbers, accounts, and what the trunk sees.

Only reads. The model is `profile_view.ProfileView`.
"""

from typing import NamedTuple

from sqlalchemy import Connection

from reference_server.ledger import accounts
from reference_server.ledger.movement import SECONDS
from reference_server.manager.account_view import AccountView
from reference_server.manager.means import Means
from reference_server.manager.number_view import NumberView
from reference_server.manager.profile_lookup import any_profile
from reference_server.manager.profile_view import BUY_TO_ACTIVATE, ProfileState, ProfileView, SubscriptionView
from reference_server.manager.recharges import Recharges
from reference_server.store import (
    account_rows,
    bundle_month_rows,
    landline_rows,
    number_rows,
    profile_rows,
    recharge_rows,
    subscription_rows,
)
from reference_server.store.profile_rows import ProfileRow
from reference_server.store.profile_settings import FROM_MANAGER
from reference_server.store.recharge_rows import RechargeRow
from reference_server.store.subscription_rows import SubscriptionRow


class _Belongings(NamedTuple):
    """SIP username -> what belongs to it, of one profile or of all."""

    subscriptions: dict[str, SubscriptionRow]
    recharges: dict[str, RechargeRow]
    granted: dict[str, int]
    credit: dict[str, int]
    landlines: dict[str, list[str]]
    numbers: dict[str, list[NumberView]]
    accounts: dict[str, list[AccountView]]
    manager_balance: int


class ProfilePages:
    """Profiles as pages show them. Methods raise `Problem`."""

    def __init__(self, means: Means, recharges: Recharges) -> None:
        self._means = means
        self._recharges = recharges

    def all(self) -> list[ProfileView]:
        """All profiles, by name."""
        with self._means.orders.reading() as connection:
            rows = profile_rows.all_of_them(connection)
            found = self._all_belongings(connection)
        return [self._view(row, found) for row in rows]

    def get(self, username: str) -> ProfileView:
        """One profile. Raises `Problem` 404."""
        with self._means.orders.reading() as connection:
            row = any_profile(connection, username)
            found = self._belongings(connection, username)
        return self._view(row, found)

    def _all_belongings(self, connection: Connection) -> _Belongings:
        months = bundle_month_rows.all_of_them(connection)
        credit = self._means.journal.balances(connection, accounts.PROFILE_PREFIX)
        found = _Belongings(
            subscription_rows.latest(connection),
            recharge_rows.all_of_them(connection),
            {username: row.granted for username, row in months.items()},
            {account.removeprefix(accounts.PROFILE_PREFIX): amount for account, amount in credit.items()},
            landline_rows.by_profile(connection),
            {},
            {},
            self._means.manager_balance(connection),
        )
        for number in number_rows.all_of_them(connection):
            if number.sip_username is not None:
                found.numbers.setdefault(number.sip_username, []).append(NumberView.of(number))
        for account in account_rows.all_of_them(connection):
            if account.sip_username is not None:
                found.accounts.setdefault(account.sip_username, []).append(AccountView.of(account))
        return found

    def _belongings(self, connection: Connection, username: str) -> _Belongings:
        subscription = subscription_rows.latest_of(connection, username)
        recharge = recharge_rows.of(connection, username)
        month = bundle_month_rows.of(connection, username)
        return _Belongings(
            {} if subscription is None else {username: subscription},
            {} if recharge is None else {username: recharge},
            {} if month is None else {username: month.granted},
            {username: self._means.journal.balance(connection, accounts.profile(username))},
            {username: landline_rows.of_profile(connection, username)},
            {username: [NumberView.of(row) for row in number_rows.of_profile(connection, username)]},
            {username: [AccountView.of(row) for row in account_rows.of_profile(connection, username)]},
            self._means.manager_balance(connection),
        )

    def _view(self, row: ProfileRow, found: _Belongings) -> ProfileView:
        username, live = row.sip_username, self._means.live
        subscription = found.subscriptions.get(username)
        if row.origin != FROM_MANAGER:
            subscription = None
        state: ProfileState = "active" if row.active else "inactive"
        if row.origin == FROM_MANAGER and subscription is None:
            state = "new"
        bindings = live.bindings(username)
        left = live.available(username, SECONDS)
        return ProfileView(
            sip_username=username,
            name=row.name,
            origin="manager" if row.origin == FROM_MANAGER else "file",
            state=state,
            notice="" if state == "active" else BUY_TO_ACTIVATE,
            channels=0 if state == "new" else row.channels,
            us_minute_bundles=row.us_minute_bundles,
            channels_used=live.channels_used(username),
            registered=bool(bindings),
            bindings=bindings,
            credit=found.credit.get(username, 0),
            available=live.available(username),
            bundle_seconds_used=max(0, found.granted.get(username, 0) - left),
            bundle_seconds_left=left,
            subscription=None if subscription is None else _shown(subscription),
            recharge=self._recharges.view(found.recharges.get(username), found.manager_balance),
            auth="ip" if row.auth == "ip" else "registration",
            address=row.address,
            port=row.port,
            caller_id=row.caller_id,
            landlines=found.landlines.get(username, []),
            numbers=found.numbers.get(username, []),
            accounts=found.accounts.get(username, []),
        )


def _shown(row: SubscriptionRow) -> SubscriptionView:
    return SubscriptionView(
        channels=row.channels,
        us_minute_bundles=row.us_minute_bundles,
        price=row.price,
        started=row.started,
        ends=row.ends if row.closed is None else row.closed,
        renews=row.closed is None,
    )
