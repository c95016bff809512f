"""What people type into forms."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_server.console.form import Form, amount, day_asked, port_number, whole_number
from reference_server.ledger.money import money_text
from reference_server.manager.problem import Problem


@given(st.integers(0, 999_999))
def test_numbers_of_things_are_read(number: int) -> None:
    assert whole_number(f" {number} ", "channels", "channels") == number


@pytest.mark.parametrize("typed", ["", "-1", "1.5", "four", "1234567", "٤", "1e3"])
def test_what_is_no_number_of_things_says_what_to_write(typed: str) -> None:
    with pytest.raises(Problem) as caught:
        whole_number(typed, "channels", "channels")
    assert caught.value.field == "channels"
    assert "write how many channels" in caught.value.detail


@given(st.integers(0, 10**15))
def test_amounts_are_read_to_the_micro_unit(micros: int) -> None:
    assert amount(money_text(micros), "amount") == micros


@pytest.mark.parametrize("typed", ["ten", "1,50", "", "1.12345678", "\x00", "٤"])
def test_what_is_no_amount_is_a_problem_of_its_field(typed: str) -> None:
    with pytest.raises(Problem) as caught:
        amount(typed, "minimum")
    assert (caught.value.status, caught.value.field) == (422, "minimum")


@pytest.mark.parametrize(("typed", "port"), [("5060", 5060), (" 1 ", 1), ("65535", 65535)])
def test_ports_are_read(typed: str, port: int) -> None:
    assert port_number(typed) == port


@pytest.mark.parametrize("typed", ["", "0", "65536", "99999999999", "sip", "-1"])
def test_what_is_no_port_says_so(typed: str) -> None:
    with pytest.raises(Problem) as caught:
        port_number(typed)
    assert "1 to 65535" in caught.value.detail


def test_a_day_is_read_and_none_is_none() -> None:
    assert day_asked("2026-11-23", "since") == dt.date(2026, 11, 23)
    assert day_asked("", "since") is None


@pytest.mark.parametrize("typed", ["23.11.2026", "2026-02-30", "0001-01-01", "9999-12-31", "x"])
def test_what_is_no_day_says_so(typed: str) -> None:
    with pytest.raises(Problem) as caught:
        day_asked(typed, "since")
    assert caught.value.field == "since"


class TestForm:
    """A form as it is shown again."""

    problem = Problem("wrong-value", 422, "That cannot be", "write less", "amount")

    def test_keeps_what_was_typed(self) -> None:
        form = Form("add", ("amount",), {"amount": "ten"}, self.problem)
        assert form.value("amount", "25") == "ten"
        assert form.error("amount") == "write less"
        assert form.shows_problem

    def test_is_blank_or_has_what_is_saved_before_it_was_sent(self) -> None:
        form = Form("add", ("amount",))
        assert form.value("amount") == ""
        assert form.value("amount", 5) == "5"
        assert form.error("amount") == ""

    def test_leaves_a_problem_of_no_field_to_the_page(self) -> None:
        form = Form("add", ("amount",), {}, Problem("manager-balance", 402, "Too small", "add more"))
        assert not form.shows_problem
