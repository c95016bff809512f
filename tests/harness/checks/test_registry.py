"""Every check stands under a requirement that the catalogue has."""

import harness.checks.media
import harness.checks.response
from harness.checks.registry import registered_checks
from harness.requirements import load_catalogue


def test_checks_are_registered_under_known_requirements() -> None:
    catalogue = load_catalogue()
    registered = registered_checks()
    assert [requirement for requirement in registered if requirement not in catalogue] == []
    via_copied = f"{harness.checks.response.__name__}.via_copied"
    assert registered["call.via-copied"] == [via_copied]
    assert registered["media.answer-codec"] == [f"{harness.checks.media.__name__}.answer_is_subset"]
