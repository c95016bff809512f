"""Online Numbers: the stock, buying, allocating to a profile, detaching, releasing, renewal every 30 days.

Quick Start Guide step 7. What numbers cost and which there are is `rating.prices`'. A number rings the
profile that it is allocated to while it is paid; one that could not be renewed stays ours, silent, until it
is bought again or released (D).
"""

import re

from sqlalchemy import Connection

from reference_server.ledger import accounts
from reference_server.ledger.movement import transfer
from reference_server.manager.actor import SYSTEM, Actor, may_change
from reference_server.manager.effects import Effects
from reference_server.manager.means import Means
from reference_server.manager.number_view import CountryView, NumberView, StockNumber
from reference_server.manager.orders import client_key
from reference_server.manager.problem import Problem, not_found
from reference_server.manager.profile_lookup import managed_profile
from reference_server.manager.terms import day_text, term_end
from reference_server.store import number_rows, profile_rows
from reference_server.store.number_rows import NumberRow

E164 = re.compile(r"\+[0-9]{6,15}", re.ASCII)


class Numbers:
    """The Manager's Online Numbers, E.164 with `+`. A `calendar.DueBook`. Methods raise `Problem`."""

    def __init__(self, means: Means) -> None:
        self._means = means

    def countries(self) -> list[CountryView]:
        """Countries and their areas with a number in stock."""
        with self._means.orders.reading() as connection:
            taken = number_rows.taken(connection)
        shown = []
        for country in self._means.prices.country:
            areas = [
                area.name for area in country.area if any(number not in taken for number in area.numbers())
            ]
            if areas:
                shown.append(
                    CountryView(code=country.code, name=country.name, areas=areas, price=country.number)
                )
        return shown

    def stock(self, country: str, area: str | None = None) -> list[StockNumber]:
        """Numbers that can be bought. Raises `Problem` 404 for an unknown country or area."""
        found = self._means.prices.country_named(country)
        if found is None:
            codes = ", ".join(one.code for one in self._means.prices.country) or "none"
            raise not_found(
                f"no numbers are sold in {country[:20]!r}; there are numbers in: {codes}", "country"
            )
        areas = [one for one in found.area if area is None or one.name == area]
        if not areas:
            names = ", ".join(one.name for one in found.area)
            raise not_found(f"{found.name} has no area {str(area)[:40]!r}; it has: {names}", "area")
        with self._means.orders.reading() as connection:
            taken = number_rows.taken(connection)
        return [
            StockNumber(number=number, country=found.code, area=one.name, price=found.number)
            for one in areas
            for number in one.numbers()
            if number not in taken
        ]

    def owned(self) -> list[NumberView]:
        """All numbers that were bought."""
        with self._means.orders.reading() as connection:
            return [NumberView.of(row) for row in number_rows.all_of_them(connection)]

    def unallocated(self) -> list[NumberView]:
        """Bought, paid, and allocated to no profile: for "Allocate number"."""
        return [one for one in self.owned() if one.sip_username is None and one.state == "active"]

    def get(self, number: str) -> NumberView:
        """One number that was bought. Raises `Problem` 404."""
        with self._means.orders.reading() as connection:
            return NumberView.of(_owned(connection, number))

    def buy(self, actor: Actor, number: str, username: str | None, key: str) -> NumberView:
        """Buys a number of the stock for 30 days, or one of our own that is unpaid; allocates it if a profile
        is named. Raises `Problem` 402 (`manager-balance`), 404, 409 when it is sold already."""
        may_change(actor)
        order, now = client_key("number", key), self._means.clock()
        self._means.calendar.run_until(now)

        def work(connection: Connection, effects: Effects) -> None:
            if username is not None:
                managed_profile(connection, username)
            row = self._for_sale(connection, number, now)
            row = row._replace(sip_username=username or row.sip_username)
            self._pay(connection, effects, row, now, order, actor)

        self._means.orders.carry_out(order, f"buy {number[:20]} for {username or 'later'}", work)
        return self.get(number)

    def allocate(self, actor: Actor, username: str, number: str) -> NumberView:
        """Calls to the number ring the profile from now on. Raises `Problem` 409 when it rings another one,
        or is unpaid."""
        may_change(actor)
        self._means.calendar.run_until(self._means.clock())
        with self._means.orders.changing(username) as connection:
            managed_profile(connection, username)
            row = _owned(connection, number)
            if row.sip_username not in (None, username):
                detail = f"{number} rings profile {row.sip_username}; detach it there first"
                raise Problem("number-allocated", 409, "The number rings another profile", detail, "number")
            if not row.paid:
                detail = f"the renewal of {number} could not be paid; buy it again, then allocate it"
                raise Problem("number-unpaid", 409, "The number is not paid", detail, "number")
            number_rows.keep(connection, row._replace(sip_username=username))
            self._means.note(connection, actor, "number allocated", username, number)
        return self.get(number)

    def detach(self, actor: Actor, number: str) -> NumberView:
        """The number rings nowhere, but stays ours."""
        may_change(actor)
        owner = self.get(number).sip_username
        with self._means.orders.changing(*_names(owner)) as connection:
            row = _owned(connection, number)
            number_rows.keep(connection, row._replace(sip_username=None))
            _forget_caller_id(connection, row)
            self._means.note(connection, actor, "number detached", owner or "", number)
        return self.get(number)

    def release(self, actor: Actor, number: str) -> None:
        """Gives the number back to the stock; what was paid is not paid back."""
        may_change(actor)
        owner = self.get(number).sip_username
        with self._means.orders.changing(*_names(owner)) as connection:
            row = _owned(connection, number)
            number_rows.forget(connection, number)
            _forget_caller_id(connection, row)
            self._means.note(connection, actor, "number released", owner or "", number)

    def next_due(self, connection: Connection) -> float | None:
        """When the first term of a number ends."""
        return number_rows.next_end(connection)

    def carry_out_first(self, due: float) -> bool:
        """Renews the number whose term ends at `due`, or silences it when it cannot be paid."""
        with self._means.orders.reading() as connection:
            row = number_rows.first_ended(connection, due)
        if row is None:
            return False
        country = self._means.prices.country_of(row.number)
        price = row.price if country is None else country.number  # no longer sold: as it was
        key = f"number-renewal:{row.number}:{row.bought!r}:{row.term + 1}"

        def work(connection: Connection, effects: Effects) -> None:
            if self._means.manager_balance(connection) < price:
                self._silence(connection, effects, row)
            else:
                self._pay(connection, effects, row._replace(price=price), due, key, SYSTEM)

        return self._means.orders.carry_out(key, f"renewal of {row.number}", work)

    def _for_sale(self, connection: Connection, number: str, now: float) -> NumberRow:
        """The row of a number of the stock, or of one of ours that is unpaid."""
        if E164.fullmatch(number) is None:
            raise not_found(
                f"{number[:20]!r} is no number; choose one of the stock, as +442079460700", "number"
            )
        row, country = number_rows.named(connection, number), self._means.prices.country_of(number)
        if row is not None and row.paid:
            detail = f"{number} is ours already; allocate it to a profile"
            raise Problem("number-sold", 409, "The number is sold", detail, "number")
        if row is not None:
            return row if country is None else row._replace(price=country.number)
        area = self._means.prices.area_of(number)
        if country is None or area is None:
            raise not_found(f"{number[:20]!r} is not in the stock; choose one of its numbers", "number")
        if number in number_rows.taken(connection):
            detail = f"{number} belongs to a profile of the trunk's settings file"
            raise Problem("number-sold", 409, "The number is sold", detail, "number")
        return NumberRow(number, country.code, area.name, country.number, now, now, False, 0, None)

    def _pay(
        self,
        connection: Connection,
        effects: Effects,
        row: NumberRow,
        at: float,
        key: str,
        actor: Actor,
    ) -> None:
        """A term of a number that begins at `at`."""
        means, ends = self._means, term_end(at, self._means.zone)
        means.check_manager_balance(connection, row.price)
        if row.price:
            movement = transfer(
                key,
                "number",
                at,
                accounts.MANAGER,
                accounts.INCOME_NUMBERS,
                row.price,
                note=f"Online Number {row.number} until {day_text(ends, means.zone)}",
                actor=actor.name,
            )
            means.post(connection, movement)
        number_rows.keep(connection, row._replace(ends=ends, paid=True, term=row.term + 1))
        if row.sip_username is not None:
            effects.change(row.sip_username)
        action = "number renewed" if actor is SYSTEM else "number bought"
        means.note(connection, actor, action, row.number, means.text(row.price))

    def _silence(self, connection: Connection, effects: Effects, row: NumberRow) -> None:
        number_rows.keep(connection, row._replace(paid=False))
        _forget_caller_id(connection, row)
        if row.sip_username is not None:
            effects.change(row.sip_username)
        self._means.note(connection, SYSTEM, "number unpaid", row.number, self._means.text(row.price))


def _owned(connection: Connection, number: str) -> NumberRow:
    row = number_rows.named(connection, number)
    if row is None:
        raise not_found(f"{number[:20]!r} was not bought; buy it, or choose one that was", "number")
    return row


def _names(owner: str | None) -> tuple[str, ...]:
    return () if owner is None else (owner,)


def _forget_caller_id(connection: Connection, row: NumberRow) -> None:
    """A number that rings no more cannot be the caller ID."""
    if row.sip_username is None:
        return
    profile = profile_rows.named(connection, row.sip_username)
    if profile is not None and profile.caller_id == row.number:
        profile_rows.change(connection, row.sip_username, caller_id=None)
