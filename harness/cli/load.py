"""`harness load`: load from Locust in processes of its own, figures while it runs, a report at the end.

Puts the parts together: `embedded_trunk`, `load_process`, `load_view`, then results and report. The load
itself is `harness.load`'s; the option texts are `application`'s.
"""

import re
import shlex
import signal
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

from rich.console import Console

from harness.cli.embedded_trunk import EmbeddedTrunk
from harness.cli.failure import CommandFailure, ExitStatus
from harness.cli.json_output import check_destination, write_text
from harness.cli.load_baseline import measured_baseline
from harness.cli.load_process import LoadProcess
from harness.cli.load_refusals import refuse_what_cannot_be_meant
from harness.cli.load_view import LoadView
from harness.cli.load_wishes import LoadWishes
from harness.cli.run import forget_when_empty, output_folder
from harness.drivers.blocking import BlockingDriver
from harness.drivers.errors import DriverError
from harness.drivers.local_address import local_host_towards
from harness.drivers.name_resolution import numeric_hop
from harness.load.errors import LoadInputError
from harness.load.load_settings import LoadSettings, SearchSettings
from harness.load.schedule.limits import raise_descriptor_limit
from harness.pytest_plugin.probe import probe
from harness.results import LoadResult, LoadVerdict, load_load_results
from harness.settings.target import load_target
from harness.ua.account import Account
from reports import print_load_summary, write_load_reports

LOCUST_REFUSED = 2
UNKNOWN_USER = re.compile(r"Unknown User\(s\): (.*)")
RESULTS = "results.json"


def make_load(wishes: LoadWishes, console: Console) -> ExitStatus:
    """One load with report. Raises CommandFailure and SettingsError."""
    check_destination(wishes.json_file)
    signal.signal(signal.SIGTERM, _like_ctrl_c)
    with ExitStack() as stack:
        target_file, trunk = wishes.target, None
        if target_file is not None:
            load_target(target_file)
        settings = _settings(wishes, target_file) if target_file is not None else None
        out = output_folder(wishes.out, "_load")
        if wishes.out is None:
            stack.callback(forget_when_empty, out)
        if target_file is None:
            trunk = stack.enter_context(EmbeddedTrunk())
            target_file = trunk.target_file
        settings = settings or _settings(wishes, target_file)
        _probe(settings)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sip-harness-")))
        settings = settings.model_copy(update={"outcome_file": str(out / RESULTS), "command": _typed()})
        if wishes.find_limit:
            settings = _with_search(settings, wishes, folder, console)
        process = LoadProcess(settings, folder, wishes.workers, web=wishes.web, locust=wishes.locust)
        interrupted = _watch(process, settings, console)
        problem = trunk.problem() if trunk is not None else None
        result = _result(process, out)
    _conclude(result, out, wishes, console)
    if interrupted:
        console.print("interrupted: calls were ended, the report is as far as the load came")
        return ExitStatus.INTERRUPTED
    if problem is not None:
        raise CommandFailure(problem, ExitStatus.NOT_TESTED)
    return _status(result)


def _settings(wishes: LoadWishes, target_file: Path) -> LoadSettings:
    """Everything that can be wrong with the input is found here, before anything is sent."""
    try:
        settings = LoadSettings.made_of(load_target(target_file), wishes.settings, str(target_file))
        if wishes.find_limit:
            settings = settings.model_copy(update={"search": SearchSettings(**wishes.search)})
        refuse_what_cannot_be_meant(wishes, settings.user)
        settings.check_limits(max(1, wishes.workers), raise_descriptor_limit())
    except LoadInputError as error:
        raise CommandFailure(str(error), ExitStatus.WRONG_INPUT) from None
    return settings


def _probe(settings: LoadSettings) -> None:
    """Whether anybody answers. Raises CommandFailure."""
    driver = BlockingDriver()
    try:
        target = settings.target.target.at(numeric_hop)
        profile = settings.profiles()[0]
        hop = target.hop()
        account = Account(profile.sip_username, profile.password, hop, target.domain)
        probe(driver, account, (local_host_towards(hop), 0))
    except DriverError as error:
        raise CommandFailure(str(error), ExitStatus.NOT_TESTED) from None
    finally:
        driver.close()


def _with_search(settings: LoadSettings, wishes: LoadWishes, folder: Path, console: Console) -> LoadSettings:
    """Settings of a search, with what the generator reached against itself (RFC 7502 section 6.1)."""
    assert settings.search is not None
    console.print(
        "test 6.1 of RFC 7502 first: the generator against itself, without the target", highlight=False
    )
    baseline = measured_baseline(settings, folder, wishes.workers)
    console.print(f"the generator makes {baseline:g} attempts a second against itself", highlight=False)
    search = settings.search.model_copy(update={"baseline": baseline, "ceiling": max(baseline, 1.0)})
    return settings.model_copy(update={"search": search})


def _watch(process: LoadProcess, settings: LoadSettings, console: Console) -> bool:
    """Shows the load while it runs. True: Ctrl-C."""
    interrupted = False
    try:
        with LoadView(console, settings) as view:
            try:
                for event in process:
                    view.show(event)
            except KeyboardInterrupt:
                interrupted = True
                process.interrupt()
                for event in process:
                    view.show(event)
        return interrupted
    finally:
        process.close()


def _result(process: LoadProcess, out: Path) -> LoadResult:
    """What the load left behind. Raises CommandFailure when that is nothing."""
    if process.refused:
        raise CommandFailure(process.refused, ExitStatus.WRONG_INPUT)
    if not (out / RESULTS).exists():
        lines = process.output()
        status = ExitStatus.WRONG_INPUT if process.status == LOCUST_REFUSED else ExitStatus.NOT_TESTED
        kept = out / "locust.log"
        kept.write_text("\n".join(lines) + "\n", encoding="utf-8")
        reason = next((line for line in lines if "error" in line.lower()), lines[-1] if lines else "")
        unknown = UNKNOWN_USER.search(reason)
        if unknown:
            raise CommandFailure(
                f"{unknown[1]}: no user of Locust is called so; options of Locust stand after --, as: "
                "harness load -- -f my_load.py MyUser",
                ExitStatus.WRONG_INPUT,
            )
        raise CommandFailure(
            f"Locust ended with status {process.status}: {reason}; all it said is in {kept}", status
        )
    return load_load_results(out / RESULTS)


def _conclude(result: LoadResult, out: Path, wishes: LoadWishes, console: Console) -> None:
    page = write_load_reports(result, out)
    print_load_summary(result, console, page)
    if wishes.json_file is None:
        return
    write_text((out / RESULTS).read_text(encoding="utf-8"), wishes.json_file)


def _status(result: LoadResult) -> ExitStatus:
    match result.verdict:
        case LoadVerdict.PASS:
            return ExitStatus.PASSED
        case LoadVerdict.FAIL:
            return ExitStatus.FAILED
        case LoadVerdict.VOID:
            return ExitStatus.NOT_TESTED


def _typed() -> str:
    return shlex.join(["harness", *sys.argv[1:]])


def _like_ctrl_c(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
