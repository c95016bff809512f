"""What a dialled number means to the PBX: an extension, a number outside in E.164, an emergency, or nothing.

A pure function of the settings; acting on it is `switchboard`'s work.
"""

from dataclasses import dataclass

from harness.pbx_simulator.settings import PbxFile

SEPARATORS = str.maketrans("", "", " -.()")
"""Visual separators, RFC 3966 section 5.1.1."""
NANP_LENGTH = 10
"""Digits of a national number in North America, which has no national prefix."""
SHORTEST, LONGEST = 7, 15
"""Digits of a number outside, country code included; E.164 section 6.2.1 gives the upper limit."""


@dataclass(frozen=True, slots=True)
class Inside:
    """An extension."""

    extension: str


@dataclass(frozen=True, slots=True)
class Outside:
    """A number of the trunk's."""

    number: str
    """As it is sent to the trunk: ``+`` and E.164."""


@dataclass(frozen=True, slots=True)
class Emergency:
    """A call that the landline must take, never the trunk."""

    number: str


@dataclass(frozen=True, slots=True)
class Unassigned:
    """Nothing that can be called."""

    status: int
    """404 for a short number nobody has, 484 for one that is not complete."""


Destination = Inside | Outside | Emergency | Unassigned


class NumberPlan:
    """The dialling rules of one country."""

    def __init__(self, settings: PbxFile) -> None:
        self.extensions = {each.number for each in settings.extension}
        self.country_code = settings.pbx.country_code
        self.emergency = set(settings.pbx.emergency_numbers)
        self.international = "011" if self.country_code == "1" else "00"
        self.national = "1" if self.country_code == "1" else "0"

    def read(self, dialled: str) -> Destination:
        """What a dialled number means."""
        number = dialled.translate(SEPARATORS)
        if self.is_emergency(number):
            return Emergency(number)
        if number in self.extensions:
            return Inside(number)
        if not number.removeprefix("+").isdecimal():
            return Unassigned(404)
        return self.outside(number)

    def is_emergency(self, number: str) -> bool:
        """Also with a plus or prefixes before it: people dial what they are used to."""
        bare = number.removeprefix("+")
        prefixes = ("", self.international, self.country_code, self.international + self.country_code)
        return any(bare.startswith(each) and bare[len(each) :] in self.emergency for each in prefixes)

    def outside(self, number: str) -> Destination:
        """A number beyond the extensions, which is all digits but for a plus before it."""
        full = self.full_number(number)
        if full is None:
            return Unassigned(404)
        digits = len(full) - 1
        return Outside(self.as_sent(number, full)) if SHORTEST <= digits <= LONGEST else Unassigned(484)

    def full_number(self, number: str) -> str | None:
        """A number in E.164 with plus; None for one without any prefix that this country has."""
        if number.startswith("+"):
            return number
        if number.startswith(self.international):
            return f"+{number.removeprefix(self.international)}"
        if self.country_code == "1" and len(number) == NANP_LENGTH:
            return f"+1{number}"
        if number.startswith(self.national):
            return f"+{self.country_code}{number.removeprefix(self.national)}"
        return None

    def as_sent(self, _dialled: str, full: str) -> str:
        """What goes into the Request-URI."""
        return full
