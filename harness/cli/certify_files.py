"""`harness certify --init` and `--schema`: a commented pbx.toml, and what may stand in one."""

import json
from pathlib import Path

from harness.cli.failure import CommandFailure, ExitStatus
from harness.settings.pbx import PbxFile
from harness.settings.pbx_template import write_commented_pbx_toml

DEFAULT = Path("pbx.toml")


def write_template(path: Path | None) -> str:
    """Writes a commented pbx.toml; returns what to do next. Raises CommandFailure."""
    wanted = path or DEFAULT
    try:
        write_commented_pbx_toml(wanted)
    except FileExistsError:
        message = f"{wanted} is there already; name another file: harness certify --init --pbx FILE"
        raise CommandFailure(message, ExitStatus.WRONG_INPUT) from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise CommandFailure(f"{wanted} can't be written ({reason})", ExitStatus.WRONG_INPUT) from None
    return f"{wanted} is written; change its addresses, then: harness certify --pbx {wanted}"


def pbx_schema() -> str:
    """The JSON Schema of pbx.toml."""
    return json.dumps(PbxFile.model_json_schema(by_alias=True), indent=2)
