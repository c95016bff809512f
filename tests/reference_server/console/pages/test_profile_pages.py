"""View profile and its sections, without a browser."""

import re

import pytest

from tests.reference_server.console.console_play import CONNECT, ConsolePlay


@pytest.fixture
def play() -> ConsolePlay:
    """A console."""
    return ConsolePlay()


@pytest.fixture
def path(play: ConsolePlay) -> str:
    """Of an active profile."""
    return play.profile()


def test_a_profile_that_is_not_there_is_explained(play: ConsolePlay) -> None:
    answer = play.get(f"{CONNECT}/99051000000000/outgoing")
    assert answer.status_code == 404
    assert "99051000000000" in answer.text


def test_the_registration_details_show_the_password_once(play: ConsolePlay, path: str) -> None:
    """Quick Start Guide step 2, "Be sure to make a note of them"."""
    first, second = play.get(f"{path}/registered").text, play.get(f"{path}/registered").text
    password = re.search(r'id="password">([^<]{14})<', first)
    assert password is not None
    assert password[1] not in second
    assert "Be sure to make a note of them" in first
    assert "The password was shown already" in second


def test_the_password_is_revealed_for_ones_own_and_that_is_noted(play: ConsolePlay, path: str) -> None:
    wrong = play.post(f"{path}/authentication", "reveal", own_password="wrong")
    assert wrong.status_code == 403
    assert "This is not the password of ada" in wrong.text
    shown = play.post(f"{path}/authentication", "reveal", own_password="correct horse battery")
    assert re.search(r'id="password">\w{14}<', shown.text)
    assert "Password revealed" in play.get("/audit").text


def test_a_regenerated_password_is_another_one(play: ConsolePlay, path: str) -> None:
    first = re.search(r'id="password">(\w{14})<', play.get(f"{path}/registered").text)
    second = re.search(r'id="password">(\w{14})<', play.post(f"{path}/authentication", "regenerate").text)
    assert first is not None
    assert second is not None
    assert first[1] != second[1]


def test_ip_authentication_is_switched_on_and_off(play: ConsolePlay, path: str) -> None:
    page = f"{path}/authentication/ip"
    wrong = play.post(page, "ip", address="my pbx", port="5060")
    assert "write the public IP address of the PBX" in wrong.text
    assert "1 to 65535" in play.post(page, "ip", address="203.0.113.7", port="0").text
    assert play.post(page, "ip", address="203.0.113.7", port="5070").status_code == 303
    assert "203.0.113.7:5070" in play.get(path).text
    assert play.post(page, "registration").status_code == 303
    assert "203.0.113.7:5070" not in play.get(path).text


def test_credit_goes_to_the_profile_and_back(play: ConsolePlay, path: str) -> None:
    username = path.rpartition("/")[2]
    play.post(f"{path}/outgoing", "add", amount="25")
    assert play.world.credit(username) == 25_000_000
    refused = play.post(f"{path}/outgoing/take-back", "take", amount="26")
    assert refused.status_code == 409
    play.post(f"{path}/outgoing/take-back", "take", amount="5")
    assert play.world.credit(username) == 20_000_000
    text = play.get(f"{path}/outgoing/history").text
    assert "Credit added" in text
    assert "Credit taken back" in text


def test_auto_recharge_that_cannot_be_paid_says_so_and_can_be_switched_off(
    play: ConsolePlay, path: str
) -> None:
    page = f"{path}/outgoing/auto-recharge"
    play.post(page, "recharge", enabled="yes", amount="5000", minimum="5")
    text = play.get(page).text
    assert "Waiting" in text
    assert "Fund the Manager" in text
    wrong = play.post(page, "recharge", enabled="yes", amount="", minimum="5")
    assert wrong.status_code == 422
    assert "from 1 to 10000" in play.post(page, "recharge", enabled="yes", amount="0", minimum="5").text
    assert play.post(page, "recharge", amount="5000", minimum="5").status_code == 303
    assert "Auto-recharge is off" in play.get(page).text


def test_the_caller_id_is_a_number_of_the_profile_or_a_verified_landline(
    play: ConsolePlay, path: str
) -> None:
    page = f"{path}/caller-id"
    assert play.post(page, "choose", number="+442079460999").status_code == 409
    assert play.post(page, "verify", number="0207").status_code == 422
    play.post(page, "verify", number="+442079460999")
    play.post(page, "choose", number="+442079460999")
    assert play.world.manager.profiles.get(path.rpartition("/")[2]).caller_id == "+442079460999"
    play.post(page, "forget", number="+442079460999")
    assert play.world.manager.profiles.get(path.rpartition("/")[2]).caller_id is None


def test_an_unpaid_profile_says_what_to_do(play: ConsolePlay, path: str) -> None:
    """facts.md, "Buy a channel subscription to activate this profile"."""
    play.post("/credit", "fund", amount="1")
    username = path.rpartition("/")[2]
    while play.world.manager_balance() > 1_000_000:
        left = play.world.manager_balance()
        play.post(f"{path}/outgoing", "add", amount=str(left // 1_000_000))
    play.world.pass_days(31)
    play.sign_in("ada")
    assert play.world.manager.profiles.get(username).state == "inactive"
    assert "Buy a channel subscription to activate this profile" in play.get(path).text
    assert "Buy channels" in play.get(path).text


def test_changing_channels_starts_another_subscription(play: ConsolePlay, path: str) -> None:
    changed = play.post(f"{path}/channels", "change", channels="6", us_minute_bundles="1")
    assert "6 channels from now on" in play.get(changed.headers["location"]).text


def test_a_profile_is_renamed_and_removed_by_its_own_name(play: ConsolePlay, path: str) -> None:
    play.post(path, "rename", name="Branch <b>two</b>")
    assert "Branch &lt;b&gt;two&lt;/b&gt;" in play.get(path).text
    kept = play.post(path, "remove", sure="yes")
    assert kept.status_code == 422
    assert play.post(path, "remove", sure=path.rpartition("/")[2]).headers["location"] == CONNECT
    assert play.get(path).status_code == 404


def test_a_test_call_to_nobody_says_what_to_do(play: ConsolePlay, path: str) -> None:
    """Quick Start Guide step 8, with a PBX that is not registered."""
    placed = play.post(f"{path}/test-call", "place", called="")
    assert play.watcher is not None
    text = play.get(placed.headers["location"]).text
    assert "no PBX is registered" in text
    assert play.get(f"{path}/test-call/nothing").status_code == 404
    assert "Recent calls" in play.get("/live").text


def test_matching_names_come_as_a_part_of_a_page(play: ConsolePlay, path: str) -> None:
    """Quick Start Guide step 6, "A list of matching names are displayed as you type"."""
    accounts = "/features/business-accounts"
    for name in ("sales.example", "support.example"):
        play.post(accounts, "create", name=name, display="", password="ring ring ring 42")
    part = play.get(f"{path}/incoming/matches?text=sal").text
    assert "sales.example" in part
    assert "support.example" not in part
    assert "<html" not in part
    page = f"{path}/incoming?text=sal"
    assert "no name was chosen" in play.post(page, "attach").text.lower()
    assert play.post(page, "attach", name="sales.example", extension="2 00").status_code == 422
    assert play.post(page, "attach", name="sales.example", extension="200").status_code == 303
    assert "attached to this profile already" in play.get(f"{path}/incoming/matches?text=sal").text
