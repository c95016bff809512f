"""A customer's capture comes without a setup: whose trunk, which username, guessed from what was said.

Guesses are told, never hidden: each is a note for the reader. What the user gave is believed and not guessed
again. `NothingToJudge` says what the capture lacks.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Literal, NamedTuple

from harness.capture.trace import Trace, TracedPacket
from harness.checks.pbx.credentials import credentials_of
from harness.checks.pbx.given_setup import GivenSetup, parse_end
from harness.checks.pbx.setup import DOMAIN, End, Setup
from harness.sip.challenge import parse_challenges
from harness.sip.errors import ParseError
from harness.sip.hop import Hop
from harness.sip.message import Message, Request, Response, parse_message
from harness.sip.name_addr import NameAddr
from harness.sip.uri import SipUri

USERNAME_PREFIX, USERNAME_DIGITS = "9905", range(12, 15)
"""SIP usernames are 9905 and 8 to 10 digits."""


class NothingToJudge(Exception):
    """A trace in which no trunk can be told from a PBX; the sentence says why and what would help."""


class Inferred(NamedTuple):
    """A setup, and how it was come by."""

    setup: Setup
    notes: list[str]
    """One clause for each guess."""


class _Said(NamedTuple):
    traced: TracedPacket
    message: Message
    source: Hop
    destination: Hop


def infer(trace: Trace, given: GivenSetup | None = None) -> Inferred:
    """The setup that fits the trace and what is given. Raises NothingToJudge."""
    known = given or GivenSetup()
    said = list(_messages(trace))
    if not said:
        raise NothingToJudge(no_sip_in(trace))
    notes: list[str] = []
    domain = known.domain or _realm(said) or DOMAIN
    trunk = tuple(parse_end(text) for text in known.trunk) or _trunk(said, domain, notes)
    setup = Setup(
        sip_username=known.sip_username or "",
        trunk=trunk,
        pbx=tuple(parse_end(text) for text in known.pbx),
        password=known.password,
        domain=domain,
        online_numbers=tuple(known.online_numbers),
        echo_number=known.echo_number,
        from_start=known.from_start,
    )
    if known.domain is None and domain != DOMAIN:
        notes.append(f"domain {domain}: the realm of the challenges")
    to_trunk = [each for each in said if setup.is_trunk(each.destination) and setup.is_pbx(each.source)]
    from_trunk = [each for each in said if setup.is_trunk(each.source) and setup.is_pbx(each.destination)]
    if not to_trunk and not from_trunk:
        seen = ", ".join(dict.fromkeys(str(hop) for each in said for hop in (each.source, each.destination)))
        ends = ", ".join(str(end) for end in (*setup.trunk, *setup.pbx))
        raise NothingToJudge(f"no SIP passed to or from {ends}; there is SIP between {seen}")
    username = known.sip_username or _username(to_trunk, from_trunk, notes)
    mode = known.mode or _mode(to_trunk, from_trunk, notes)
    pbx = setup.pbx or _pbx(said, to_trunk, username, notes)
    return Inferred(replace(setup, sip_username=username, mode=mode, pbx=pbx), notes)


def no_sip_in(trace: Trace) -> str:
    """What a trace holds instead of SIP."""
    tls = [each for each in trace if each.packet.data[:2] in (b"\x16\x03", b"\x17\x03")]
    tls = [each for each in tls if each.packet.source.transport == "tcp"]
    if tls:
        ends = f"{tls[0].packet.source.host} and {tls[0].packet.destination.host}"
        return (
            f"there is TLS between {ends} and no readable SIP: it is encrypted; "
            "capture with UDP or TCP instead, or export the decrypted packets"
        )
    rtp = sum(each.kind == "rtp" for each in trace)
    if rtp:
        return f"there is no SIP in it, only {rtp} RTP packets; capture the signalling port (5060) too"
    if len(trace):
        return f"there is no SIP in its {len(trace)} UDP and TCP packets; capture port 5060"
    return "there is no UDP or TCP packet in it"


def _messages(trace: Trace) -> Iterator[_Said]:
    for traced in trace:
        if traced.kind != "sip":
            continue
        try:
            message = parse_message(traced.packet.data)
            _ = message.cseq, message.from_, message.to
        except ParseError:
            continue
        yield _Said(traced, message, traced.packet.source, traced.packet.destination)


def _challenges(said: Iterable[_Said]) -> Iterator[tuple[_Said, str]]:
    """Each challenge with its realm."""
    for each in said:
        if isinstance(each.message, Response) and each.message.status in (401, 407):
            name = "WWW-Authenticate" if each.message.status == 401 else "Proxy-Authenticate"
            for challenge in parse_challenges(each.message.headers.get_lines(name)):
                yield each, challenge.realm


def _realm(said: list[_Said]) -> str | None:
    """The realm of the trunk when it is not the usual one: of those who challenge and are not challenged."""
    realms = Counter(realm for _, realm in _challenges(said))
    if not realms or DOMAIN in realms or any(_of_domain(each, DOMAIN) for each in said):
        return None
    inner = {each.destination.host for each, _ in _challenges(said)}
    outer = Counter(realm for each, realm in _challenges(said) if each.source.host not in inner)
    return (outer or realms).most_common(1)[0][0]


def _trunk(said: list[_Said], domain: str, notes: list[str]) -> tuple[End, ...]:
    hops = [each.source for each, realm in _challenges(said) if realm.lower() == domain.lower()]
    reason = f"it challenges for {domain}"
    hops = _outermost(hops, said)
    if not hops:
        hops = [hop for each in said if (hop := _of_domain(each, domain)) is not None]
        reason = f"it speaks for {domain}"
    if not hops:
        asked = {each.destination for each in said if _method(each) == "REGISTER"}
        asking = {each.source.host for each in said if _method(each) == "REGISTER"}
        hops = [hop for hop in asked if hop.host not in asking]
        reason = "others register with it and it with nobody"
    ends = dict.fromkeys(_end(hop, said) for hop in hops)
    if not ends:
        raise NothingToJudge(
            "nobody in it challenges, registers or names the trunk's domain, so trunk and PBX can't be told "
            "apart; name the trunk: --trunk ADDRESS"
        )
    notes.append(f"trunk {', '.join(str(end) for end in ends)}: {reason}")
    return tuple(ends)


def _outermost(hops: list[Hop], said: list[_Said]) -> list[Hop]:
    """Those of `hops` that are not customers of another one: a PBX may challenge its phones for any realm."""
    hosts = {hop.host for hop in hops}
    if len(hosts) == 1:
        return hops
    registering = {
        each.source.host for each in said if _method(each) == "REGISTER" and each.destination.host in hosts
    }
    challenged = {each.destination.host for each, _ in _challenges(said) if each.source.host in hosts}
    for customers in (registering | challenged, registering, challenged):
        left = [hop for hop in hops if hop.host not in customers]
        if left:
            return left
    return hops


def _end(hop: Hop, said: list[_Said]) -> End:
    """The machine; its port too when others on the same machine speak SIP with it."""
    shared = any(each.source.host == each.destination.host == hop.host for each in said)
    return End(hop.host, hop.port if shared else None)


def _of_domain(each: _Said, domain: str) -> Hop | None:
    """Who is the trunk by the domain: the one whose From is of it, or who is asked for it."""
    if not isinstance(each.message, Request) or each.message.to.tag is not None:
        return None
    try:
        uri = each.message.parsed_uri
    except ParseError:
        return None
    if isinstance(uri, SipUri) and uri.host.lower() == domain.lower():
        return each.destination
    inbound = each.message.method == "INVITE" and _host(each.message.from_) == domain.lower()
    return each.source if inbound else None


def _host(address: NameAddr) -> str:
    return address.uri.host.lower() if isinstance(address.uri, SipUri) else ""


def _user(address: NameAddr) -> str:
    return address.uri.unescaped_user if isinstance(address.uri, SipUri) else ""


def _method(each: _Said) -> str:
    return each.message.method if isinstance(each.message, Request) else ""


def _username(to_trunk: list[_Said], from_trunk: list[_Said], notes: list[str]) -> str:
    requests = [each.message for each in to_trunk if isinstance(each.message, Request)]
    places: list[tuple[str, list[str]]] = [
        ("the credentials", [found.username for each in requests for found in credentials_of(each)]),
        ("To of REGISTER", [_user(each.to) for each in requests if each.method == "REGISTER"]),
        ("To of inbound calls", [_user(each.message.to) for each in from_trunk if _method(each) == "INVITE"]),
        ("From of calls", [_user(each.from_) for each in requests if each.method == "INVITE"]),
    ]
    for wanted in (_is_username, bool):
        for place, users in places:
            counted = Counter(user for user in users if wanted(user))
            if not counted:
                continue
            username, _ = counted.most_common(1)[0]
            others = [user for user in counted if user != username]
            more = f" (also seen: {', '.join(others[:3])}; --username picks one)" if others else ""
            notes.append(f"SIP username {username}, from {place}{more}")
            return username
    raise NothingToJudge(
        "neither a REGISTER nor a call passes between PBX and trunk, so there is nothing to judge and no "
        "SIP username to be seen; capture a registration or a call"
    )


def _is_username(user: str) -> bool:
    return user.startswith(USERNAME_PREFIX) and user.isdecimal() and len(user) in USERNAME_DIGITS


def _pbx(said: list[_Said], to_trunk: list[_Said], username: str, notes: list[str]) -> tuple[End, ...]:
    """Who uses the username, when others in the trace use another one; else whoever talks to the trunk."""
    users: dict[Hop, set[str]] = {}
    for each in to_trunk:
        if isinstance(each.message, Request):
            named = {found.username for found in credentials_of(each.message)}
            named |= {_user(each.message.to)} if each.message.method == "REGISTER" else set()
            users.setdefault(each.source, set()).update(filter(_is_username, named))
    if set().union(*users.values()) <= {username}:
        return ()
    ends = tuple(dict.fromkeys(_end(hop, said) for hop, named in users.items() if username in named))
    if not ends:
        return ()
    shown = ", ".join(str(end) for end in ends[:3]) + (f" and {len(ends) - 3} more" if len(ends) > 3 else "")
    notes.append(f"PBX {shown}: it uses that username")
    return ends


def _mode(to_trunk: list[_Said], from_trunk: list[_Said], notes: list[str]) -> Literal["registration", "ip"]:
    """``ip`` when the PBX registers nowhere and its calls go through without a challenge."""
    challenged = any(True for _ in _challenges(from_trunk))
    registers = any(_method(each) == "REGISTER" for each in to_trunk)
    answered = any(
        isinstance(each.message, Response)
        and each.message.cseq.method == "INVITE"
        and 100 < each.message.status < 300
        for each in from_trunk
    )
    if challenged or registers or not answered:
        return "registration"
    notes.append("IP authentication: calls go through and nothing is registered or challenged")
    return "ip"
