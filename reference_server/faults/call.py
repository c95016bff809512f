"""Faults of outbound calls: setting up, changing, releasing, cancelling."""

from dataclasses import replace

from harness.faults.fault import part, sip_out
from harness.faults.message_changes import (
    ANY_STATUS,
    FINAL,
    NOT_TRYING,
    PROVISIONAL,
    SUCCESS,
    lost,
    responses,
    with_other_to_tag,
    with_status,
    without,
)
from harness.faults.mutator import Mutator
from harness.faults.packet_loss import drop_requests
from harness.sip.hop import Hop, Packet
from harness.sip.message import Request, Response, parse_message
from harness.sip.transaction_events import CancelReceived, RequestReceived
from harness.ua.call import Call
from harness.ua.call_options import CallOptions
from reference_server.calls import Calls
from reference_server.dialect import Step
from reference_server.dispatch import Dispatch
from reference_server.far_end import FarEnd, FarEnds
from reference_server.faults.fault import Fault, value
from reference_server.live_call import LiveCall
from reference_server.numbering import Numbering
from reference_server.offer_rule import OfferRule
from reference_server.profile import Profile


class _NoTrying(FarEnds):
    def options(self, far_end: FarEnd, contact: str) -> CallOptions:
        return replace(super().options(far_end, contact), automatic_trying=False)


class _NoRinging(FarEnds):
    def ring(self, session: Call, far_end: FarEnd, now: float) -> None:
        pass


class _NeverReleases(FarEnds):
    def take(self, live: LiveCall, session: Call, step: Step, now: float) -> None:
        if step.do != "hang_up":
            super().take(live, session, step, now)


class _BusyUnavailable(FarEnds):
    def find(self, number: str) -> FarEnd:
        far_end = super().find(number)
        return far_end._replace(reject=480) if far_end.reject == 486 else far_end


class _OneRejection(FarEnds):
    def find(self, number: str) -> FarEnd:
        far_end = super().find(number)
        return far_end._replace(reject=500) if far_end.reject not in (None, 486) else far_end


class _RingingAnswers(FarEnds):
    def find(self, number: str) -> FarEnd:
        far_end = super().find(number)
        return far_end._replace(answer_after=0.1) if far_end.answer_after is None else far_end


class _RefuseInside(Dispatch):
    __slots__ = ()
    method = "INVITE"

    def inside_dialog(self, event: RequestReceived, now: float) -> None:
        if event.request.method == self.method:
            self.respond(event, 500, now)
            return
        super().inside_dialog(event, now)


class _UpdateRefused(_RefuseInside):
    __slots__ = ()
    method = "UPDATE"


class _OfferDemanded(OfferRule):
    def check(self, request: Request) -> None:
        if not request.body:
            raise self._refusals.refuse("not_acceptable", "no offer", codecs=", ".join(self._codecs))
        super().check(request)


class _ByeIgnored(Dispatch):
    __slots__ = ()

    def inside_dialog(self, event: RequestReceived, now: float) -> None:
        if event.request.method != "BYE" or self.calls.find(event.request) is None:
            super().inside_dialog(event, now)


class _AnyDialog(Dispatch):
    __slots__ = ()

    def answer(self, event: RequestReceived, now: float) -> None:
        if event.request.method == "BYE" and self.calls.find(event.request) is None:
            self.respond(event, 200, now)
            return
        super().answer(event, now)


class _CancelIgnored(Dispatch):
    __slots__ = ()

    def cancel(self, event: CancelReceived, now: float) -> None:
        pass


class _InactiveCalls(Dispatch):
    __slots__ = ()

    def callable_number(self, dialled: str, profile: Profile) -> str:
        return (
            self.numbering.dialled(dialled)
            if not profile.active
            else super().callable_number(dialled, profile)
        )


class _CreditUnchecked(Numbering):
    def is_free(self, number: str) -> bool:
        return True


class _NoRecord(Calls):
    def write(self, live: LiveCall, now: float) -> None:
        pass


class _CancelKeepsChannel(Calls):
    def give_back(self, live: LiveCall) -> None:
        if live.status != 487:
            super().give_back(live)


def _with_next_cseq(response: Response) -> Response:
    response.headers.set("CSeq", f"{response.cseq.number + 1} {response.cseq.method}")
    return response


def _without_to_tag(response: Response) -> Response:
    to = response.to
    response.headers.set("To", str(to.replace(params=to.params.without("tag"))))
    return response


def _with_vias_turned(response: Response) -> Response:
    vias = response.headers.get_all("Via")
    if len(vias) > 1:
        response.headers.set("Via", ", ".join([vias[0], *reversed(vias[1:])] if len(vias) > 2 else vias[:1]))
    return response


def _with_other_from(response: Response) -> Response:
    response.headers.set("From", str(response.from_.with_tag(f"x{response.from_.tag}")))
    return response


def _without_body(response: Response) -> Response:
    response.body = b""
    response.headers.remove("Content-Type")
    return response


def _rport_ignored() -> Mutator:
    """Answers to the sent-by port, as a server that does not know RFC 3581."""

    def mutate(packet: Packet, _now: float) -> list[Packet]:
        if not packet.data.startswith(b"SIP/2.0 ") or packet.destination.transport != "udp":
            return [packet]
        response = parse_message(packet.data)
        via = response.via
        if "rport" not in via.params:
            return [packet]
        stripped = str(via).replace(f"rport={via.params.get('rport')}", "rport")
        response.headers.set_first("Via", stripped)
        destination = Hop("udp", packet.destination.host, via.port or 5060)
        return [packet._replace(data=bytes(response), destination=destination)]

    return mutate


FAULTS = (
    Fault("trying-missing", "call.trying", "INVITE is not answered with 100", part(far_ends=_NoTrying)),
    Fault("ringing-missing", "call.ringing", "the far end rings unheard", part(far_ends=_NoRinging)),
    Fault(
        "answer-without-sdp",
        "call.answered",
        "the 200 to INVITE has no body",
        sip_out(responses(_without_body, method="INVITE", statuses=SUCCESS)),
    ),
    Fault(
        "late-offer-refused",
        "call.late-offer",
        "INVITE without SDP is refused",
        part(offer_rule=_OfferDemanded),
    ),
    Fault(
        "wrong-cseq",
        "call.cseq-copied",
        "responses to INVITE count CSeq up",
        sip_out(responses(_with_next_cseq, method="INVITE", statuses=NOT_TRYING)),
    ),
    Fault(
        "to-tag-missing",
        "call.to-tag",
        "responses carry no To-tag",
        sip_out(responses(_without_to_tag, statuses=NOT_TRYING)),
    ),
    Fault(
        "to-tag-changing",
        "call.to-tag-stable",
        "180 and 200 to one INVITE differ in the To-tag",
        sip_out(responses(with_other_to_tag, method="INVITE", statuses=PROVISIONAL)),
    ),
    Fault(
        "via-order-broken",
        "call.via-copied",
        "the Vias below the first are turned round; of two the second is lost",
        sip_out(responses(_with_vias_turned)),
    ),
    Fault(
        "from-tag-changed",
        "call.from-copied",
        "responses carry another From-tag",
        sip_out(responses(_with_other_from)),
    ),
    Fault(
        "contact-missing",
        "call.contact-in-2xx",
        "the 200 to INVITE has no Contact",
        sip_out(responses(without("Contact"), method="INVITE", statuses=SUCCESS)),
    ),
    Fault(
        "record-route-dropped",
        "call.record-route",
        "Record-Route is not copied into responses",
        sip_out(responses(without("Record-Route"))),
    ),
    Fault("rport-ignored", "call.rport", "responses go to the sent-by port", sip_out(_rport_ignored)),
    Fault(
        "bye-answered-481",
        "call.bye-200",
        "BYE of a call that stands is answered with 481",
        sip_out(responses(with_status(481, "Call/Transaction Does Not Exist"), method="BYE", statuses=FINAL)),
    ),
    Fault(
        "bye-ignored",
        "call.caller-releases",
        "BYE of a call that stands is not answered, and the call goes on",
        part(dispatch=_ByeIgnored),
    ),
    Fault(
        "unknown-dialog-accepted",
        "call.unknown-dialog-481",
        "BYE outside any call is answered with 200",
        part(dispatch=_AnyDialog),
    ),
    Fault("reinvite-refused", "call.reinvite", "re-INVITE is refused", part(dispatch=_RefuseInside)),
    Fault("update-refused", "call.update", "UPDATE is refused", part(dispatch=_UpdateRefused)),
    Fault(
        "update-not-passed-on",
        "call.update",
        "the far end's UPDATE does not reach the PBX",
        sip_out(drop_requests("UPDATE")),
    ),
    Fault(
        "credit-not-checked",
        "call.credit-used-up",
        "a profile without credit calls paid numbers",
        part(numbering=_CreditUnchecked),
    ),
    Fault(
        "echo-needs-credit",
        "call.echo-free",
        "the echo test number costs",
        value({"numbering": {"free_numbers": []}}),
    ),
    Fault(
        "inactive-profile-calls",
        "call.inactive-profile",
        "a profile without subscription makes calls",
        part(dispatch=_InactiveCalls),
    ),
    Fault(
        "callee-never-releases",
        "call.callee-releases",
        "the far end's hang-up does not reach the caller",
        part(far_ends=_NeverReleases),
    ),
    Fault("busy-unavailable", "call.busy", "busy is answered with 480", part(far_ends=_BusyUnavailable)),
    Fault("one-rejection", "call.rejected", "every rejection becomes 500", part(far_ends=_OneRejection)),
    Fault(
        "early-media-without-sdp",
        "call.early-media",
        "183 carries no body",
        sip_out(responses(_without_body, method="INVITE", statuses=(183,))),
    ),
    Fault(
        "rseq-missing",
        "call.reliable-provisional",
        "a reliable response has no RSeq",
        sip_out(responses(without("RSeq", "Require"), method="INVITE", statuses=PROVISIONAL)),
    ),
    Fault("record-missing", "call.record", "no call record is written", part(calls=_NoRecord)),
    Fault(
        "cancel-ignored",
        "cancel.487",
        "CANCEL is answered, but the call goes on",
        part(dispatch=_CancelIgnored),
    ),
    Fault(
        "cancel-unanswered",
        "cancel.answered",
        "CANCEL is not answered",
        sip_out(responses(lost, method="CANCEL", statuses=ANY_STATUS)),
    ),
    Fault(
        "cancel-keeps-channel",
        "cancel.frees-channel",
        "a cancelled call keeps its channel",
        part(calls=_CancelKeepsChannel),
    ),
    Fault(
        "unmatched-cancel-accepted",
        "cancel.unmatched-481",
        "CANCEL of nothing is answered with 200",
        sip_out(responses(with_status(200, "OK"), method="CANCEL", statuses=(481,))),
    ),
    Fault(
        "ringing-number-answers",
        "cancel.no-answer",
        "a number that nobody answers is answered",
        part(far_ends=_RingingAnswers),
    ),
)
