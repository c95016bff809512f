"""What `trunk.toml` may say: listeners, database, control address and the SIP Profiles.

The file is read and its mistakes are located by `harness.settings.toml_file`; what the trunk demands and
answers is not here but in the dialect (`dialect`). The profiles go from here into the store, and the trunk
reads them there.
"""

from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from harness.settings.toml_file import load_toml
from harness.sip.hop import Hop
from reference_server.listener import parse_address, parse_listener

MOST_CHANNELS = 300
"""Channels of one SIP Profile. Quick Start Guide: "You can add a maximum of 300 channels per SIP Profile"."""

ListenerText = Annotated[str, AfterValidator(lambda text: (parse_listener(text), text)[1])]
AddressText = Annotated[str, AfterValidator(lambda text: (parse_address(text), text)[1])]


class TrunkSettings(BaseModel):
    """The `[trunk]` table."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    listen: tuple[ListenerText, ...] = ("udp:127.0.0.1:5060", "tcp:127.0.0.1:5060")
    """`TRANSPORT:HOST:PORT` each; port 0 takes any free one, the same for UDP and TCP of a host."""
    control: AddressText = "127.0.0.1:8080"
    """Where the control API and `/metrics` listen."""
    database: str = "trunk.sqlite"
    """A file beside the settings file, a database URL, or `:memory:`."""
    dialect: str = "skype_connect"
    """A name in `reference_server/dialects`, or a path of a TOML file of one's own."""
    commit_window: float = Field(default=0.004, ge=0, le=1)
    """Seconds that answers may wait so that one commit makes many of them durable."""
    certificate: str | None = None
    """PEM file for `tls:` listeners; without it the trunk makes a self-signed one at the start."""
    private_key: str | None = None
    """PEM file of the key of `certificate`."""

    @field_validator("listen", mode="before")
    @classmethod
    def _list_becomes_tuple(cls, value: Any) -> Any:
        return tuple(value) if isinstance(value, list) else value

    @property
    def listeners(self) -> tuple[Hop, ...]:
        """`listen`, read."""
        return tuple(parse_listener(text) for text in self.listen)


class ProfileSettings(BaseModel):
    """One `[[profile]]` table: a SIP Profile."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    name: str = Field(default="", max_length=200)
    sip_username: str = Field(pattern=r"^[0-9A-Za-z._-]{1,64}$")
    password: str = ""
    auth: Literal["registration", "ip"] = "registration"
    address: str | None = None
    """The PBX's own address, for `auth = "ip"`."""
    port: int = Field(default=5060, ge=1, le=65535)
    """The PBX's own port, for `auth = "ip"`."""
    channels: int = Field(default=1)
    credit: Decimal = Field(default=Decimal("25.00"), strict=False)
    """Credit allocated to the profile, in the currency of the operator."""
    online_numbers: tuple[str, ...] = ()
    extension_tags: dict[str, str] = Field(default_factory=dict)
    """Business account attached to the profile -> its extension number, the "extension tag"."""
    min_expires: int | None = Field(default=None, ge=1, le=3600)
    """Shortest expiry granted, in seconds; the dialect's when not given."""
    algorithm: Literal["MD5", "SHA-256", "SHA-512-256"] = "MD5"
    active: bool = True
    """False when the channel subscription lapsed."""

    @field_validator("online_numbers", mode="before")
    @classmethod
    def _list_becomes_tuple(cls, value: Any) -> Any:
        return tuple(value) if isinstance(value, list) else value

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

    @model_validator(mode="after")
    def _mode_has_what_it_needs(self) -> Self:
        if self.auth == "ip" and self.address is None:
            raise ValueError('auth = "ip" needs the address (and port) of the PBX')
        if self.auth == "registration" and not self.password:
            raise ValueError('auth = "registration" needs a password')
        return self


class TrunkFile(BaseModel):
    """The whole of `trunk.toml`."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    trunk: TrunkSettings = Field(default_factory=TrunkSettings)
    profile: tuple[ProfileSettings, ...] = ()
    dialect: dict[str, Any] = Field(default_factory=dict)
    """Values that take the place of the dialect file's, table by table."""

    @field_validator("profile", mode="before")
    @classmethod
    def _list_becomes_tuple(cls, value: Any) -> Any:
        return tuple(value) if isinstance(value, list) else value

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        usernames = [profile.sip_username for profile in self.profile]
        for username in usernames:
            if usernames.count(username) > 1:
                raise ValueError(f"two profiles have the sip_username {username!r}")
        return self

    @model_validator(mode="after")
    def _numbers_and_accounts_belong_to_one_profile(self) -> Self:
        seen: set[str] = set()
        for profile in self.profile:
            for name in (*profile.online_numbers, *profile.extension_tags):
                if name in seen:
                    raise ValueError(f"{name} belongs to two profiles; it can belong to one")
                seen.add(name)
        return self


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
