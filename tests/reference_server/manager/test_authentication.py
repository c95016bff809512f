"""Registration details: Quick Start Guide step 3 and "Important information about your PBX configuration"."""

import asyncio
import re

import pytest

from reference_server.manager.actor import Actor
from reference_server.manager.problem import Problem
from tests.reference_server.manager.managed_trunk import ADA, FILE_PROFILE, VERA, ManagedTrunk

OWN_PASSWORD = "correct horse battery"


@pytest.fixture
def staffed(world: ManagedTrunk) -> ManagedTrunk:
    """A world in which Ada can sign in."""
    link = world.manager.people.invitations.first_link()
    assert link is not None
    secret = link.rpartition("/")[2]
    asyncio.run(world.manager.people.invitations.accept(secret, ADA.name, OWN_PASSWORD))
    return world


def reveal(world: ManagedTrunk, actor: Actor, username: str, own_password: str) -> str:
    shown = asyncio.run(world.manager.profiles.reveal_password(actor, username, own_password))
    return shown.password


def test_the_details_are_sip_user_address_and_udp_port(world: ManagedTrunk) -> None:
    username = world.bought(1)
    details = world.manager.profiles.registration_details(username)
    assert (details.sip_user, details.address, details.port) == (username, "sip.skype.com", 5060)


def test_the_password_is_shown_once_after_buying(world: ManagedTrunk) -> None:
    """Guide: "Your profile's registration details are displayed. Be sure to make a note of them"."""
    username = world.bought(1)
    shown = world.manager.profiles.first_password(ADA, username)
    assert re.fullmatch(r"[A-Za-z0-9]{14}", shown.password)
    with pytest.raises(Problem, match="own password") as caught:
        world.manager.profiles.first_password(ADA, username)
    assert caught.value.status == 403


def test_it_is_revealed_again_to_who_gives_the_own_password(staffed: ManagedTrunk) -> None:
    username = staffed.bought(1)
    password = staffed.manager.profiles.first_password(ADA, username).password
    assert reveal(staffed, ADA, username, OWN_PASSWORD) == password
    entry = staffed.manager.people.audit.entries(1)[0]
    assert (entry.action, entry.actor, entry.subject) == ("password revealed", "Ada", username)
    assert password not in entry.detail


def test_a_wrong_own_password_reveals_nothing(staffed: ManagedTrunk) -> None:
    username = staffed.bought(1)
    with pytest.raises(Problem) as caught:
        reveal(staffed, ADA, username, "guess")
    assert caught.value.status == 403


def test_a_viewer_sees_no_password(staffed: ManagedTrunk) -> None:
    username = staffed.bought(1)
    with pytest.raises(Problem) as caught:
        reveal(staffed, VERA, username, OWN_PASSWORD)
    assert caught.value.status == 403
    with pytest.raises(Problem):
        staffed.manager.profiles.first_password(VERA, username)


def test_a_password_of_the_settings_file_is_revealed_too(staffed: ManagedTrunk) -> None:
    world = ManagedTrunk(profiles=[{"sip_username": FILE_PROFILE, "password": "from the file"}])
    staffed.manager.profiles.set_up(ADA, "Shop")
    link = world.manager.people.invitations.first_link()
    assert link is not None
    asyncio.run(world.manager.people.invitations.accept(link.rpartition("/")[2], ADA.name, OWN_PASSWORD))
    assert reveal(world, ADA, FILE_PROFILE, OWN_PASSWORD) == "from the file"


def test_passwords_lie_encrypted_in_the_database(file_world: ManagedTrunk) -> None:
    username = file_world.bought(1)
    password = file_world.manager.profiles.first_password(ADA, username).password
    with file_world.database.read() as connection:
        stored = connection.exec_driver_sql("SELECT password FROM profile").scalar()
    assert password not in str(stored)


def test_another_password_counts_at_once(world: ManagedTrunk) -> None:
    username = world.bought(1)
    profile = world.trunk.parts.profiles.named(username)
    assert profile is not None
    before = profile.ha1
    shown = world.manager.profiles.regenerate_password(ADA, username)
    assert shown.password != world.manager.profiles.regenerate_password(ADA, username).password
    assert profile.ha1 != before


def test_two_profiles_have_two_passwords(world: ManagedTrunk) -> None:
    first, second = (world.manager.profiles.first_password(ADA, world.bought(1)).password for _ in range(2))
    assert first != second


class TestIpAuthentication:
    def test_the_pbx_is_known_by_its_public_address_and_port(self, world: ManagedTrunk) -> None:
        username = world.bought(1)
        view = world.manager.profiles.set_ip_authentication(ADA, username, " 203.0.113.7 ", 5080)
        assert (view.auth, view.address, view.port) == ("ip", "203.0.113.7", 5080)
        assert world.trunk.parts.profiles.at("203.0.113.7", 5080) is not None

    def test_and_by_sip_user_and_password_again(self, world: ManagedTrunk) -> None:
        username = world.bought(1)
        world.manager.profiles.set_ip_authentication(ADA, username, "203.0.113.7", 5080)
        assert world.manager.profiles.set_registration(ADA, username).auth == "registration"
        assert world.trunk.parts.profiles.at("203.0.113.7", 5080) is None

    def test_two_profiles_cannot_have_the_same(self, world: ManagedTrunk) -> None:
        first, second = world.bought(1), world.bought(1)
        world.manager.profiles.set_ip_authentication(ADA, first, "203.0.113.7", 5080)
        world.manager.profiles.set_ip_authentication(ADA, first, "203.0.113.7", 5080)
        with pytest.raises(Problem, match=f"profile {first} is known by") as caught:
            world.manager.profiles.set_ip_authentication(ADA, second, "203.0.113.7", 5080)
        assert (caught.value.status, caught.value.kind) == (409, "address-taken")

    @pytest.mark.parametrize(
        ("address", "port", "field"),
        [("pbx.example", 5060, "address"), ("", 5060, "address"), ("203.0.113.7", 0, "port")],
    )
    def test_what_is_no_address_is_refused(
        self, world: ManagedTrunk, address: str, port: int, field: str
    ) -> None:
        with pytest.raises(Problem, match="of the PBX") as caught:
            world.manager.profiles.set_ip_authentication(ADA, world.bought(1), address, port)
        assert (caught.value.status, caught.value.field) == (422, field)
