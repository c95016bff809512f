"""What a scenario sees of a certification: from its own beginning, or since the PBX appeared."""

from collections.abc import Iterable

from harness.capture.trace import TracedPacket
from harness.checks.pbx.credentials import carries_any, digest_holds
from harness.drivers.simulated import SimulatedNetwork
from harness.pytest_plugin.control import Control
from harness.pytest_plugin.progress import Progress
from harness.pytest_plugin.trunk_side import TrunkSide
from tests.harness.checks.pbx.recordings import SETUP, recording


class Recorded(Control):
    """A trunk that has seen what was recorded."""

    def __init__(self, *names: str) -> None:
        super().__init__("http://127.0.0.1:1")
        packets = [each for name in names for each in recording(name) if each.kind == "sip"]
        self._packets = [each._replace(number=number) for number, each in enumerate(packets, 1)]

    def observed(
        self, since: int = 0, *, profile: str | None = None, kind: str | None = None
    ) -> tuple[list[TracedPacket], int]:
        return self._packets[since:], len(self._packets)


def side_of(*names: str) -> TrunkSide:
    side = TrunkSide(Recorded(*names), SETUP, SimulatedNetwork(seed=1), Progress(None))
    side.begin()
    return side


def seen_from_start(*names: str) -> Iterable[bool]:
    """Of each REGISTER with credentials whether they are the profile's."""
    side = side_of(*names)
    side.from_start()
    tried = [each.request for each in side.leg().registers if carries_any(each.request)]
    return [digest_holds(request, SETUP) is True for request in tried]


def test_what_came_before_the_first_accepted_registration_is_left_out() -> None:
    """The profile's password may be entered only then."""
    seen = seen_from_start("ast_f_badpw401", "ast_ok")
    assert seen
    assert all(seen)


def test_of_a_pbx_that_never_registered_all_is_seen() -> None:
    seen = seen_from_start("ast_f_badpw401")
    assert seen
    assert not any(seen)


def test_a_scenario_sees_nothing_of_those_before_it() -> None:
    assert side_of("ast_ok").leg().messages == []


def test_the_challenge_of_the_first_registration_is_seen() -> None:
    side = side_of("ast_f_badpw401", "ast_ok")
    side.from_start()
    assert [each.status for each in side.leg().registers[:2]] == [401, 200]
    assert side.is_told("registration.pbx-no-storm")
