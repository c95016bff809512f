"""The From rule: "ensure that your SIP user name is in the From field" (Quick Start Guide)."""

from typing import Any

import pytest

from harness.sip.message import Response
from tests.reference_server.trunk_play import ECHO, USERNAME, play


def answer(**options: Any) -> Response:
    phone = play().phone()
    call = phone.call(ECHO, username=USERNAME, password="secret", **options)
    phone.driver.run_until(lambda: call.status is not None, 5)
    return call.responses[-1]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"from_display": "Anonymous"},
        {"from_display": 'Jürgen "the" Boss'},
        {"from_uri": f"sip:{USERNAME}@192.0.2.1"},
        {"from_uri": f"sip:%39{USERNAME[1:]}@sip.skype.com"},
    ],
)
def test_the_sip_username_in_from_is_enough(options: dict[str, Any]) -> None:
    assert answer(**options).status == 200


@pytest.mark.parametrize(
    ("uri", "seen"),
    [
        ("sip:200@sip.skype.com", "200 in From"),
        ("sip:99051000000232@sip.skype.com", "99051000000232 in From"),
        ("sip:anonymous@anonymous.invalid", "anonymous in From"),
        ("sip:sip.skype.com", "without a user"),
        ("tel:+14155550123", "tel:+14155550123"),
    ],
)
def test_any_other_from_is_403_and_says_what_was_seen_and_expected(uri: str, seen: str) -> None:
    response = answer(from_uri=uri)
    warning = response.headers.get("Warning") or ""
    assert response.status == 403
    assert warning.startswith('399 sip.skype.com "seen ')
    assert seen in warning
    assert USERNAME in warning.partition("expected")[2]
