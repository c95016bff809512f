"""What a scenario for a PBX can ask for: the trunk, phones behind the PBX, pbx.toml, the operator.

Whatever happened, calls are ended when a scenario ends and the trunk is itself again. The hooks are
`pbx_run`'s; what pbx.toml says the PBX does not do makes scenarios *not applicable* (`pbx_needs`).
"""

from collections.abc import Iterator

import pytest

from harness.checks.breach import Inconclusive, NotApplicable
from harness.pytest_plugin.control import ControlError
from harness.pytest_plugin.inside_phone import InsideLine
from harness.pytest_plugin.operator_desk import OperatorDesk
from harness.pytest_plugin.pbx_order import short_grant
from harness.pytest_plugin.pbx_run import PbxRun
from harness.pytest_plugin.trunk_side import TrunkSide
from harness.settings.pbx import PbxFile
from harness.settings.pbx_support import FEATURES


@pytest.fixture(scope="session")
def pbx_run(pytestconfig: pytest.Config) -> PbxRun:
    """The run: driver, trunk and settings."""
    run = pytestconfig.pluginmanager.get_plugin("sip_harness_pbx_run")
    assert isinstance(run, PbxRun)
    return run


@pytest.fixture(scope="session")
def pbx(pbx_run: PbxRun) -> PbxFile:
    """pbx.toml, read."""
    return pbx_run.settings


@pytest.fixture(autouse=True)
def pbx_needs(request: pytest.FixtureRequest, pbx: PbxFile) -> None:
    """What the markers ``supports`` and ``mode`` ask for; else the scenario is not applicable."""
    for marker in request.node.iter_markers("mode"):
        if pbx.pbx.mode not in marker.args:
            raise NotApplicable(f'pbx.toml says mode = "{pbx.pbx.mode}"')
    for marker in request.node.iter_markers("supports"):
        for feature in marker.args:
            if pbx.supports.lacks(feature):
                raise NotApplicable(f"pbx.toml says {feature} = false: {FEATURES[feature]}")


@pytest.fixture
def heard_trunk(pbx_run: PbxRun, pbx_needs: None) -> Iterator[TrunkSide]:
    """The trunk in front of a PBX that may not have appeared."""
    trunk = pbx_run.trunk
    yield trunk
    for tidy in (trunk.direct, trunk.end_calls, *(line.end_calls for line in pbx_run.lines), trunk.settle):
        try:
            tidy()
        except ControlError:
            pass  # the trunk is gone; the next scenario will say so
    for line in pbx_run.lines:
        line.end_calls()  # what came in meanwhile


@pytest.fixture
def trunk(pbx_run: PbxRun, heard_trunk: TrunkSide) -> TrunkSide:
    """The trunk in front of a PBX that has appeared."""
    if pbx_run.order.absent:
        raise Inconclusive(pbx_run.order.absent)
    return heard_trunk


@pytest.fixture
def grant(pbx: PbxFile) -> int:
    """Seconds granted to registrations while they are judged."""
    return short_grant(pbx)


@pytest.fixture
def inside_lines(pbx_run: PbxRun, trunk: TrunkSide) -> list[InsideLine]:
    """Every phone behind the PBX, ready."""
    if not pbx_run.lines:
        raise NotApplicable("pbx.toml has no [[phone]] that could act behind the PBX")
    for line in pbx_run.lines:
        line.make_ready()
    return pbx_run.lines


@pytest.fixture
def inside(inside_lines: list[InsideLine]) -> InsideLine:
    """The first phone behind the PBX, ready."""
    return inside_lines[0]


@pytest.fixture
def operator(pbx_run: PbxRun) -> OperatorDesk:
    """Who can be asked to do something by hand."""
    return pbx_run.desk
