"""Channels: one a call in either direction, given back whatever way the call ends."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from harness.drivers.phone import Phone
from reference_server.inbound import Behaviour, Order
from tests.reference_server.trunk_play import ECHO, ONLINE_NUMBER, USERNAME, TrunkPlay, play

RINGS = "+442079460200"
REJECTS = "+442079460486"

ENDINGS: dict[str, dict[str, Any]] = {
    "caller hangs up": {"number": ECHO, "step": "hang_up"},
    "caller cancels": {"number": RINGS, "step": "hang_up"},
    "far end hangs up": {"number": "+442079460101", "step": "wait"},
    "far end rejects": {"number": REJECTS, "step": "wait"},
    "refused by the rules": {"number": "02079460123", "step": "wait"},
    "caller vanishes": {"number": ECHO, "step": "vanish", "media": "silence"},
    "caller vanishes without a sound": {"number": ECHO, "step": "vanish"},
    "caller vanishes while it rings": {"number": "+442079460020", "step": "vanish"},
}
INBOUND_ENDINGS = ("rejected", "answered and hung up", "caller gives up", "nobody answers")


def test_no_more_calls_than_channels_and_503_without_retry_after() -> None:
    trunk = play(channels=2)
    phone = trunk.phone()
    calls = [phone.call(RINGS) for _ in range(3)]
    trunk.wait(1)
    assert [call.status for call in calls] == [None, None, 503]
    refusal = calls[2].responses[-1]
    assert "Retry-After" not in refusal.headers
    assert "at most 2 calls" in (refusal.headers.get("Warning") or "")
    calls[0].hang_up()
    trunk.wait(1)
    again = phone.call(ECHO)
    trunk.wait(1)
    assert again.status == 200


def test_a_channel_is_free_with_the_trunks_bye_not_with_its_answer() -> None:
    """RFC 3261 section 15.1.1: the session is over as soon as the BYE is sent."""
    trunk = play(channels=1)
    phone = trunk.phone()
    call = phone.call("+442079460101", answer_bye=False).wait_answered()
    call.wait_request("BYE")
    assert trunk.trunk.parts.calls.count == 1
    assert phone.call(REJECTS).wait_final().status == 486


def test_inbound_calls_take_channels_too_and_get_486() -> None:
    trunk = play(channels=1)
    phone = trunk.phone()
    phone.register()
    phone.call(ECHO).wait_answered()
    live = trunk.trunk.place_call(Order(profile=USERNAME), trunk.network.now())
    assert (live.state, live.status) == ("ended", 486)
    assert trunk.channels_used() == 1


@settings(max_examples=10)
@given(
    outbound=st.lists(st.sampled_from(sorted(ENDINGS)), max_size=4),
    inbound=st.lists(st.sampled_from(INBOUND_ENDINGS), max_size=2),
    seed=st.integers(0, 3),
)
def test_all_channels_come_back_whatever_way_calls_end(
    outbound: list[str], inbound: list[str], seed: int
) -> None:
    trunk = play(channels=10, dialect={"media": {"rtp_timeout": 20}})
    trunk.network.loss = 0.05 * seed
    for ending in outbound:
        end_outbound(trunk, ENDINGS[ending])
    for ending in inbound:
        end_inbound(trunk, ending)
    trunk.wait(150)
    assert trunk.channels_used() == 0
    assert trunk.trunk.parts.calls.count == 0


def end_outbound(trunk: TrunkPlay, ending: dict[str, Any]) -> None:
    phone = trunk.phone()
    call = phone.call(ending["number"], media=ending.get("media", "none"))
    trunk.wait(0.8)
    if ending["step"] == "hang_up":
        call.hang_up()
    elif ending["step"] == "vanish":
        vanish(trunk, phone)


def vanish(trunk: TrunkPlay, phone: Phone) -> None:
    """The host of a phone loses its power."""
    gone, before = phone.local.host, trunk.network.drop_if
    trunk.network.drop_if = lambda packet: (
        gone in (packet.source.host, packet.destination.host) or (before is not None and before(packet))
    )
    for call in phone.calls:
        call.core.drop(trunk.network.now())


def end_inbound(trunk: TrunkPlay, ending: str) -> None:
    phone = trunk.phone()
    trunk.network.loss, loss = 0.0, trunk.network.loss
    phone.register()
    trunk.network.loss = loss
    cancel_after = 2.0 if ending == "caller gives up" else None
    behaviour = Behaviour(ring_timeout=5, hang_up_after=1.0, cancel_after=cancel_after)
    trunk.trunk.place_call(Order(USERNAME, ONLINE_NUMBER, behaviour=behaviour), trunk.network.now())
    if not trunk.network.run_until(lambda: bool(phone.incoming_calls), 5):
        return
    call = phone.incoming_calls.pop()
    if ending == "rejected":
        call.reject(486)
    elif ending == "answered and hung up":
        call.answer()
