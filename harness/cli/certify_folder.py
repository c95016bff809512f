"""The folder of a certification: what was asked for, so that an interrupted run can go on (`--resume`).

Scenarios with a verdict stay as they are; the others run again. Results as they came are `pbx_run`'s file.
"""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from harness.cli.failure import CommandFailure, ExitStatus
from harness.pytest_plugin.pbx_capture import CAPTURE
from harness.pytest_plugin.pbx_run import KEPT, kept_results
from harness.results import ScenarioResult, Verdict
from harness.settings.pbx import PbxFile

ASKED = "certify.json"
"""With the profile's password, which the PBX knows already."""
OWNER_ONLY = 0o600
DECIDED = (Verdict.PASS, Verdict.FAIL, Verdict.NOT_APPLICABLE)
"""Verdicts that stay when a run goes on."""


class Certificated(BaseModel):
    """What is judged."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    pbx: PbxFile
    simulate: bool = False
    fault: str | None = None
    words: str | None = None


def write_folder(out: Path, job: Certificated) -> None:
    """Keep what was asked for. Raises CommandFailure."""
    path = out / ASKED
    try:
        path.touch(OWNER_ONLY)
        path.write_text(job.model_dump_json(by_alias=True, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        reason = error.strerror or str(error)
        raise CommandFailure(f"{path} can't be written ({reason})", ExitStatus.WRONG_INPUT) from None


def forget_results(out: Path) -> None:
    """Take away what an earlier run has left in a folder that is used again."""
    for name in (KEPT, CAPTURE, "results.json"):
        (out / name).unlink(missing_ok=True)


def mend_results(out: Path) -> None:
    """Take away a line that was cut off when the run was killed, so that the next one is whole."""
    lines = [f"{each.model_dump_json()}\n" for each in kept_results(out)]
    (out / KEPT).write_text("".join(lines), encoding="utf-8")


def last_packet(out: Path) -> int:
    """Number of the last packet that the folder's scenarios have, decided or not; 0 in a new folder."""
    return max((each.last_packet or 0 for each in kept_results(out)), default=0)


def read_folder(folder: Path, words: str | None) -> tuple[Certificated, list[ScenarioResult]]:
    """What was asked for, and the scenarios that have a verdict. Raises CommandFailure."""
    path = folder / ASKED
    try:
        job = Certificated.model_validate_json(path.read_bytes())
    except OSError:
        message = f"--resume {folder}: there is no {ASKED}; name the folder of a certification"
        raise CommandFailure(message, ExitStatus.WRONG_INPUT) from None
    except ValidationError:
        message = f"--resume {folder}: {ASKED} can't be read; run the certification anew"
        raise CommandFailure(message, ExitStatus.WRONG_INPUT) from None
    kept = [each for each in kept_results(folder) if each.verdict in DECIDED]
    return job.model_copy(update={"words": words or job.words}), kept
