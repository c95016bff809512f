"""START HERE for the pytest plugin: its options and its marker. Without ``--sip-target`` it does nothing.

With a target it loads `scenario_run` (hooks: slicing the trace, verdicts, results.json) and `fixtures`
(phone, target, control ...), with ``--sip-pbx`` their counterparts for a PBX, `pbx_run` and `pbx_fixtures`;
nothing of the harness is imported before. A hook of our own, in `Hooks`,
lets another plugin put a run into another world than this machine's network.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:  # a pytest without --sip-target loads nothing of the harness
    from harness.pytest_plugin.world import World
    from harness.settings.target import TargetSettings


class Hooks:
    """The hooks that other plugins may implement."""

    @staticmethod
    @pytest.hookspec(firstresult=True)
    def pytest_sip_world(target: "TargetSettings") -> "World | None":
        """Where the run takes place: driver, local address and control API; None: leave it to others.

        Called once, before anything is sent. When no plugin answers, it is the network of this machine.
        """


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Announces `Hooks`."""
    pluginmanager.add_hookspecs(Hooks)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of ours all begin with ``--sip-``."""
    group = parser.getgroup("sip-harness", "SIP scenarios")
    group.addoption("--sip-target", metavar="FILE", type=Path, help="target.toml: the trunk to judge")
    group.addoption("--sip-pbx", metavar="FILE", type=Path, help="order of a certification (harness certify)")
    group.addoption(
        "--sip-answers-fd",
        metavar="FD",
        type=int,
        help="file descriptor for answers of people, as JSON lines",
    )
    group.addoption("--sip-out", metavar="DIR", type=Path, help="folder for results.json and captures")
    group.addoption("--sip-fault", metavar="NAME", help="fault the trunk was started with (only a label)")
    group.addoption("--sip-again", metavar="COMMAND", help="command that runs this pack again, for findings")
    group.addoption(
        "--sip-events-fd", metavar="FD", type=int, help="file descriptor for progress as JSON lines"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Announces the marker; loads the rest when a target is named. A wrong target.toml is a usage error."""
    config.addinivalue_line(
        "markers", "requirement(*ids): requirements of the catalogue that a scenario judges"
    )
    config.addinivalue_line("markers", "supports(*features): what pbx.toml must not deny the PBX")
    config.addinivalue_line("markers", "mode(name): only for PBXs in this mode, registration or ip")
    if config.getoption("--sip-pbx") is not None:
        _load_certification(config)
    if config.getoption("--sip-target") is None:
        return
    from harness.pytest_plugin import fixtures
    from harness.pytest_plugin.scenario_run import ScenarioRun
    from harness.settings.errors import SettingsError

    try:
        run = ScenarioRun(config)
    except SettingsError as error:
        raise pytest.UsageError(str(error)) from None
    config.pluginmanager.register(run, "sip_harness_run")
    config.pluginmanager.register(fixtures, "sip_harness_fixtures")


def _load_certification(config: pytest.Config) -> None:
    """The hooks and fixtures for scenarios that judge a PBX."""
    from harness.pytest_plugin import pbx_fixtures
    from harness.pytest_plugin.pbx_run import PbxRun
    from harness.settings.errors import SettingsError

    try:
        run = PbxRun(config)
    except SettingsError as error:
        raise pytest.UsageError(str(error)) from None
    config.pluginmanager.register(run, "sip_harness_pbx_run")
    config.pluginmanager.register(pbx_fixtures, "sip_harness_pbx_fixtures")
