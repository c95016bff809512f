"""`harness check`: judges captures of a PBX by the rules of the trunk, packet by packet.

Reads, infers what is not given, runs the checks and puts table, JSON and report together. The rules are
`harness.checks.pbx`, the table is `check_view`'s, the shape of the JSON `check_result`'s.
"""

import importlib.metadata
import shlex
import sys
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError
from rich.console import Console

from harness.capture.cut_off import is_cut_off
from harness.capture.pcap import CaptureError, read_pcap
from harness.checks.pbx.finding import names_of, product_of
from harness.checks.pbx.given_setup import GivenSetup
from harness.checks.pbx.inference import Inferred, NothingToJudge, infer
from harness.checks.pbx.judgement import judge_leg
from harness.checks.pbx.ruling import Observed, Ruling
from harness.checks.pbx.trunk_leg import TrunkLeg
from harness.cli.check_report import write_check_report
from harness.cli.check_result import CheckResult, JudgedCapture, judged
from harness.cli.check_view import Waiting, print_capture, print_closing
from harness.cli.failure import CommandFailure, ExitStatus
from harness.cli.json_output import write_json
from harness.cli.run import output_folder
from harness.requirements import Catalogue, load_catalogue
from harness.settings.toml_file import load_toml

OPTIONS = {"sip_username": "--username", "online_numbers": "--number"}
"""Keys of setup.toml whose option has another name."""


@dataclass(frozen=True, slots=True)
class CheckWishes:
    """What the user asked for."""

    captures: list[Path]
    setup: Path | None = None
    options: dict[str, object] = field(default_factory=dict)
    """Keys of `GivenSetup` that were given as options; they go before the file's."""
    out: Path | None = None
    json_file: Path | None = None


@dataclass(frozen=True, slots=True)
class CheckedCapture:
    """One capture, judged."""

    path: Path
    inferred: Inferred
    leg: TrunkLeg
    rulings: list[Ruling]
    cut_off: bool
    """Whether the file ends within a frame."""

    def failed(self, catalogue: Catalogue) -> bool:
        """Whether a MUST was seen broken."""
        return any(
            each.verdict is Observed.FAIL and catalogue.get(each.requirement).level == "MUST"
            for each in self.rulings
        )


def check_captures(wishes: CheckWishes, console: Console) -> ExitStatus:
    """Judges every capture; raises CommandFailure when none can be judged."""
    given = _given(wishes)
    catalogue = load_catalogue()
    checked: list[CheckedCapture] = []
    problems: list[tuple[Path, CommandFailure]] = []
    for path in wishes.captures:
        try:
            with Waiting(f"reading {path}"):
                checked.append(_check(path, given))
        except CommandFailure as failure:
            problems.append((path, failure))
    if not checked and len(problems) == 1:
        raise problems[0][1]
    documents = [_document(each, catalogue) for each in checked]
    for document in documents:
        print_capture(document, console)
    page = None
    if checked:
        out = output_folder(wishes.out)
        with Waiting("writing the report"):
            page = write_check_report(checked, catalogue, out, _command(wishes))
    for _, problem in problems:
        print(f"harness: {problem}", file=sys.stderr)
    status = _status(checked, [problem.status for _, problem in problems], catalogue)
    documents += [JudgedCapture(file=str(path), problem=str(problem)) for path, problem in problems]
    print_closing(documents, page, console)
    if wishes.json_file is not None:
        write_json(
            CheckResult(
                harness_version=importlib.metadata.version("sip-harness"),
                catalogue_version=catalogue.version,
                status=status,
                captures=documents,
            ),
            wishes.json_file,
        )
    return status


def _check(path: Path, given: GivenSetup) -> CheckedCapture:
    """One capture. Raises CommandFailure saying what is wrong with it."""
    if not path.exists():
        raise CommandFailure(f"{path}: there is no such file", ExitStatus.WRONG_INPUT)
    if path.is_dir():
        raise CommandFailure(
            f"{path}: is a folder; name capture files: {path}/*.pcap", ExitStatus.WRONG_INPUT
        )
    try:
        trace = read_pcap(path)
        cut_off = is_cut_off(path)
    except CaptureError as error:
        raise CommandFailure(str(error), ExitStatus.WRONG_INPUT) from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise CommandFailure(f"{path}: cannot be read: {reason}", ExitStatus.WRONG_INPUT) from None
    try:
        inferred = infer(trace, given)
    except NothingToJudge as reason:
        ending = "; the file ends within a frame, so packets are missing" if cut_off else ""
        raise CommandFailure(f"{path}: {reason}{ending}", ExitStatus.NOT_TESTED) from None
    leg = TrunkLeg(trace, inferred.setup)
    order = {entry.id: place for place, entry in enumerate(load_catalogue())}
    rulings = sorted(judge_leg(leg), key=lambda ruling: order[ruling.requirement])
    return CheckedCapture(path, inferred, leg, rulings, cut_off)


def _given(wishes: CheckWishes) -> GivenSetup:
    """What file and options tell together. Raises SettingsError and CommandFailure."""
    base = load_toml(wishes.setup, GivenSetup) if wishes.setup is not None else GivenSetup()
    try:
        return GivenSetup.model_validate({**base.model_dump(), **wishes.options})
    except ValidationError as error:
        first = error.errors()[0]
        key = str(first["loc"][0])
        option = OPTIONS.get(key, f"--{key.replace('_', '-')}")
        message = first["msg"].removeprefix("Value error, ")
        raise CommandFailure(f"{option}: {message}", ExitStatus.WRONG_INPUT) from None


def _document(checked: CheckedCapture, catalogue: Catalogue) -> JudgedCapture:
    packets = checked.leg.trace.packets
    start = packets[0].time if packets else 0.0
    product = product_of(checked.leg)
    names = names_of(checked.leg)
    username = checked.inferred.setup.sip_username
    return JudgedCapture(
        file=str(checked.path),
        problem="the file ends within a frame; it was judged as far as it goes" if checked.cut_off else "",
        username=username,
        trunk=[str(end) for end in checked.inferred.setup.trunk],
        inferred=checked.inferred.notes,
        product=", ".join(names[:3]) or None,
        packets=len(packets),
        sip_messages=len(checked.leg.messages),
        requirements=[judged(each, catalogue, product, username, start) for each in checked.rulings],
    )


def _status(checked: list[CheckedCapture], problems: list[ExitStatus], catalogue: Catalogue) -> ExitStatus:
    """A wrong file before a broken MUST, that before what could not be judged (to its end)."""
    if ExitStatus.WRONG_INPUT in problems:
        return ExitStatus.WRONG_INPUT
    if any(each.failed(catalogue) for each in checked):
        return ExitStatus.FAILED
    observed = all(any(ruling.sights for ruling in each.rulings) for each in checked)
    if problems or not observed or any(each.cut_off for each in checked):
        return ExitStatus.NOT_TESTED
    return ExitStatus.PASSED


def _command(wishes: CheckWishes) -> str:
    """The command that judges the same again; a password stays out of reports."""
    words = ["harness", "check", *map(str, wishes.captures)]
    if wishes.setup is not None:
        words += ["--setup", str(wishes.setup)]
    for key, value in wishes.options.items():
        if key == "password":
            continue
        option = OPTIONS.get(key, f"--{key.replace('_', '-')}")
        values = value if isinstance(value, list) else [value]
        words += [option] if value is True else [part for each in values for part in (option, str(each))]
    return shlex.join(words)
