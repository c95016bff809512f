"""What models of tables in TOML files share: strictness, lists, and keys that no two tables give alike.

Reading a file into such a model, and finding the line of a mistake, is `toml_file`'s work.
"""

from collections.abc import Iterable

from pydantic import BaseModel, BeforeValidator, ConfigDict

from harness.settings.errors import MistakeAt


class StrictTable(BaseModel):
    """A table that knows each of its keys and takes no value for another: "1" is no number."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


ListAsTuple = BeforeValidator(lambda value: tuple(value) if isinstance(value, list) else value)
"""For a tuple of a strict table: TOML knows lists alone."""


def refuse_repeated(table: str, key: str, values: Iterable[str], named: str, instead: str) -> None:
    """Looks through the `key` of each `[[table]]`, in the order of the file.

    Raises `MistakeAt` for the second table with a value: `named` says what it is, `instead` what to write.
    """
    places: dict[str, int] = {}
    for place, value in enumerate(values):
        first = places.setdefault(value, place)
        if first != place:
            raise MistakeAt((table, place, key), f"{table}[{first}] has {named} {value} too", instead)
