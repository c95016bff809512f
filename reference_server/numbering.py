"""Which dialled numbers the trunk takes: `+` and a full E.164 number, no emergency numbers.

Country codes and lengths are the `phonenumbers` package's knowledge; what a number's far end does is
`far_end`'s.
"""

from functools import lru_cache
from typing import NamedTuple

import phonenumbers

from harness.sip.grammar import is_digits
from reference_server.dialect import Dialect
from reference_server.refusal import Refusals

VISUAL_SEPARATORS = str.maketrans("", "", "-.()")
"""RFC 3966 section 5.1.1."""
MOST_DIGITS = 15
"""ITU-T E.164 section 6."""
REMEMBERED_NUMBERS = 16384


class Reading(NamedTuple):
    """What a dialled user part turned out to be."""

    number: str
    """`+` and digits; the digits as dialled where the number is not E.164."""
    fault: str
    """Empty, `not_e164` or `emergency`."""
    detail: str
    """Why it is at fault, in words."""


class Numbering:
    """The numbering rule of a dialect."""

    def __init__(self, dialect: Dialect, refusals: Refusals) -> None:
        self._refusals = refusals
        self._free = frozenset(dialect.numbering.free_numbers)
        self._emergency = frozenset(dialect.numbering.emergency_numbers)
        self._remembered = lru_cache(maxsize=REMEMBERED_NUMBERS)(self.read)

    def dialled(self, user: str) -> str:
        """The E.164 number that `user`, the unescaped user part of a Request-URI, dials. Raises `Refused`."""
        reading = self._remembered(user)
        if reading.fault:
            raise self._refusals.refuse(reading.fault, f"{user} ({reading.detail})")
        return reading.number

    def is_free(self, number: str) -> bool:
        """Whether a profile without credit may call `number`."""
        return number in self._free

    def read(self, user: str) -> Reading:
        """Judges one user part."""
        user = user.partition(";")[0]  # parameters of a telephone-subscriber
        digits = user.translate(VISUAL_SEPARATORS)
        if self.is_emergency(digits):
            return Reading(digits, "emergency", "an emergency number")
        detail = self.fault_in(digits)
        return Reading(digits, "not_e164" if detail else "", detail)

    def is_emergency(self, digits: str) -> bool:
        """Whether this is an emergency number, dialled plainly or behind a country code."""
        if digits in self._emergency:
            return True
        if not digits.startswith("+") or not is_digits(digits[1:]):
            return False
        return any(
            digits[1 + length :] in self._emergency
            and int(digits[1 : 1 + length]) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE
            for length in (1, 2, 3)
        )

    def fault_in(self, digits: str) -> str:
        """Why `digits` are not `+` and a full E.164 number; empty when they are."""
        if digits.startswith("00"):
            return "an international prefix instead of +"
        if not digits.startswith("+"):
            return "no + in front" if digits.isdigit() else "not a number"
        if not is_digits(digits[1:]):
            return "not only digits after +"
        if len(digits) - 1 > MOST_DIGITS:
            return "too long"
        return self.fault_in_plan(digits)

    def fault_in_plan(self, digits: str) -> str:
        """What the numbering plan of its country says against a number of the right shape."""
        try:
            parsed = phonenumbers.parse(digits, None)
        except phonenumbers.NumberParseException as error:
            unknown = error.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE
            return "an unknown country code" if unknown else "too short"
        if phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164) != digits:
            return "a national prefix after the country code"
        match phonenumbers.is_possible_number_with_reason(parsed):
            case phonenumbers.ValidationResult.IS_POSSIBLE:
                return ""
            case phonenumbers.ValidationResult.TOO_LONG:
                return "too long"
            case (
                phonenumbers.ValidationResult.TOO_SHORT | phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY
            ):
                return "too short"
            case _:
                return "not a length of this country"
