"""What `trunk.toml` may say: listeners, database, control address and the SIP Profiles.

The file is read and its mistakes are located by `harness.settings.toml_file`; what the trunk demands and
answers is not here but in the dialect (`dialect`). The profiles go from here into the store, and the trunk
reads them there.
"""

from collections.abc import Iterable
from decimal import Decimal
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from harness.settings.errors import MistakeAt
from harness.settings.toml_file import load_toml
from harness.settings.toml_table import ListAsTuple, StrictTable, refuse_repeated
from harness.sip.hop import Hop
from reference_server.listener import parse_address, parse_listener
from reference_server.manager_settings import NO_MANAGER, ManagerSettings
from reference_server.rating.us_bundle import SECONDS_PER_BUNDLE

MOST_WORKERS = 16
"""Processes of one trunk: each marks its tokens with one hexadecimal digit (`workers.marks`)."""
SERVER_KEY_FILE = "database.key"
"""Beside the settings file: the key of a database that is no file itself."""
MOST_CHANNELS = 300
"""Channels of one SIP Profile. Quick Start Guide: "You can add a maximum of 300 channels per SIP Profile"."""

ListenerText = Annotated[str, AfterValidator(lambda text: (parse_listener(text), text)[1])]
AddressText = Annotated[str, AfterValidator(lambda text: (parse_address(text), text)[1])]


class TrunkSettings(StrictTable):
    """The `[trunk]` table."""

    listen: Annotated[tuple[ListenerText, ...], ListAsTuple] = Field(
        default=("udp:127.0.0.1:5060", "tcp:127.0.0.1:5060"),
        min_length=1,
        description='a list of listeners, as ["udp:127.0.0.1:5060"]',
    )
    """`TRANSPORT:HOST:PORT` each; port 0 takes any free one, the same for UDP and TCP of a host."""
    control: AddressText = Field(default="127.0.0.1:8080", description='HOST:PORT, as "127.0.0.1:8080"')
    """Where the control API and `/metrics` listen."""
    database: str = Field(default="trunk.sqlite", description='a file name, as "trunk.sqlite"')
    """A file beside the settings file, a database URL, or `:memory:`."""
    dialect: str = "skype_connect"
    """A name in `reference_server/dialects`, or a path of a TOML file of one's own."""
    commit_window: float = Field(default=0.04, ge=0, le=1)
    """Seconds between two commits: so long answers may wait for others, and at most so; the first after a
    silence does not wait."""
    workers: int = Field(default=1, description="a whole number, 1 to 16")
    """Processes that share the listeners."""
    certificate: str | None = None
    """PEM file for `tls:` listeners; without it the trunk makes a self-signed one at the start."""
    private_key: str | None = None
    """PEM file of the key of `certificate`."""

    @field_validator("workers")
    @classmethod
    def _workers_can_be_told_apart(cls, value: int) -> int:
        if not 1 <= value <= MOST_WORKERS:
            raise ValueError(f"a trunk has 1 to {MOST_WORKERS} workers")
        return value

    @model_validator(mode="after")
    def _key_has_its_certificate(self) -> Self:
        if self.private_key is not None and self.certificate is None:
            raise MistakeAt(
                ("private_key",), "a key without its certificate", 'write certificate = "..." too'
            )
        return self

    @property
    def listeners(self) -> tuple[Hop, ...]:
        """`listen`, read."""
        return tuple(parse_listener(text) for text in self.listen)


class ProfileSettings(StrictTable):
    """One `[[profile]]` table: a SIP Profile."""

    name: str = Field(default="", max_length=200, description="a name of at most 200 characters, in quotes")
    sip_username: str = Field(
        pattern=r"^[0-9A-Za-z._-]{1,64}$",
        description='1 to 64 letters, digits, dots, dashes or underscores in quotes, as "99051000000231"',
    )
    password: str = Field(default="", description="the password, in quotes")
    auth: Literal["registration", "ip"] = Field(default="registration", description='"registration" or "ip"')
    address: str | None = Field(default=None, description='an IP address, as "203.0.113.7"')
    """The PBX's own address, for `auth = "ip"`."""
    port: int = Field(default=5060, ge=1, le=65535, description="a port, 1 to 65535")
    """The PBX's own port, for `auth = "ip"`."""
    channels: int = Field(default=1, description="a whole number, 1 to 300")
    credit: Decimal = Field(
        default=Decimal("25.00"), ge=0, strict=False, description='an amount of 0 or more, as "25.00"'
    )
    """Credit allocated to the profile, in the currency of the operator."""
    online_numbers: Annotated[tuple[str, ...], ListAsTuple] = Field(
        default=(), description='a list of numbers in quotes, as ["+442079460123"]'
    )
    extension_tags: dict[str, str] = Field(
        default_factory=dict, description='accounts with their tags in quotes, as { "sales.example" = "200" }'
    )
    """Business account attached to the profile -> its extension number, the "extension tag"."""
    min_expires: int | None = Field(
        default=None, ge=1, le=3600, description="a whole number of seconds, 1 to 3600"
    )
    """Shortest expiry granted, in seconds; the dialect's when not given."""
    algorithm: Literal["MD5", "SHA-256", "SHA-512-256"] = Field(
        default="MD5", description='"MD5", "SHA-256" or "SHA-512-256"'
    )
    active: bool = Field(default=True, description="true or false, without quotes")
    """False when the channel subscription lapsed."""
    us_minute_bundles: int = Field(default=0, ge=0, description="a whole number from 0 to the channels")
    """Bundles of 5,000 US minutes a month; the guide allows no more than channels."""
    us_bundle_seconds: int | None = Field(
        default=None, ge=0, description="a whole number of seconds, 0 or more"
    )
    """What is left of the bundles when the profile is seen for the first time; all of it when not given."""
    caller_id: str | None = Field(
        default=None, pattern=r"^\+[0-9]{6,15}$", description='a number, as "+442079460123"'
    )
    """What those who are called are shown, in place of the SIP username."""

    @field_validator("channels")
    @classmethod
    def _channels_are_bought_up_to_a_limit(cls, value: int) -> int:
        if not 1 <= value <= MOST_CHANNELS:
            raise ValueError(f"a SIP Profile has 1 to {MOST_CHANNELS} channels")
        return value

    @field_validator("online_numbers")
    @classmethod
    def _online_numbers_are_e164(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for number in value:
            if not (number.startswith("+") and number[1:].isdigit() and 7 <= len(number) <= 16):
                raise ValueError(f"an Online Number is '+' and 6 to 15 digits, not {number!r}")
        return value

    @field_validator("address")
    @classmethod
    def _address_is_numeric(cls, value: str | None) -> str | None:
        try:
            return None if value is None else str(ip_address(value))
        except ValueError:
            raise ValueError('write the IP address of the PBX, as "203.0.113.7"') from None

    @model_validator(mode="after")
    def _mode_has_what_it_needs(self) -> Self:
        if self.auth == "ip" and self.address is None:
            seen = 'auth = "ip" without the address of the PBX'
            raise MistakeAt(("auth",), seen, 'write address = "203.0.113.7" and port = 5060')
        if self.us_minute_bundles > self.channels:
            seen = f"{self.us_minute_bundles} US minute bundles and {self.channels} channels"
            raise MistakeAt(("us_minute_bundles",), seen, "write at most as many bundles as channels")
        most = self.us_minute_bundles * SECONDS_PER_BUNDLE
        if self.us_bundle_seconds is not None and self.us_bundle_seconds > most:
            seen = f"{self.us_bundle_seconds} seconds left of {self.us_minute_bundles} US minute bundles"
            raise MistakeAt(("us_bundle_seconds",), seen, f"write at most {most}, or more us_minute_bundles")
        if self.auth == "registration" and not self.password:
            seen = 'auth = "registration" without a password'
            raise MistakeAt((), seen, 'write password = "..." (or auth = "ip" with address and port)')
        return self


class AccountSettings(StrictTable):
    """One `[[account]]` table: a business account, a user of the trunk's community side."""

    name: str = Field(
        pattern=r"^[0-9A-Za-z._-]{1,64}$",
        description='1 to 64 letters, digits, dots, dashes or underscores in quotes, as "sales.example"',
    )
    display: str = Field(default="", max_length=200, description="a name for people, in quotes")
    """Shown to those who are called; the account's own name when empty."""
    password: str = Field(min_length=1, description="the password, in quotes")
    """With which a SIP phone signs the account in, as long as it is attached to no profile."""


class TrunkFile(StrictTable):
    """The whole of `trunk.toml`."""

    trunk: TrunkSettings = Field(default_factory=TrunkSettings)
    profile: Annotated[tuple[ProfileSettings, ...], ListAsTuple] = Field(
        default=(), description="[[profile]], in two brackets, above the keys of each SIP Profile"
    )
    account: Annotated[tuple[AccountSettings, ...], ListAsTuple] = Field(
        default=(), description="[[account]], in two brackets, above the keys of each business account"
    )
    manager: ManagerSettings = NO_MANAGER
    """Without this table the trunk has no Manager."""
    dialect: dict[str, Any] = Field(default_factory=dict)
    """Values that take the place of the dialect file's, table by table."""

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        names = (profile.sip_username for profile in self.profile)
        refuse_repeated(
            "profile", "sip_username", names, "the SIP username", "give each profile one of its own"
        )
        return self

    @model_validator(mode="after")
    def _account_names_are_unique(self) -> Self:
        seen = {one.sip_username: f"profile[{place}]" for place, one in enumerate(self.profile)}
        for place, account in enumerate(self.account):
            first = seen.setdefault(account.name, f"account[{place}]")
            if first != f"account[{place}]":
                words = f"{first} signs in as {account.name} too"
                raise MistakeAt(("account", place, "name"), words, "give each account a name of its own")
        return self

    @model_validator(mode="after")
    def _addresses_are_unique(self) -> Self:
        seen: dict[tuple[str | None, int], int] = {}
        for place, profile in enumerate(self.profile):
            first = seen.setdefault((profile.address, profile.port), place) if profile.auth == "ip" else place
            if first != place:
                words = f"profile[{first}] is known by {profile.address}, port {profile.port} too"
                raise MistakeAt(("profile", place, "address"), words, "give each profile one of its own")
        return self

    @model_validator(mode="after")
    def _numbers_and_accounts_belong_to_one_profile(self) -> Self:
        owners: dict[str, int] = {}
        for place, profile in enumerate(self.profile):
            for key, names in (
                ("online_numbers", profile.online_numbers),
                ("extension_tags", profile.extension_tags),
            ):
                _take_names(owners, place, key, names)
        return self


def _take_names(owners: dict[str, int], place: int, key: str, names: Iterable[str]) -> None:
    """Gives names to the profile at `place`. Raises `MistakeAt` when another one has a name already."""
    for name in names:
        if name in owners:
            owner = "the same profile" if owners[name] == place else f"profile[{owners[name]}]"
            words = f"{name} belongs to {owner} already"
            raise MistakeAt(("profile", place, key), words, "leave it out of one of them")
        owners[name] = place


def load_trunk_file(path: Path) -> TrunkFile:
    """Reads the settings of a trunk from `path`.

    Raises `SettingsError` that names the file, the line, the key, what was seen and what to write.
    """
    return load_toml(path, TrunkFile)


def database_url(settings: TrunkSettings, beside: Path) -> str:
    """The SQLAlchemy URL of the database; a bare file name lies in the folder `beside`."""
    if settings.database == ":memory:":
        return "sqlite://"
    if "://" in settings.database:
        return settings.database
    return f"sqlite:///{(beside / settings.database).resolve()}"


def tariff_file(settings: TrunkFile, beside: Path) -> Path | None:
    """The file of the rates of outgoing calls; None for the standard ones."""
    return None if settings.manager.tariff is None else beside / settings.manager.tariff


def database_key_file(settings: TrunkFile, beside: Path) -> Path | None:
    """The file of the key that encrypts passwords in the database; None for `DATABASE.key`."""
    if settings.manager.key_file is not None:
        return beside / settings.manager.key_file
    return beside / SERVER_KEY_FILE if settings.trunk.database.startswith("postgres") else None
