"""The trunk under strange, broken and hostile messages: it answers as RFC 4475 and RFC 5118 allow, and lives.

How the parser reads the same messages is `tests/harness/sip/test_torture`'s affair.
"""

import json
import socket
import subprocess
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from harness.sip.hop import Hop
from harness.sip.message import Response, parse_message
from tests.reference_server.mutations import Tormentor
from tests.reference_server.raw_peer import RawPeer
from tests.reference_server.test_main import COMMAND, PATIENCE, hop_of, settings_file

FOLDER = Path(__file__).resolve().parents[1] / "data" / "torture"
STRANGER = Hop("udp", "192.0.2.15", 5060)
"""Neither a profile's address nor one that any of the messages names as its sender."""
NO_ANSWER = 0

CHALLENGED = {401, 407}
ANSWERED = {200}
BAD = {400}
BAD_OR_READ = {400, 200, 401, 407, 481}
"""Where the RFC lets an element refuse or be liberal."""

ALLOWED: dict[str, set[int]] = {
    # RFC 4475 section 3.1.1: valid messages
    "wsinv": {481},  # it has a To-tag, and no dialog here
    "intmeth": CHALLENGED | {405, 501},
    "esc01": CHALLENGED,
    "escnull": CHALLENGED,
    "esc02": CHALLENGED | {405, 501},
    "lwsdisp": ANSWERED,
    "longreq": CHALLENGED,
    "dblreq": CHALLENGED,
    "semiuri": ANSWERED | {404},
    "transports": ANSWERED,
    "mpart01": CHALLENGED | {405, 415},
    "unreason": {NO_ANSWER},
    "noreason": {NO_ANSWER},
    # section 3.1.2: invalid messages
    "badinv01": BAD,
    "clerr": BAD,
    "ncl": BAD,
    "scalar02": BAD,
    "scalarlg": {NO_ANSWER},
    "quotbal": BAD,
    "ltgtruri": BAD,
    "lwsruri": BAD_OR_READ,
    "lwsstart": BAD_OR_READ,
    "trws": BAD_OR_READ,
    "escruri": BAD_OR_READ,
    "baddate": BAD_OR_READ,
    "regbadct": BAD_OR_READ,
    "badaspec": BAD_OR_READ,
    "baddn": BAD_OR_READ,
    "badvers": {505},
    "mismatch01": BAD,
    "mismatch02": BAD | {501},
    "bigcode": {NO_ANSWER},
    # section 3.2: transaction layer semantics
    "badbranch": BAD_OR_READ,
    # section 3.3: application layer semantics
    "insuf": BAD,
    "unkscm": {416},
    "novelsc": {416},
    "unksm2": CHALLENGED | {400, 404},
    "bext01": {420},
    "invut": CHALLENGED | {415},
    "regaut01": CHALLENGED,
    "multi01": BAD,
    "mcl01": BAD,
    "bcast": {NO_ANSWER},
    "zeromf": ANSWERED | {483},
    "cparam01": CHALLENGED,
    "cparam02": CHALLENGED,
    "regescrt": CHALLENGED,
    "sdp01": CHALLENGED | {406},
    # section 3.4: backward compatibility
    "inv2543": CHALLENGED,
    # no message at all
    "test": {NO_ANSWER},
    # RFC 5118
    "ipv6-good": CHALLENGED,
    "ipv6-bad": BAD,
    "port-ambiguous": CHALLENGED,
    "port-unambiguous": CHALLENGED,
    "via-received-param-with-delim": {481},
    "via-received-param-no-delim": ANSWERED,
    "mult-ip-in-header": {481},
    "mult-ip-in-sdp": CHALLENGED,
    "ipv4-mapped-ipv6": CHALLENGED,
    "ipv6-bug-abnf-3-colons": BAD_OR_READ,
    "ipv6-correct-abnf-2-colons": ANSWERED,
    "ipv6-in-sdp": BAD,  # its Content-Length counted other line ends
}
IN_IP_MODE: dict[str, set[int]] = {
    "scalar02": BAD,
    "regbadct": {400, 403},
    "invut": {415},
    "mpart01": {405},
    "sdp01": {403, 406},
    "inv2543": {403, 404, 484},  # read to its end, and the number is no number
    "intmeth": {501},
    "esc02": {501},  # RE%47IST%45R is no REGISTER
    "unksm2": {403, 404},
    "cparam01": {403},
    "cparam02": {403},
    "escnull": {403},
}
"""Answers where nothing is challenged, and To does not name the profile."""

MESSAGES = {path.stem: path.read_bytes() for path in sorted(FOLDER.glob("*/*.dat"))}


def statuses(answers: list[object]) -> set[int]:
    return {answer.status for answer in answers if isinstance(answer, Response)} or {NO_ANSWER}


def test_every_message_has_its_row() -> None:
    assert set(MESSAGES) == set(ALLOWED)


@pytest.mark.parametrize("name", sorted(ALLOWED))
def test_a_torture_message_gets_an_answer_that_its_rfc_allows(name: str) -> None:
    peer = RawPeer()
    assert statuses([*peer.give(MESSAGES[name], STRANGER)]) <= ALLOWED[name]
    assert peer.is_alive()


@pytest.mark.parametrize("name", sorted(IN_IP_MODE))
def test_without_a_challenge_the_rules_behind_it_answer(name: str) -> None:
    peer = RawPeer()
    answers = peer.give(MESSAGES[name])
    assert statuses([*answers]) <= IN_IP_MODE[name], [answer.start_line for answer in answers]
    assert peer.is_alive()


def test_all_of_them_one_after_the_other_leave_nothing_behind() -> None:
    peer = RawPeer()
    for _ in range(2):
        for message in MESSAGES.values():
            peer.give(message)
            assert peer.is_alive()
            peer.run(0.1)
    peer.run(300)
    assert (peer.channels_used, peer.calls) == (0, 0)


def test_a_bare_magic_cookie_is_no_transaction_of_its_own() -> None:
    """RFC 4475 section 3.2.1: two requests with nothing behind z9hG4bK are told apart as in RFC 2543."""
    peer = RawPeer()
    for call_id in ("one", "two"):
        answer = peer.ask("OPTIONS", "sip:sip.skype.com", branch="z9hG4bK", call_id=call_id)
        assert answer.call_id == call_id


@given(seed=st.integers(0, 2**32))
@settings(max_examples=80)
@example(seed=27)
def test_no_broken_message_raises_or_keeps_a_channel(seed: int) -> None:
    tormentor = Tormentor(seed)
    tormentor.torment()
    peer = tormentor.peer
    peer.run(300)
    assert (peer.channels_used, peer.calls) == (0, 0)
    assert peer.is_alive()


def test_the_process_survives_all_of_them_and_the_largest_datagram(tmp_path: Path) -> None:
    arguments = [*COMMAND, "--config", str(settings_file(tmp_path)), "--announce"]
    with (
        subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer,
    ):
        try:
            assert process.stdout is not None
            trunk = hop_of(json.loads(process.stdout.readline())["udp"], "udp")
            address = (trunk.host, trunk.port)
            peer.bind(("127.0.0.1", 0))
            peer.settimeout(PATIENCE)
            large = _options(peer, "large", padding=64_000)
            for number, message in enumerate([*MESSAGES.values(), large, large[:-1]]):
                peer.sendto(message, address)
                peer.sendto(_options(peer, f"alive-{number}"), address)
                _wait_for_200(peer, f"alive-{number}")
        finally:
            process.terminate()
            _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert "Traceback" not in errors


def _options(peer: socket.socket, call_id: str, padding: int = 0) -> bytes:
    host, port = peer.getsockname()
    return (
        "OPTIONS sip:sip.skype.com SIP/2.0\r\n"
        f"Via: SIP/2.0/UDP {host}:{port};branch=z9hG4bK{call_id};rport\r\nMax-Forwards: 70\r\n"
        f"From: <sip:probe@{host}>;tag=1\r\nTo: <sip:sip.skype.com>\r\nCall-ID: {call_id}\r\n"
        f"CSeq: 1 OPTIONS\r\nX-Padding: {'x' * padding}\r\nContent-Length: 0\r\n\r\n"
    ).encode()


def _wait_for_200(peer: socket.socket, call_id: str) -> None:
    while True:
        answer = parse_message(peer.recv(65_536))
        if isinstance(answer, Response) and answer.headers.get("Call-ID") == call_id:
            assert answer.status == 200
            return
