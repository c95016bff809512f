"""The meter: never charges more than it reserved, and gives back what it reserved in vain."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from reference_server.ledger.movement import MONEY, SECONDS
from reference_server.rating.charge import IN_BUNDLE, NOTHING
from reference_server.rating.credit import Credit
from reference_server.rating.meter import Meter, Meters
from reference_server.rating.tariff import Rate, Tariff

USER = "99051000000231"
T = 1_900_000_000.0
BY_MINUTE = Rate("+44", "United Kingdom", 17_000, 39_000, 60)
BY_SECOND = Rate("+372", "Estonia", 17_000, 0, 1)
LONG_STEPS = Rate("+870", "Satellite", 5_500_000, 79_000, 180)
SETUP_ONLY = Rate("+33", "France", 0, 50_000, 60)
TOLL_FREE = Rate("+1800", "Toll-free", 0, 0, 60)
DUST = Rate("+7", "Nearly nothing", 1, 0, 1)
RATES = (BY_MINUTE, BY_SECOND, LONG_STEPS, SETUP_ONLY, TOLL_FREE, DUST)


def purse(money: int = 0, seconds: int = 0) -> Credit:
    credit = Credit()
    credit.set(USER, money, seconds)
    return credit


def left(credit: Credit) -> tuple[int, int]:
    return credit.available(USER), credit.bundle_seconds(USER)


def test_a_call_reserves_a_window_and_pays_what_it_used() -> None:
    credit = purse(money=1_000_000)
    meter = Meter(credit, USER, BY_SECOND, in_bundle=False)
    assert meter.begin()
    assert left(credit) == (1_000_000 - 17_000, 0)
    meter.start(T)
    assert meter.runs_out_at == T + 60
    charge = meter.finish(T, T + 12.2)
    assert charge == (BY_SECOND.cost(13), 0, BY_SECOND.text)
    assert left(credit) == (1_000_000 - charge.cost, 0)


def test_a_call_that_cannot_pay_its_first_step_does_not_begin() -> None:
    credit = purse(money=55_999)
    assert not Meter(credit, USER, BY_MINUTE, in_bundle=False).begin()
    assert left(credit) == (55_999, 0)


def test_a_call_gets_as_many_steps_as_there_is_money_for() -> None:
    credit = purse(money=BY_SECOND.cost(3) + 100)
    meter = Meter(credit, USER, BY_SECOND, in_bundle=False)
    assert meter.begin()
    assert left(credit) == (100, 0)
    meter.start(T)
    assert meter.runs_out_at == T + 3
    assert not meter.extend(T + 3)
    assert meter.finish(T, T + 3.0).cost == BY_SECOND.cost(3)


def test_a_call_goes_on_while_there_is_money() -> None:
    credit = purse(money=BY_MINUTE.cost(180))
    meter = Meter(credit, USER, BY_MINUTE, in_bundle=False)
    assert meter.begin()
    meter.start(T)
    assert meter.extend(T + 60)
    assert meter.extend(T + 120)
    assert meter.runs_out_at == T + 180
    assert not meter.extend(T + 180)
    credit.give(USER, MONEY, 17_000)  # somebody adds credit
    assert meter.extend(T + 180)
    assert meter.finish(T, T + 181) == (BY_MINUTE.cost(240), 0, BY_MINUTE.text)
    assert left(credit) == (0, 0)


def test_ringing_is_not_paid() -> None:
    credit = purse(money=100_000)
    meter = Meter(credit, USER, BY_MINUTE, in_bundle=False)
    assert meter.begin()
    assert meter.runs_out_at is None
    assert meter.extend(T + 500)
    assert meter.finish(None, T + 500) == NOTHING
    assert left(credit) == (100_000, 0)


def test_a_call_is_settled_once() -> None:
    credit = purse(money=100_000)
    meter = Meter(credit, USER, BY_MINUTE, in_bundle=False)
    assert meter.begin()
    assert meter.finish(T, T + 1).cost == 56_000
    assert meter.finish(T, T + 1) == NOTHING
    assert left(credit) == (44_000, 0)


def test_the_end_may_be_noticed_late_and_costs_no_more() -> None:
    credit = purse(money=BY_SECOND.cost(2))
    meter = Meter(credit, USER, BY_SECOND, in_bundle=False)
    assert meter.begin()
    meter.start(T)
    assert meter.finish(T, T + 30).cost == BY_SECOND.cost(2)


def test_a_late_extension_catches_up() -> None:
    credit = purse(money=10_000_000)
    meter = Meter(credit, USER, BY_SECOND, in_bundle=False)
    assert meter.begin()
    meter.start(T)
    assert meter.extend(T + 100)
    assert meter.runs_out_at == T + 160


def test_a_bundle_pays_without_credit() -> None:
    credit = purse(seconds=600)
    meter = Meter(credit, USER, BY_MINUTE, in_bundle=True)
    assert meter.begin()
    meter.start(T)
    assert meter.finish(T, T + 7.5) == (0, 8, IN_BUNDLE)
    assert left(credit) == (0, 592)


def test_what_overflows_a_bundle_is_paid_by_credit_and_a_call_ends_without_it() -> None:
    credit = purse(money=BY_MINUTE.cost(60), seconds=45)
    meter = Meter(credit, USER, BY_MINUTE, in_bundle=True)
    assert meter.begin()
    meter.start(T)
    assert meter.runs_out_at == T + 45
    assert meter.extend(T + 45)
    assert meter.runs_out_at == T + 105
    assert not meter.extend(T + 105)
    assert meter.finish(T, T + 105) == (BY_MINUTE.cost(60), 45, f"{IN_BUNDLE}, then {BY_MINUTE.text}")


@pytest.mark.parametrize(("rate", "cost"), [(SETUP_ONLY, 50_000), (TOLL_FREE, 0)])
def test_a_rate_without_a_price_by_the_minute_never_runs_out(rate: Rate, cost: int) -> None:
    credit = purse(money=cost)
    meter = Meter(credit, USER, rate, in_bundle=False)
    assert meter.begin()
    meter.start(T)
    assert meter.runs_out_at is None
    assert meter.finish(T, T + 100_000).cost == cost
    assert left(credit) == (0, 0)


def test_meters_know_what_a_number_costs_and_whether_a_bundle_pays() -> None:
    credit = purse(money=1_000_000, seconds=600)
    meters = Meters(Tariff.load(), credit)
    included, excluded = meters.meter(USER, "+12125550123"), meters.meter(USER, "+16412130123")
    assert included.begin()
    assert excluded.begin()
    assert included.finish(T, T + 10) == (0, 10, IN_BUNDLE)
    assert excluded.finish(T, T + 10) == (56_000, 0, "United States (+1) 0.039 + 0.017/min")


@given(
    rate=st.sampled_from(RATES),
    in_bundle=st.booleans(),
    money=st.integers(0, 300_000),
    seconds=st.integers(0, 200),
    talk=st.floats(0, 600),
    patience=st.integers(0, 8),
)
def test_a_meter_charges_at_most_what_it_reserved_and_what_the_time_costs(
    rate: Rate, in_bundle: bool, money: int, seconds: int, talk: float, patience: int
) -> None:
    credit = purse(money=money, seconds=seconds)
    meter = Meter(credit, USER, rate, in_bundle)
    if not meter.begin():
        assert left(credit) == (money, seconds)
        assert money < rate.cost(1)
        return
    meter.start(T)
    for _ in range(patience):
        runs_out_at = meter.runs_out_at
        if runs_out_at is None or runs_out_at >= T + talk or not meter.extend(runs_out_at):
            break
    reserved = tuple(before - after for before, after in zip((money, seconds), left(credit), strict=True))
    charge = meter.finish(T, T + talk)
    assert 0 <= charge.cost <= reserved[0]
    assert 0 <= charge.bundle_seconds <= reserved[1]
    assert charge.cost <= rate.cost(int(talk) + 1)
    assert left(credit) == (money - charge.cost, seconds - charge.bundle_seconds)


class Spending(RuleBasedStateMachine):
    """Many calls spend one purse side by side, while the Manager adds to it and takes back."""

    def __init__(self) -> None:
        super().__init__()
        self.credit = Credit()
        self.now = T
        self.calls: list[tuple[Meter, float | None]] = []
        self.deposited = [0, 0]
        self.spent = [0, 0]

    @initialize(money=st.integers(0, 500_000), seconds=st.integers(0, 300))
    def open_the_purse(self, money: int, seconds: int) -> None:
        self.credit.set(USER, money, seconds)
        self.deposited = [money, seconds]

    @rule(amount=st.integers(0, 100_000), unit=st.sampled_from((MONEY, SECONDS)))
    def add(self, amount: int, unit: str) -> None:
        self.credit.give(USER, unit, amount)
        self.deposited[unit == SECONDS] += amount

    @rule(amount=st.integers(1, 200_000), unit=st.sampled_from((MONEY, SECONDS)))
    def take_back(self, amount: int, unit: str) -> None:
        self.deposited[unit == SECONDS] -= self.credit.take(USER, unit, amount, 1)

    @rule(rate=st.sampled_from(RATES), in_bundle=st.booleans())
    def call(self, rate: Rate, in_bundle: bool) -> None:
        meter = Meter(self.credit, USER, rate, in_bundle)
        if meter.begin():
            self.calls.append((meter, None))

    @precondition(lambda self: bool(self.calls))
    @rule(data=st.data())
    def answer(self, data: st.DataObject) -> None:
        place = data.draw(st.integers(0, len(self.calls) - 1))
        meter, answered = self.calls[place]
        if answered is None:
            meter.start(self.now)
            self.calls[place] = (meter, self.now)

    @rule(seconds=st.floats(0, 90))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        for call in list(self.calls):
            runs_out_at = call[0].runs_out_at
            if runs_out_at is not None and runs_out_at <= self.now and not call[0].extend(self.now):
                self.end(call)

    @precondition(lambda self: bool(self.calls))
    @rule(data=st.data())
    def hang_up(self, data: st.DataObject) -> None:
        self.end(data.draw(st.sampled_from(self.calls)))

    def end(self, call: tuple[Meter, float | None]) -> None:
        self.calls.remove(call)
        charge = call[0].finish(call[1], self.now)
        self.spent[0] += charge.cost
        self.spent[1] += charge.bundle_seconds
        assert call[0].finish(call[1], self.now) == NOTHING

    @invariant()
    def nobody_has_less_than_nothing(self) -> None:
        assert min(left(self.credit)) >= 0

    @invariant()
    def no_more_is_spent_than_was_there(self) -> None:
        reserved = [d - s - a for d, s, a in zip(self.deposited, self.spent, left(self.credit), strict=True)]
        assert min(reserved) >= 0
        if not self.calls:
            assert reserved == [0, 0], "a reservation did not come back"

    def teardown(self) -> None:
        for call in list(self.calls):
            self.end(call)
        self.no_more_is_spent_than_was_there()


TestSpending = Spending.TestCase
TestSpending.settings = settings(stateful_step_count=40, deadline=None)
