import pytest

from tests.harness.load.engine.wire import Wire


@pytest.fixture
def wire() -> Wire:
    return Wire()


def test_a_line_registers_refreshes_and_unregisters(wire: Wire) -> None:
    for expected in ("register", "refresh", "unregister"):
        if expected == "unregister":
            wire.line.unregister()
        else:
            wire.line.register(300)
        first = wire.take()[0]
        wire.challenge(first, status=401)
        second = wire.take()[0]
        wire.respond(second, 200)
        attempt = wire.attempts[-1]
        assert (attempt.kind, attempt.status, attempt.completed) == (expected, 200, True)
        assert (first.call_id, second.cseq.number) == (second.call_id, first.cseq.number + 1)
        assert wire.line.is_registered == (expected != "unregister")


def test_a_challenge_that_lay_unread_in_our_socket_is_no_delay_of_the_registrar(wire: Wire) -> None:
    wire.unread = 0.004
    wire.line.register(300)
    wire.challenge(wire.take()[0], status=401)
    wire.respond(wire.take()[0], 200)
    assert wire.attempts[0].waited == pytest.approx(0.004)


def test_refused_credentials_end_the_attempt(wire: Wire) -> None:
    wire.line.register()
    wire.challenge(wire.take()[0], status=401)
    wire.challenge(wire.take()[0], "n2", status=401)
    assert wire.take() == []
    assert (wire.attempts[0].status, wire.attempts[0].cause) == (401, "401 Unauthorized")


def test_a_423_is_obeyed_at_once(wire: Wire) -> None:
    wire.line.register(30)
    wire.respond(wire.take()[0], 423, headers=[("Min-Expires", "60")])
    again = wire.take()[0]
    assert again.expires == 60
    wire.respond(again, 200)
    assert len(wire.attempts) == 1
    assert wire.attempts[0].completed


def test_a_register_that_nobody_answers_ends_by_timer_f(wire: Wire) -> None:
    wire.line.register()
    wire.pass_time(40)
    assert len(wire.take()) == 11
    assert (wire.attempts[0].status, wire.attempts[0].cause) == (None, "timer F")
    assert wire.attempts[0].retransmissions == 10


def test_options_are_asked_without_a_binding(wire: Wire) -> None:
    wire.line.options(intended=990.0)
    request = wire.take()[0]
    assert request.uri == "sip:sip.example"
    wire.respond(request, 200)
    assert (wire.attempts[0].kind, wire.attempts[0].intended) == ("options", 990.0)


def test_several_lines_of_one_profile_have_bindings_of_their_own(wire: Wire) -> None:
    wire.line.register()
    wire.engine.line(type("Same", (), {"sip_username": wire.line.name, "password": ""})()).register()
    one, other = wire.take()
    assert str(one.contacts[0].uri) != str(other.contacts[0].uri)
    assert not one.contacts[0].uri.equivalent(other.contacts[0].uri)


def test_the_end_removes_bindings_and_calls(wire: Wire) -> None:
    wire.line.register()
    wire.respond(wire.take()[0], 200)
    wire.line.call("1", hold=None)
    wire.accept(wire.take()[0])
    wire.take()
    wire.engine.end_all()
    bye, register = wire.take()
    assert (bye.method, register.method, register.expires) == ("BYE", "REGISTER", 0)
    assert wire.engine.unsettled == 2
    wire.respond(bye, 200)
    wire.respond(register, 200)
    assert wire.engine.unsettled == 0
