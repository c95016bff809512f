"""Tables take their own keys and types alone, and say where a value stands twice."""

from typing import Annotated

import pytest
from pydantic import ValidationError

from harness.settings.errors import MistakeAt
from harness.settings.toml_table import ListAsTuple, StrictTable, refuse_repeated


class Shelf(StrictTable):
    """A table of a file."""

    books: Annotated[tuple[str, ...], ListAsTuple] = ()
    height: int = 1


def test_a_list_of_toml_is_a_tuple() -> None:
    assert Shelf.model_validate({"books": ["a", "b"]}).books == ("a", "b")


@pytest.mark.parametrize("wrong", [{"height": "1"}, {"books": "a"}, {"boks": []}])
def test_other_types_and_other_keys_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Shelf.model_validate(wrong)


def test_the_second_of_two_equal_values_is_the_mistake() -> None:
    with pytest.raises(MistakeAt) as caught:
        refuse_repeated("shelf", "name", ["a", "b", "c", "b"], "the name", "rename it")
    assert caught.value.location == ("shelf", 3, "name")
    assert str(caught.value) == "shelf[1] has the name b too; rename it"


def test_different_values_pass() -> None:
    refuse_repeated("shelf", "name", ["a", "b"], "the name", "rename it")
