"""Registration: REGISTER, its challenge, and the bindings that come of it."""

import pytest

from harness.checks.expect import expect, expect_header, expect_status, expecting, given
from harness.checks.response import same_answer
from harness.drivers.local_address import host_port
from harness.drivers.phone import Phone
from harness.pytest_plugin.fixtures import MakePhone
from harness.settings.target import Profile
from harness.sip.message import Response

DIFFERENT_ANYWAY = ("Via", "From", "To", "Call-ID", "CSeq", "Contact", "Date", "WWW-Authenticate")


def bindings_of(phone: Phone) -> list[str]:
    """The contact URIs that the trunk lists for the phone's profile."""
    return [str(contact.uri) for contact in query(phone).contacts]


def query(phone: Phone) -> Response:
    """Asks for the bindings: REGISTER without Contact."""
    return phone.register(expires=None, contacts=()).exchange.final


def granted(phone: Phone, response: Response) -> int:
    """The expires parameter of the phone's contact in a 200, in seconds; -1 when it is missing."""
    mine = [each for each in response.contacts if f":{phone.local.port}" in str(each.uri)]
    value = mine[0].params.get("expires") if mine else None
    return int(value) if value is not None and value.isdecimal() else -1


def is_bound(phone: Phone, asking: Phone) -> bool:
    """Whether the trunk lists the phone's address when `asking` asks."""
    return any(f":{phone.local.port}" in uri for uri in bindings_of(asking))


@pytest.mark.requirement("registration.challenged")
def test_register_without_credentials_is_challenged(phone: Phone) -> None:
    """A REGISTER without credentials is challenged with 401."""
    answer = phone.register(authenticate=False).exchange.first
    expect_status(answer, 401, "registration.challenged")
    expect_header(answer, "WWW-Authenticate", "registration.challenged", "Digest")


@pytest.mark.requirement("registration.credentials-accepted")
def test_the_right_credentials_register(phone: Phone) -> None:
    """The profile's username and password register a phone."""
    answer = phone.register().exchange.final
    expect_status(answer, 200, "registration.credentials-accepted")
    listed = [contact.uri for contact in answer.contacts]
    expect(listed, "registration.credentials-accepted", "the 200 lists no binding", answer, "start")


@pytest.mark.requirement("registration.wrong-password-refused")
def test_a_wrong_password_does_not_register(make_phone: MakePhone) -> None:
    """A wrong password registers nothing."""
    intruder, owner = make_phone(), make_phone()
    exchange = intruder.register(password="not-the-password").exchange
    with given("a challenge"):
        assert exchange.first.status == 401, f"REGISTER was answered with {exchange.first.status}"
    answer = exchange.final
    expect_status(answer, (401, 403), "registration.wrong-password-refused")
    seen = "the contact of the refused REGISTER is bound"
    expect(not is_bound(intruder, owner), "registration.wrong-password-refused", seen, answer)


@pytest.mark.requirement("registration.unknown-user-same-answer")
def test_an_unknown_user_is_answered_like_a_wrong_password(make_phone: MakePhone, profile: Profile) -> None:
    """REGISTER of a user that does not exist is answered exactly as one with a wrong password."""
    stranger = profile.model_copy(update={"sip_username": profile.sip_username[:-4] + "9876"})
    known = make_phone().register(password="not-the-password").exchange
    unknown = make_phone(stranger).register(password="not-the-password").exchange
    with given("a wrong password that is refused"):
        assert known.first.status == 401, f"REGISTER was answered with {known.first.status}"
        assert known.status >= 400, f"REGISTER was answered with {known.status}"
    for one, other in ((known.first, unknown.first), (known.final, unknown.final)):
        differences = same_answer(one, other, DIFFERENT_ANYWAY)
        seen = f"the answers to a known and to an unknown user differ: {'; '.join(differences)}"
        expect(not differences, "registration.unknown-user-same-answer", seen, other, "start")


@pytest.mark.requirement("registration.several-bindings")
def test_two_phones_share_a_profile(make_phone: MakePhone) -> None:
    """Two phones register for one profile, and the second 200 lists both."""
    first, second = make_phone(), make_phone()
    with given("a registered phone"):
        assert first.register().status == 200
    answer = second.register().exchange.final
    with given("a second registered phone"):
        assert answer.status == 200
    uris = " ".join(str(contact.uri) for contact in answer.contacts)
    for phone in (first, second):
        seen = f"the 200 lists {uris or 'nothing'}, without the binding at port {phone.local.port}"
        expect(f":{phone.local.port}" in uris, "registration.several-bindings", seen, answer, "Contact")


@pytest.mark.requirement("registration.refresh")
def test_registering_again_refreshes_the_binding(registered_phone: Phone) -> None:
    """Registering the same contact again keeps one binding."""
    answer = registered_phone.register().exchange.final
    expect_status(answer, 200, "registration.refresh")
    mine = [str(each.uri) for each in answer.contacts if f":{registered_phone.local.port}" in str(each.uri)]
    seen = f"the contact is bound {len(mine)} times after a refresh"
    expect(len(mine) == 1, "registration.refresh", seen, answer, "Contact")


@pytest.mark.requirement("registration.expires")
def test_a_binding_ends_when_its_time_is_over(make_phone: MakePhone, short_profile: Profile) -> None:
    """A binding that is not refreshed is gone after its expiry."""
    phone, watcher = make_phone(short_profile), make_phone(short_profile)
    answer = phone.register(expires=short_profile.min_expires).exchange.final
    with given("a binding of a second or two"):
        assert answer.status == 200
        seconds = granted(phone, answer)
        assert 0 < seconds <= 2, f"granted {seconds} s"
    phone.wait(seconds + 0.5)
    seen = f"the binding is still listed {seconds + 0.5:g} s after it was granted for {seconds} s"
    expect(not is_bound(phone, watcher), "registration.expires", seen, answer, "Contact")


@pytest.mark.requirement("registration.expires-granted")
def test_the_answer_says_how_long_the_binding_lives(phone: Phone) -> None:
    """Every Contact of the 200 carries the expiry that was granted."""
    answer = phone.register(expires=120).exchange.final
    with given("a registered phone"):
        assert answer.status == 200
    seen = "the Contact of the 200 has no expires parameter"
    expect(granted(phone, answer) >= 0, "registration.expires-granted", seen, answer, "Contact")


@pytest.mark.requirement("registration.expires-header")
def test_the_expires_header_is_obeyed(phone: Phone) -> None:
    """No binding is granted for longer than Expires asks."""
    answer = phone.register(expires=120).exchange.final
    with given("a registered phone"):
        assert answer.status == 200
    seconds = granted(phone, answer)
    with given("a word on what was granted"):
        assert seconds >= 0, "the Contact of the 200 has no expires parameter"
    seen = f"{seconds} s were granted where 120 s were asked for"
    expect(seconds <= 120, "registration.expires-header", seen, answer, "Contact")


@pytest.mark.requirement("registration.min-expires")
def test_a_very_short_expiry_is_refused_with_min_expires(phone: Phone, profile: Profile) -> None:
    """An expiry below the profile's minimum is answered with 423 and Min-Expires."""
    asked = profile.min_expires // 4
    with given("a profile with a minimum above 3 s"):
        assert asked > 0
    answer = phone.register(expires=asked, obey_min_expires=False).exchange.final
    with given("credentials that are accepted"):
        assert answer.status != 401, "REGISTER with the right ones was challenged again"
    expect_status(answer, 423, "registration.min-expires")
    least = expect_header(answer, "Min-Expires", "registration.min-expires")
    sensible = least.strip().isdecimal() and int(least) > asked
    expect(sensible, "registration.min-expires", f"Min-Expires is {least!r}", answer, "Min-Expires")


@pytest.mark.requirement("registration.query")
def test_a_query_lists_the_bindings_and_keeps_them(registered_phone: Phone) -> None:
    """REGISTER without Contact lists the bindings and leaves them alone."""
    for _ in range(2):
        answer = query(registered_phone)
        expect_status(answer, 200, "registration.query")
        uris = [str(contact.uri) for contact in answer.contacts]
        mine = any(f":{registered_phone.local.port}" in uri for uri in uris)
        expect(mine, "registration.query", f"the query lists {uris or 'nothing'}", answer, "Contact")


@pytest.mark.requirement("registration.remove-all")
def test_a_star_removes_all_bindings(make_phone: MakePhone) -> None:
    """Contact: * with Expires: 0 removes the bindings of all phones."""
    first, second = make_phone(), make_phone()
    with given("two registered phones"):
        assert first.register().status == 200
        assert second.register().status == 200
    answer = first.register(expires=0, contacts=("*",)).exchange.final
    expect_status(answer, 200, "registration.remove-all")
    left = bindings_of(first)
    expect(not left, "registration.remove-all", f"still bound: {', '.join(left)}", answer, "Contact")


@pytest.mark.requirement("registration.star-alone")
def test_a_star_with_an_expiry_is_refused(registered_phone: Phone) -> None:
    """Contact: * with an expiry above 0 is refused, and the bindings stay."""
    with given("a listed binding"):
        assert is_bound(registered_phone, registered_phone)
    answer = registered_phone.register(expires=120, contacts=("*",)).exchange.final
    expect_status(answer, 400, "registration.star-alone")
    expect(bindings_of(registered_phone), "registration.star-alone", "the bindings are gone", answer, "start")


@pytest.mark.requirement("registration.remove-one")
def test_a_phone_removes_only_its_own_binding(make_phone: MakePhone) -> None:
    """A contact with expiry 0 is removed, the other phone's stays."""
    staying, leaving = make_phone(), make_phone()
    with given("two registered phones"):
        assert staying.register().status == 200
        assert leaving.register().status == 200
        assert is_bound(staying, leaving), "the first of two bindings is not listed"
    answer = leaving.unregister().exchange.final
    expect_status(answer, 200, "registration.remove-one")
    gone = not is_bound(leaving, staying)
    expect(gone, "registration.remove-one", "the removed contact is still bound", answer, "Contact")
    kept = is_bound(staying, staying)
    expect(kept, "registration.remove-one", "the other phone's binding is gone too", answer, "Contact")


@pytest.mark.requirement("registration.per-contact-expires")
def test_the_contacts_own_expiry_counts(phone: Phone) -> None:
    """The expires parameter of a Contact comes before the Expires header field."""
    contact = f"<sip:{phone.account.username}@{host_port(phone.local)}>;expires=90"
    answer = phone.register(expires=600, contacts=(contact,)).exchange.final
    with given("a registered phone"):
        assert answer.status == 200
        seconds = granted(phone, answer)
        assert seconds >= 0, "the 200 does not say what was granted"
    seen = f"{seconds} s were granted to a contact that asked for 90 s"
    expect(seconds <= 90, "registration.per-contact-expires", seen, answer, "Contact")


@pytest.mark.requirement("registration.cseq-order")
def test_an_older_register_changes_nothing(phone: Phone) -> None:
    """A REGISTER with a lower CSeq of the same Call-ID does not remove the binding."""
    call_id = f"{phone.local.port}.order@{phone.local.host}"
    with given("a binding made with CSeq 50 and above"):
        assert phone.register(call_id=call_id, cseq=50).status == 200
        assert is_bound(phone, phone), "the binding is not listed"
    answer = phone.register(expires=0, call_id=call_id, cseq=10).exchange.final
    seen = f"a REGISTER with a lower CSeq was answered with {answer.status} and removed the binding"
    expect(is_bound(phone, phone), "registration.cseq-order", seen, answer, "CSeq")


@pytest.mark.requirement("registration.aor-matches-credentials")
def test_nobody_registers_for_another_profile(
    phone: Phone, second_profile: Profile, make_phone: MakePhone
) -> None:
    """The credentials of one profile do not bind a contact to another."""
    victim = f"sip:{second_profile.sip_username}@{phone.account.domain}"
    exchange = phone.register(to_uri=victim, from_uri=victim).exchange
    with given("a challenge"):
        assert exchange.first.status == 401, f"REGISTER was answered with {exchange.first.status}"
    answer = exchange.final
    seen = f"REGISTER for {victim} with the credentials of {phone.account.username} was answered with 200"
    expect(answer.status >= 400, "registration.aor-matches-credentials", seen, answer, "start")
    stolen = is_bound(phone, make_phone(second_profile))
    expect(not stolen, "registration.aor-matches-credentials", "the contact is bound", answer, "start")


@pytest.mark.requirement("registration.path-of-response")
def test_the_answer_to_register_takes_the_way_back(udp_phone: Phone) -> None:
    """REGISTER from behind a NAT is answered at the address it came from."""
    request = udp_phone.build_request("REGISTER")
    request.headers.set("Via", f"SIP/2.0/UDP 192.0.2.77:5999;rport;branch={request.branch}")
    udp_phone.send(request)
    with expecting("registration.path-of-response", request):
        answer = udp_phone.wait_response_to(request, timeout=1)
    expected = str(udp_phone.local.port)
    seen = f"Via came back as {answer.headers.get('Via')!r}, without received and rport={expected}"
    filled = answer.via.rport == udp_phone.local.port and answer.via.received == udp_phone.local.host
    expect(filled, "registration.path-of-response", seen, answer, "Via")
