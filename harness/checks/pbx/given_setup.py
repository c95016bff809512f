"""What the user tells of the setup, in setup.toml or by options; every key may be missing.

`inference` fills the gaps from the trace.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, field_validator

from harness.checks.pbx.setup import ECHO_NUMBER, End

EXAMPLE = "127.0.1.1 or 127.0.1.1:5060 or [2001:db8::1]:5060"


class GivenSetup(BaseModel):
    """The content of setup.toml."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, use_attribute_docstrings=True)

    sip_username: str | None = None
    """The profile's SIP username."""
    password: str | None = None
    """The profile's password: with it digests are computed, without it the trunk's answers tell."""
    domain: str | None = None
    """The trunk's domain."""
    online_numbers: list[str] = []
    """Numbers that the trunk routes to the profile, with + and country code."""
    echo_number: str = ECHO_NUMBER
    """The trunk's echo test."""
    trunk: list[str] = []
    """Addresses of the trunk, each with or without port."""
    pbx: list[str] = []
    """Addresses of the PBX, each with or without port."""
    mode: Literal["registration", "ip"] | None = None
    """How the profile authenticates."""
    from_start: bool = False
    """Whether the capture begins before the PBX started: then a REGISTER that is not there was not sent."""

    @field_validator("online_numbers")
    @classmethod
    def _numbers_are_digits(cls, numbers: list[str]) -> list[str]:
        for number in numbers:
            if not number.removeprefix("+").isdecimal():
                raise ValueError(f"{number!r} is no number; write it as +442079460123")
        return numbers

    @field_validator("trunk", "pbx")
    @classmethod
    def _addresses_can_be_read(cls, addresses: list[str]) -> list[str]:
        for text in addresses:
            parse_end(text)
        return addresses


def parse_end(text: str) -> End:
    """An address with or without port. Raises ValueError saying what to write."""
    host, port = text.strip(), ""
    if host.startswith("["):
        host, _, port = host[1:].partition("]")
        port = port.removeprefix(":")
    elif host.count(":") == 1:
        host, _, port = host.partition(":")
    if not host or " " in host or (port and not (port.isdecimal() and 0 < int(port) < 65536)):
        raise ValueError(f"{text!r} is no address; write {EXAMPLE}")
    return End(host, int(port) if port else None)
