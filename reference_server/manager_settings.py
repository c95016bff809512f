"""What the `[manager]` table of `trunk.toml` may say: where the Manager listens and which files it reads.

Only words and their checks; what a price list or a tariff says is `rating`'s, what the Manager does is
`manager`'s. A trunk file without this table has no Manager.
"""

from typing import Annotated, Self
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field, field_validator, model_validator

from harness.settings.errors import MistakeAt
from harness.settings.toml_table import StrictTable
from reference_server.listener import parse_address

OFF = ""
"""The address of a Manager that does not listen."""

AddressOrOff = Annotated[str, AfterValidator(lambda text: (text == OFF or parse_address(text), text)[1])]


class ManagerSettings(StrictTable):
    """The `[manager]` table. Relative paths are those of files beside the settings file."""

    address: AddressOrOff = Field(
        default="127.0.0.1:8088", description='HOST:PORT, as "127.0.0.1:8088", or "" for none'
    )
    """Where the console and the REST API listen; port 0 takes any free one, no text is off."""
    certificate: str | None = None
    """PEM file for an address that is not this machine's own; without it one is made at the start."""
    private_key: str | None = None
    """PEM file of the key of `certificate`."""
    prices: str | None = None
    """The price list, a TOML file; the standard one when not given."""
    tariff: str | None = None
    """The rates of outgoing calls, a TOML file; the standard ones when not given."""
    timezone: str | None = Field(default=None, description='a time zone, as "Europe/Dublin"')
    """Where months begin; the price list's when not given."""
    key_file: str | None = None
    """The key that encrypts passwords in the database; `DATABASE.key` when not given."""

    @property
    def listens(self) -> bool:
        """Whether there is a console."""
        return self.address != OFF

    @field_validator("timezone")
    @classmethod
    def _timezone_is_known(cls, value: str | None) -> str | None:
        if value is not None and value not in available_timezones():
            raise ValueError(f'write the name of a time zone, as "Europe/Dublin", not {value!r}')
        return value

    @model_validator(mode="after")
    def _key_has_its_certificate(self) -> Self:
        if self.private_key is not None and self.certificate is None:
            raise MistakeAt(
                ("private_key",), "a key without its certificate", 'write certificate = "..." too'
            )
        return self


NO_MANAGER = ManagerSettings(address=OFF)
"""Of a trunk file without the table."""
