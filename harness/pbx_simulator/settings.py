"""pbx_simulator.toml: the trunk that the simulated PBX connects to, its extensions and its routes.

Read by `harness.settings.toml_file`, which says what is wrong and where. What the PBX does with it is
`pbx`'s work.
"""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from harness.settings.errors import MistakeAt
from harness.settings.target import parse_address
from harness.settings.toml_file import load_toml
from harness.sip.hop import Hop

EMERGENCY_NUMBERS = ("112", "911", "999", "000", "110", "118", "119")

Transport = Literal["udp", "tcp", "tls"]


def _listen_address(text: str) -> str:
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isdecimal() or int(port) > 65535:
        raise ValueError('write HOST:PORT, as "127.0.0.1:5080"; port 0 takes any free one')
    return text


AddressText = Annotated[str, AfterValidator(lambda text: (parse_address(text), text)[1])]
ListenText = Annotated[str, AfterValidator(_listen_address)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ExtensionSettings(_Table):
    """One `[[extension]]`: a phone inside."""

    number: str = Field(pattern=r"^[0-9]{1,6}$", description='1 to 6 digits in quotes, as "101"')
    password: str = Field(min_length=1, description="the password of the phone, in quotes")


class PbxSettings(_Table):
    """The `[pbx]` table."""

    trunk: AddressText = Field(description='HOST:PORT of the trunk, as "127.0.0.1:5060"')
    transport: Transport = Field(default="udp", description='"udp", "tcp" or "tls"')
    username: str = Field(min_length=1, description='the SIP username, as "99051000000231"')
    password: str = Field(default="", description="the password of the SIP profile, in quotes")
    domain: str = Field(default="sip.skype.com", min_length=1, description='the domain, as "sip.skype.com"')
    mode: Literal["registration", "ip"] = Field(default="registration", description='"registration" or "ip"')
    country_code: str = Field(
        default="44", pattern=r"^[1-9][0-9]{0,2}$", description='a country code in quotes, as "44"'
    )
    listen: ListenText = Field(default="127.0.0.1:0", description='HOST:PORT, as "127.0.0.1:5080"')
    """Where phones register, over UDP."""
    trunk_listen: ListenText = Field(default="127.0.0.1:0", description='HOST:PORT, as "127.0.0.1:5060"')
    """Where the trunk finds the PBX; in ip mode the address and port that the profile names."""
    expires: int = Field(default=300, ge=1, le=86_400, description="a whole number of seconds")
    """Asked for in REGISTER."""
    retry_after: float = Field(default=4.0, gt=0, le=3600, description="a number of seconds")
    """Seconds until the first retry of a registration that failed; each further one waits twice as long."""
    session_expires: int = Field(default=1800, ge=90, description="a whole number of seconds, at least 90")
    ring_timeout: float = Field(default=60.0, gt=0, description="a number of seconds")
    emergency_numbers: tuple[str, ...] = Field(
        default=EMERGENCY_NUMBERS, description='a list of numbers in quotes, as ["112"]'
    )

    @model_validator(mode="after")
    def _mode_has_what_it_needs(self) -> Self:
        if self.mode == "registration" and not self.password:
            seen = 'mode = "registration" without a password'
            raise MistakeAt((), seen, 'write password = "..." (or mode = "ip")')
        return self

    @property
    def trunk_hop(self) -> Hop:
        """Where the trunk listens."""
        return Hop(self.transport, *parse_address(self.trunk))

    @property
    def inside_hop(self) -> Hop:
        """`listen`, read."""
        return _hop("udp", self.listen)

    @property
    def outside_hop(self) -> Hop:
        """`trunk_listen`, read."""
        return _hop(self.transport, self.trunk_listen)


class PbxFile(_Table):
    """The whole of pbx_simulator.toml."""

    pbx: PbxSettings = Field(description="[pbx], above the keys of the PBX")
    extension: tuple[ExtensionSettings, ...] = Field(
        default=(), description="[[extension]], in two brackets, above number and password"
    )
    inbound: dict[str, str] = Field(default_factory=dict, description='number = extension, as "200" = "102"')
    """Online Number, extension tag or SIP username -> extension that rings."""

    @field_validator("inbound", mode="before")
    @classmethod
    def _routes_are_texts(cls, value: Any) -> Any:
        return {str(key): str(each) for key, each in value.items()} if isinstance(value, dict) else value

    @model_validator(mode="after")
    def _routes_lead_to_extensions(self) -> Self:
        known = {each.number for each in self.extension}
        for number, extension in self.inbound.items():
            if extension not in known:
                seen = f"{number} leads to extension {extension}, which is not there"
                raise MistakeAt(("inbound", number), seen, f"name one of {', '.join(sorted(known))}")
        return self


def load_pbx_file(path: Path) -> PbxFile:
    """Read the settings. Raises SettingsError that names the file, the line, the key and what to write."""
    return load_toml(path, PbxFile)


def _hop(transport: str, text: str) -> Hop:
    host, _, port = text.rpartition(":")
    return Hop(transport, host.strip("[]"), int(port))
