"""Capability: what the trunk answers to what it cannot or will not do."""

import pytest

from harness.checks.expect import expect, expect_header, expect_status, expecting
from harness.drivers.local_address import host_port
from harness.drivers.phone import Phone
from harness.scenarios.steps import final_answer, ringing
from harness.settings.target import Numbers
from harness.sip.message import Request, Response

pytestmark = pytest.mark.usefixtures("plain_call")

VIDEO_ONLY = b"""v=0\r
o=- 1 1 IN IP4 127.0.0.1\r
s=-\r
c=IN IP4 127.0.0.1\r
t=0 0\r
m=video 40000 RTP/AVP 31\r
"""


@pytest.mark.requirement("capability.method-unknown-501")
def test_an_unknown_method(phone: Phone) -> None:
    """A method that nobody knows is answered with 501."""
    answer = phone.request("FROBNICATE").final
    expect_status(answer, 501, "capability.method-unknown-501")


@pytest.mark.requirement("capability.method-not-allowed-405")
def test_a_method_that_is_not_allowed_here(phone: Phone) -> None:
    """A method that is known but not offered is answered with 405 and Allow."""
    requirement = "capability.method-not-allowed-405"
    answer = expect_status(phone.request("PUBLISH", headers=[("Event", "presence")]).final, 405, requirement)
    expect_header(answer, "Allow", requirement, "INVITE")


@pytest.mark.requirement("capability.content-type-415")
def test_a_body_of_unknown_type(phone: Phone, numbers: Numbers) -> None:
    """INVITE with a body that is no session description is answered with 415 and Accept."""
    call = phone.call(numbers.answers, sdp=b"<offer/>", content_type="application/x-offer")
    answer = expect_status(final_answer(call), 415, "capability.content-type-415")
    expect_header(answer, "Accept", "capability.content-type-415", "application/sdp")


@pytest.mark.requirement("capability.uri-scheme-416")
def test_a_request_uri_of_unknown_scheme(phone: Phone, numbers: Numbers) -> None:
    """INVITE to a URI of a scheme that is no telephony is answered with 416."""
    domain = phone.account.domain
    options = {"request_uri": "gopher:operator", "to_uri": f"sip:{numbers.answers}@{domain}"}
    answer = final_answer(phone.call(numbers.answers, **options))
    expect_status(answer, 416, "capability.uri-scheme-416")


@pytest.mark.requirement("capability.extension-420")
def test_a_required_extension_that_is_unknown(phone: Phone, numbers: Numbers) -> None:
    """INVITE that requires an extension nobody has is answered with 420 and Unsupported."""
    call = phone.call(numbers.answers, require=("no-such-extension",))
    answer = expect_status(final_answer(call), 420, "capability.extension-420")
    expect_header(answer, "Unsupported", "capability.extension-420", "no-such-extension")


@pytest.mark.requirement("capability.max-forwards-483")
def test_no_hops_left(phone: Phone, numbers: Numbers) -> None:
    """INVITE with Max-Forwards 0 is answered with 483."""
    answer = final_answer(phone.call(numbers.answers, max_forwards=0))
    expect_status(answer, 483, "capability.max-forwards-483")


@pytest.mark.requirement("capability.not-acceptable-488")
def test_video_alone(phone: Phone, numbers: Numbers) -> None:
    """An offer of video alone is answered with 488."""
    answer = final_answer(phone.call(numbers.answers, sdp=VIDEO_ONLY))
    expect_status(answer, 488, "capability.not-acceptable-488")


@pytest.mark.requirement("capability.version-505")
def test_another_sip_version(phone: Phone) -> None:
    """OPTIONS in SIP/3.0 is answered with 505."""
    request = phone.build_request("OPTIONS")
    phone.send(bytes(request).replace(b" SIP/2.0\r\n", b" SIP/3.0\r\n", 1))
    with expecting("capability.version-505"):
        answer = phone.wait_response_to(request, timeout=1)
    expect_status(answer, 505, "capability.version-505")


@pytest.mark.requirement("capability.malformed-400")
def test_a_malformed_request(phone: Phone) -> None:
    """OPTIONS whose CSeq names another method is answered with 400 that says so."""
    request = phone.build_request("OPTIONS")
    wrong = f"CSeq: {request.cseq.number} OPTIONS".encode()
    phone.send(bytes(request).replace(wrong, wrong.replace(b"OPTIONS", b"INVITE")))
    with expecting("capability.malformed-400"):
        answer = phone.wait_message(lambda each: each.call_id == request.call_id, timeout=1).message
    assert isinstance(answer, Response)
    expect_status(answer, 400, "capability.malformed-400")
    seen = f"the reason phrase is {answer.reason!r} and names no header field"
    expect("cseq" in answer.reason.lower(), "capability.malformed-400", seen, answer, "start")


@pytest.mark.requirement("capability.merged-482")
def test_the_same_request_over_another_way(phone: Phone, numbers: Numbers) -> None:
    """The INVITE of a ringing call that arrives again with another branch is answered with 482."""
    call = ringing(phone, numbers.rings)
    twin: Request = call.invite.copy()
    branch = f"{phone.local.port}merged"
    via = f"SIP/2.0/UDP {host_port(phone.local)};rport;branch=z9hG4bK{branch}"
    twin.headers.set("Via", via)
    phone.send(twin)

    def answers_twin(message: Request | Response) -> bool:
        return isinstance(message, Response) and message.branch.endswith(branch) and message.status >= 200

    with expecting("capability.merged-482", twin):
        answer = phone.wait_message(answers_twin, timeout=1).message
    assert isinstance(answer, Response)
    expect_status(answer, 482, "capability.merged-482")
