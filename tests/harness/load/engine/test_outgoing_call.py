import pytest

from harness.load.engine.outgoing_call import FastCall
from harness.sip.credentials import Credentials
from harness.sip.digest_response import verify
from harness.sip.message import Request
from tests.harness.load.engine.wire import SmallTrunk, Wire

NUMBER = "+442079460000"


@pytest.fixture
def wire() -> Wire:
    return Wire()


def start(wire: Wire, hold: float | None = None) -> tuple[FastCall, Request]:
    call = wire.line.call(NUMBER, hold=hold)
    return call, wire.take()[0]


def answered(wire: Wire, hold: float | None = None) -> tuple[FastCall, Request]:
    call, invite = start(wire, hold)
    wire.respond(invite, 180)
    wire.accept(invite)
    return call, invite


def methods(wire: Wire) -> list[str]:
    return [request.method for request in wire.take()]


def test_a_call_is_challenged_answered_and_ended(wire: Wire) -> None:
    call, first = start(wire, hold=0.0)
    wire.now += 0.1
    wire.challenge(first)
    ack, second = wire.take()
    wire.now += 0.1
    wire.respond(second, 180)
    wire.now += 0.1
    wire.accept(second)
    ack_to_answer, bye = wire.take()
    wire.now += 0.1
    wire.respond(bye, 200)
    (attempt,) = wire.attempts
    assert [ack.method, second.method, ack_to_answer.method, bye.method] == ["ACK", "INVITE", "ACK", "BYE"]
    assert (ack.branch, ack.cseq.number, ack.to.tag) == (first.branch, 1, "far")
    assert (second.cseq.number, bye.cseq.number) == (2, 3)
    assert bye.uri == "sip:far@192.0.2.9:5060"
    assert attempt.completed
    assert attempt.cause == ""
    assert attempt.challenged
    assert attempt.first_response == pytest.approx(1000.2)
    assert attempt.answered == attempt.bye_sent == pytest.approx(1000.3)
    assert attempt.bye_answered == attempt.ended == pytest.approx(1000.4)
    assert call.over
    assert wire.engine.in_progress == wire.engine.concurrent == wire.engine.stray == 0


def test_what_lies_in_our_own_socket_is_no_delay_of_the_target(wire: Wire) -> None:
    _, first = start(wire, hold=0.0)
    wire.unread = 0.004
    wire.now += 0.1
    wire.challenge(first)
    _, second = wire.take()
    wire.now += 0.1
    wire.respond(second, 180)
    wire.now += 0.1
    wire.accept(second)
    _, bye = wire.take()
    wire.now += 0.1
    wire.respond(bye, 200)
    (attempt,) = wire.attempts
    assert attempt.waited == pytest.approx(0.004)
    assert attempt.first_response == pytest.approx(1000.2 - 0.004)
    assert attempt.answered == pytest.approx(1000.3 - 0.004)
    assert attempt.bye_sent == pytest.approx(1000.3)
    assert attempt.bye_answered == pytest.approx(1000.4 - 0.004)


def test_credentials_prove_the_password(wire: Wire) -> None:
    _, invite = start(wire)
    wire.challenge(invite)
    again = wire.take()[-1]
    credentials = Credentials.parse(again.headers.get("Proxy-Authorization") or "")
    assert verify(credentials, method="INVITE", password="secret")
    assert credentials.uri == again.uri


def test_the_clock_starts_at_the_intended_time(wire: Wire) -> None:
    wire.line.call(NUMBER, intended=998.0)
    wire.respond(wire.take()[0], 486)
    assert (wire.attempts[0].intended, wire.attempts[0].started) == (998.0, 1000.0)


@pytest.mark.parametrize("number", range(5))
def test_a_call_survives_the_loss_of_any_packet_to_the_trunk(wire: Wire, number: int) -> None:
    trunk = SmallTrunk(wire, lose_to=number)
    wire.line.call(NUMBER, hold=1.0)
    trunk.run(60)
    assert [attempt.cause for attempt in wire.attempts] == [""]
    assert trunk.byes == 1
    assert trunk.acked
    assert wire.engine.retransmissions + wire.engine.repeated > 0


@pytest.mark.parametrize("number", range(4))
def test_a_call_survives_the_loss_of_any_packet_from_the_trunk(wire: Wire, number: int) -> None:
    trunk = SmallTrunk(wire, lose_from=number)
    wire.line.call(NUMBER, hold=1.0)
    trunk.run(60)
    assert [attempt.cause for attempt in wire.attempts] == [""]
    assert wire.engine.in_progress == 0


def test_nothing_is_remembered_of_calls_that_are_over(wire: Wire) -> None:
    trunk = SmallTrunk(wire)
    for _ in range(50):
        wire.line.call(NUMBER)
    trunk.run(1)
    assert wire.engine.remembered == 50
    trunk.run(70)
    assert wire.engine.remembered == 0
    assert wire.engine.next_timer() is None


def test_an_invite_that_nobody_answers_is_sent_seven_times_and_given_up_by_timer_b(wire: Wire) -> None:
    wire.line.call(NUMBER)
    wire.pass_time(40)
    times = [at - 1000 for at, _, _ in wire.sent]
    assert times == pytest.approx([0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5], abs=0.05)
    (attempt,) = wire.attempts
    assert (attempt.status, attempt.cause, attempt.retransmissions) == (None, "timer B", 6)
    assert attempt.ended == pytest.approx(1032, abs=0.05)


def test_an_invite_that_was_heard_is_not_sent_again(wire: Wire) -> None:
    _, invite = start(wire)
    wire.respond(invite, 100)
    wire.pass_time(30)
    assert methods(wire) == []


def test_a_far_end_that_rings_for_ever_is_cancelled_after_three_minutes(wire: Wire) -> None:
    _, invite = start(wire)
    wire.respond(invite, 180)
    wire.pass_time(200)
    assert wire.take()[0].method == "CANCEL"
    wire.respond(invite, 487)
    assert wire.attempts[0].cause == "no answer within 180 s"


def test_a_bye_that_nobody_answers_ends_by_timer_f(wire: Wire) -> None:
    answered(wire, hold=0.0)
    wire.take()
    wire.pass_time(40)
    byes = [at for at, _, _ in wire.sent]
    assert len(byes) == 10  # 0.5, 1.5, 3.5, 7.5 and then each 4 s (Timer E up to T2)
    assert wire.attempts[0].cause == "no answer to BYE"
    assert wire.attempts[0].bye_sent is not None
    assert wire.attempts[0].bye_answered is None


def test_a_provisional_answer_to_bye_slows_its_retransmission_to_t2(wire: Wire) -> None:
    answered(wire, hold=0.0)
    bye = wire.take()[-1]
    wire.respond(bye, 100)
    wire.pass_time(9)
    assert [at - 1000 for at, _, _ in wire.sent] == pytest.approx([4, 8], abs=0.05)


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        (486, "486 Busy Here"),
        (503, "503 Service Unavailable"),
        (603, "603 Decline"),
        (302, "302 Moved Temporarily"),
    ],
)
def test_a_refusal_is_acknowledged_and_reported(wire: Wire, status: int, cause: str) -> None:
    _, invite = start(wire)
    wire.respond(invite, status, headers=[("Retry-After", "5")])
    ack = wire.take()[0]
    assert (ack.method, ack.branch) == ("ACK", invite.branch)
    assert (wire.attempts[0].status, wire.attempts[0].cause) == (status, cause)
    assert wire.attempts[0].retry_after


def test_a_repeated_refusal_is_acknowledged_again(wire: Wire) -> None:
    _, invite = start(wire)
    wire.respond(invite, 486)
    wire.respond(invite, 486)
    assert methods(wire) == ["ACK", "ACK"]
    assert len(wire.attempts) == 1


def test_a_repeated_challenge_is_acknowledged_and_not_answered_twice(wire: Wire) -> None:
    _, invite = start(wire)
    wire.challenge(invite)
    wire.challenge(invite)
    assert methods(wire) == ["ACK", "INVITE", "ACK"]


def test_refused_credentials_end_the_call(wire: Wire) -> None:
    _, invite = start(wire)
    wire.challenge(invite, "n1")
    wire.challenge(wire.take()[-1], "n2")
    assert methods(wire) == ["ACK"]
    assert wire.attempts[0].status == 407


def test_a_stale_nonce_is_replaced_but_not_for_ever(wire: Wire) -> None:
    _, invite = start(wire)
    rounds = 0
    while not wire.attempts:
        wire.challenge(invite, f"n{rounds}", stale=rounds > 0)
        rounds += 1
        invite = wire.take()[-1]
        assert rounds < 20
    assert rounds == 6
    assert wire.attempts[0].cause == "407 Proxy Authentication Required"


def test_a_401_is_answered_with_authorization(wire: Wire) -> None:
    _, invite = start(wire)
    wire.challenge(invite, status=401)
    assert "Authorization" in wire.take()[-1].headers


def test_a_repeated_200_gets_its_ack_again(wire: Wire) -> None:
    _, invite = answered(wire)
    wire.take()
    wire.accept(invite)
    assert methods(wire) == ["ACK"]


def test_a_200_repeated_after_the_bye_gets_its_ack_again(wire: Wire) -> None:
    _, invite = answered(wire, hold=0.0)
    _, bye = wire.take()
    wire.accept(invite)
    assert methods(wire) == ["ACK"]
    wire.respond(bye, 200)
    wire.accept(invite)
    assert methods(wire) == ["ACK"]


def test_a_second_far_end_that_answers_is_acknowledged_and_left(wire: Wire) -> None:
    call, invite = answered(wire)
    wire.take()
    wire.accept(invite, tag="other")
    ack, bye = wire.take()
    assert (ack.method, ack.to.tag, bye.method, bye.to.tag) == ("ACK", "other", "BYE", "other")
    assert call.answered


def test_a_cancel_waits_for_a_provisional_response(wire: Wire) -> None:
    call, invite = start(wire)
    call.cancel()
    assert methods(wire) == []
    wire.respond(invite, 180)
    cancel = wire.take()[0]
    assert (cancel.method, cancel.branch, cancel.cseq.number) == ("CANCEL", invite.branch, 1)
    wire.respond(cancel, 200)
    wire.respond(invite, 487)
    assert methods(wire) == ["ACK"]
    assert (wire.attempts[0].status, wire.attempts[0].cause) == (487, "CANCEL by us")


def test_a_cancel_is_sent_again_until_it_is_answered(wire: Wire) -> None:
    call, invite = start(wire)
    wire.respond(invite, 180)
    call.cancel()
    wire.pass_time(2)
    assert methods(wire) == ["CANCEL", "CANCEL", "CANCEL"]
    wire.pass_time(40)
    assert wire.attempts[0].cause == "no final response after CANCEL"


def test_an_answer_that_crosses_the_cancel_is_acknowledged_and_left(wire: Wire) -> None:
    call, invite = start(wire)
    wire.respond(invite, 180)
    call.cancel()
    cancel = wire.take()[0]
    wire.accept(invite)
    ack, bye = wire.take()
    wire.respond(cancel, 481)
    wire.respond(bye, 200)
    assert (ack.method, bye.method) == ("ACK", "BYE")
    assert wire.attempts[0].cause == "CANCEL by us"
    assert not wire.attempts[0].completed
    assert wire.engine.concurrent == 0


def test_an_answer_after_timer_b_is_acknowledged_and_left(wire: Wire) -> None:
    _, invite = start(wire)
    wire.pass_time(33)
    wire.take()
    wire.accept(invite)
    assert methods(wire) == ["ACK", "BYE"]


def test_a_call_is_held_as_long_as_wanted(wire: Wire) -> None:
    answered(wire, hold=30.0)
    wire.take()
    wire.pass_time(29.9)
    assert methods(wire) == []
    wire.pass_time(0.2)
    assert wire.take()[0].method == "BYE"


def test_a_vanished_call_says_nothing_more(wire: Wire) -> None:
    call, invite = answered(wire)
    wire.take()
    call.vanish()
    wire.accept(invite)
    assert methods(wire) == []
    assert wire.attempts[0].cause == "vanished"
    assert wire.engine.stray == 1
    assert wire.engine.concurrent == 0


def test_a_challenged_bye_is_repeated_with_credentials(wire: Wire) -> None:
    answered(wire, hold=0.0)
    wire.challenge(wire.take()[-1])
    again = wire.take()[0]
    assert (again.method, again.cseq.number) == ("BYE", 3)
    wire.respond(again, 200)
    assert wire.attempts[0].completed


def test_a_refused_bye_is_named(wire: Wire) -> None:
    answered(wire, hold=0.0)
    wire.respond(wire.take()[-1], 481)
    assert wire.attempts[0].cause == "481 Call/Transaction Does Not Exist to BYE"


def test_a_response_with_another_branch_is_a_stray(wire: Wire) -> None:
    _, invite = start(wire)
    response = bytes(invite.response(486, to_tag="far"))
    wire.receive(response.replace(invite.branch.encode(), b"z9hG4bKforeign"))
    assert wire.engine.stray == 1
    assert wire.attempts == []


def test_a_response_with_another_method_does_not_match(wire: Wire) -> None:
    _, invite = start(wire)
    wire.receive(bytes(invite.response(486, to_tag="far")).replace(b"1 INVITE", b"1 OPTIONS"))
    assert wire.attempts == []
    assert wire.engine.stray == 1


@pytest.mark.parametrize("data", [b"", b"\r\n\r\n", b"\x00\x01", b"SIP/2.0 200", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_garbage_is_counted_and_ignored(wire: Wire, data: bytes) -> None:
    start(wire)
    wire.receive(data)
    assert wire.take() == []
    assert wire.attempts == []


def test_a_nonce_is_used_again_when_told_so(wire: Wire) -> None:
    wire.line.reuses_nonce = True
    wire.line.digest = type(wire.line.digest)("u", "p", "c", reuse=True)
    _, invite = start(wire)
    wire.challenge(invite)
    wire.take()
    _, second = start(wire)
    credentials = Credentials.parse(second.headers.get("Proxy-Authorization") or "")
    assert credentials.nc == 2
    assert verify(credentials, method="INVITE", password="p")
