"""A change of the session that is answered later, because somebody else has to be asked first."""

import pytest

from harness.drivers.phone import Phone
from harness.drivers.phone_call import PhoneCall
from harness.drivers.simulated import SimulatedNetwork
from harness.sip.errors import LocalError
from harness.sip.message import Request, Response
from harness.ua.call_state import CallState
from tests.harness.ua.test_call import establish


class Thinker:
    """Puts off the changes that a call's other side wants."""

    def __init__(self, call: PhoneCall) -> None:
        self.asked: list[Request] = []
        self.answers = call.core.answers
        self.answers.before_change = self.take

    def take(self, request: Request, _now: float) -> bool:
        self.asked.append(request)
        return True


@pytest.fixture
def calls(alice: Phone, bob: Phone) -> tuple[PhoneCall, PhoneCall]:
    return establish(alice, bob)


@pytest.fixture
def thinker(calls: tuple[PhoneCall, PhoneCall]) -> Thinker:
    return Thinker(calls[1])


def statuses(call: PhoneCall, method: str) -> list[int]:
    """What a side got for its requests of a method."""
    return [response.status for response in call.responses if response.cseq.method == method]


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
def test_a_change_that_was_put_off_is_answered_when_it_is_time(
    calls: tuple[PhoneCall, PhoneCall], thinker: Thinker, network: SimulatedNetwork, method: str
) -> None:
    outgoing, incoming = calls
    outgoing.core.modification.start(method, network.now(), direction="sendonly")
    outgoing.wait(20)
    assert thinker.answers.owes_answer
    assert outgoing.modification_status is None
    assert thinker.answers.answer_put_off(network.now())
    outgoing.wait(1)
    assert outgoing.modification_status == 200
    assert incoming.media.agreed is not None
    assert incoming.media.agreed.direction == "recvonly"
    assert not thinker.answers.answer_put_off(network.now())


def test_an_update_without_an_offer_is_not_put_off(
    calls: tuple[PhoneCall, PhoneCall], thinker: Thinker
) -> None:
    assert calls[0].update().modification_status == 200
    assert thinker.asked == []


def test_a_refusal_says_why_and_leaves_the_session(
    calls: tuple[PhoneCall, PhoneCall], thinker: Thinker, network: SimulatedNetwork
) -> None:
    outgoing, incoming = calls
    outgoing.core.hold(network.now())
    outgoing.wait(1)
    thinker.answers.refuse_put_off(488, network.now(), "a hold", "no hold")
    outgoing.wait(1)
    assert outgoing.modification_status == 488
    assert "seen a hold; expected no hold" in (outgoing.responses[-1].headers.get("Warning") or "")
    assert incoming.media.agreed is not None
    assert incoming.media.agreed.direction == "sendrecv"
    thinker.answers.refuse_put_off(488, network.now(), "nothing", "nothing")
    assert statuses(outgoing, "INVITE").count(488) == 1


@pytest.mark.parametrize("who", ["the asking side", "the asked side"])
def test_the_end_of_the_call_answers_it_with_487(
    calls: tuple[PhoneCall, PhoneCall], thinker: Thinker, network: SimulatedNetwork, who: str
) -> None:
    """RFC 3261 section 15.1.2."""
    outgoing, incoming = calls
    outgoing.core.hold(network.now())
    outgoing.wait(1)
    (outgoing if who == "the asking side" else incoming).core.hang_up(network.now())
    outgoing.wait_ended()
    assert statuses(outgoing, "INVITE")[-1] == 487
    assert outgoing.state is CallState.ENDED


def test_a_change_of_our_own_must_wait(
    calls: tuple[PhoneCall, PhoneCall], thinker: Thinker, network: SimulatedNetwork
) -> None:
    """RFC 3261 section 14.1."""
    calls[0].core.hold(network.now())
    calls[0].wait(1)
    with pytest.raises(LocalError, match="give it first"):
        calls[1].core.reinvite(network.now())


def test_who_is_told_of_the_outcome_decides_what_follows_a_491(
    calls: tuple[PhoneCall, PhoneCall], thinker: Thinker, network: SimulatedNetwork
) -> None:
    outgoing, _ = calls
    told: list[Response | None] = []
    outgoing.core.modification.start(
        "INVITE", network.now(), on_final=lambda response, _now: told.append(response)
    )
    outgoing.wait(1)
    thinker.answers.refuse_put_off(491, network.now(), "another offer", "one at a time")
    outgoing.wait(10)
    assert [response and response.status for response in told] == [491]
    assert len(thinker.asked) == 1
    assert not outgoing.core.modifying
