"""Owners of packets, read from their bytes."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.sip.challenge import Challenge
from harness.sip.nonce import NonceIssuer
from reference_server.workers.routing import REMEMBERED, Routing

WORKERS = 5


def request(*lines: str, method: str = "BYE") -> bytes:
    head = (f"{method} sip:x@y SIP/2.0", "Via: SIP/2.0/UDP a;branch=z9hG4bK1", "From: <sip:a@b>;tag=4")
    return "\r\n".join([*head, *lines, "", ""]).encode()


def nonce_of(worker: int) -> str:
    issuer = NonceIssuer(b"secret")
    issuer.mark = worker
    return issuer.issue(1e9)


@pytest.mark.parametrize(
    "line",
    [
        "To: <sip:x@y>;tag=3abc",
        "t:sip:x@y;tag=3",
        'TO : "a;b" <sip:x@y;user=phone>;x=1; TAG = 3abc',
        "To: <sip:x@y>;\r\n  tag\t=\t3abc",
        'To:\r\n "tag=1 ;tag=2" <sip:x@y>;tag=3f',
    ],
)
def test_a_request_in_a_dialog_belongs_to_the_mark_in_its_to_tag(line: str) -> None:
    for worker in range(WORKERS):
        assert Routing(worker, WORKERS).next_worker(request(line)) == (3, False)


@pytest.mark.parametrize(
    "line",
    [
        "Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK2abc;received=1.1.1.1",
        "v: SIP / 2.0 / TCP h ; rport ; BRANCH = z9hG4bK2",
        "Via: SIP/2.0/UDP h;branch=z9hG4bK2,SIP/2.0/UDP j;branch=z9hG4bK4",
        "Via: SIP/2.0/UDP h\r\n ;branch=z9hG4bK2\r\nVia: SIP/2.0/UDP j;branch=z9hG4bK4",
    ],
)
def test_a_response_belongs_to_the_mark_in_its_first_branch(line: str) -> None:
    data = f"SIP/2.0 200 OK\r\n{line}\r\nTo: <sip:x@y>;tag=1\r\nCall-ID: c\r\n\r\n".encode()
    assert Routing(0, WORKERS).next_worker(data) == (2, False)


@pytest.mark.parametrize("tag", ["9", "f", "x", "", "-"])
def test_a_mark_of_nobody_leaves_the_packet_where_it_is(tag: str) -> None:
    for worker in range(WORKERS):
        owner, at_home = Routing(worker, WORKERS).next_worker(
            request(f"To: <sip:x@y>;tag={tag}", "Call-ID: q")
        )
        assert (owner, at_home) == (worker, False) or tag in ("x", "-", "")


def test_a_call_has_one_home_however_its_call_id_is_written() -> None:
    lines = ("Call-ID: some@where", "CALL-ID : some@where", "i:some@where ", "Call-ID:\r\n some@where")
    homes = {Routing(0, WORKERS).home(request(line, method="INVITE")) for line in lines}
    assert len(homes) == 1


def test_homes_are_spread() -> None:
    routing = Routing(0, WORKERS)
    homes = [routing.home(request(f"Call-ID: {number}@host")) for number in range(1000)]
    assert min(homes.count(worker) for worker in range(WORKERS)) > 100


def test_a_register_has_the_home_of_its_user_whoever_sends_it() -> None:
    tos = ("<sip:joe@y>", '"sip:jim" <sips:joe@y>', "sip:joe@y:5070", "<sip:j%6Fe:secret@y;transport=tcp>")
    routing = Routing(0, WORKERS)
    homes = {routing.home(request(f"To: {to}", f"Call-ID: {to}", method="REGISTER")) for to in tos}
    assert homes == {routing.home_of_user(b"joe")}


def test_at_home_credentials_decide_and_a_cancel_follows() -> None:
    routing = Routing(1, WORKERS)
    credentials = str(
        f'Proxy-Authorization: Digest username="nonce=x",cnonce="0", nonce="{nonce_of(4)}", nc=00000002'
    )
    assert routing.from_home(request("Call-ID: c", credentials, method="INVITE")) == 4
    assert routing.from_home(request("Call-ID: c", method="CANCEL")) == 4
    assert routing.from_home(request("Call-ID: d", method="CANCEL")) == 1
    assert routing.from_home(request("Call-ID: e", credentials, method="REGISTER")) == 1
    assert routing.from_home(request("Call-ID: c", method="INVITE")) == 1
    assert routing.from_home(request("Call-ID: c", method="CANCEL")) == 1


@pytest.mark.parametrize("written", ['nonce="{}"', 'NONCE = "{}"', 'cnonce="{other}",nonce="{}"'])
def test_a_nonce_is_found_however_it_is_written(written: str) -> None:
    line = "Proxy-Authorization: Digest " + written.format(nonce_of(3), other=nonce_of(4))
    assert Routing(0, WORKERS).from_home(request(line, method="INVITE")) == 3


def test_with_several_credentials_the_homes_own_come_first_then_the_last() -> None:
    lines = [f'Authorization: Digest realm="a", nonce="{nonce_of(worker)}"' for worker in (3, 4)]
    assert Routing(3, WORKERS).from_home(request(*lines, method="OPTIONS")) == 3
    assert Routing(0, WORKERS).from_home(request(*lines, method="OPTIONS")) == 4


def test_a_nonce_of_somebody_else_changes_nothing() -> None:
    for nonce in ("abc", "f" * 56, "0" * 55 + "g"):
        line = f'Proxy-Authorization: {Challenge("a", "b", "MD5", ("auth",))!s}, nonce="{nonce}"'
        assert Routing(2, WORKERS).from_home(request(line, method="INVITE")) == 2


def test_memory_of_moved_invites_is_bounded() -> None:
    routing = Routing(0, WORKERS)
    line = f'Proxy-Authorization: Digest nonce="{nonce_of(1)}"'
    for number in range(REMEMBERED + 5):
        routing.from_home(request(f"Call-ID: {number}", line, method="INVITE"))
    assert routing.from_home(request("Call-ID: 0", method="CANCEL")) == 0
    assert routing.from_home(request(f"Call-ID: {REMEMBERED}", method="CANCEL")) == 1


@given(
    st.binary(max_size=400), st.sampled_from([b"", b"SIP/2.0 200 OK\r\n", b"INVITE a\r\nTo:", b"REGISTER a"])
)
def test_any_bytes_have_an_owner(data: bytes, start: bytes) -> None:
    routing = Routing(2, WORKERS)
    worker, _ = routing.next_worker(start + data)
    assert worker in range(WORKERS)
    assert routing.from_home(start + data) in range(WORKERS)


@pytest.mark.parametrize(
    "filler",
    [
        "\r\nTo: ;",
        "\r\n ;",
        ";tag",
        "; ",
        "\r\nVia:;",
        "\r\nAuthorization: nonce",
        "\r\n \t",
        "To:",
        "sip:",
        "sip:a",
    ],
)
def test_the_largest_datagram_is_no_burden_however_it_is_filled(filler: str) -> None:
    """CPU time is measured, generously: a pattern that is not linear takes minutes here."""
    for start in ("BYE sip:x SIP/2.0\r\nTo: ", "SIP/2.0 200 OK\r\nVia: ", "REGISTER sip:x SIP/2.0\r\nTo: "):
        data = (start + filler * (65_000 // len(filler))).encode()
        routing, began = Routing(0, WORKERS), time.process_time()
        routing.next_worker(data)
        routing.from_home(data)
        assert time.process_time() - began < 5
