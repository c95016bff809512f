"""Business accounts: Quick Start Guide step 6."""

import asyncio
from pathlib import Path

import pytest

from reference_server.manager.accounts import ATTACHED_ADVICE, GUIDE_ADVICE
from reference_server.manager.problem import Problem
from tests.reference_server.manager.managed_trunk import ADA, FILE_PROFILE, VERA, ManagedTrunk

GUIDE = Path(__file__).parents[2] / "data" / "quick-start-guide.txt"
PASSWORD = "a password"


def create(world: ManagedTrunk, *names: str) -> None:
    for name in names:
        world.manager.accounts.create(ADA, name, name.title(), PASSWORD)


def tag(world: ManagedTrunk, username: str, name: str) -> str | None:
    """What calls to an account have in their Request-URI."""
    profile = world.trunk.parts.profiles.named(username)
    assert profile is not None
    return profile.extension_tags.get(name)


class TestSearching:
    def test_matching_names_are_found_as_one_types(self, world: ManagedTrunk) -> None:
        """Guide: "A list of matching names are displayed as you type"."""
        create(world, "sales.london", "sales.leeds", "support", "after.sales")
        found = {
            text: [view.name for view in world.manager.accounts.search(text)]
            for text in ("s", "sa", "SALES.L", "sales.le", "x")
        }
        assert found["s"] == ["sales.leeds", "sales.london", "support", "after.sales"]
        assert found["sa"] == ["sales.leeds", "sales.london", "after.sales"]
        assert found["SALES.L"] == ["sales.leeds", "sales.london"]
        assert found["sales.le"] == ["sales.leeds"]
        assert found["x"] == []

    def test_display_names_are_searched_too(self, world: ManagedTrunk) -> None:
        world.manager.accounts.create(ADA, "desk.nine", "Front Office", PASSWORD)
        assert [view.name for view in world.manager.accounts.search("office")] == ["desk.nine"]

    @pytest.mark.parametrize("text", ["", "  ", "%", "_ales"])
    def test_what_matches_nothing_finds_nothing(self, world: ManagedTrunk, text: str) -> None:
        create(world, "sales.london")
        assert world.manager.accounts.search(text) == []

    def test_at_most_as_many_as_wanted_are_listed(self, world: ManagedTrunk) -> None:
        create(world, *(f"account{number:02}" for number in range(20)))
        assert len(world.manager.accounts.search("acc")) == 10
        assert len(world.manager.accounts.search("acc", limit=3)) == 3
        assert len(world.manager.accounts.all()) == 20


class TestCreating:
    def test_a_new_account_belongs_to_nobody_and_may_sign_in(self, world: ManagedTrunk) -> None:
        view = world.manager.accounts.create(ADA, "sales.london", "Sales", PASSWORD)
        assert (view.name, view.display, view.sip_username) == ("sales.london", "Sales", None)
        known = world.trunk.parts.community.accounts.named("sales.london")
        assert known is not None
        assert known.display == "Sales"

    def test_its_password_lies_encrypted(self, world: ManagedTrunk) -> None:
        create(world, "sales.london")
        with world.database.read() as connection:
            stored = connection.exec_driver_sql("SELECT password FROM business_account").scalar()
        assert PASSWORD not in str(stored)

    def test_the_trunk_knows_it_after_a_restart(self, file_world: ManagedTrunk) -> None:
        create(file_world, "sales.london")
        file_world.crash()
        assert file_world.live.has_account("sales.london")

    def test_a_name_is_given_once_in_any_case(self, world: ManagedTrunk) -> None:
        create(world, "sales.london")
        with pytest.raises(Problem, match="already") as caught:
            create(world, "Sales.London")
        assert (caught.value.status, caught.value.kind) == (409, "name-taken")

    def test_a_name_of_the_settings_file_is_taken(self) -> None:
        tags = {"sales.london": "200"}
        world = ManagedTrunk(
            profiles=[{"sip_username": FILE_PROFILE, "password": "x", "extension_tags": tags}]
        )
        with pytest.raises(Problem, match="already"):
            create(world, "sales.london")

    @pytest.mark.parametrize("name", ["", "sales", "1sales.london", "sales london", "x" * 33, "säles.london"])
    def test_a_name_that_cannot_be_is_refused(self, world: ManagedTrunk, name: str) -> None:
        with pytest.raises(Problem, match="6 to 32") as caught:
            create(world, name)
        assert (caught.value.status, caught.value.field) == (422, "name")

    @pytest.mark.parametrize(("display", "password"), [("x" * 101, PASSWORD), ("Sales", "short")])
    def test_so_are_a_long_display_name_and_a_short_password(
        self, world: ManagedTrunk, display: str, password: str
    ) -> None:
        with pytest.raises(Problem) as caught:
            world.manager.accounts.create(ADA, "sales.london", display, password)
        assert caught.value.status == 422

    def test_a_viewer_creates_none(self, world: ManagedTrunk) -> None:
        with pytest.raises(Problem) as caught:
            world.manager.accounts.create(VERA, "sales.london", "Sales", PASSWORD)
        assert caught.value.status == 403


class TestAttaching:
    def test_its_calls_carry_the_extension_number(self, world: ManagedTrunk) -> None:
        username = world.bought(1)
        create(world, "sales.london")
        view = world.manager.accounts.attach(ADA, username, "SALES.london", "200")
        assert (view.name, view.sip_username, view.extension) == ("sales.london", username, "200")
        assert tag(world, username, "sales.london") == "200"

    def test_without_one_they_carry_the_sip_username(self, world: ManagedTrunk) -> None:
        username = world.bought(1)
        create(world, "sales.london")
        world.manager.accounts.attach(ADA, username, "sales.london", " ")
        assert tag(world, username, "sales.london") == username

    def test_an_account_belongs_to_one_profile_at_most(self, world: ManagedTrunk) -> None:
        """facts.md, Inbound: "An account belongs to one profile only"."""
        first, second = world.bought(1), world.bought(1)
        create(world, "sales.london")
        world.manager.accounts.attach(ADA, first, "sales.london")
        with pytest.raises(Problem, match=f"belongs to profile {first}") as caught:
            world.manager.accounts.attach(ADA, second, "sales.london")
        assert (caught.value.status, caught.value.kind) == (409, "account-attached")
        world.manager.accounts.detach(ADA, "sales.london")
        assert tag(world, first, "sales.london") is None
        assert world.manager.accounts.attach(ADA, second, "sales.london").sip_username == second

    def test_the_administrators_own_account_is_refused_with_the_guides_reason(
        self, world: ManagedTrunk
    ) -> None:
        link = world.manager.people.invitations.first_link()
        assert link is not None
        secret = link.rpartition("/")[2]
        asyncio.run(world.manager.people.invitations.accept(secret, "Ada.Lovelace", "correct horse battery"))
        username = world.bought(1)
        create(world, "ada.lovelace")
        with pytest.raises(Problem) as caught:
            world.manager.accounts.attach(ADA, username, "ADA.lovelace")
        assert (caught.value.status, caught.value.kind) == (409, "administrator-account")
        assert GUIDE_ADVICE in caught.value.detail

    @pytest.mark.parametrize("advice", [GUIDE_ADVICE, ATTACHED_ADVICE])
    def test_the_reasons_are_the_guides_own_words(self, advice: str) -> None:
        assert advice in GUIDE.read_text(encoding="utf-8")

    def test_two_accounts_of_a_profile_have_two_extensions(self, world: ManagedTrunk) -> None:
        username = world.bought(1)
        create(world, "sales.london", "support")
        world.manager.accounts.attach(ADA, username, "sales.london", "200")
        with pytest.raises(Problem, match=r"sales\.london has the extension number 200") as caught:
            world.manager.accounts.attach(ADA, username, "support", "200")
        assert (caught.value.status, caught.value.field) == (409, "extension")
        world.manager.accounts.attach(ADA, username, "support", "201")
        world.manager.accounts.set_extension(ADA, "support", "202")
        assert tag(world, username, "support") == "202"
        assert world.manager.accounts.set_extension(ADA, "support", None).extension is None

    @pytest.mark.parametrize("extension", ["2x", "1" * 21, "+44"])
    def test_an_extension_is_digits(self, world: ManagedTrunk, extension: str) -> None:
        create(world, "sales.london")
        with pytest.raises(Problem, match="20 digits") as caught:
            world.manager.accounts.attach(ADA, world.bought(1), "sales.london", extension)
        assert (caught.value.status, caught.value.field) == (422, "extension")

    def test_an_account_of_no_profile_has_no_extension(self, world: ManagedTrunk) -> None:
        create(world, "sales.london")
        with pytest.raises(Problem, match="attached to no profile") as caught:
            world.manager.accounts.set_extension(ADA, "sales.london", "200")
        assert caught.value.status == 409

    def test_what_does_not_exist_is_not_attached(self, world: ManagedTrunk) -> None:
        username = world.bought(1)
        with pytest.raises(Problem, match="create it first") as caught:
            world.manager.accounts.attach(ADA, username, "sales.london")
        assert caught.value.status == 404


class TestLater:
    def test_another_password_counts_at_once(self, world: ManagedTrunk) -> None:
        create(world, "sales.london")
        known = world.trunk.parts.community.accounts.named("sales.london")
        assert known is not None
        world.manager.accounts.set_password(ADA, "sales.london", "another password")
        again = world.trunk.parts.community.accounts.named("sales.london")
        assert again is not None
        assert again.ha1 != known.ha1

    def test_an_account_can_be_deleted_unless_it_is_attached(self, world: ManagedTrunk) -> None:
        create(world, "sales.london")
        world.manager.accounts.attach(ADA, world.bought(1), "sales.london")
        with pytest.raises(Problem, match="detach it there first") as caught:
            world.manager.accounts.remove(ADA, "sales.london")
        assert caught.value.status == 409
        world.manager.accounts.detach(ADA, "sales.london")
        world.manager.accounts.remove(ADA, "sales.london")
        assert world.manager.accounts.all() == []
        assert not world.live.has_account("sales.london")
