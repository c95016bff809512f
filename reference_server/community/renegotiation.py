"""Changes of a session that stands, handed on from one leg of a bridge to the other: hold, resume, codecs.

The offer of one side becomes an offer to the other, whose answer (or refusal) is then given to the first:
each offer has its answer before the next (RFC 3264 section 4). What does not concern the other side is
answered by the leg that gets it: session refreshes (RFC 4028), which each leg has of its own, and another
address or port. Who rings whom is `bridge`'s; SDP and re-INVITEs are `harness.ua`'s.
"""

from dataclasses import replace
from functools import partial

from harness.media.offer_answer import MIRROR, meet_directions
from harness.sip.message import Request, Response
from harness.ua.call import Call
from harness.ua.call_media import sdp_of
from harness.ua.call_state import CallState
from reference_server.community.offer import Offer, read_offer

NOT_ACCEPTABLE = 488
"""Towards who asked for a change, with what is not fit for it (RFC 3261 section 21.4.26)."""
PENDING = 491
"""Towards who asks while the other side is busy with another change (RFC 3261 section 21.4.27)."""
EVENTS = "telephone-event"


class Renegotiation:
    """The offers and answers of two legs once both are answered."""

    def __init__(self, caller: Call, callee: Call, known: tuple[str, ...]) -> None:
        """`known`: the codecs that the trunk speaks."""
        self._known = known
        self._others = {caller: callee, callee: caller}
        self._wishes = dict.fromkeys(self._others, "sendrecv")
        for leg in self._others:
            leg.answers.before_change = partial(self.take, leg)
            leg.answers.on_answer = partial(self.answered_late, leg)

    # An offer of one side

    def take(self, leg: Call, request: Request, now: float) -> bool:
        """Hands on a re-INVITE or UPDATE of a leg's peer; False: the leg answers it at once."""
        other = self._others[leg]
        if not (leg.state is other.state is CallState.ANSWERED):
            return False
        body = sdp_of(request)
        if body is None:  # the leg makes the offer; what its answer changes is handed on afterwards
            leg.media_control.wanted = self._wishes[other]
            return False
        offer = read_offer(body, self._known)
        if offer is None:
            return False
        if not self.concerns(leg, offer):
            self.follow(leg)
            return False
        if is_busy(other):
            expected = "one change at a time, and the other side's is not over"
            leg.answers.refuse_put_off(PENDING, now, f"{request.method} with an offer", expected)
        else:
            self.hand_on(leg, offer, now)
        return True

    def concerns(self, leg: Call, offer: Offer) -> bool:
        """Whether an offer changes anything for the other side."""
        in_use = self._others[leg].media_control.agreed
        if in_use is None:
            return offer.direction != "inactive"
        return offer.direction != self._wishes[leg] or (
            bool(offer.codecs) and in_use.codec.name not in offer.codecs
        )

    def hand_on(self, leg: Call, offer: Offer, now: float) -> None:
        """Makes the same offer to the other side."""
        other = self._others[leg]
        before = other.options.codecs
        if offer.codecs:
            speak(other, offer.codecs)

        def decided(response: Response | None, at: float) -> None:
            if response is not None and response.status < 300:
                self.accepted(leg, offer, at)
            else:
                speak(other, before)
                self.refused(leg, response, at)

        other.modification.start("INVITE", now, direction=offer.direction, on_final=decided)

    def accepted(self, leg: Call, offer: Offer, now: float) -> None:
        """The other side answered: so is the leg's peer, unless it took its offer back."""
        self.learn(self._others[leg])
        self.follow(leg)
        if leg.answers.answer_put_off(now):
            self._wishes[leg] = offer.direction
        else:
            self.synchronise(leg, now)

    def refused(self, leg: Call, response: Response | None, now: float) -> None:
        """The other side refused: the session stays what it was, on both legs (RFC 3261 section 14.1)."""
        status = 0 if response is None else response.status
        again = None if response is None else response.headers.get("Retry-After")
        headers = [] if again is None else [("Retry-After", again)]
        seen, expected = f"{status} of the other side", "an offer that the other side takes"
        leg.answers.refuse_put_off(status_for_offerer(status), now, seen, expected, headers=headers)

    def follow(self, leg: Call) -> None:
        """Lets a leg answer as the other side did: its direction, and a codec that needs no translation."""
        media = self._others[leg].media_control
        answer = None if media.remote is None else read_offer(bytes(media.remote), self._known)
        if answer is not None:
            leg.media_control.wanted = answer.direction
        if media.agreed is not None:
            name = media.agreed.codec.name
            speak(leg, (name,) if media.agreed.event_payload_type is None else (name, EVENTS))

    # An offer of ours

    def answered_late(self, leg: Call, now: float) -> None:
        """The answer to an offer that the leg's peer had asked for (RFC 3261 section 14.1)."""
        self.learn(leg)
        self.synchronise(leg, now)

    def learn(self, leg: Call) -> None:
        """Notes what the answer of a leg's peer shows that it wants, where that is something new."""
        media = leg.media_control
        answer = None if media.remote is None else read_offer(bytes(media.remote), self._known)
        if answer is None:
            return
        expected = meet_directions(self._wishes[leg], MIRROR[media.wanted])
        if answer.direction != expected:
            self._wishes[leg] = answer.direction

    def synchronise(self, leg: Call, now: float) -> None:
        """Tells the other side what a leg's peer wants, where it was told otherwise."""
        other, wish = self._others[leg], self._wishes[leg]
        possible = MIRROR[self._wishes[other]]
        if meet_directions(other.media_control.wanted, possible) == meet_directions(wish, possible):
            return
        if leg.state is other.state is CallState.ANSWERED and not is_busy(other):
            other.modification.start("INVITE", now, direction=wish)


def is_busy(leg: Call) -> bool:
    """Whether a leg cannot be asked for a change now (RFC 3261 section 14.1)."""
    waits_for_ack = leg.incoming is not None and leg.incoming.waits_for_ack
    return leg.modifying or leg.answers.owes_answer or waits_for_ack


def status_for_offerer(status: int) -> int:
    """What who made an offer is told of its refusal: challenges and redirections are the trunk's business."""
    return status if status > 400 and status not in (401, 407) else NOT_ACCEPTABLE


def speak(leg: Call, codecs: tuple[str, ...]) -> None:
    """Which codecs a leg offers and agrees on from now on."""
    leg.options = replace(leg.options, codecs=codecs)
