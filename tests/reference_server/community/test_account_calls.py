"""Legs of accounts are calls that hold no channel, cost nothing and leave no record."""

from tests.reference_server.community.community_play import ANN, BOB, answered, community_play, phone_of


def test_a_call_of_two_accounts_has_two_legs_until_it_ends_and_leaves_nothing() -> None:
    trunk = community_play()
    ann, bob = phone_of(trunk, ANN), phone_of(trunk, BOB)
    outgoing, _ = answered(ann, bob, BOB)
    parts = trunk.trunk.parts
    legs = parts.community.calls()
    assert [(leg.profile.username, leg.direction) for leg in legs] == [(ANN, "outbound"), (BOB, "inbound")]
    assert all(leg.meter is None for leg in legs)
    assert parts.calls.count == 0
    outgoing.hang_up()
    trunk.wait(1)
    assert parts.community.calls() == []
    assert trunk.store.records() == []
