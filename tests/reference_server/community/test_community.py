"""What accounts may do: sign in and call accounts, profiles and Online Numbers; an attached one nothing."""

import random

import pytest

from reference_server.endpoints import MediaPorts
from reference_server.parts import Blueprint
from reference_server.trunk import Trunk
from tests.reference_server.community.community_play import (
    ANN,
    BOB,
    DISPLAY,
    PASSWORD,
    SALES,
    account,
    answered,
    community_play,
    last_answer,
    phone_of,
    warning_of,
)
from tests.reference_server.test_authentication import VARYING
from tests.reference_server.trunk_play import ECHO, ONLINE_NUMBER, USERNAME, TrunkPlay

ATTACHED = "expected an account that is not attached to a SIP Profile"


def bound(trunk: TrunkPlay, name: str) -> int:
    return len(trunk.trunk.parts.registrar.held(name))


class TestSigningIn:
    """REGISTER of accounts, as of profiles (RFC 3261 section 10.3)."""

    def test_an_unattached_account_signs_in_and_out(self) -> None:
        trunk = community_play()
        phone = phone_of(trunk, ANN)
        assert bound(trunk, ANN) == 1
        assert phone.unregister().status == 200
        assert bound(trunk, ANN) == 0

    def test_a_binding_lapses(self) -> None:
        trunk = community_play()
        phone_of(trunk, ANN, signed_in=False).register(expires=60)
        trunk.wait(61)
        assert phone_of(trunk, BOB).call(ANN).wait_final().status == 480

    def test_an_attached_account_is_refused_and_told_why(self) -> None:
        trunk = community_play()
        registration = phone_of(trunk, SALES, signed_in=False).register()
        assert registration.status == 403
        refusal = last_answer(registration)
        assert f"seen account {SALES} signing in; {ATTACHED}" in warning_of(refusal)
        (noted,) = trunk.trunk.parts.community.attached_refusals
        assert (noted.account, noted.sip_username, noted.method) == (SALES, USERNAME, "REGISTER")
        assert noted.reason == f"{SALES} is attached to the SIP Profile {USERNAME}"

    def test_an_attached_account_with_a_wrong_password_learns_nothing(self) -> None:
        trunk = community_play()
        assert phone_of(trunk, SALES, signed_in=False, password="wrong").register().status == 401
        assert not trunk.trunk.parts.community.attached_refusals

    @pytest.mark.parametrize("method", ["REGISTER", "INVITE"])
    @pytest.mark.parametrize("name", [BOB, SALES], ids=["an account", "an attached account"])
    def test_a_wrong_password_looks_like_an_unknown_account(self, method: str, name: str) -> None:
        answers = []
        for each in (name, "nobody.example"):
            phone = phone_of(community_play(), each, signed_in=False, password="wrong")
            if method == "REGISTER":
                phone.register()
            else:
                phone.call(ANN).wait_final()
            heard = (received.packet.data.replace(each.encode(), b"NAME") for received in phone.received)
            answers.append([VARYING.sub(b"", data) for data in heard])
        assert answers[0] == answers[1]
        assert len(answers[0]) >= 2

    def test_too_many_wrong_passwords_lock_the_account_out(self) -> None:
        trunk = community_play()
        phone = phone_of(trunk, ANN, signed_in=False, password="wrong")
        statuses = [phone.register().status for _ in range(11)]
        assert statuses[0] == 401
        assert statuses[-1] == 403

    def test_an_account_that_becomes_attached_is_signed_out_and_its_calls_go_to_the_profile(self) -> None:
        trunk = community_play()
        ann, pbx = phone_of(trunk, ANN), trunk.phone()
        pbx.register()
        bob = phone_of(trunk, BOB)
        settings = next(one for one in trunk.store.profiles() if one.sip_username == USERNAME)
        tags = {**settings.extension_tags, ANN: "205"}
        trunk.trunk.take_profile(settings.model_copy(update={"extension_tags": tags}))
        assert bound(trunk, ANN) == 0
        bob.call(ANN)
        assert pbx.wait_call().invite.parsed_uri.unescaped_user == "205"  # type: ignore[union-attr]
        assert not ann.incoming_calls
        assert ann.register().status == 403

    def test_an_account_that_was_dropped_is_signed_out_and_unknown(self) -> None:
        trunk = community_play()
        ann, bob = phone_of(trunk, ANN), phone_of(trunk, BOB)
        trunk.trunk.drop_account(ANN)
        assert bound(trunk, ANN) == 0
        assert ann.register().status == 401
        assert bob.call(ANN).wait_final().status == 404

    def test_a_binding_outlives_a_restart(self) -> None:
        trunk = community_play()
        phone_of(trunk, ANN)
        ports = MediaPorts(lambda host: trunk.network.bind_media(trunk.trunk, host))
        blueprint = Blueprint(trunk.trunk.parts.dialect)
        again = Trunk(blueprint, trunk.store, ports, random.Random(3), trunk.network.now())
        again.take_account(account(ANN))
        assert len(again.parts.registrar.held(ANN)) == 1


class TestCalling:
    """Whom a call of an account rings."""

    def test_another_account_rings_at_its_contact_and_sees_who_calls(self) -> None:
        trunk = community_play()
        ann, bob = phone_of(trunk, ANN), phone_of(trunk, BOB)
        ann.call(BOB)
        invite = bob.wait_call().invite
        assert invite.uri == f"sip:{BOB}@{bob.local.host}:5060"
        assert str(invite.to.uri) == f"sip:{BOB}@sip.skype.com"
        assert str(invite.from_.uri) == f"sip:{ANN}@sip.skype.com"
        assert invite.from_.display == DISPLAY
        assert "Proxy-Authorization" not in invite.headers

    def test_an_attached_account_rings_its_profile(self) -> None:
        """Quick Start Guide: "customers can call you on Skype and the calls will be forwarded"."""
        trunk = community_play()
        ann, pbx = phone_of(trunk, ANN), trunk.phone()
        pbx.register()
        outgoing = ann.call(SALES)
        incoming = pbx.wait_call()
        assert incoming.invite.parsed_uri.unescaped_user == "200"  # type: ignore[union-attr]
        assert str(incoming.invite.to.uri) == f"sip:{USERNAME}@sip.skype.com"
        assert incoming.invite.from_.display == DISPLAY
        incoming.answer()
        outgoing.wait_answered()
        assert trunk.channels_used() == 1
        outgoing.hang_up()
        trunk.wait(1)
        assert trunk.channels_used() == 0
        record = trunk.store.records()[-1]
        assert (record.sip_username, record.direction, record.caller, record.number) == (
            USERNAME, "inbound", ANN, "200",
        )  # fmt: skip
        assert (record.status, record.released_by, record.cause) == (200, "caller", "caller hung up")
        assert len(trunk.store.records()) == 1

    def test_an_attached_account_without_a_tag_rings_the_sip_username(self) -> None:
        trunk = community_play(extension_tags={SALES: ""})
        ann, pbx = phone_of(trunk, ANN), trunk.phone()
        pbx.register()
        ann.call(SALES)
        assert pbx.wait_call().invite.parsed_uri.unescaped_user == USERNAME  # type: ignore[union-attr]

    @pytest.mark.parametrize("dialled", [ONLINE_NUMBER, "+1(415)555-0123"])
    def test_an_online_number_rings_its_profile(self, dialled: str) -> None:
        trunk = community_play()
        ann, pbx = phone_of(trunk, ANN), trunk.phone()
        pbx.register()
        ann.call(f"sip:{dialled}@sip.skype.com")
        assert pbx.wait_call().invite.parsed_uri.unescaped_user == ONLINE_NUMBER  # type: ignore[union-attr]

    @pytest.mark.parametrize("dialled", ["nobody.example", ECHO, USERNAME])
    def test_what_is_neither_account_nor_online_number_is_not_found(self, dialled: str) -> None:
        trunk = community_play()
        call = phone_of(trunk, ANN).call(f"sip:{dialled}@sip.skype.com").wait_final()
        assert call.status == 404
        assert f"seen {dialled}; expected a business account, or an Online Number" in warning_of(
            call.responses[-1]
        )

    def test_an_account_that_is_not_signed_in_is_not_available(self) -> None:
        trunk = community_play()
        call = phone_of(trunk, ANN).call(BOB).wait_final()
        assert call.status == 480
        assert "seen no contact is registered" in warning_of(call.responses[-1])

    def test_a_profile_without_a_free_channel_is_busy(self) -> None:
        trunk = community_play(channels=1)
        ann, bob, pbx = phone_of(trunk, ANN), phone_of(trunk, BOB), trunk.phone()
        pbx.register()
        answered(ann, pbx, SALES)
        assert bob.call(SALES).wait_final().status == 486

    def test_a_profile_that_lapsed_is_not_rung(self) -> None:
        trunk = community_play(active=False)
        assert phone_of(trunk, ANN).call(SALES).wait_final().status == 403

    def test_an_account_may_call_without_being_signed_in(self) -> None:
        trunk = community_play()
        bob = phone_of(trunk, BOB)
        phone_of(trunk, ANN, signed_in=False).call(BOB)
        assert bob.wait_call().invite.from_.sip_uri.user == ANN

    def test_an_attached_account_may_not_call(self) -> None:
        trunk = community_play()
        bob = phone_of(trunk, BOB)
        call = phone_of(trunk, SALES, signed_in=False).call(BOB).wait_final()
        assert call.status == 403
        assert f"seen account {SALES} calling; {ATTACHED}" in warning_of(call.responses[-1])
        assert not bob.incoming_calls
        assert trunk.trunk.parts.community.attached_refusals[-1].method == "INVITE"

    @pytest.mark.parametrize("wrong", [f"sip:{BOB}@sip.skype.com", f"sip:{USERNAME}@sip.skype.com"])
    def test_from_names_the_account_that_calls(self, wrong: str) -> None:
        trunk = community_play()
        phone_of(trunk, BOB)
        call = phone_of(trunk, ANN).call(BOB, from_uri=wrong).wait_final()
        assert call.status == 403
        assert f"expected the SIP username {ANN} as the user of From" in warning_of(call.responses[-1])

    def test_a_call_without_a_common_codec_is_refused_before_anybody_rings(self) -> None:
        trunk = community_play()
        bob = phone_of(trunk, BOB)
        origin = b"v=0\r\no=- 1 1 IN IP4 10.0.0.2\r\ns=-\r\nc=IN IP4 10.0.0.2\r\nt=0 0\r\n"
        sdp = origin + b"m=audio 4000 RTP/AVP 18\r\n"
        assert phone_of(trunk, ANN).call(BOB, sdp=sdp).wait_final().status == 488
        assert not bob.incoming_calls

    def test_calls_of_accounts_never_take_the_express_lane(self) -> None:
        trunk = community_play()
        ann, bob = phone_of(trunk, ANN), phone_of(trunk, BOB)
        answered(ann, bob, BOB)
        lane = trunk.trunk.lane
        assert lane is not None
        assert not trunk.trunk.parts.calls.live()
        assert len(trunk.trunk.parts.community.calls()) == 2
        assert trunk.store.records() == []


def test_passwords_are_not_shown() -> None:
    trunk = community_play()
    assert PASSWORD not in repr(trunk.trunk.parts.community.accounts.all())
