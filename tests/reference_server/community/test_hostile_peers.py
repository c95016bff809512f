"""Calls of accounts while messages are broken on the way: the trunk lives, and nothing of any call stays."""

import random
from dataclasses import replace
from functools import partial

from hypothesis import given, settings
from hypothesis import strategies as st

from harness.drivers.phone import Phone
from harness.faults.mutator import Mutator
from harness.sip.hop import Packet
from harness.ua.call_state import CallState
from reference_server.parts import Blueprint
from tests.reference_server.community.community_play import ANN, BOB, SALES, community_play, phone_of
from tests.reference_server.mutations import mutate

BROKEN = 0.3
"""Share of the messages that arrive broken, once the phones are signed in."""
LONG_ENOUGH = 15_000
"""Seconds in which every call ends by itself: longer than `longest_call` of the dialect, and 64*T1."""
UNANSWERED = (CallState.CALLING, CallState.PROCEEDING, CallState.RINGING)


class BrokenWay:
    """Breaks messages at random from the moment it is switched on."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.is_on = False

    def __call__(self, packet: Packet, _now: float) -> list[Packet]:
        if not self.is_on or self.rng.random() >= BROKEN:
            return [packet]
        return [packet._replace(data=mutate(self.rng, packet.data))]


def act(phone: Phone, rng: random.Random, now: float) -> None:
    """Does something with the calls that a phone has."""
    for call in [*phone.calls, *phone.incoming_calls]:
        core = call.core
        if core.incoming is not None and core.state in UNANSWERED:
            rng.choice((core.ring, core.answer, partial(core.reject, 486)))(now)
        elif core.state is CallState.ANSWERED and not core.modifying:
            rng.choice((core.hang_up, core.hold, core.reinvite))(now)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**32))
def test_no_broken_message_raises_or_leaves_a_call(seed: int) -> None:
    way, rng = BrokenWay(seed), random.Random(seed)

    def broken(blueprint: Blueprint) -> Blueprint:
        def make() -> Mutator:
            return way

        return replace(blueprint, sip_in=make)

    trunk = community_play(change=broken)
    ann, bob, pbx = phone_of(trunk, ANN), phone_of(trunk, BOB), trunk.phone()
    pbx.register()
    way.is_on = True
    for _ in range(6):
        ann.call(rng.choice((BOB, SALES)), media="none")
        trunk.wait(rng.choice((0.05, 0.3)))
        for phone in (ann, bob, pbx):
            act(phone, rng, trunk.network.now())
            trunk.wait(0.1)
    way.is_on = False
    for phone in (ann, bob, pbx):
        phone.close()
    trunk.wait(LONG_ENOUGH)
    parts = trunk.trunk.parts
    assert parts.community.calls() == []
    assert parts.calls.live() == []
    assert not parts.endpoints.media_receivers
