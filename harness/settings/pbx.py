"""pbx.toml: the PBX that `harness certify` judges, as its vendor or integrator describes it.

Who made it, how it reaches the trunk, what it does and does not support (as a protocol implementation
conformance statement, ISO/IEC 9646-7), the trunk that will face it, the phones behind it and how people
dial. A commented file is written by `pbx_template`; reading the file and wording its errors is
`toml_file`'s work. START HERE: `load_pbx`.
"""

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from harness.settings.errors import MistakeAt
from harness.settings.pbx_phone import DialPlan, InsidePhone, Timeouts, command_line
from harness.settings.pbx_support import Supports
from harness.settings.target import DEFAULT_SIP_PORT, MAXIMUM_CHANNELS, Transport, parse_address
from harness.settings.toml_file import load_toml
from harness.settings.toml_table import refuse_repeated
from harness.sip.hop import Hop

DEFAULT_TLS_PORT = 5061  # RFC 3261 section 19.1.2

Mode = Literal["registration", "ip"]
"""How the trunk knows the PBX: guide lines 152 and 159."""


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Pbx(_Table):
    """[pbx]: the product, and how it reaches the trunk."""

    vendor: Annotated[str, Field(min_length=1, description="the maker's name, as text")]
    product: Annotated[str, Field(min_length=1, description='the product\'s name, as "Asterisk"')]
    version: Annotated[str, Field(min_length=1, description='the version under test, as "22.10.1"')]
    mode: Annotated[Mode, Field(description='"registration" or "ip"')] = "registration"
    address: Annotated[str, Field(description='IP address and port of the PBX, as "192.0.2.20:5060"')]
    """As the trunk sees it. In ip mode this is the address that is entered for the profile."""
    transport: Annotated[Transport, Field(description='one of "udp", "tcp", "tls"')] = "udp"

    stop: Annotated[str, Field(description='a command line, as "ssh pbx systemctl stop asterisk"')] = ""
    """Stops the PBX, or its registration at the trunk. Empty: a person is asked. No shell reads it."""
    start: Annotated[str, Field(description='a command line, as "ssh pbx systemctl start asterisk"')] = ""

    @field_validator("address")
    @classmethod
    def _address_parses(cls, value: str) -> str:
        parse_address(value)
        return value

    @field_validator("stop", "start")
    @classmethod
    def _can_be_split(cls, value: str) -> str:
        return command_line(value)

    @property
    def hop(self) -> Hop:
        """Where the PBX listens towards the trunk."""
        return Hop(self.transport, *parse_address(self.address))


class FacingTrunk(_Table):
    """[trunk]: the trunk that `harness certify` starts in front of the PBX, and its one SIP profile."""

    listen: Annotated[str, Field(description='IP address and port of this machine, as "192.0.2.1:5060"')]
    """For UDP and TCP; port 0 takes any free one. An address that the PBX can reach."""
    tls_listen: Annotated[
        str | None, Field(description='IP address and port for TLS, as "192.0.2.1:5061"')
    ] = None
    """The address of `listen` and port 5061 when not given and the PBX uses TLS."""
    domain: Annotated[str, Field(min_length=1, description='the SIP domain, as "sip.skype.com"')] = (
        "sip.skype.com"
    )
    sip_username: Annotated[
        str, Field(pattern=r"^[0-9A-Za-z._-]{1,64}$", description='the SIP username, as "99051000000231"')
    ] = "99051000000231"
    password: Annotated[str, Field(description="the profile's password, in quotes")] = ""
    """Empty: `harness certify` makes one up and shows it."""
    channels: Annotated[
        int, Field(ge=1, le=MAXIMUM_CHANNELS, description="a whole number of channels, 1 to 300")
    ] = 10
    online_numbers: Annotated[tuple[str, ...], Field(description='a list, as ["+442079460123"]')] = (
        "+442079460123",
    )
    extension_tags: Annotated[
        dict[str, str], Field(description='accounts and their tags, as { "sales.example" = "200" }')
    ] = Field(default_factory=dict)
    """Business account attached to the profile -> its extension tag."""
    country_code: Annotated[
        str, Field(pattern=r"^[1-9][0-9]{0,2}$", description='a country code in quotes, as "44"')
    ] = "44"
    """Of the country whose national numbers the extensions dial."""

    @field_validator("listen", "tls_listen")
    @classmethod
    def _listen_is_numeric(cls, value: str | None) -> str | None:
        if value is not None:
            _listener(value)
        return value

    @field_validator("online_numbers")
    @classmethod
    def _numbers_are_e164(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for number in value:
            if not (number.startswith("+") and number[1:].isdecimal() and 7 <= len(number) <= 16):
                raise ValueError(
                    f'write Online Numbers as "+" and 6 to 15 digits, as "+442079460123", not {number!r}'
                )
        return value

    def hop(self, transport: Transport) -> Hop:
        """Where this trunk listens for that transport."""
        host, port = _listener(self.listen)
        if transport != "tls":
            return Hop(transport, host, port)
        if self.tls_listen is not None:
            return Hop("tls", *_listener(self.tls_listen))
        return Hop("tls", host, DEFAULT_TLS_PORT if port else 0)

    @property
    def inbound_numbers(self) -> tuple[str, ...]:
        """All that may stand in the Request-URI of an inbound call: numbers, tags, the SIP username."""
        return (*self.online_numbers, *self.extension_tags.values(), self.sip_username)


class PbxFile(_Table):
    """The whole of pbx.toml."""

    pbx: Annotated[Pbx, Field(description="a table [pbx] with vendor, product, version and address")]
    supports: Annotated[Supports, Field(description="a table [supports]")] = Supports()
    trunk: Annotated[FacingTrunk, Field(description="a table [trunk] with listen = ...")]
    phones: Annotated[
        tuple[InsidePhone, ...],
        Field(alias="phone", description="[[phone]], in two brackets, above the keys of each phone"),
    ] = ()
    dial: Annotated[DialPlan, Field(description="a table [dial]")] = DialPlan()
    timeouts: Annotated[Timeouts, Field(description="a table [timeouts]")] = Timeouts()

    @model_validator(mode="before")
    @classmethod
    def _phones_are_written_phone(cls, value: Any) -> Any:
        if isinstance(value, dict) and "phones" in value:
            raise MistakeAt(("phones", 0), "unknown key", "write [[phone]], in two brackets, for each phone")
        return value

    @model_validator(mode="after")
    def _extensions_are_unique(self) -> Self:
        extensions = (phone.extension for phone in self.phones)
        refuse_repeated("phone", "extension", extensions, "extension", "give each phone one of its own")
        return self

    @model_validator(mode="after")
    def _routes_lead_from_numbers_of_the_trunk(self) -> Self:
        owners: dict[str, int] = {}
        known = self.trunk.inbound_numbers
        for place, phone in enumerate(self.phones):
            for number in phone.rings_for:
                where = ("phone", place, "rings_for")
                if number not in known:
                    words = f"{number} is no number of the trunk"
                    raise MistakeAt(where, words, f"write one of {', '.join(known)}, or add it to [trunk]")
                if owners.setdefault(number, place) != place:
                    words = f"{number} rings phone[{owners[number]}] already"
                    raise MistakeAt(where, words, "leave it out of one of them")
        return self

    @model_validator(mode="after")
    def _ip_mode_is_told_by_address(self) -> Self:
        host, _ = parse_address(self.pbx.address)
        if self.pbx.mode == "ip" and not _is_numeric(host):
            words = f'mode = "ip" with the name {host}'
            raise MistakeAt(
                ("pbx", "address"), words, 'write the IP address of the PBX, as "192.0.2.20:5060"'
            )
        return self

    def phone_ringing_for(self, number: str) -> InsidePhone | None:
        """The phone that an inbound call to a number, tag or the SIP username shall ring.

        Where no route names the number it is the first phone; None when there is no phone at all.
        """
        routed = (phone for phone in self.phones if number in phone.rings_for)
        return next(routed, self.phones[0] if self.phones else None)

    def phone_hop(self, phone: InsidePhone) -> Hop:
        """Where a phone finds the PBX: its own address, else that of the PBX."""
        return Hop(phone.transport, *parse_address(phone.address or self.pbx.address))


def load_pbx(path: Path) -> PbxFile:
    """pbx.toml, checked; raises SettingsError."""
    return load_toml(path, PbxFile)


def _listener(text: str) -> tuple[str, int]:
    """An address to listen at; port 0 is allowed. Raises ValueError that says what to write."""
    bare = text.removesuffix(":0")
    host, port = parse_address(bare, DEFAULT_SIP_PORT)
    if not _is_numeric(host):
        raise ValueError('write an IP address of this machine and a port, as "192.0.2.1:5060"')
    if ip_address(host).is_unspecified:
        raise ValueError('write the one address that the PBX can reach, as "192.0.2.1:5060"')
    return host, 0 if bare != text else port


def _is_numeric(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
