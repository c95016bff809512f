"""The money of calls that run: reserved ahead, charged at the end, and the end when it is used up."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.drivers.phone_call import PhoneCall
from harness.sip.hop import Hop, Packet
from harness.ua.call_state import CallState
from reference_server.inbound import Behaviour, Order
from reference_server.ledger.money import parse_money
from reference_server.ledger.movement import MONEY, SECONDS
from reference_server.metering import CAUSE
from reference_server.parts import standard_tariff
from reference_server.store.rows import RecordRow
from reference_server.store.store import Store, StoreError
from tests.reference_server.trunk_play import ECHO, TRUNK, USERNAME, TrunkPlay, play

PAID = "+442079460000"
RINGS = "+442079460200"
REJECTS = "+442079460486"
US = "+14155550199"
RATE = standard_tariff().rate_of(PAID)
STEP = RATE.cost(60)
"""Set-up and the first minute."""
MINUTE = RATE.cost(120) - STEP


def played(credit: str = "25.00", **more: Any) -> TrunkPlay:
    return play(credit=credit, dialect={"media": {"rtp_timeout": 0}}, **more)


def available(trunk: TrunkPlay) -> int:
    return trunk.trunk.credit.available(USERNAME)


def called(trunk: TrunkPlay, number: str = PAID, **options: Any) -> PhoneCall:
    return trunk.phone().call(number, media="none", **options)


def last_record(trunk: TrunkPlay) -> RecordRow:
    return trunk.store.records()[-1]


def test_a_call_of_two_tenths_of_a_second_costs_one_step() -> None:
    trunk = played()
    call = called(trunk).wait_answered()
    trunk.wait(0.2)
    call.hang_up()
    trunk.wait(1)
    record = last_record(trunk)
    assert (record.cost, record.bundle_seconds, record.rate) == (STEP, 0, RATE.text)
    assert available(trunk) == parse_money("25.00") - STEP
    assert trunk.store.spendable(USERNAME)[0] == available(trunk)


def test_while_a_call_runs_its_next_minutes_are_reserved() -> None:
    trunk = played()
    call = called(trunk).wait_answered()
    assert available(trunk) == parse_money("25.00") - STEP
    trunk.wait(58)
    assert available(trunk) == parse_money("25.00") - STEP - MINUTE
    trunk.wait(9 * 60)
    call.hang_up()
    trunk.wait(1)
    assert last_record(trunk).cost == STEP + 9 * MINUTE
    assert trunk.store.spendable(USERNAME)[0] == available(trunk) == parse_money("25.00") - STEP - 9 * MINUTE


@pytest.mark.parametrize("number", [RINGS, REJECTS, "+442079460201"])
def test_a_call_that_nobody_answers_costs_nothing(number: str) -> None:
    trunk = played()
    call = called(trunk, number)
    trunk.wait(70)
    call.hang_up()
    trunk.wait(1)
    assert last_record(trunk).cost == 0
    assert available(trunk) == parse_money("25.00")


def test_without_credit_for_the_first_step_a_call_is_refused_and_holds_no_channel() -> None:
    trunk = played(credit="0.055")
    refusal = called(trunk).wait_final()
    assert refusal.status == 402
    assert "credit 0.055" in (refusal.responses[-1].headers.get("Warning") or "")
    assert trunk.channels_used() == 0
    assert available(trunk) == 55_000
    assert last_record(trunk).cause == "no_credit"


def test_a_call_beyond_the_last_channel_gives_its_reservation_back() -> None:
    trunk = played(channels=1)
    called(trunk).wait_answered()
    before = available(trunk)
    assert called(trunk).wait_final().status == 503
    assert available(trunk) == before


def test_the_echo_number_and_calls_to_the_pbx_are_free() -> None:
    trunk = played(credit="0")
    call = called(trunk, ECHO).wait_answered()
    call.hang_up()
    trunk.wait(1)
    assert (last_record(trunk).cost, last_record(trunk).rate) == (0, "free number")
    phone = trunk.phone()
    phone.register()
    trunk.trunk.place_call(
        Order(profile=USERNAME, behaviour=Behaviour(hang_up_after=1.0)), trunk.network.now()
    )
    phone.wait_call().answer()
    trunk.wait(3)
    record = last_record(trunk)
    assert (record.direction, record.answered is not None, record.cost, record.rate) == (
        "inbound",
        True,
        0,
        "",
    )


@pytest.mark.parametrize("media", ["none", "silence"])
@pytest.mark.parametrize("minutes", [1, 3])
def test_a_call_ends_with_bye_at_the_moment_when_its_credit_is_used_up(minutes: int, media: str) -> None:
    trunk = played(credit="0.0561" if minutes == 1 else "0.09")
    call = trunk.phone().call(PAID, media=media).wait_answered()
    answered = trunk.network.now()
    bye = call.wait_request("BYE", timeout=minutes * 60 + 5)
    assert trunk.network.now() - answered == pytest.approx(minutes * 60, abs=0.1)
    assert bye.headers.get("Reason") == 'SIP;cause=402;text="credit used up"'
    trunk.wait(1)
    record = last_record(trunk)
    assert (record.cause, record.released_by, record.cost) == (CAUSE, "trunk", STEP + (minutes - 1) * MINUTE)
    assert trunk.trunk.parts.metering.ended == 1
    assert 0 <= available(trunk) < MINUTE


def test_credit_added_in_the_last_second_keeps_a_call_alive() -> None:
    trunk = played(credit="0.056")
    call = called(trunk).wait_answered()
    trunk.wait(59.5)
    trunk.trunk.credit.give(USERNAME, MONEY, MINUTE)
    trunk.wait(30)
    assert call.state is CallState.ANSWERED
    call.wait_request("BYE", timeout=60)
    trunk.wait(1)
    assert last_record(trunk).cost == STEP + MINUTE


def test_a_caller_who_never_acknowledges_pays_for_what_was_reserved_and_no_more() -> None:
    trunk = played(credit="0.056")
    call = called(trunk, send_ack=False).wait_answered()
    call.wait_request("BYE", timeout=100)
    trunk.wait(40)
    assert last_record(trunk).cost == STEP
    assert available(trunk) == 0


def test_bundle_seconds_come_first_and_what_is_over_them_is_charged() -> None:
    trunk = played(us_minute_bundles=1)
    trunk.trunk.credit.set(USERNAME, parse_money("1.00"), 90)
    call = called(trunk, "+14155552671").wait_answered()
    trunk.wait(100)
    call.hang_up()
    trunk.wait(1)
    record, rate = last_record(trunk), standard_tariff().rate_of("+14155552671")
    assert (record.bundle_seconds, record.cost) == (90, rate.cost(11))
    assert record.rate.startswith("US minute bundle, then United States")
    assert trunk.trunk.credit.bundle_seconds(USERNAME) == 0


@settings(max_examples=8, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from((PAID, RINGS, REJECTS, "+442079460110", "+447700900123", ECHO)),
            st.integers(0, 200),
        ),
        max_size=6,
    ),
    st.integers(0, 400_000),
)
def test_whatever_calls_do_nobody_spends_more_than_there_is(
    calls: list[tuple[str, int]], credit: int
) -> None:
    trunk = played(channels=10)
    trunk.trunk.credit.set(USERNAME, credit, 0)
    made = [(called(trunk, number), seconds) for number, seconds in calls]
    for second in range(0, 260, 10):
        for call, until in made:
            if until <= second:
                call.hang_up()
        trunk.wait(10)
        assert available(trunk) >= 0
    trunk.wait(120)
    assert trunk.channels_used() == 0
    assert available(trunk) == credit - sum(record.cost for record in trunk.store.records())


class _BrokenStore(Store):
    broken = False

    def commit(self, now: float | None = None) -> None:
        if self.broken and self.dirty:
            raise StoreError("disk full")
        super().commit(now)


@pytest.mark.parametrize("ring", [PAID, US])
def test_no_answer_leaves_before_the_call_is_on_disk(ring: str) -> None:
    store = _BrokenStore("sqlite://")
    trunk = played(store=store)
    sent: list[bytes] = []
    trunk.trunk.watch = lambda incoming, data, _local, _peer, _now: None if incoming else sent.append(data)
    phone = trunk.phone()
    store.broken = True
    phone.call(ring, media="none")
    trunk.wait(3)
    assert not [data for data in sent if data.startswith(b"SIP/2.0 200")]
    store.broken = False
    trunk.wait(10)
    assert [data for data in sent if data.startswith(b"SIP/2.0 200")]


class TestProfilesThatChange:
    """`take_profile` and `drop_profile` while calls run."""

    def test_a_new_profile_can_register_and_call(self) -> None:
        trunk = played()
        taken = trunk.store.profiles()[0].model_copy(
            update={"sip_username": "99051000000777", "password": "new", "online_numbers": ()}
        )
        trunk.trunk.take_profile(taken.model_copy(update={"extension_tags": {}}))
        trunk.trunk.credit.give("99051000000777", MONEY, STEP)
        phone = trunk.phone("99051000000777", "new")
        assert phone.register().status == 200
        phone.call(PAID, media="none").wait_answered()
        assert trunk.trunk.credit.available("99051000000777") == 0

    def test_a_call_goes_on_when_its_profile_changes_and_when_it_is_dropped(self) -> None:
        trunk = played()
        before = trunk.store.profiles()[0]
        phone = trunk.phone()
        phone.register()
        call = phone.call(PAID, media="none").wait_answered()
        trunk.trunk.take_profile(
            before.model_copy(update={"password": "other", "channels": 1, "active": False})
        )
        assert trunk.phone(password="other").call(ECHO).wait_final().status == 403
        trunk.wait(30)
        assert call.state is CallState.ANSWERED
        assert trunk.channels_used() == 1
        trunk.trunk.drop_profile(USERNAME)
        trunk.trunk.drop_profile(USERNAME)
        trunk.wait(1)
        assert call.state is CallState.ANSWERED
        call.hang_up()
        trunk.wait(1)
        assert last_record(trunk).cost == STEP
        assert trunk.phone().register().status == 401
        assert trunk.store.bindings(0.0) == []

    def test_the_caller_id_is_what_the_far_end_is_shown(self) -> None:
        trunk = played()
        called(trunk).wait_answered()
        live = trunk.trunk.parts.calls.live()[0]
        assert live.presented == USERNAME
        settings = trunk.store.profiles()[0]
        trunk.trunk.take_profile(settings.model_copy(update={"caller_id": "+442079460123"}))
        assert live.presented == "+442079460123"

    def test_an_address_that_a_profile_gives_up_is_nobodys(self) -> None:
        trunk = played()
        profiles = trunk.trunk.parts.profiles
        by_address = next(one for one in trunk.store.profiles() if one.auth == "ip")
        changed = by_address.model_copy(update={"port": 5999})
        trunk.trunk.take_profile(changed)
        assert profiles.at(str(by_address.address), by_address.port) is None
        assert profiles.at(str(by_address.address), 5999) is not None
        trunk.trunk.drop_profile(by_address.sip_username)
        assert profiles.at(str(by_address.address), 5999) is None


def test_who_watches_sees_what_comes_in_and_what_leaves() -> None:
    trunk = played()
    seen: list[tuple[bool, bytes, Hop, Hop]] = []
    trunk.trunk.watch = lambda incoming, data, local, peer, _now: seen.append((incoming, data, local, peer))
    phone = trunk.phone()
    phone.call(PAID, media="none").wait_answered()
    trunk.wait(0.1)
    starts = [(incoming, data[:11].partition(b" sip")[0]) for incoming, data, _, _ in seen]
    assert starts[:3] == [(True, b"INVITE"), (False, b"SIP/2.0 407"), (True, b"ACK")]
    assert (False, b"SIP/2.0 200") in starts
    assert {local for _, _, local, _ in seen} == {TRUNK}
    assert {peer for _, _, _, peer in seen} == {phone.local}
    trunk.trunk.watch = None
    trunk.trunk.receive(Packet(b"OPTIONS", phone.local, TRUNK), trunk.network.now())


def test_seconds_of_bundles_are_another_unit_than_money() -> None:
    trunk = played(credit="0")
    trunk.trunk.credit.give(USERNAME, SECONDS, 600)
    assert called(trunk, PAID).wait_final().status == 402
    assert called(trunk, "+14155552671").wait_final().status == 200
