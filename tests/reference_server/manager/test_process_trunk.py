"""Manager and trunk together, with phones on a simulated network: steps 2 to 8 of the guide on the wire."""

import asyncio
import random

import pytest

from harness.drivers.phone import Phone
from harness.ua.call_state import CallState
from reference_server.control.desk import ControlDesk
from reference_server.manager.manager import Manager
from reference_server.manager.people.password import Passwords
from reference_server.manager.people.people import People
from reference_server.manager.process_trunk import ProcessTrunk
from reference_server.metrics import Metrics
from tests.reference_server.manager.managed_trunk import (
    ADA,
    CHEAP,
    LONDON,
    MOBILE,
    PRICES,
    TARIFF,
    failing_commit,
    money,
)
from tests.reference_server.trunk_play import ECHO, USERNAME, TrunkPlay, play


class Office:
    """A Manager over a trunk that phones can reach."""

    def __init__(self) -> None:
        self.play: TrunkPlay = play(dialect={"media": {"rtp_timeout": 0}})
        trunk, store, clock = self.play.trunk, self.play.store, self.play.network.now
        desk = ControlDesk(trunk, store, Metrics(trunk, clock), clock, lambda: None)
        self.live = ProcessTrunk(trunk, store, desk, clock)
        rng = random.Random(3)
        people = People(store.database, clock, rng, Passwords(CHEAP))
        self.manager = Manager(store.database, self.live, PRICES, TARIFF, clock, rng, people=people)
        self.manager.start()
        self.manager.credit.fund_manager(ADA, money("1000"), "payment")
        self.username = self.manager.profiles.set_up(ADA, "Shop").sip_username

    def buy(self, channels: int = 2, bundles: int = 0) -> None:
        """Buys a subscription."""
        key = f"buy {self.play.network.now()}"
        self.manager.profiles.buy(ADA, self.username, channels, bundles, key)

    def pbx(self) -> Phone:
        """A PBX with the profile's password."""
        password = self.manager.profiles.regenerate_password(ADA, self.username).password
        return self.play.phone(self.username, password)


@pytest.fixture
def office() -> Office:
    return Office()


def test_a_profile_calls_once_it_is_bought_for(office: Office) -> None:
    pbx = office.pbx()
    call = pbx.call(ECHO, media="none")
    assert call.wait_ended().status == 403  # no subscription yet
    office.buy()
    call = pbx.call(ECHO, media="none").wait_answered()
    call.hang_up()


def test_the_password_of_before_is_refused(office: Office) -> None:
    office.buy()
    old = office.pbx()
    office.manager.profiles.regenerate_password(ADA, office.username)
    assert old.register().status != 200


def test_credit_that_is_added_can_be_called_with_and_what_is_left_taken_back(office: Office) -> None:
    office.buy()
    pbx = office.pbx()
    assert pbx.call(MOBILE, media="none").wait_ended().status == 402
    office.manager.credit.add_credit(ADA, office.username, money("1"), "add")
    call = pbx.call(MOBILE, media="none").wait_answered()
    view = office.manager.profiles.get(office.username)
    assert view.available < view.credit == money("1")
    assert view.channels_used == 1
    call.hang_up()
    office.play.wait(1)
    view = office.manager.profiles.get(office.username)
    assert view.available == view.credit < money("1")
    office.manager.credit.take_back(ADA, office.username, view.available, "back")
    assert pbx.call(MOBILE, media="none").wait_ended().status == 402


def test_a_profile_that_is_changed_keeps_its_calls_and_its_registration(office: Office) -> None:
    office.buy()
    pbx = office.pbx()
    pbx.register()
    call = pbx.call(ECHO, media="none").wait_answered()
    office.manager.profiles.change(ADA, office.username, 1, 0, "change")
    office.play.wait(1)
    assert call.state is CallState.ANSWERED
    view = office.manager.profiles.get(office.username)
    assert (view.registered, view.channels_used, view.channels) == (True, 1, 1)
    assert pbx.call(ECHO, media="none").wait_ended().status == 503  # its one channel is in use
    call.hang_up()


def test_a_removed_profile_is_a_stranger(office: Office) -> None:
    office.buy()
    pbx = office.pbx()
    pbx.register()
    office.manager.profiles.remove(ADA, office.username)
    assert pbx.register().status != 200


def test_an_online_number_rings_the_profile_that_has_it(office: Office) -> None:
    office.buy()
    pbx = office.pbx()
    pbx.register()
    office.manager.numbers.buy(ADA, LONDON, office.username, "number")
    placed = asyncio.run(office.manager.calls.place_test_call(ADA, office.username, number=LONDON))
    ringing = pbx.wait_call()
    assert str(ringing.invite.uri).startswith(f"sip:{LONDON}@")
    ringing.answer()
    office.play.wait(2)
    outcome = asyncio.run(office.manager.calls.test_call(placed.id))
    assert outcome.state == "answered"
    assert [call.id for call in asyncio.run(office.manager.calls.now())] == [placed.id]
    office.play.wait(20)
    outcome = asyncio.run(office.manager.calls.test_call(placed.id))
    assert (outcome.state, outcome.passed) == ("ended", True)
    assert "packets of sound came back" in outcome.words
    assert asyncio.run(office.manager.calls.now()) == []
    assert asyncio.run(office.manager.calls.recent())[0].id == placed.id


def test_an_attached_account_rings_with_its_extension(office: Office) -> None:
    office.buy()
    pbx = office.pbx()
    pbx.register()
    office.manager.accounts.create(ADA, "sales.london", "Sales", "a password")
    office.manager.accounts.attach(ADA, office.username, "sales.london", "200")
    asyncio.run(office.manager.calls.place_test_call(ADA, office.username, account="Sales.London"))
    assert str(pbx.wait_call().invite.uri).startswith("sip:200@")


def test_a_call_is_ended_from_the_console(office: Office) -> None:
    office.buy()
    call = office.pbx().call(ECHO, media="none").wait_answered()
    running = asyncio.run(office.manager.calls.now())
    assert [one.profile for one in running] == [office.username]
    asyncio.run(office.manager.calls.end(ADA, running[0].id))
    call.wait_ended()


def test_a_business_account_of_the_manager_signs_in_with_a_phone(office: Office) -> None:
    office.manager.accounts.create(ADA, "sales.london", "Sales", "a password")
    phone = office.play.phone("sales.london", "a password")
    assert phone.register().status == 200
    office.buy()
    office.manager.accounts.attach(ADA, office.username, "sales.london")
    assert phone.register().status == 403


def test_profiles_of_the_settings_file_are_on_the_list(office: Office) -> None:
    views = {view.sip_username: view for view in office.manager.profiles.all()}
    assert views[USERNAME].origin == "file"
    assert views[office.username].origin == "manager"


def test_a_failing_order_does_not_disturb_calls(office: Office) -> None:
    office.buy()
    office.manager.credit.add_credit(ADA, office.username, money("5"), "add")
    call = office.pbx().call(MOBILE, media="none").wait_answered()
    before = office.live.available(office.username)
    with failing_commit(office.play.store.database, written=False), pytest.raises(Exception, match="disk"):
        office.manager.credit.take_back(ADA, office.username, money("1"), "back")
    assert office.live.available(office.username) == before
    office.play.wait(30)
    call.hang_up()
    office.play.wait(1)
    view = office.manager.profiles.get(office.username)
    assert view.credit == view.available == money("5") - TARIFF.rate_of(MOBILE).cost(30)
