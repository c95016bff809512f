"""Legs of accounts hold no channel and cost nothing; a call of two accounts leaves one record."""

import pytest
from sqlalchemy import func, select

from reference_server.store.journal_schema import ENTRIES, MOVEMENTS
from reference_server.store.rows import COMMUNITY, RecordRow
from tests.reference_server.community.community_play import (
    ANN,
    BOB,
    SALES,
    answered,
    community_play,
    phone_of,
    ringing,
)
from tests.reference_server.trunk_play import TrunkPlay


def movements(trunk: TrunkPlay) -> tuple[int, int]:
    """How many movements and entries the ledger has."""
    with trunk.store.database.read() as connection:
        return tuple(  # type: ignore[return-value]  # of two
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (MOVEMENTS, ENTRIES)
        )


def only_record(trunk: TrunkPlay) -> RecordRow:
    """The one record that there is."""
    (record,) = trunk.store.records()
    return record


def test_a_call_of_two_accounts_has_two_legs_until_it_ends() -> None:
    trunk = community_play()
    ann, bob = phone_of(trunk, ANN), phone_of(trunk, BOB)
    outgoing, _ = answered(ann, bob, BOB)
    parts = trunk.trunk.parts
    legs = parts.community.calls()
    assert [(leg.profile.username, leg.direction) for leg in legs] == [(ANN, COMMUNITY), (BOB, "inbound")]
    assert all(leg.meter is None for leg in legs)
    assert parts.calls.count == 0
    outgoing.hang_up()
    trunk.wait(1)
    assert parts.community.calls() == []


class TestTheRecord:
    """One for a call, without any cost."""

    @pytest.mark.parametrize("who", ["caller", "callee"])
    def test_an_answered_call_leaves_one(self, who: str) -> None:
        trunk = community_play()
        before = movements(trunk)
        outgoing, incoming = answered(phone_of(trunk, ANN), phone_of(trunk, BOB), BOB)
        trunk.wait(5)
        (outgoing if who == "caller" else incoming).hang_up()
        trunk.wait(1)
        record = only_record(trunk)
        assert (record.sip_username, record.direction) == (ANN, COMMUNITY)
        assert (record.caller, record.number, record.status) == (ANN, BOB, 200)
        assert record.released_by == who
        assert record.answered is not None
        assert record.ended - record.answered == pytest.approx(5, abs=0.5)
        assert (record.cost, record.bundle_seconds, record.rate) == (0, 0, "")
        assert movements(trunk) == before

    def test_a_refused_call_leaves_one(self) -> None:
        trunk = community_play()
        outgoing, incoming = ringing(phone_of(trunk, ANN), phone_of(trunk, BOB), BOB)
        incoming.reject(486)
        outgoing.wait_final()
        trunk.wait(1)
        record = only_record(trunk)
        assert (record.status, record.answered) == (486, None)

    def test_a_call_to_nobody_at_home_leaves_one(self) -> None:
        trunk = community_play()
        phone_of(trunk, ANN).call(BOB).wait_final()
        trunk.wait(1)
        assert (only_record(trunk).status, only_record(trunk).number) == (480, BOB)

    def test_a_call_to_a_profile_is_recorded_there_alone(self) -> None:
        trunk = community_play()
        pbx = trunk.phone()
        pbx.register()
        outgoing, _ = answered(phone_of(trunk, ANN), pbx, SALES)
        outgoing.hang_up()
        trunk.wait(1)
        assert only_record(trunk).direction == "inbound"
        assert trunk.trunk.parts.community.shown() == []


class TestDurability:
    """Written before the answer leaves, closed by a restart."""

    def test_a_call_is_on_disk_before_it_is_answered(self) -> None:
        trunk = community_play()
        answered(phone_of(trunk, ANN), phone_of(trunk, BOB), BOB)
        assert not trunk.store.dirty
        before = movements(trunk)
        (closed,) = trunk.store.recover(trunk.network.now())
        assert (closed.sip_username, closed.direction, closed.cause) == (ANN, COMMUNITY, "trunk stopped")
        assert (closed.cost, closed.bundle_seconds) == (0, 0)
        assert movements(trunk) == before

    def test_a_call_that_is_closed_by_a_restart_and_by_its_end_has_one_record(self) -> None:
        trunk = community_play()
        outgoing, _ = answered(phone_of(trunk, ANN), phone_of(trunk, BOB), BOB)
        trunk.store.recover(trunk.network.now())
        outgoing.hang_up()
        trunk.wait(1)
        assert only_record(trunk).cause == "trunk stopped"


class TestRefusals:
    """What the rules do not let begin is shown among the calls that ended lately."""

    @pytest.mark.parametrize(
        ("caller", "dialled", "status", "rule"),
        [
            (SALES, BOB, 403, "account_attached"),
            (ANN, "nobody.example", 404, "unknown_callee"),
            (ANN, BOB.title(), 404, "unknown_callee"),
        ],
    )
    def test_a_refused_call_is_shown_and_recorded(
        self, caller: str, dialled: str, status: int, rule: str
    ) -> None:
        trunk = community_play()
        phone = phone_of(trunk, caller, signed_in=caller != SALES)
        assert phone.call(dialled).wait_final().status == status
        trunk.wait(1)
        (live,) = trunk.trunk.parts.community.shown()
        assert (live.caller, live.number, live.status, live.cause) == (caller, dialled, status, rule)
        assert live.state == "ended"
        assert trunk.trunk.parts.community.named(live.id) is live
        record = only_record(trunk)
        assert (record.status, record.cause, record.direction) == (status, rule, COMMUNITY)
        assert record.call_id == live.call_id
