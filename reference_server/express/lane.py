"""START HERE for the express lane: ordinary calls over UDP, from the INVITE to the answer to BYE.

An ordinary request is found by one glance over its bytes (`harness.sip.request_glance`) and answered from
prepared pieces (`plan`); what is remembered is one small object a call (`lean_call`). The rules are those of
the general way, asked by plain values. `receive` says False to all that is not ordinary before it has done
anything, and the general way takes it; if that packet means a call or a transaction that the lane carries,
`give_way` hands these over first (`handover`). So does each timer: the lane repeats nothing of its own
accord.
"""

import random
import re
from collections import OrderedDict, deque
from collections.abc import Callable
from functools import lru_cache, partial

from harness.media.errors import MediaError
from harness.sip.credentials import Credentials
from harness.sip.hop import Hop
from harness.sip.request_glance import glance_at_credentials, glance_at_invite, glance_in_dialog
from harness.sip.transaction_layer import TransactionLayer
from harness.ua.call import Call
from harness.ua.call_media import open_session, rtcp_hop
from harness.ua.media_session import MediaSession
from harness.ua.repeated_offer import Prepared, prepare
from reference_server.authentication import CHALLENGE
from reference_server.express.handover import Handover
from reference_server.express.lean_call import Address, ChallengedInvite, LeanCall
from reference_server.express.plan import Plan, make_bye_answer, make_challenge, make_plan
from reference_server.express.response_head import Copied, copied_fields
from reference_server.parts import Parts
from reference_server.profile import Profile
from reference_server.refusal import Refused

LARGEST = 4096
"""Bytes of a request that is still ordinary."""
REMEMBERED_PLANS = 4096
MEDIA_AFTER = 0.015
"""Seconds after its answer left when a call that still stands gets its media session: just before the first
packet of RTP is due."""
NO_BODY = b"Content-Length: 0\r\n\r\n"

Datagram = tuple[bytes, Address, Hop]
"""What is to be sent, where to, and from which listener."""


class ExpressLane:
    """All ordinary calls of one trunk."""

    def __init__(self, parts: Parts, rng: random.Random) -> None:
        self.answered: list[Datagram] = []
        """What may be sent at once."""
        self.promised: list[Datagram] = []
        """What may be sent when the store has committed."""
        self._rng = rng
        self._now = 0.0
        self._parts = parts
        self._layer: TransactionLayer = parts.layer
        self._authentication = parts.dispatch.authentication
        self._handover = Handover(parts.layer, parts.endpoints, parts.calls, parts.dispatch.far_ends)
        dialect = parts.dialect
        self._realm = dialect.domain.encode()
        qop = dialect.authentication.qop
        self._challenge = lru_cache(lambda name: make_challenge(dialect.server, dialect.domain, name, qop))
        self._bye_answer = make_bye_answer(dialect.server)
        self._plan: Callable[[str, Hop], Plan | None] = lru_cache(REMEMBERED_PLANS)(self._make_plan)
        self._t1 = parts.layer.timers.T1
        self._t4 = parts.layer.timers.T4
        self._timeout = parts.layer.timers.timeout
        self._transactions: dict[bytes, ChallengedInvite | LeanCall] = {}
        """By branch: of a challenged INVITE, of the INVITE and of the BYE of a call."""
        self._calls: dict[bytes, LeanCall] = {}
        """By Call-ID, as long as the call or the transaction of its INVITE lasts."""
        # Each queue has one delay, so that it is in order by itself.
        self._unacknowledged: deque[tuple[float, ChallengedInvite | LeanCall]] = deque()
        self._answering: list[LeanCall] = []
        self._soundless: deque[tuple[float, LeanCall]] = deque()
        self._confirmed: deque[ChallengedInvite] = deque()
        self._accepted: deque[LeanCall] = deque()
        self._completed: deque[LeanCall] = deque()
        self._standing: dict[float, OrderedDict[LeanCall, float]] = {}
        """Seconds for which calls stand in the lane -> those calls, with the time when they leave it."""

    @property
    def remembered(self) -> int:
        """How many transactions and calls take memory."""
        return len({id(one) for one in (*self._transactions.values(), *self._calls.values())})

    # What the trunk hands in

    def receive(self, data: bytes, address: Address, local: Hop, now: float) -> bool:
        """Answers an ordinary request; False: it is none, and nothing has happened."""
        self._now = now
        start = data[:4]
        if start == b"INVI":
            return self._invite(data, address, local, now)
        if start == b"BYE " or start == b"ACK ":
            return self._in_dialog(data, address, local, now)
        return False

    def give_way(self, branch: str, call_id: str) -> None:
        """Hands over what a request with these means, for the general way has taken it."""
        if not self._transactions and not self._calls:
            return
        self._expire(self._now)
        known = self._transactions.get(branch.encode("utf-8", "surrogateescape"))
        if known is not None:
            self._leave(known)
        call = self._calls.get(call_id.encode("utf-8", "surrogateescape"))
        if call is not None:
            self._leave(call)

    def transport_failed(self, address: Address) -> None:
        """Hands over all whose answers go to an address that cannot be reached."""
        for known in dict.fromkeys([*self._transactions.values(), *self._calls.values()]):
            if known.way == address:
                self._leave(known)

    def hand_over(self, call: LeanCall) -> Call:
        """Makes a call that rings or stands a session of the general way."""
        self._forget(call)
        return self._handover.call(call)

    def committed(self, now: float) -> None:
        """Lets go what was promised: the store has committed."""
        self.answered += self.promised
        self.promised.clear()
        for call in self._answering:
            call.left_at = now
            self._unacknowledged.append((now + self._t1, call))
            if call.hop is not None and not call.plan.quiet:
                self._soundless.append((now + MEDIA_AFTER, call))
        self._answering.clear()

    def not_committed(self) -> None:
        """Forgets what was promised: the store could not commit, and the peers will ask again."""
        self.promised.clear()
        self._unacknowledged += [(self._now + self._t1, call) for call in self._answering]
        self._answering.clear()

    def next_timer(self) -> float | None:
        """When `handle_timers` wants to be called, in seconds."""
        waiting = self._unacknowledged
        while waiting and waiting[0][1].settled:
            waiting.popleft()
        soundless = self._soundless
        while soundless and soundless[0][1].hop is None:
            soundless.popleft()
        earliest = waiting[0][0] if waiting else None
        if soundless and (earliest is None or soundless[0][0] < earliest):
            earliest = soundless[0][0]
        for standing in self._standing.values():
            if standing:
                at = standing[next(iter(standing))]
                if earliest is None or at < earliest:
                    earliest = at
        return earliest

    def handle_timers(self, now: float) -> None:
        """Gives all to the general way for which it is time."""
        self._now = now
        while self._unacknowledged and self._unacknowledged[0][0] <= now:
            one = self._unacknowledged.popleft()[1]
            if not one.settled:
                self._leave(one)
        while self._soundless and self._soundless[0][0] <= now:
            call = self._soundless.popleft()[1]
            if call.hop is not None and self._calls.get(call.call_id) is call:
                self.open_media(call, now)
        for standing in self._standing.values():
            while standing and standing[next(iter(standing))] <= now:
                self._leave(next(iter(standing)))
        self._expire(now)

    def open_media(self, call: LeanCall, now: float) -> MediaSession:
        """The RTP of a call that stands; begun with the answer, made now."""
        if call.media is None:
            assert call.hop is not None
            prepared = self._prepare(call.invite.partition(b"\r\n\r\n")[2], call.plan, call.local)
            assert prepared is not None
            call.media = open_session(self._parts.endpoints.at(call.local), call.hop, call.plan.options)
            call.media.update(prepared.agreed, now if call.left_at is None else call.left_at)
        return call.media

    # INVITE

    def _invite(self, data: bytes, address: Address, local: Hop, now: float) -> bool:
        found = glance_at_invite(data) if len(data) <= LARGEST else None
        if found is None or found["branch"] is None or found["call_id"] is None:
            return False
        known = self._transactions.get(found["branch"])
        if known is not None:
            return self._invite_again(known, found, now)
        if None in found.group("from_", "cseq", "contact", "max_forwards", "length", "to", "type"):
            return False
        if len(data) - found.end() != int(found["length"]) or self._is_known(found):
            return False
        copied = copied_fields(found, address)
        if copied is None:
            return False
        if found["credentials"] is None:
            return self._challenge_caller(found, copied, address, local, now)
        return self._call(found, copied, address, local, now)

    def _invite_again(self, known: ChallengedInvite | LeanCall, found: re.Match[bytes], now: float) -> bool:
        """A repeated INVITE: as the server transaction of RFC 3261 section 17.2.1 (and RFC 6026) does."""
        if known.sent_by != found["sent_by"] or known.branch != found["branch"]:
            return False
        if not self._lasts(known.branch, now):
            return False
        if isinstance(known, LeanCall):
            return known.answered_at is not None  # absorbed; while it rings the general way repeats the 180
        if known.until is None:
            self.answered.append((known.response, known.way, known.local))
        return True

    def _is_known(self, found: re.Match[bytes]) -> bool:
        """Whether the call or the transaction is one that stands already, here or in the general way."""
        call_id = found["call_id"]
        if call_id in self._calls:
            return True
        if not self._layer.server_transactions:
            return False
        branch, sent_by = found["branch"].decode(), found["sent_by"].decode()
        return self._layer.knows(branch, sent_by, "INVITE") or self._layer.knows_call(
            call_id.decode(), int(found["cseq"][:-7])
        )

    def _challenge_caller(
        self, found: re.Match[bytes], copied: Copied, address: Address, local: Hop, now: float
    ) -> bool:
        profiles = self._parts.profiles
        if profiles.at(*address) is not None:
            return False
        claimed = profiles.named(found["from_user"].decode())
        if claimed is not None and claimed.ip_source is not None:
            return False
        before, after = self._challenge("MD5" if claimed is None else claimed.algorithm)
        nonce = self._authentication.nonces.issue(now).encode()
        tag = b"%016x" % self._rng.getrandbits(64)
        response = b"SIP/2.0 407 Proxy Authentication Required\r\n%b;tag=%b%b%b%b%b" % (
            copied.before, tag, copied.after, before, nonce, after,
        )  # fmt: skip
        branch = found["branch"]
        challenged = ChallengedInvite(
            found.string, branch, found["sent_by"], address, copied.way, local, response, now
        )
        self._transactions[branch] = challenged
        self._unacknowledged.append((now + self._t1, challenged))
        self._parts.dispatch.refused[CHALLENGE] += 1
        self.answered.append((response, copied.way, local))
        return True

    def _call(self, found: re.Match[bytes], copied: Copied, address: Address, local: Hop, now: float) -> bool:
        profile = self._profile_of(found, address)
        credentials = None if profile is None else read_credentials(found["credentials"], self._realm)
        if profile is None or credentials is None or credentials.username != profile.username:
            return False
        try:
            number = self._parts.dispatch.callable_number(found["number"].decode(), profile)
            plan = self._plan(number, local)
            if plan is None or not self._parts.endpoints.has_media_port(local):
                return False
            body = found.string[found.end() :]
            prepared = self._prepare(body, plan, local)
            call_id, cseq, source = found["call_id"].decode(), int(found["cseq"][:-7]), Hop("udp", *address)
            if prepared is None or not self._authentication.are_good(
                credentials, "INVITE", body, call_id, cseq, source, now
            ):
                return False
            display = found["display"]
            caller = profile.username if display is None else display.decode()
            live = self._parts.calls.open(profile, "outbound", caller, number, now)
        except Refused:
            return False
        self._authentication.use_up(credentials, call_id, cseq, source, now)
        remark = self._authentication.remark(credentials, found["uri"].decode())
        if remark:
            live.remarks.append(remark)
        live.call_id = call_id
        tag = b"%016x" % self._rng.getrandbits(64)
        lean = LeanCall(self, live, plan, found, cseq, tag, address, copied.way, local, now)
        live.lean, lean.session_id = lean, self._rng.getrandbits(31)
        lean.hop = self._parts.endpoints.at(local).media_address()
        self._ring(lean, copied, prepared, now)
        return True

    def _profile_of(self, found: re.Match[bytes], address: Address) -> Profile | None:
        """The profile that From names, if its calls go by password."""
        profiles = self._parts.profiles
        user = found["from_user"].decode()
        profile = profiles.named(user)
        if profile is None or profile.ip_source is not None or profiles.at(*address) is not None:
            return None
        return profile if self._parts.dispatch.from_rule.names(user, profile) else None

    def _ring(self, call: LeanCall, copied: Copied, prepared: Prepared, now: float) -> None:
        before, after, way = copied
        self._transactions[call.branch] = self._calls[call.call_id] = call
        self.answered.append((b"SIP/2.0 100 Trying\r\n%b%b%b" % (before, after, NO_BODY), way, call.local))
        ringing = b"SIP/2.0 180 Ringing\r\n%b;tag=%b%b%b" % (before, call.tag, after, call.plan.ringing)
        self.answered.append((ringing, way, call.local))
        if call.plan.answer_after == 0.0:
            self._answer(call, copied, prepared, now)
            return
        at = now + call.plan.answer_after
        self._parts.endpoints.timers.schedule(at, partial(self._answer_later, call, copied))

    def _answer_later(self, call: LeanCall, copied: Copied, now: float) -> None:
        if self._calls.get(call.call_id) is not call:
            return  # the general way has it
        prepared = self._prepare(call.invite.partition(b"\r\n\r\n")[2], call.plan, call.local)
        assert prepared is not None
        self._answer(call, copied, prepared, now)

    def _answer(self, call: LeanCall, copied: Copied, prepared: Prepared, now: float) -> None:
        plan, endpoint = call.plan, self._parts.endpoints.at(call.local)
        hop = call.hop
        assert hop is not None
        body = prepared.text(call.session_id, hop.port)
        response = b"SIP/2.0 200 OK\r\n%b;tag=%b%b%b%d\r\n\r\n%b" % (
            copied.before,
            call.tag,
            copied.after,
            plan.answered_with_timer if call.with_timer else plan.answered,
            len(body),
            body,
        )
        self.promised.append((response, call.way, call.local))
        call.answered_at = now
        self._parts.calls.answered(call.live, now)
        endpoint.media_receivers[hop] = call
        self._accepted.append(call)
        self._answering.append(call)
        stands = plan.lean_for_with_timer if call.with_timer else plan.lean_for
        self._standing.setdefault(stands, OrderedDict())[call] = now + stands

    # Inside a dialog

    def _in_dialog(self, data: bytes, address: Address, local: Hop, now: float) -> bool:
        found = glance_in_dialog(data) if len(data) <= LARGEST else None
        if found is None or found.end() != len(data) or found["length"] != b"0":
            return False
        branch, from_tag, call_id, cseq, max_forwards, to_tag = found.group(
            "branch", "from_tag", "call_id", "cseq", "max_forwards", "to_tag"
        )
        if None in (branch, from_tag, call_id, cseq, max_forwards, to_tag):
            return False
        is_bye = found["method"] == b"BYE"
        known = self._transactions.get(branch)
        if known is not None and (is_bye or isinstance(known, ChallengedInvite)):
            return self._lasts(branch, now) and self._known_again(known, found, now)
        if self._layer.server_transactions:
            method = "BYE" if is_bye else "INVITE"
            if self._layer.knows(branch.decode(), found["sent_by"].decode(), method):
                return False
        call = self._calls.get(call_id)
        if call is None or call.answered_at is None or call.address != address or call.local != local:
            return False
        if call.tag != to_tag or call.from_tag != from_tag or call.ended_at is not None:
            return False
        number = int(cseq[:-4])
        if is_bye:
            return number > call.cseq and self._bye(call, found, now)
        if number != call.cseq:
            return False
        call.acked = call.settled = True
        return True

    def _known_again(self, known: ChallengedInvite | LeanCall, found: re.Match[bytes], now: float) -> bool:
        """The ACK to a 407, or a repeated BYE."""
        if isinstance(known, ChallengedInvite):
            if known.sent_by != found["sent_by"] or found["method"] != b"ACK":
                return False
            if not known.settled:
                known.settled, known.until = True, now + self._t4
                self._confirmed.append(known)
            return True
        if known.bye_branch != found["branch"] or known.bye_sent_by != found["sent_by"]:
            return False
        held = self.promised if self._parts.store.dirty else self.answered
        held.append((known.bye_response, known.bye_way, known.local))
        return True

    def _bye(self, call: LeanCall, found: re.Match[bytes], now: float) -> bool:
        copied = copied_fields(found, call.address)
        if copied is None:
            return False
        response = b"SIP/2.0 200 OK\r\n%b%b%b" % (copied.before, copied.after, self._bye_answer)
        self.promised.append((response, copied.way, call.local))
        call.end(found, response, copied.way, now)
        self._transactions[call.bye_branch] = call
        self._completed.append(call)
        self._silence(call, now)
        self._parts.calls.close_answered(call.live, now)
        if self._transactions.get(call.branch) is not call:
            del self._calls[call.call_id]  # nothing of its INVITE lasts
        return True

    def _silence(self, call: LeanCall, now: float) -> None:
        """Ends the media of a call and gives its port back."""
        plan, hop = call.plan, call.hop
        self._standing[plan.lean_for_with_timer if call.with_timer else plan.lean_for].pop(call, None)
        if hop is None:
            return
        endpoint = self._parts.endpoints.at(call.local)
        if call.media is not None:
            call.media.stop(now)
            endpoint.media_receivers.pop(rtcp_hop(hop), None)
        endpoint.media_receivers.pop(hop, None)
        endpoint.release_media(hop)
        call.hop = None

    # Forgetting

    def _leave(self, known: ChallengedInvite | LeanCall) -> None:
        """Hands over whatever it is."""
        if isinstance(known, ChallengedInvite):
            known.settled = True
            self._drop(known.branch, known)
            self._handover.challenge(known)
        elif known.ended_at is None:
            known.hand_over()
        else:
            self._forget(known)
            self._handover.ended(known, self._now)

    def _forget(self, call: LeanCall) -> None:
        call.settled = True
        self._drop(call.branch, call)
        self._drop(call.bye_branch, call)
        if self._calls.get(call.call_id) is call:
            del self._calls[call.call_id]
        for standing in self._standing.values():
            standing.pop(call, None)

    def _drop(self, branch: bytes, known: ChallengedInvite | LeanCall) -> None:
        if self._transactions.get(branch) is known:
            del self._transactions[branch]

    def _lasts(self, branch: bytes, now: float) -> bool:
        """Whether a transaction that was found is not over by now."""
        self._expire(now)
        return branch in self._transactions

    def _expire(self, now: float) -> None:
        """Forgets transactions that are over (timers I, J and L of RFC 3261 and RFC 6026)."""
        while self._confirmed and (self._confirmed[0].until or 0.0) <= now:
            one = self._confirmed.popleft()
            self._drop(one.branch, one)
        since = now - self._timeout
        while self._accepted and (self._accepted[0].answered_at or 0.0) <= since:
            call = self._accepted.popleft()
            self._drop(call.branch, call)
            if call.ended_at is not None and self._calls.get(call.call_id) is call:
                del self._calls[call.call_id]
        while self._completed and (self._completed[0].ended_at or 0.0) <= since:
            call = self._completed.popleft()
            self._drop(call.bye_branch, call)

    # Prepared words

    def _make_plan(self, number: str, local: Hop) -> Plan | None:
        parts = self._parts
        far_ends = parts.dispatch.far_ends
        far_end = far_ends.behind(number)
        options = far_ends.options(far_end, parts.endpoints.contact(number, local))
        return make_plan(far_end, options, parts.endpoints.at(local))

    def _prepare(self, body: bytes, plan: Plan, local: Hop) -> Prepared | None:
        try:
            return prepare(body, local.host, plan.options.codecs, plan.options.direction)
        except MediaError:
            return None


def read_credentials(value: bytes, realm: bytes) -> Credentials | None:
    """Plain Digest credentials for our realm; None of others."""
    found = glance_at_credentials(value)
    if found is None:
        return None
    username, seen, nonce, uri, response, algorithm, cnonce, qop, count = found.group(
        "username", "realm", "nonce", "uri", "response", "algorithm", "cnonce", "qop", "nc"
    )
    if seen != realm or None in (username, nonce, uri, response, cnonce, qop, count):
        return None
    return Credentials(
        username.decode(),
        realm.decode(),
        nonce.decode(),
        uri.decode(),
        response.decode(),
        "MD5" if algorithm is None else algorithm.decode(),
        cnonce.decode(),
        "auth",
        int(count, 16),
        nc_text=count.decode(),
    )
