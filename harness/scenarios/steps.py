"""Steps that many scenarios begin with: a call that rings, one that is answered, the answer to an INVITE.

What goes wrong on the way makes the scenario inconclusive; judging is done with `harness.checks.expect`.
"""

from typing import Any

from harness.checks.expect import given
from harness.drivers.phone import Phone
from harness.drivers.phone_call import PhoneCall
from harness.sip.message import Response

SOON = 2.0  # seconds; every far end that scenarios call acts within one


def final_answer(call: PhoneCall) -> Response:
    """The last final response to the INVITE. Raises WaitTimeout."""
    call.wait_final(timeout=SOON)
    finals = [each for each in call.responses if each.cseq.method == "INVITE" and each.status >= 200]
    return finals[-1]


def last_answer(call: PhoneCall, method: str) -> Response:
    """The last final response to requests of ours with that method, challenges left behind.

    Inconclusive when there is none.
    """
    answers = [each for each in call.responses if each.cseq.method == method and each.status >= 200]
    with given(f"an answer to {method}"):
        assert answers, "none came"
    return answers[-1]


def answered(phone: Phone, number: str, **options: Any) -> PhoneCall:
    """An answered call; the scenario is inconclusive when it does not come about."""
    with given("an answered call"):
        return phone.call(number, **options).wait_answered(timeout=SOON)


def ringing(phone: Phone, number: str, **options: Any) -> PhoneCall:
    """A call that rings; the scenario is inconclusive when it does not."""
    with given("a call that rings"):
        return phone.call(number, **options).wait_ringing(timeout=SOON)
