"""setup.toml: addresses with and without port, and clear words for what is no address."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from harness.checks.pbx.given_setup import GivenSetup, parse_end
from harness.checks.pbx.setup import End
from harness.settings.toml_file import load_toml
from tests.harness.checks.pbx.recordings import CAPTURES


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("127.0.1.1", End("127.0.1.1")),
        ("127.0.1.1:5060", End("127.0.1.1", 5060)),
        ("2001:db8::1", End("2001:db8::1")),
        ("[2001:db8::1]:5061", End("2001:db8::1", 5061)),
    ],
)
def test_addresses_are_read_and_shown(text: str, end: End) -> None:
    assert parse_end(text) == end
    assert parse_end(str(end)) == end


@pytest.mark.parametrize("text", ["", "127.0.1.1:x", "127.0.1.1:70000", "two words"])
def test_what_is_no_address_is_said(text: str) -> None:
    with pytest.raises(ValueError, match="write 127"):
        parse_end(text)
    with pytest.raises(ValidationError):
        GivenSetup(trunk=[text])


def test_the_setup_of_the_captures_can_be_read() -> None:
    assert load_toml(Path(CAPTURES / "setup.toml"), GivenSetup).from_start
