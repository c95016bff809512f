"""What is asked of a load comes from options, then target.toml, then defaults; mistakes are told."""

from typing import Any

import pytest

from harness.load.errors import LoadInputError
from harness.load.load_settings import LoadSettings, settings_of_json
from harness.settings.target import TargetSettings

TARGET = {
    "target": {"address": "127.0.0.1:5060"},
    "profile": [
        {"sip_username": "99051000000231", "password": "secret", "channels": 300},
        {"sip_username": "99051000000232", "password": "secret", "channels": 2, "credit": 0},
        {"sip_username": "99051000000233", "password": "secret", "channels": 10},
    ],
}


def made(load: dict[str, Any] | None = None, **options: Any) -> LoadSettings:
    target = TargetSettings.model_validate({**TARGET, "load": load or {}})
    return LoadSettings.made_of(target, options)


def test_options_win_over_the_file_and_the_file_over_the_defaults() -> None:
    settings = made({"rate": 50, "hold": "30s", "user": "OptionsPinger"}, rate=7.0)
    assert (settings.rate, settings.hold, settings.user, settings.duration) == (
        7.0,
        30.0,
        "OptionsPinger",
        30.0,
    )


def test_a_rate_on_the_command_line_wins_over_a_shape_in_the_file() -> None:
    assert made({"shape": "soak 5 for 1m"}, rate=7.0).shape().peak == 7


def test_batches_are_sent_unless_the_file_or_an_option_says_no() -> None:
    assert [made().batches, made({"batches": False}).batches] == [True, False]
    assert made({"batches": False}, batches=True).batches


def test_criteria_are_those_of_the_results() -> None:
    assert made({"criteria": {"mos_lowest": 4.0}}).criteria.mos_lowest == 4.0


def test_it_travels_as_json() -> None:
    settings = made(audio=True, shape_words="ramp 0..5 in 3s")
    assert settings_of_json(settings.model_dump_json(by_alias=True)) == settings


def test_all_profiles_are_those_that_can_call() -> None:
    names = [each.sip_username for each in made(profile_names=("all",)).profiles()]
    assert names == ["99051000000231", "99051000000233"]


def test_calls_of_mixed_channels_are_shared_out_by_profile() -> None:
    settings = made(user="MixedChannels", calls=8, profile_names=("all",))
    assert [share.channels for share in settings.shares(2)] == [8, 8]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"user": "Nobody"}, "--user: seen 'Nobody'; write RegisteringCaller"),
        ({"hold": "soon"}, "--hold: 'soon' is no time"),
        ({"shape_words": "up"}, "--shape: 'up' is no shape"),
        ({"shape_words": "soak 5 for 5s", "rate": 3.0}, "--rate: a shape is given too"),
        ({"profile_names": ("nobody",)}, "--profile: 'nobody' is not in target.toml"),
        ({"rtp_ports": "5"}, "--rtp-ports: '5' is no range"),
        ({"rtp_ports": "20-10"}, "--rtp-ports: seen 20-10"),
        ({"metrics_address": "here"}, "--metrics: seen 'here'; write HOST:PORT"),
    ],
)
def test_what_cannot_be_meant_is_told(options: dict[str, Any], said: str) -> None:
    with pytest.raises(LoadInputError) as caught:
        made(**options)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"rate": 100.0, "hold": 20.0}, "2000 calls at once"),
        ({"user": "MixedChannels", "calls": 301}, "a profile has 300 channels"),
        ({"audio": True, "hold": 20.0, "rtp_ports": "20000-20009"}, "widen --rtp-ports"),
    ],
)
def test_what_cannot_be_carried_is_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(LoadInputError) as caught:
        made(**options).check_limits(1, 1024)
    assert said in str(caught.value)


def test_more_source_addresses_than_workers_are_refused() -> None:
    """One of them would never be called from."""
    target = TargetSettings.model_validate(
        {"target": {"address": "192.0.2.1"}, "profile": [{"sip_username": "1", "password": "x"}]}
    )
    settings = LoadSettings.made_of(target, {"source_addresses": ("192.0.2.7", "192.0.2.8")})
    settings.check_limits(2, 1024)
    with pytest.raises(LoadInputError, match="--workers 2"):
        settings.check_limits(1, 1024)
