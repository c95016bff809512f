"""Accounts are found by name, and the profile that has one by its extension tags."""

from reference_server.community.account import Account, Accounts, Directory
from reference_server.profile import Profiles
from reference_server.settings import AccountSettings, ProfileSettings

REALM = "sip.skype.com"
PROFILE = ProfileSettings(
    sip_username="99051000000231",
    password="x",
    online_numbers=("+442079460123",),
    extension_tags={"sales.example": "200"},
)


def accounts(*names: str) -> Accounts:
    book = Accounts(Profiles([PROFILE], REALM), REALM)
    for name in names:
        book.take(AccountSettings(name=name, password="open sesame"))
    return book


def test_an_account_is_called_by_its_display_name_or_by_its_own() -> None:
    assert Account(AccountSettings(name="ann", display="Ann E.", password="x"), REALM).display == "Ann E."
    assert Account(AccountSettings(name="ann", password="x"), REALM).display == "ann"


def test_an_account_that_is_taken_again_has_the_new_password() -> None:
    book = accounts("ann")
    before = book.named("ann")
    book.take(AccountSettings(name="ann", password="another"))
    after = book.named("ann")
    assert before is not None
    assert after is not None
    assert before.ha1 != after.ha1
    assert len(book.all()) == 1


def test_an_account_that_was_dropped_is_unknown_and_dropping_it_twice_is_no_error() -> None:
    book = accounts("ann")
    book.drop("ann")
    book.drop("ann")
    assert book.named("ann") is None


def test_the_profile_of_an_account_is_found_though_the_account_has_no_password_here() -> None:
    book = accounts("ann")
    owner = book.profile_of("sales.example")
    assert owner is not None
    assert owner.username == PROFILE.sip_username
    assert book.profile_of("ann") is None


def test_the_profile_of_an_online_number_is_found() -> None:
    assert accounts().profile_with("+442079460123") is not None
    assert accounts().profile_with("+442079460124") is None


def test_the_directory_knows_both_and_a_profile_comes_first() -> None:
    book = accounts("ann", PROFILE.sip_username)
    directory = Directory(book.profiles, book)
    assert isinstance(directory.named("ann"), Account)
    assert directory.named("nobody") is None
    profile = directory.named(PROFILE.sip_username)
    assert profile is not None
    assert not isinstance(profile, Account)
    assert directory.at("10.0.0.1", 5060) is None


def test_a_name_is_taken_as_it_is_written() -> None:
    """RFC 3261 section 19.1.4."""
    book = accounts("Ann.Example")
    assert book.named("Ann.Example") is not None
    assert book.named("ann.example") is None
    assert book.profile_of("sales.example") is not None
    assert book.profile_of("Sales.Example") is None
