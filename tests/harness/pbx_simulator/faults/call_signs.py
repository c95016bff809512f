"""How faults of numbers, From, dialogs and release show."""

import base64

from harness.ua.call_state import CallState
from tests.harness.pbx_simulator.faults.play import (
    ECHO,
    NUMBER,
    RINGS,
    TRUNK,
    Sign,
    call_echo,
    call_in,
    header_missing,
    user_of,
)
from tests.harness.pbx_simulator.virtual_office import PROFILE, VirtualOffice, destinations


def sent_as(dialled: str, sent: str) -> Sign:
    """A number that was dialled reached the trunk so."""

    def sign(office: VirtualOffice) -> bool:
        office.phone().call(dialled)
        office.wait(1)
        return any(user_of(invite) == sent for invite in office.sent("INVITE"))

    return sign


def no_sip_username(office: VirtualOffice) -> bool:
    call_echo(office)
    return all(PROFILE.sip_username not in str(invite.from_.uri) for invite in office.sent("INVITE"))


def first_without_username(office: VirtualOffice) -> bool:
    """The first call alone has another From."""
    call_echo(office)
    before = len(office.sent("INVITE"))
    call_echo(office)
    right = [PROFILE.sip_username in str(invite.from_.uri) for invite in office.sent("INVITE")]
    return not any(right[:before]) and all(right[before:])


def from_host(office: VirtualOffice) -> bool:
    call_echo(office)
    return all("sip.skype.com" not in str(invite.from_.uri) for invite in office.sent("INVITE"))


def ack_of_answer_missing(office: VirtualOffice) -> bool:
    call = office.phone().call(ECHO)
    office.wait(3)
    assert call.state is CallState.ANSWERED
    branches = {request.branch for request in office.sent("INVITE")}
    return all(ack.branch in branches for ack in office.sent("ACK"))


def ack_of_refusal_missing(office: VirtualOffice) -> bool:
    office.phone().call("+442079460486").wait_final()
    office.wait(3)
    return not office.sent("ACK")


def bye_target(office: VirtualOffice) -> bool:
    call_echo(office)
    return user_of(office.sent("BYE")[0]) == ECHO and "sip.skype.com" in office.sent("BYE")[0].uri


def bye_missing(office: VirtualOffice) -> bool:
    call_echo(office)
    office.wait(5)
    return not office.sent("BYE")


def inbound_bye_missing(office: VirtualOffice) -> bool:
    phone = office.phone()
    office.wait(1)
    office.call_in(number=NUMBER)
    call = phone.wait_call().answer()
    call.hang_up()
    office.wait(5)
    return not office.sent("BYE")


def past_maddr(office: VirtualOffice) -> bool:
    office.trunk.control.direct(PROFILE.sip_username, invite={"maddr": "127.0.0.77"})
    call_echo(office)
    return any(hop.host == "127.0.0.77" for hop in destinations(office, "BYE"))


def no_route(office: VirtualOffice) -> bool:
    office.trunk.control.direct(PROFILE.sip_username, invite={"record_route": True})
    call_echo(office)
    return all("Route" not in bye.headers for bye in office.sent("BYE"))


def not_cancelled(office: VirtualOffice) -> bool:
    office.phone().call(RINGS).wait_ringing().cancel().wait_ended()
    office.wait(3)
    return not office.sent("CANCEL")


def cancel_unanswered(office: VirtualOffice) -> bool:
    phone = office.phone()
    office.wait(1)
    office.call_in(number=NUMBER, cancel_after=0.5)
    phone.wait_call().ring()
    office.wait(3)
    return 487 not in office.statuses() and not office.answered("CANCEL")


def retried(office: VirtualOffice) -> bool:
    office.phone().call("+442079460403")
    office.wait(5)
    return len(office.sent("INVITE")) > 10


def busy_phone(office: VirtualOffice) -> bool:
    phone = office.phone()
    office.wait(1)
    office.call_in(number=NUMBER)
    phone.wait_call().reject(486)
    office.wait(1)
    return office.statuses()[-1] == 500


def refusal_blurred(office: VirtualOffice) -> bool:
    return office.phone().call("+442079460404").wait_final().status == 500


def no_early_media(office: VirtualOffice) -> bool:
    call = office.phone().call("+442079460202").wait_answered()
    return 183 not in call.statuses


def no_prack(office: VirtualOffice) -> bool:
    office.phone().call("+442079460203")
    office.wait(2)
    return not office.sent("PRACK")


def no_refresh_of_session(office: VirtualOffice) -> bool:
    office.phone().call("+442079460207").wait_answered()
    office.wait(80)
    return not office.sent("UPDATE") and len(office.sent("INVITE")) == 2


def reinvite_refused(office: VirtualOffice) -> bool:
    office.phone().call("+442079460205").wait_answered()
    office.wait(2)
    return 405 in office.statuses()


def answer_sent_once(office: VirtualOffice) -> bool:
    office.network.drop_if = lambda packet: packet.data.startswith(b"ACK ") and packet.source.host == TRUNK
    call_in(office)
    office.wait(3)
    return office.statuses().count(200) == 1


def second_refused(office: VirtualOffice) -> bool:
    office.phone("102")
    office.phone("101").call(ECHO).wait_answered()
    office.call_in(number=PROFILE.online_numbers[1])
    office.wait(1)
    return 486 in office.statuses()


def options_unanswered(office: VirtualOffice) -> bool:
    office.wait(1)
    office.trunk.control.send_request(PROFILE.sip_username, "OPTIONS")
    office.wait(5)
    return not office.answered("OPTIONS")


def deaf(office: VirtualOffice) -> bool:
    office.wait(1)
    office.trunk.control.direct(PROFILE.sip_username, inbound={"headers": {"X-Unheard-Of": "1"}})
    call_in(office)
    return not office.answered("INVITE")


def deaf_after(office: VirtualOffice) -> bool:
    """Whether OPTIONS gets no answer any more."""
    before = len(office.answered("OPTIONS"))
    office.trunk.control.send_request(PROFILE.sip_username, "OPTIONS")
    office.wait(2)
    return len(office.answered("OPTIONS")) == before


def dies_on_notify(office: VirtualOffice) -> bool:
    office.wait(1)
    office.trunk.control.send_request(PROFILE.sip_username, "NOTIFY")
    office.wait(1)
    return deaf_after(office)


def dies_on_nonsense(office: VirtualOffice) -> bool:
    office.wait(1)
    nonsense = b"INVITE sip:100@127.0.0.5 SIP/2.0\r\nVia: nonsense\r\n\r\n"
    office.trunk.control.send_request(PROFILE.sip_username, raw=base64.b64encode(nonsense).decode())
    office.wait(1)
    return deaf_after(office)


def deaf_after_repetition(office: VirtualOffice) -> bool:
    office.wait(1)
    office.trunk.control.direct(PROFILE.sip_username, impairment={"duplicate": 1.0})
    call_in(office)
    office.trunk.control.direct(PROFILE.sip_username)
    return deaf_after(office)


def other_port(office: VirtualOffice) -> bool:
    return office.pbx.switchboard.settings.pbx.trunk_listen != office.file.pbx.trunk_listen


def large_invite_lost(office: VirtualOffice) -> bool:
    office.wait(1)
    office.trunk.control.direct(PROFILE.sip_username, inbound={"size": 2000})
    call_in(office)
    return not office.answered("INVITE")


def sent_once(office: VirtualOffice) -> bool:
    office.trunk.control.direct(PROFILE.sip_username, invite={"silent": True})
    office.phone().call(ECHO)
    office.wait(5)
    return len(office.sent("INVITE")) == 1


def acknowledged_once(office: VirtualOffice) -> bool:
    office.trunk.control.direct(PROFILE.sip_username, invite={"answer_copies": 2})
    call_echo(office)
    return len(office.sent("ACK")) == 2  # one for the 407


def trunk_bye_unanswered(office: VirtualOffice) -> bool:
    office.phone().call("+442079460101").wait_answered()
    office.wait(5)
    return not office.answered("BYE")


def no_second_try(office: VirtualOffice) -> bool:
    office.trunk.control.direct(PROFILE.sip_username, change={"status": 491, "times": 1})
    office.phone().call(ECHO).wait_answered().hold()
    office.wait(8)
    return len([each for each in office.sent("INVITE") if each.to.tag]) == 1


SIGNS: dict[str, Sign] = {
    "national-number-sent": sent_as("02079460001", "02079460001"),
    "international-prefix-sent": sent_as("00442079460001", "00442079460001"),
    "plus-missing": sent_as("02079460001", "442079460001"),
    "short-number-sent": sent_as("55512", "55512"),
    "emergency-call-sent": sent_as("112", "112"),
    "from-carries-extension": no_sip_username,
    "first-from-carries-extension": first_without_username,
    "from-anonymous": no_sip_username,
    "from-own-host": from_host,
    "ack-to-2xx-missing": ack_of_answer_missing,
    "ack-to-refusal-missing": ack_of_refusal_missing,
    "bye-wrong-target": bye_target,
    "bye-missing": bye_missing,
    "inbound-bye-missing": inbound_bye_missing,
    "maddr-ignored": past_maddr,
    "record-route-ignored": no_route,
    "invite-contact-missing": header_missing("INVITE", "Contact"),
    "cancel-missing": not_cancelled,
    "cancel-ignored": cancel_unanswered,
    "retries-403": retried,
    "busy-as-500": busy_phone,
    "refusals-as-500": refusal_blurred,
    "early-media-blocked": no_early_media,
    "prack-missing": no_prack,
    "session-timer-ignored": no_refresh_of_session,
    "reinvite-rejected": reinvite_refused,
    "answer-not-retransmitted": answer_sent_once,
    "second-call-refused": second_refused,
    "options-unanswered": options_unanswered,
    "dies-on-unknown-header": deaf,
    "dies-on-notify": dies_on_notify,
    "dies-on-malformed": dies_on_nonsense,
    "dies-on-repetition": deaf_after_repetition,
    "calls-from-another-port": other_port,
    "large-invite-dropped": large_invite_lost,
    "requests-not-retransmitted": sent_once,
    "repeated-answer-not-acknowledged": acknowledged_once,
    "bye-ignored": trunk_bye_unanswered,
    "glare-given-up": no_second_try,
}
"""Fault -> how it shows."""
