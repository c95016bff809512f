"""How faults of calls that the trunk places show."""

from harness.drivers.phone import Phone
from harness.sip.hop import Hop
from harness.ua.account import Account
from tests.harness.pbx_simulator.faults.play import NUMBER, Sign, call_in
from tests.harness.pbx_simulator.virtual_office import PROFILE, VirtualOffice


def challenged(office: VirtualOffice) -> bool:
    call_in(office)
    return 401 in office.statuses()


def rings_elsewhere(office: VirtualOffice) -> bool:
    other = office.phone("102")
    office.phone("101")
    office.wait(1)
    office.call_in(number=PROFILE.online_numbers[1])
    office.wait(1)
    return not other.calls


def unknown_rings(office: VirtualOffice) -> bool:
    phone = office.phone()
    office.wait(1)
    office.trunk.control.direct(PROFILE.sip_username, inbound={"request_user": "+442079460999"})
    office.call_in(number=NUMBER)
    office.wait(1)
    return bool(phone.calls)


def tag_is_lost(office: VirtualOffice) -> bool:
    office.phone("102")
    office.wait(1)
    office.call_in(account="sales.example")
    office.wait(1)
    return 404 in office.statuses()


def refused_404(office: VirtualOffice) -> bool:
    call_in(office)
    return 404 in office.statuses()


def stranger_rings(office: VirtualOffice) -> bool:
    phone = office.phone()
    office.wait(1)
    account = Account("mallory", "", Hop("udp", "127.0.0.5", 5060))
    with Phone(office.network, account, local=("127.0.0.9", 5060)) as stranger:
        stranger.call(f"sip:{NUMBER}@127.0.0.5:5060")
        office.wait(1)
    return bool(phone.calls)


def late_offer_refused(office: VirtualOffice) -> bool:
    call_in(office, late_offer=True)
    return 488 in office.statuses()


def without_status(status: int) -> Sign:
    def sign(office: VirtualOffice) -> bool:
        call_in(office)
        return status not in office.statuses()

    return sign


def tags_differ(office: VirtualOffice) -> bool:
    call_in(office)
    return len({each.to.tag for each in office.answered("INVITE") if each.status > 100}) > 1


def answer_without_contact(office: VirtualOffice) -> bool:
    call_in(office)
    return all("Contact" not in each.headers for each in office.answered("INVITE") if each.status == 200)


def no_final_answer(office: VirtualOffice) -> bool:
    call_in(office)
    return set(office.statuses()) == {100}


SIGNS: dict[str, Sign] = {
    "inbound-challenged": challenged,
    "routed-by-to": rings_elsewhere,
    "unknown-number-answered": unknown_rings,
    "tag-not-routed": tag_is_lost,
    "to-username-refused": refused_404,
    "strangers-accepted": stranger_rings,
    "late-offer-refused": late_offer_refused,
    "ringing-missing": without_status(180),
    "trying-missing": without_status(100),
    "to-tag-changed": tags_differ,
    "answer-contact-missing": answer_without_contact,
    "inbound-unanswered": no_final_answer,
}
"""Fault -> how it shows."""
