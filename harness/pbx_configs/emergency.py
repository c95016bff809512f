"""The emergency numbers of a country, which a PBX must never send to the trunk (guide line 177).

From libphonenumber's metadata, for the countries that share a country code.
"""

from functools import lru_cache

import phonenumbers

_KNOWN = (*(f"{number:03}" for number in range(1000)), "08", "15", "17", "18")
"""What an emergency number may look like: three digits almost everywhere."""


@lru_cache(maxsize=64)
def emergency_numbers(country_code: str) -> tuple[str, ...]:
    """Emergency numbers of the countries with this code; of an unknown one, those that mobiles know."""
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(int(country_code), ())
    found = {
        number
        for region in regions[:1]
        for number in _KNOWN
        if phonenumbers.is_emergency_number(number, region)
    }
    return tuple(sorted(found)) or ("112", "911")
