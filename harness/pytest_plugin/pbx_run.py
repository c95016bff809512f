"""One certification: the hooks that judge each scenario against a PBX and write results.json.

Registered by `plugin` when an order (``--sip-pbx``) is named; `pbx_fixtures` takes trunk, phones and settings
from here. What an exception means is `outcome`'s work; the run against a trunk is `scenario_run`.
"""

import platform
import shlex
import time
from collections.abc import Generator
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import pytest

from harness.capture.pcap import write_pcap
from harness.capture.trace import Trace
from harness.checks.breach import Inconclusive
from harness.checks.pbx.finding import advice_for, names_of
from harness.checks.pbx.leg_message import Exchange
from harness.checks.pbx.setup import ECHO_NUMBER, End, Setup
from harness.checks.pbx.trunk_leg import TrunkLeg
from harness.drivers.blocking import BlockingDriver
from harness.pytest_plugin.control import Control, ControlError
from harness.pytest_plugin.device_command import run_command
from harness.pytest_plugin.inside_device import commanded, manual
from harness.pytest_plugin.inside_phone import InsideLine, SipLine
from harness.pytest_plugin.operator_desk import Action, Answer, OperatorDesk
from harness.pytest_plugin.outcome import Outcome, judge
from harness.pytest_plugin.pbx_capture import CAPTURE, RunCapture, earlier_packets
from harness.pytest_plugin.pbx_order import load_order, short_grant
from harness.pytest_plugin.progress import Progress
from harness.pytest_plugin.scenario import RunningScenario
from harness.pytest_plugin.scenario_record import harness_version, result_of, reword
from harness.pytest_plugin.trunk_side import TrunkSide
from harness.requirements import load_catalogue
from harness.requirements.product_advice import named, recognise
from harness.results import (
    ScenarioResult,
    TargetInfo,
    Verdict,
    make_run_result,
    save_results,
)
from harness.settings.target import parse_address

KEPT = "scenarios.jsonl"
"""Results as they come, one a line: what an interrupted run leaves."""
REGISTRATION = "registration"
"""Topic of the scenarios during which registrations are short, so that the next one comes soon."""
DOUBTFUL = (Verdict.FAIL, Verdict.INCONCLUSIVE)
"""Verdicts after which it is asked whether the PBX still lives."""
OPTIONS_PATIENCE = 4.0
"""Seconds that a PBX has for an answer to OPTIONS; it is asked in other ways too."""


class PbxRun:
    """The state of a certification, and its pytest hooks."""

    def __init__(self, config: pytest.Config) -> None:
        """Raises SettingsError when the order cannot be read."""
        self.order = load_order(config.getoption("--sip-pbx"))
        self.settings = self.order.pbx
        self.out: Path | None = config.getoption("--sip-out")
        self.again: str = config.getoption("--sip-again") or "harness certify"
        self.progress = Progress(config.getoption("--sip-events-fd"))
        self.driver = BlockingDriver()
        self.desk = OperatorDesk(self.progress, config.getoption("--sip-answers-fd"), self.driver.run_until)
        self.catalogue = load_catalogue()
        self.setup = _setup(self)
        self.trunk = TrunkSide(Control(self.order.control), self.setup, self.driver, self.progress)
        self.lines: list[InsideLine] = [self._line(each) for each in range(len(self.settings.phones))]
        self.results: list[ScenarioResult] = []
        self.dead = ""
        """Why the PBX counts as dead; empty while it lives."""
        self._server_header: str | None = None
        self._capture = RunCapture(self.order.last_packet)
        self._taken = 0
        self._started = datetime.now(UTC)
        self._clock = time.monotonic()
        self._current: RunningScenario | None = None

    # Hooks

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Registrations come first, while the trunk grants short ones; what has a verdict stays away."""
        kept = set(self.order.kept)
        gone = [item for item in items if RunningScenario(item, 0).name in kept]
        items[:] = sorted((item for item in items if item not in gone), key=_place)
        if gone:
            config.hook.pytest_deselected(items=gone)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        """Says how many scenarios there are."""
        if session.items and not session.config.getoption("collectonly"):
            self.progress.tell("start", total=len(session.items))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Marks where the scenario's packets begin; a PBX that died is not asked any more."""
        self._current = scenario = RunningScenario(item, self.driver.trace.mark())
        self.progress.tell(
            "begin", name=scenario.name, title=scenario.title, requirements=scenario.requirements
        )
        if self.dead:
            raise Inconclusive(self.dead)
        granted = short_grant(self.settings) if scenario.topic == REGISTRATION else None
        self.trunk.stand(granted)
        self.trunk.begin()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Turns what was raised into a verdict, and the report into pytest's words for it."""
        report = yield
        scenario = self._current
        if scenario is None or scenario.item is not item:
            return report
        outcome = judge(call.excinfo.value if call.excinfo else None, scenario.requirements)
        scenario.take(outcome)
        reword(report, item, outcome)
        if report.when == "teardown":
            self._finish(scenario)
        return report

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Writes results.json and the capture; an interrupted scenario is inconclusive."""
        if self._current is not None:
            self._current.take(Outcome(Verdict.INCONCLUSIVE, "interrupted by the user"))
            self._finish(self._current)
        try:
            if self.out is not None and (self.results or self.order.kept):
                self._write(self.out)
        finally:
            for line in self.lines:
                line.close()
            self.driver.close()

    # For scenarios

    def move_pbx(self, action: Literal["stop", "start"], text: str) -> bool:
        """Stop the PBX or start it again, by the command of pbx.toml or by asking; whether it was done.

        Raises Inconclusive when the command fails.
        """
        command = self.settings.pbx.stop if action == "stop" else self.settings.pbx.start
        if command:
            run_command(shlex.split(command), "the PBX", action)
            return True
        wanted: Action = "stop-pbx" if action == "stop" else "start-pbx"
        return self.desk.ask(text, self.settings.timeouts.manual, wanted) is Answer.DONE

    # Below

    def _line(self, place: int) -> InsideLine:
        phone = self.settings.phones[place]
        match phone.kind:
            case "sip":
                return SipLine(self.driver, self.settings, phone)
            case "commands":
                return commanded(phone, self.driver.run_until)
            case "manual":
                return manual(phone, self.desk, self.settings.timeouts.manual, self.trunk)

    def _finish(self, scenario: RunningScenario) -> None:
        self._current = None
        packets = self._packets(scenario)
        self._server_header = self._server_header or next(iter(names_of(TrunkLeg(packets, self.setup))), None)
        result = result_of(
            scenario,
            packets,
            self.catalogue,
            how_to_see=f"{self.again} -k {scenario.function_name}",
            lifelines=self._lifelines(packets),
            others="PBX",
            keeps_pcap=self.out is not None,
        )
        result = self._advised(result)
        self.results.append(result)
        if self.out is not None:
            self._keep(result, packets, self.out)
        if result.verdict in DOUBTFUL and not self.dead and not self.order.absent and not self._is_alive():
            self.dead = f"the PBX does not answer the trunk any more, since {result.name}"
        self.progress.tell(
            "scenario",
            name=result.name,
            title=result.title,
            requirements=result.requirements,
            verdict=result.verdict.value,
            reason=result.reason,
            duration_s=result.duration_s,
        )

    def _advised(self, result: ScenarioResult) -> ScenarioResult:
        """With what to change in this very product, where we know it."""
        pbx = self.settings.pbx
        product = named(f"{pbx.vendor} {pbx.product}") or recognise([self._server_header or ""])
        findings = [
            each.model_copy(
                update={
                    "what_to_change": advice_for(
                        self.catalogue.get(each.requirement), product, self.setup.sip_username
                    )
                }
            )
            for each in result.findings
            if each.requirement in self.catalogue
        ]
        return result.model_copy(update={"findings": findings})

    def _keep(self, result: ScenarioResult, packets: Trace, out: Path) -> None:
        if result.pcap is not None:
            path = out / result.pcap
            path.parent.mkdir(parents=True, exist_ok=True)
            write_pcap(packets, path)
        out.mkdir(parents=True, exist_ok=True)
        with (out / KEPT).open("a", encoding="utf-8") as file:
            file.write(result.model_dump_json() + "\n")

    def _packets(self, scenario: RunningScenario) -> Trace:
        """What passed at both sides of the PBX while the scenario ran, by time, numbered through the run."""
        try:
            outside = [*self.trunk.messages().packets, *self.trunk.media()] if not self.dead else []
        except ControlError:
            outside = []
        seen = {each.packet for each in outside}
        inside = [each for each in self.driver.trace.since(scenario.mark) if each.packet not in seen]
        return self._capture.take(sorted([*outside, *inside], key=lambda each: each.time))

    def _lifelines(self, packets: Trace) -> dict[str, str]:
        names = dict.fromkeys(self.order.trunk.values(), "trunk")
        for line in self.lines:
            if isinstance(line, SipLine) and line.is_open:
                names[f"{line.phone.local.host}:{line.phone.local.port}"] = f"phone {line.extension}"
        for each in packets:
            if each.kind == "sip":
                source, destination = each.packet.source, each.packet.destination
                if self.setup.is_trunk(source):
                    names.setdefault(f"{destination.host}:{destination.port}", "PBX")
                elif self.setup.is_trunk(destination):
                    names.setdefault(f"{source.host}:{source.port}", "PBX")
        return names

    def _is_alive(self) -> bool:
        """Whether the PBX still talks to the trunk: it answers OPTIONS, or a call of a phone gets through."""
        self.trunk.begin()
        try:
            self.trunk.direct()
            call_id = self.trunk.control.send_request(self.setup.sip_username)
            if self.trunk.wait(lambda leg: _answered(leg.exchanges, call_id), OPTIONS_PATIENCE):
                return True
        except ControlError:
            pass  # no contact: a phone tells
        line = next((each for each in self.lines if isinstance(each, SipLine)), None)
        if line is None or self.settings.supports.lacks("outbound"):
            return True  # nobody can tell
        try:
            line.make_ready()
            line.dial(self.settings.dial.e164(ECHO_NUMBER))
            return self.trunk.wait(lambda leg: leg.outbound, self.settings.timeouts.setup)
        except Inconclusive:
            return False
        finally:
            line.end_calls()

    def _write(self, out: Path) -> None:
        out.mkdir(parents=True, exist_ok=True)
        scenarios = kept_results(out)
        last = self.order.last_packet
        before = [each for each in scenarios if 0 < (each.last_packet or 0) <= last]
        earlier = earlier_packets(out, before) if last else []
        write_pcap([*earlier, *self._capture.packets], out / CAPTURE)
        pbx = self.settings.pbx
        result = make_run_result(
            requirements=self.catalogue.binding("pbx"),
            scenarios=scenarios,
            target=TargetInfo(
                name=f"{pbx.vendor} {pbx.product} {pbx.version}",
                address=pbx.address,
                transport=pbx.transport,
                domain=self.settings.trunk.domain,
                server_header=self._server_header,
            ),
            started=self._started,
            duration_s=round(time.monotonic() - self._clock, 3),
            harness_version=harness_version(),
            catalogue_version=self.catalogue.version,
            fault=self.order.fault,
            files={"trace": CAPTURE},
            environment={
                "command": self.again,
                "python": platform.python_version(),
                "platform": platform.platform(),
                "pytest": pytest.__version__,
            },
        )
        save_results(result, out / "results.json")


def kept_results(out: Path) -> list[ScenarioResult]:
    """What an interrupted run has left in its folder, the newest of each scenario, in the order they ran."""
    found: dict[str, ScenarioResult] = {}
    path = out / KEPT
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                result = ScenarioResult.model_validate_json(line)
            except ValueError:
                continue  # cut off when the run was killed
            found[result.name] = result
    return list(found.values())


def _setup(run: PbxRun) -> Setup:
    trunk, pbx = run.settings.trunk, run.settings.pbx
    ends = tuple(End(*parse_address(address)) for address in dict.fromkeys(run.order.trunk.values()))
    host = pbx.hop.host
    return Setup(
        sip_username=trunk.sip_username,
        trunk=ends,
        pbx=() if any(end.host == host for end in ends) else (End(host),),
        password=trunk.password or None,
        domain=trunk.domain,
        online_numbers=trunk.online_numbers,
        mode=pbx.mode,
        from_start=True,
    )


ORDER = ("registration", "authentication", "from_header", "numbering", "call", "inbound", "media")
"""Topics that come first, in this order; robustness comes last, since a PBX may not survive it."""
LAST = ("robustness",)


def _place(item: pytest.Item) -> int:
    topic = item.path.stem.removeprefix("test_")
    if topic in ORDER:
        return ORDER.index(topic)
    return len(ORDER) + (1 if topic in LAST else 0)


def _answered(exchanges: list[Exchange], call_id: str) -> bool:
    return any(each.request.call_id == call_id and each.responses for each in exchanges)
