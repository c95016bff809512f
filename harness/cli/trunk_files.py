"""The trunk.toml and target.toml of an embedded run, and the template that `serve --init` writes.

Writing text only; starting the trunk is `embedded_trunk`'s work, what the keys mean is told in
`harness.settings` and by the trunk's own settings.
"""

import json
import secrets
import string
from collections.abc import Mapping
from typing import Any

from harness.settings.target import MAXIMUM_CHANNELS, BusinessAccount, Profile

PASSWORD_LENGTH = 14
"""As on the profile page of Skype Connect."""
RTP_TIMEOUT = 20.0
"""Seconds without RTP after which the embedded trunk ends a call; less than its dialect's, to save time."""
PLENTY = 100_000.0
"""Credit of the large profiles: a load run places tens of thousands of calls, at 0.056 for a minute each."""

ACCOUNTS = (
    BusinessAccount(name="ann.example", display="Ann Example", password="hN4rTz8wQk1pVd"),
    BusinessAccount(name="bob.example", display="Bob Example", password="wB6yMx3sLf9jGc"),
    BusinessAccount(name="support.example", display="Support", password="dK2vPn7uHs5aRe"),
)
"""Business accounts of an embedded run: two that are free, and one that is attached to the main profile."""


def embedded_profiles(ip_address: str, ip_port: int, channels: int = MAXIMUM_CHANNELS) -> tuple[Profile, ...]:
    """The profiles that the scenarios ask for: a main one, and one for each special need.

    `channels`: how many the three large profiles have.
    """
    return (
        Profile(
            name="Head office",
            sip_username="99051000000231",
            password="kR7vWq2mXe9LtB",
            channels=channels,
            credit=PLENTY,
            online_numbers=("+442079460123", "+14155550123"),
            caller_id="+442079460123",
            extension_tags={"sales.example": "200", "support.example": "201"},
        ),
        _profile("Two channels", "99051000000232", channels=2),
        _profile("Short registrations", "99051000000233", min_expires=1),
        _profile("SHA-256", "99051000000234", algorithm="SHA-256"),
        _profile("No credit", "99051000000235", credit=0.0),
        _profile("Lapsed subscription", "99051000000236", active=False),
        Profile(
            name="IP authentication",
            sip_username="99051000000237",
            auth="ip",
            address=ip_address,
            port=ip_port,
            channels=10,
            credit=25.0,
        ),
        _profile("Call centre", "99051000000239", channels=channels, credit=PLENTY),
        _profile("Warehouse", "99051000000240", channels=channels, credit=PLENTY),
        _profile("US minute bundle", "99051000000241", us_minute_bundles=1),
        _profile("Few US minutes left", "99051000000242", us_minute_bundles=1, us_bundle_seconds=1),
        _profile("Little credit", "99051000000243", credit=0.04),
        _profile("Branch office", "99051000000238"),
    )


def _profile(name: str, username: str, **differences: Any) -> Profile:
    plain = {"name": name, "sip_username": username, "password": f"pW{username[-3:]}xQ8sNd3Y", "channels": 10}
    return Profile(**{**plain, "credit": 25.0, **differences})


def trunk_toml(profiles: tuple[Profile, ...]) -> str:
    """Settings of a trunk on free loopback ports."""
    trunk = {
        "listen": ["udp:127.0.0.1:0", "tcp:127.0.0.1:0", "tls:127.0.0.1:0"],
        "control": "127.0.0.1:0",
        "database": "trunk.sqlite",
    }
    changes = _table("[dialect.media]", {"rtp_timeout": RTP_TIMEOUT})
    tables = (_table("[[profile]]", _keys(each)) for each in profiles)
    return "\n".join([_table("[trunk]", trunk), changes, *tables, *_accounts()])


def target_toml(profiles: tuple[Profile, ...], announced: Mapping[str, str]) -> str:
    """The target that the scenarios judge: where the trunk said that it listens."""
    target: dict[str, Any] = {"address": announced["udp"], "name": "reference trunk"}
    target["rtp_timeout"] = RTP_TIMEOUT
    for transport in ("tcp", "tls"):
        if transport in announced:
            target[f"{transport}_address"] = announced[transport]
    control = [_table("[control]", {"url": announced["control"]})] if "control" in announced else []
    tables = (_table("[[profile]]", _keys(each)) for each in profiles)
    return "\n".join([_table("[target]", target), *control, *tables, *_accounts()])


def _accounts() -> list[str]:
    return [_table("[[account]]", each.model_dump()) for each in ACCOUNTS]


def _keys(profile: Profile) -> dict[str, Any]:
    keys = profile.model_dump(mode="json", exclude_defaults=True)
    keys["channels"] = profile.channels
    if profile.credit is not None:
        keys["credit"] = f"{profile.credit:.2f}"
    return keys


def _table(header: str, keys: Mapping[str, Any]) -> str:
    return "\n".join([header, *(f"{key} = {_value(value)}" for key, value in keys.items()), ""])


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        pairs = ", ".join(f"{json.dumps(key)} = {_value(each)}" for key, each in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_value(each) for each in value)}]"
    return json.dumps(value)  # text, numbers and booleans look the same in JSON and TOML


def trunk_template() -> str:
    """A commented trunk.toml with a profile and an account, whose passwords are made up on the spot."""
    return _TRUNK_TEMPLATE.format(password=_password(), account_password=_password())


def _password() -> str:
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(PASSWORD_LENGTH))


_TRUNK_TEMPLATE = """\
# Settings of the reference trunk: harness serve --config trunk.toml

[trunk]
listen = ["udp:127.0.0.1:5060", "tcp:127.0.0.1:5060"]   # transport:address:port; udp, tcp or tls
control = "127.0.0.1:8080"                              # control API, OpenAPI and /metrics
database = "trunk.sqlite"                               # beside this file

[manager]
address = "127.0.0.1:8088"                              # console, and REST API under /api/v1; "" for none
# prices = "prices.toml"                                # what channels, bundles and numbers cost
# tariff = "tariff.toml"                                # what calls cost, by prefix

[[profile]]                                             # one SIP Profile; add as many as you like
name = "Head office"
sip_username = "99051000000231"
password = "{password}"                             # the PBX registers and calls with these two
auth = "registration"                                   # or "ip" with address = "203.0.113.7", port = 5060
channels = 300                                          # 1 to 300; each carries one call, either direction
credit = "25.00"
online_numbers = ["+442079460123"]                      # stand in the Request-URI of inbound calls
extension_tags = {{ "sales.example" = "200" }}            # business account = extension tag

[[account]]                                             # a business account: signs in with a SIP phone, calls
name = "ann.example"                                    # others and the accounts and numbers above; one that
display = "Ann Example"                                 # stands in extension_tags cannot sign in
password = "{account_password}"
"""
