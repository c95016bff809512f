"""SIP Profiles: set up, bought for, changed, renamed, removed.

Quick Start Guide step 2. Terms and money are `subscriptions`', registration details `authentication`'s,
caller ID `caller_ids`', the page of a profile `profile_pages`'. Profiles of the settings file are shown, but
changed there.
"""

from sqlalchemy import Connection

from reference_server.ledger import accounts
from reference_server.ledger.movement import transfer
from reference_server.manager.actor import Actor, may_change
from reference_server.manager.authentication import Authentication, make_password
from reference_server.manager.bundle_months import BundleMonths
from reference_server.manager.caller_ids import CallerIds
from reference_server.manager.effects import Effects
from reference_server.manager.means import Means
from reference_server.manager.orders import changed_meanwhile
from reference_server.manager.problem import Problem, wrong_value
from reference_server.manager.profile_lookup import managed_profile
from reference_server.manager.profile_view import ProfileView, Quote
from reference_server.manager.recharges import Recharges
from reference_server.manager.subscriptions import Subscriptions
from reference_server.store import (
    account_rows,
    number_rows,
    profile_rows,
    recharge_rows,
    subscription_rows,
)

PREFIX = "99051000"
"""SIP usernames of Skype Connect are `9905` and 8 to 10 digits, in public traces mostly `99051000…`."""
DIGITS = 6
LONGEST_NAME = 200


class Profiles(Authentication, CallerIds):
    """All SIP Profiles of the trunk. Methods raise `Problem`; those with an actor need an administrator."""

    def __init__(
        self, means: Means, recharges: Recharges, subscriptions: Subscriptions, months: BundleMonths
    ) -> None:
        super().__init__(means, recharges)
        self._subscriptions = subscriptions
        self._months = months

    def set_up(self, actor: Actor, name: str) -> ProfileView:
        """A new profile, of state `new`, with a SIP username and a password of its own.

        The password is not in the view: `first_password` shows it once, later `reveal_password`.
        """
        may_change(actor)
        name = _checked_name(name)
        password = make_password(self._means.rng)
        with self._means.orders.changing() as connection:
            username = self._free_username(connection)
            token = self._means.vault.encrypt(password)
            profile_rows.add(connection, username, name, token, self._means.clock())
            self._means.note(connection, actor, "profile set up", username, name)
        self._means.orders.tell(username)
        return self.get(username)

    def quote(self, channels: int, us_minute_bundles: int) -> Quote:
        """What a term would cost. Raises `Problem` 422 for channels outside 1 to 300, or more bundles than
        channels."""
        return self._subscriptions.quote(channels, us_minute_bundles)

    def buy(
        self, actor: Actor, username: str, channels: int, us_minute_bundles: int, key: str
    ) -> ProfileView:
        """Buys a subscription for a profile that is new or inactive from the Manager's balance, and activates
        it.

        Raises `Problem` 402 (`manager-balance`) when the balance is too small, 409 when one runs.
        """
        self._subscriptions.buy(actor, username, channels, us_minute_bundles, key)
        return self.get(username)

    def change(
        self, actor: Actor, username: str, channels: int, us_minute_bundles: int, key: str
    ) -> ProfileView:
        """Ends the subscription that runs and starts another, paid in full; calls in progress go on.

        Raises `Problem` 402 (`manager-balance`), 409 when none runs (`buy` one) or nothing would change.
        """
        self._subscriptions.change(actor, username, channels, us_minute_bundles, key)
        return self.get(username)

    def rename(self, actor: Actor, username: str, name: str) -> ProfileView:
        """Gives a profile another name."""
        may_change(actor)
        name = _checked_name(name)
        with self._means.orders.changing(username) as connection:
            managed_profile(connection, username)
            profile_rows.change(connection, username, name=name)
            self._means.note(connection, actor, "profile renamed", username, name)
        return self.get(username)

    def remove(self, actor: Actor, username: str) -> None:
        """Removes a profile: its credit goes back to the Manager's balance, its numbers and accounts are
        detached.

        Raises `Problem` 409 while it has calls.
        """
        may_change(actor)
        means, now = self._means, self._means.clock()
        key = f"removal:{username}:{means.rng.getrandbits(64):016x}"

        def work(connection: Connection, effects: Effects) -> None:
            row = managed_profile(connection, username)
            self._empty(connection, effects, username, now, key, actor)
            running = subscription_rows.running(connection, username)
            if running is not None:
                subscription_rows.close(connection, running.id, now, "removal")
            number_rows.detach_all(connection, username)
            for account in account_rows.of_profile(connection, username):
                account_rows.detach(connection, account.name)
            recharge_rows.forget(connection, username)
            profile_rows.remove(connection, username)
            effects.change(username)
            means.note(connection, actor, "profile removed", username, row.name)

        means.orders.carry_out(key, f"remove {username}", work)
        self._recharges.forget_cache()

    def _empty(
        self, connection: Connection, effects: Effects, username: str, now: float, key: str, actor: Actor
    ) -> None:
        """Credit and bundle minutes go where they came from."""
        means, account = self._means, accounts.profile(username)
        left = means.journal.balance(connection, account)
        if means.live.channels_used(username) or left > means.live.available(username):
            detail = "calls of it are in progress; end them, or wait until they are over"
            raise Problem("calls-in-progress", 409, "The profile is in use", detail)
        if left:
            if not effects.take(username, left):
                raise changed_meanwhile()
            note = f"Skype Credit of {username}, which is removed"
            movement = transfer(
                f"{key}:credit",
                "take-back",
                now,
                account,
                accounts.MANAGER,
                left,
                note=note,
                actor=actor.name,
            )
            means.post(connection, movement)
        self._months.lapse_all(connection, effects, username, now, key, actor)

    def _free_username(self, connection: Connection) -> str:
        """A SIP username that nobody has or had: the ledger and old subscriptions go by it."""
        while True:
            username = f"{PREFIX}{self._means.rng.randrange(10**DIGITS):0{DIGITS}}"
            if (
                profile_rows.named(connection, username) is None
                and subscription_rows.latest_of(connection, username) is None
                and not self._means.journal.history(connection, accounts.profile(username), 1)
            ):
                return username


def _checked_name(name: str) -> str:
    name = name.strip()
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise wrong_value("name", f"seen {name[:40]!r}; write a name of 1 to {LONGEST_NAME} characters")
    return name
