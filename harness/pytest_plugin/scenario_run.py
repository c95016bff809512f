"""One run of scenarios: the hooks that slice the trace, judge each scenario and write results.json.

Registered by `plugin` when a target is named; `fixtures` takes driver and settings from here. What an
exception means is `outcome`'s work; rendering the report is the command line's.
"""

import platform
import sys
import time
from collections.abc import Generator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from harness.capture.pcap import write_pcap
from harness.capture.trace import Trace
from harness.drivers.errors import TargetUnreachable
from harness.drivers.name_resolution import numeric_hop
from harness.pytest_plugin.control import Control, ControlError
from harness.pytest_plugin.outcome import Outcome, judge
from harness.pytest_plugin.probe import probe
from harness.pytest_plugin.progress import Progress
from harness.pytest_plugin.scenario import RunningScenario
from harness.pytest_plugin.scenario_record import harness_version, result_of, reword
from harness.pytest_plugin.world import SocketWorld, World
from harness.requirements import load_catalogue
from harness.results import (
    ScenarioResult,
    TargetInfo,
    Verdict,
    make_run_result,
    save_results,
)
from harness.settings.target import Profile, Transport, load_target
from harness.sip.hop import Hop
from harness.ua.account import Account

TARGET_UNREACHABLE = 3
"""Exit status when the target could not be tested."""


class ScenarioRun:
    """The state of a run, and its pytest hooks."""

    def __init__(self, config: pytest.Config) -> None:
        """Raises SettingsError when target.toml is wrong."""
        self.target_file: Path = config.getoption("--sip-target")
        self.settings = load_target(self.target_file)
        self._written_address = self.settings.target.address
        self.out: Path | None = config.getoption("--sip-out")
        self.fault: str | None = config.getoption("--sip-fault")
        self.again: str = config.getoption("--sip-again") or f"harness run --target {self.target_file}"
        self.progress = Progress(config.getoption("--sip-events-fd"))
        self.catalogue = load_catalogue()
        handed_in: World | None = config.hook.pytest_sip_world(target=self.settings)
        self.world: World = handed_in or SocketWorld()
        if handed_in is None:
            self._look_up_names()
        self.driver = self.world.driver
        self.results: list[ScenarioResult] = []
        self._lifelines: dict[str, str] = {}
        self._server_header: str | None = None
        self._started = datetime.now(UTC)
        self._clock = time.monotonic()
        self._current: RunningScenario | None = None
        self._unreachable: str | None = None
        for transport in ("udp", "tcp", "tls"):
            self.name_lifeline(self.settings.target.hop(transport), "trunk")

    def local_address(self, profile: Profile) -> tuple[str, int]:
        """Where a phone of the profile binds: the profile's own address, or what leads to the target."""
        if profile.auth == "ip" and profile.address is not None and profile.port is not None:
            return profile.address, profile.port
        return self.world.local_host(self.settings.target.hop()), 0

    def account(self, profile: Profile, transport: Transport | None = None) -> Account:
        """The account that a phone of the profile uses."""
        target = self.settings.target
        return Account(
            username=profile.sip_username,
            password=profile.password,
            registrar=target.hop(transport),
            domain=target.domain,
        )

    @property
    def control(self) -> Control | None:
        """The trunk's control API, None when target.toml names none."""
        named = self.settings.control
        return None if named is None else self.world.control(named.url)

    def name_lifeline(self, hop: Hop, name: str) -> None:
        """How ladders call who sits there."""
        self._lifelines[f"{hop.host}:{hop.port}"] = name

    # Hooks

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        """Asks the target whether it lives before the first scenario; exit status 3 when it does not."""
        if not session.items or session.config.getoption("collectonly"):
            return
        self.progress.tell("start", total=len(session.items))
        if not (self._target_answers() and self._control_answers()):
            reason = self._unreachable or ""
            self.progress.tell("unreachable", message=reason)
            pytest.exit(reason, returncode=TARGET_UNREACHABLE)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Marks where the scenario's packets begin."""
        self._current = RunningScenario(item, self.driver.trace.mark())

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Turns what was raised into a verdict, and the report into pytest's words for it."""
        report = yield
        scenario = self._current
        if scenario is None or scenario.item is not item:
            return report
        error = call.excinfo.value if call.excinfo else None
        outcome = judge(error, scenario.requirements)
        scenario.take(outcome)
        reword(report, item, outcome)
        scenario.target_was_lost |= _lost_target(error)
        if report.when == "teardown":
            self._finish(scenario)
            if scenario.target_was_lost and not self._target_answers():
                item.session.shouldstop = self._unreachable or "the target cannot be reached"
        return report

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Writes results.json and the captures; an interrupted scenario is inconclusive."""
        if self._current is not None:
            self._current.take(Outcome(Verdict.INCONCLUSIVE, "interrupted by the user"))
            self._finish(self._current)
        try:
            if self.out is not None and self.results:
                self._write(self.out)
        finally:
            self.driver.close()
        if self._unreachable is not None:
            self.progress.tell("unreachable", message=self._unreachable)
            session.exitstatus = TARGET_UNREACHABLE

    # Below

    def _target_answers(self) -> bool:
        """Asks the target whether it lives; what was tried in vain is kept."""
        try:
            profile = self.settings.main_profile
            self._server_header = probe(self.driver, self.account(profile), self.local_address(profile))
        except TargetUnreachable as error:
            self._unreachable = str(error)
            return False
        return True

    def _control_answers(self) -> bool:
        """Whether the control API that target.toml names is there; why not is kept."""
        control = self.control
        try:
            if control is not None:
                control.check()
        except ControlError as error:
            self._unreachable = (
                f"{error}; correct [control] url in {self.target_file}, or leave the table out"
            )
            return False
        return True

    def _look_up_names(self) -> None:
        """Addresses become numeric; a name that nobody knows stays, and the probe tells of it."""
        try:
            target = self.settings.target.at(numeric_hop)
        except TargetUnreachable:
            return
        self.settings = self.settings.model_copy(update={"target": target})

    def _finish(self, scenario: RunningScenario) -> None:
        self._current = None
        packets = self.driver.trace.since(scenario.mark)
        result = self._result(scenario, packets)
        self.results.append(result)
        if self.out is not None and result.pcap is not None:
            path = self.out / result.pcap
            path.parent.mkdir(parents=True, exist_ok=True)
            write_pcap(packets, path)
        self.progress.tell(
            "scenario",
            name=result.name,
            title=result.title,
            verdict=result.verdict.value,
            reason=result.reason,
            duration_s=result.duration_s,
        )

    def _result(self, scenario: RunningScenario, packets: Trace) -> ScenarioResult:
        return result_of(
            scenario,
            packets,
            self.catalogue,
            how_to_see=self._how_to_see(scenario),
            lifelines=self._lifelines,
            keeps_pcap=self.out is not None,
        )

    def _how_to_see(self, scenario: RunningScenario) -> str:
        return f"{self.again} -k {scenario.function_name}"

    def _write(self, out: Path) -> None:
        out.mkdir(parents=True, exist_ok=True)
        write_pcap(self.driver.trace, out / "trace.pcap")
        target = self.settings.target
        result = make_run_result(
            requirements=self.catalogue.binding("trunk"),
            scenarios=self.results,
            target=TargetInfo(
                name=target.name,
                address=self._written_address,
                transport=target.transport,
                domain=target.domain,
                server_header=self._server_header,
            ),
            started=self._started,
            duration_s=round(time.monotonic() - self._clock, 3),
            harness_version=harness_version(),
            catalogue_version=self.catalogue.version,
            fault=self.fault,
            files={"trace": "trace.pcap"},
            environment={
                "command": self.again,
                "python": platform.python_version(),
                "platform": platform.platform(),
                "pytest": pytest.__version__,
                "arguments": " ".join(sys.argv[1:]),
            },
        )
        save_results(result, out / "results.json")


def _lost_target(error: BaseException | None) -> bool:
    """Whether the network refused packets to the target, at whatever step."""
    while error is not None:
        if isinstance(error, TargetUnreachable):
            return True
        error = error.__cause__
    return False
