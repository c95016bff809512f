"""Where the phone of an account is called: at its contact as it is."""

import pytest

from reference_server.inbound import Order, UnknownCallee
from tests.reference_server.community.community_play import ANN, BOB, community_play, phone_of
from tests.reference_server.trunk_play import USERNAME


def test_the_request_uri_is_the_contact_with_its_user_and_parameters() -> None:
    """RFC 3261 section 16.5."""
    trunk = community_play()
    ann, bob = phone_of(trunk, ANN), phone_of(trunk, BOB, signed_in=False)
    place = f"{bob.local.host}:{bob.local.port}"
    bob.register(contacts=(f"<sip:b-0x7f@{place};line=kx7?Subject=x>",))
    ann.call(BOB)
    assert bob.wait_call().invite.uri == f"sip:b-0x7f@{place};line=kx7"


def test_of_several_phones_the_one_that_signed_in_last_rings() -> None:
    """RFC 3261 section 10.2.1.2 leaves contacts of the same q to the server."""
    trunk = community_play()
    ann, old, new = phone_of(trunk, ANN), phone_of(trunk, BOB), phone_of(trunk, BOB)
    ann.call(BOB)
    assert new.wait_call().invite.to.sip_uri.user == BOB
    assert not old.incoming_calls


def test_profiles_are_not_called_here() -> None:
    trunk = community_play()
    community = trunk.trunk.parts.community
    ann = community.accounts.named(ANN)
    assert ann is not None
    way = community.way(BOB, ann, ("PCMA",))
    with pytest.raises(UnknownCallee, match=f"no account is called {USERNAME}"):
        way.inbound.place(Order(USERNAME), trunk.network.now())
