"""The tables [[phone]], [dial] and [timeouts] of pbx.toml: who acts behind the PBX, what is dialled, how long
to wait.

A phone is a SIP phone that the harness plays, a device of its own that commands can move, or a person who
is told what to do. The rest of pbx.toml is in `pbx`.
"""

import shlex
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from harness.settings.errors import MistakeAt
from harness.settings.target import Transport, parse_address

PhoneKind = Literal["sip", "commands", "manual"]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


_COMMAND = 'a command line, as "phonectl dial {number}"'


def command_line(value: str) -> str:
    """A command line as it was written. Raises ValueError when it can't be split into words."""
    try:
        shlex.split(value)
    except ValueError as error:
        raise ValueError(f"write a command line with paired quotes ({error})") from None
    return value


class PhoneCommands(_Table):
    """[phone.commands]: how a device that is no phone of the harness is moved; one command line an action.

    No shell reads them. ``{number}`` and ``{digits}`` are replaced in each word. `watch` is no action: it
    runs as long as the certification and prints a line for each thing that happens to the phone.
    """

    dial: Annotated[str, Field(min_length=1, description=_COMMAND)]
    hang_up: Annotated[str, Field(min_length=1, description=_COMMAND)]
    answer: Annotated[str, Field(description=_COMMAND)] = ""
    """Empty: it answers by itself."""
    reject: Annotated[str, Field(description=_COMMAND)] = ""
    hold: Annotated[str, Field(description=_COMMAND)] = ""
    resume: Annotated[str, Field(description=_COMMAND)] = ""
    digits: Annotated[str, Field(description=_COMMAND)] = ""
    watch: Annotated[str, Field(description='a command line, as "phonectl watch"')] = ""
    """Prints ``rings``, ``answered``, ``refused STATUS``, ``ended``. Empty: nobody sees what it shows."""

    @field_validator("*")
    @classmethod
    def _can_be_split(cls, value: str) -> str:
        return command_line(value)

    def words(self, action: str, *, number: str = "", digits: str = "") -> list[str]:
        """The command of an action as words, places filled in; empty when there is none for it."""
        line: str = getattr(self, action)
        return [word.replace("{number}", number).replace("{digits}", digits) for word in shlex.split(line)]


class InsidePhone(_Table):
    """[[phone]]: one extension behind the PBX."""

    extension: Annotated[str, Field(min_length=1, description='the extension in quotes, as "101"')]
    password: Annotated[str, Field(description="the password of the extension, in quotes")] = ""
    username: Annotated[str, Field(description="the name it authenticates with, in quotes")] = ""
    """The extension when not given."""
    address: Annotated[
        str | None, Field(description='host:port where extensions register, as "192.0.2.20:5060"')
    ] = None
    """Of the PBX when not given."""
    transport: Annotated[Transport, Field(description='one of "udp", "tcp", "tls"')] = "udp"
    domain: Annotated[str, Field(description='the domain of the extensions, as "pbx.example"')] = ""
    """The host of the address when not given."""
    rings_for: Annotated[
        tuple[str, ...], Field(description='numbers or tags that ring it, as ["+442079460123"]')
    ] = ()
    manual: Annotated[bool, Field(description="true or false")] = False
    """A person dials and answers, told by prompts."""
    commands: Annotated[
        PhoneCommands | None, Field(description="a table [phone.commands] with dial = ... and hang_up = ...")
    ] = None

    @field_validator("address")
    @classmethod
    def _address_parses(cls, value: str | None) -> str | None:
        if value is not None:
            parse_address(value)
        return value

    @model_validator(mode="after")
    def _somebody_acts(self) -> Self:
        if self.manual and self.commands is not None:
            raise MistakeAt(("manual",), "manual = true with commands", "leave one of them out")
        if self.kind == "sip" and not self.password:
            words = f"phone {self.extension} without a password"
            advice = 'write password = "..." (or manual = true: a person dials and answers)'
            raise MistakeAt((), words, advice)
        return self

    @property
    def kind(self) -> PhoneKind:
        """Who acts: a SIP phone of the harness, commands, or a person."""
        return "manual" if self.manual else "commands" if self.commands is not None else "sip"

    @property
    def authentication_name(self) -> str:
        """The name that its credentials carry."""
        return self.username or self.extension


class DialPlan(_Table):
    """[dial]: what people behind this PBX dial for what."""

    outside_line: Annotated[str, Field(pattern=r"^[0-9*#]*$", description='digits, as "9", or ""')] = ""
    """Dialled before every number outside; often 0 or 9."""
    national: Annotated[str, Field(pattern=r"^[0-9]*$", description='a national prefix, as "0", or ""')] = "0"
    international: Annotated[
        str, Field(pattern=r"^[0-9]+$", description='an international prefix, as "00" or "011"')
    ] = "00"
    plus: Annotated[bool, Field(description="true or false")] = True
    """Whether extensions can dial ``+``."""
    short_number: Annotated[str, Field(pattern=r"^[0-9*#]*$", description='digits, as "55512", or ""')] = (
        "55512"
    )
    """A number that is nobody's: too short to be national. Empty: not tried."""
    emergency: Annotated[
        str, Field(pattern=r"^[0-9]*$", description='a number whose call cannot leave your lab, as "112"')
    ] = ""
    """Dialled on purpose to see that it does not reach the trunk. Empty: never dialled."""

    def e164(self, number: str) -> str:
        """What an extension dials for ``+`` and E.164: with ``+`` where it can, else as `abroad`."""
        return f"{self.outside_line}{number}" if self.plus else self.abroad(number)

    def abroad(self, number: str) -> str:
        """With the international prefix instead of ``+``."""
        return f"{self.outside_line}{self.international}{number.removeprefix('+')}"

    def at_home(self, number: str, country_code: str) -> str | None:
        """As a national number; None when it is one of another country."""
        prefix = f"+{country_code}"
        if not number.startswith(prefix):
            return None
        return f"{self.outside_line}{self.national}{number.removeprefix(prefix)}"


class Timeouts(_Table):
    """[timeouts]: how long to wait, in seconds."""

    appear: Annotated[float, Field(gt=0, description="seconds until the PBX must appear, as 300")] = 300.0
    """Asterisk waits up to 10 s before its first REGISTER; a person needs longer to enter a profile."""
    setup: Annotated[float, Field(gt=0, description="seconds from dialling to the trunk's INVITE, as 8")] = (
        8.0
    )
    manual: Annotated[float, Field(gt=0, description="seconds a person has for one action, as 60")] = 60.0
    registration: Annotated[
        float, Field(gt=0, description="seconds until a PBX must have registered again, as 150")
    ] = 150.0
