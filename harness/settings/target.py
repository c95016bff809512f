"""target.toml: the trunk that a run judges, as its user describes it.

Addresses, the SIP profiles to test with, optionally the trunk's control API and the numbers to dial.
Reading the file and wording its errors is `toml_file`'s work. START HERE: `load_target`.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from harness.settings.load_table import LoadTable
from harness.settings.toml_file import load_toml
from harness.sip.hop import Hop

DEFAULT_SIP_PORT = 5060  # RFC 3261 section 19.1.2
MAXIMUM_CHANNELS = 300  # guide line 51

Transport = Literal["udp", "tcp", "tls"]
_ADDRESS_KEYS: tuple[tuple[str, Transport | None], ...] = (
    ("address", None),
    ("tcp_address", "tcp"),
    ("tls_address", "tls"),
)


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


def parse_address(text: str, default_port: int = DEFAULT_SIP_PORT) -> tuple[str, int]:
    """``host:port``, ``host`` or ``[v6]:port`` -> (host without brackets, port).

    Raises ValueError, which says what to write.
    """
    host, port = text, str(default_port)
    if text.startswith("["):
        host, _, rest = text[1:].partition("]")
        port = rest.removeprefix(":") or port
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError('write host:port, as "192.0.2.1:5060" or "[2001:db8::1]:5060"')
    return host, int(port)


class Target(_Table):
    """Where the trunk listens and what it calls itself."""

    address: Annotated[str, Field(description='host:port of the trunk, as "192.0.2.1:5060"')]
    transport: Annotated[Transport, Field(description='one of "udp", "tcp", "tls"')] = "udp"
    domain: Annotated[str, Field(min_length=1, description='the SIP domain, as "sip.skype.com"')] = (
        "sip.skype.com"
    )
    name: Annotated[str, Field(description="the name to print in reports, as text")] = "trunk"
    tcp_address: Annotated[str | None, Field(description='host:port for TCP, as "192.0.2.1:5060"')] = None
    tls_address: Annotated[str | None, Field(description='host:port for TLS, as "192.0.2.1:5061"')] = None
    rtp_timeout: Annotated[
        float, Field(gt=0, description="seconds without RTP after which the trunk ends a call, as 60")
    ] = 60.0

    @field_validator("address", "tcp_address", "tls_address")
    @classmethod
    def _address_parses(cls, value: str | None) -> str | None:
        if value is not None:
            parse_address(value)
        return value

    def hop(self, transport: Transport | None = None) -> Hop:
        """Where to send over the given transport (by default the target's own)."""
        chosen = transport or self.transport
        own = {"tcp": self.tcp_address, "tls": self.tls_address}.get(chosen)
        host, port = parse_address(own or self.address)
        return Hop(chosen, host, port)

    def offers(self, transport: Transport) -> bool:
        """Whether requests may be sent over it; UDP and TCP come together (RFC 3261 section 18)."""
        match transport:
            case "tls":
                return self.transport == "tls" or self.tls_address is not None
            case "tcp":
                return self.transport != "tls" or self.tcp_address is not None
            case "udp":
                return self.transport != "tls"

    def at(self, numeric: Callable[[Hop], Hop]) -> "Target":
        """The same target with each address as `numeric` gives it: names looked up."""
        changes = {
            key: str(numeric(self.hop(transport))).partition(":")[2]
            for key, transport in _ADDRESS_KEYS
            if getattr(self, key) is not None
        }
        return self.model_copy(update=changes)


class Profile(_Table):
    """One SIP profile of the trunk, with what a phone needs to use it."""

    sip_username: Annotated[str, Field(min_length=1, description='the SIP username, as "99051000000231"')]
    name: Annotated[str, Field(description="the profile's name, as text")] = ""
    password: Annotated[str, Field(description="the profile's password, as text")] = ""
    auth: Annotated[Literal["registration", "ip"], Field(description='"registration" or "ip"')] = (
        "registration"
    )
    address: Annotated[str | None, Field(description="the local IP address the trunk knows, as text")] = None
    port: Annotated[int | None, Field(ge=1, le=65535, description="a port, 1 to 65535")] = None
    channels: Annotated[
        int, Field(ge=1, le=MAXIMUM_CHANNELS, description="a whole number of channels, 1 to 300")
    ] = MAXIMUM_CHANNELS
    credit: Annotated[float | None, Field(description='the credit, as 25.00 or "25.00"')] = None
    online_numbers: Annotated[tuple[str, ...], Field(description='a list, as ["+442079460123"]')] = ()
    extension_tags: Annotated[
        dict[str, str], Field(description='accounts and their tags, as { "sales.example" = "200" }')
    ] = Field(default_factory=dict)
    min_expires: Annotated[
        int, Field(ge=1, description="the shortest registration the trunk grants, in seconds")
    ] = 60
    algorithm: Annotated[str, Field(description='the digest algorithm, as "MD5" or "SHA-256"')] = "MD5"
    active: Annotated[bool, Field(description="true or false")] = True
    us_minute_bundles: Annotated[int, Field(ge=0, description="a whole number of bundles, as 1")] = 0
    us_bundle_seconds: Annotated[
        int | None, Field(ge=0, description="the seconds that are left of the bundles, as 300000")
    ] = None
    """None: as many as the bundles have."""
    caller_id: Annotated[
        str | None, Field(description='the number that the called are shown, as "+442079460123"')
    ] = None

    @field_validator("online_numbers")
    @classmethod
    def _numbers_are_digits(cls, numbers: tuple[str, ...]) -> tuple[str, ...]:
        for number in numbers:
            if not number.removeprefix("+").isdecimal():
                raise ValueError(f'{number!r} is no number; write digits, as "+442079460123"')
        return numbers

    @model_validator(mode="after")
    def _credentials_are_there(self) -> Self:
        if self.auth == "registration" and not self.password:
            raise ValueError('password is missing, write password = "..." (or auth = "ip")')
        if self.auth == "ip" and (self.address is None or self.port is None):
            raise ValueError(
                'auth = "ip" needs address and port, write address = "192.0.2.7" and port = 5060'
            )
        return self


class BusinessAccount(_Table):
    """A user of the trunk's community side; one that is in a profile's `extension_tags` is attached to it."""

    name: Annotated[str, Field(min_length=1, description='the name, as "ann.example"')]
    display: Annotated[str, Field(description="the name that people see, as text")] = ""
    password: Annotated[str, Field(min_length=1, description="the account's password, as text")]


class Control(_Table):
    """The control API of the reference trunk; without it inbound calls can't be tested."""

    url: Annotated[str, Field(pattern=r"^https?://", description='a URL, as "http://127.0.0.1:8080"')]


class Numbers(_Table):
    """What to dial for which far end. The defaults are those of the reference trunk."""

    echo: Annotated[str, Field(description="a number that echoes audio")] = "+17606604690"
    answers: Annotated[str, Field(description="a number that rings and answers")] = "+442079460000"
    hangs_up: Annotated[str, Field(description="a number that answers and hangs up after 1 s")] = (
        "+442079460101"
    )
    rings: Annotated[str, Field(description="a number that rings for ever")] = "+442079460200"
    only_trying: Annotated[str, Field(description="a number that never gets beyond 100")] = "+442079460201"
    early_media: Annotated[str, Field(description="a number that sends 183 and audio")] = "+442079460202"
    reliable: Annotated[str, Field(description="a number that sends a reliable 183")] = "+442079460203"
    holds: Annotated[str, Field(description="a number that answers, holds and resumes")] = "+442079460204"
    reinvites: Annotated[str, Field(description="a number that answers and sends re-INVITE")] = (
        "+442079460205"
    )
    updates: Annotated[str, Field(description="a number that answers and sends UPDATE")] = "+442079460206"
    session_timer: Annotated[str, Field(description="a number with a session timer of 90 s")] = (
        "+442079460207"
    )
    plays_tone: Annotated[str, Field(description="a number that plays 1004 Hz")] = "+442079460208"
    us_landline: Annotated[
        str, Field(description="a number that answers and that US minute bundles pay for")
    ] = "+12125550123"
    us_excluded: Annotated[
        tuple[str, ...],
        Field(min_length=1, description="numbers that answer, of US prefixes that bundles do not pay for"),
    ] = ("+16412130100", "+16057154100", "+19512623100")
    by_second: Annotated[str, Field(description="a number that answers and is paid by the second")] = (
        "+3726680700"
    )
    plays_digits: Annotated[str, Field(description='a number that plays "1234#"')] = "+442079460209"
    busy: Annotated[str, Field(description="a number that is busy")] = "+442079460486"
    unavailable: Annotated[str, Field(description="a number that answers 480")] = "+442079460480"
    declines: Annotated[str, Field(description="a number that answers 603")] = "+442079460603"


class TargetSettings(_Table):
    """The whole of target.toml."""

    target: Annotated[Target, Field(description="a table [target] with address = ...")]
    profiles: Annotated[
        tuple[Profile, ...],
        Field(
            alias="profile",
            min_length=1,
            description="at least one table [[profile]] with sip_username = ...",
        ),
    ]
    accounts: Annotated[
        tuple[BusinessAccount, ...],
        Field(alias="account", description="tables [[account]] with name = ... and password = ..."),
    ] = ()
    control: Annotated[Control | None, Field(description="a table [control] with url = ...")] = None
    numbers: Annotated[Numbers, Field(description="a table [numbers]")] = Numbers()
    load: Annotated[LoadTable, Field(description="a table [load]")] = LoadTable()

    @property
    def attached(self) -> tuple[BusinessAccount, ...]:
        """The accounts that are attached to a profile."""
        return tuple(
            one for one in self.accounts if any(one.name in each.extension_tags for each in self.profiles)
        )

    @property
    def unattached(self) -> tuple[BusinessAccount, ...]:
        """The accounts that sign in with a phone of their own."""
        return tuple(one for one in self.accounts if one not in self.attached)

    @property
    def main_profile(self) -> Profile:
        """The first active profile that registers, else the first of all."""
        plain = (each for each in self.profiles if each.auth == "registration" and each.active)
        return next(plain, self.profiles[0])


def load_target(path: Path) -> TargetSettings:
    """target.toml, checked; raises SettingsError."""
    return load_toml(path, TargetSettings)
