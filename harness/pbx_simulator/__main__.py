"""The command line of the simulated PBX: `python -m harness.pbx_simulator --config FILE`.

Reads the settings, installs a fault if one is asked for, and says in one line what went wrong; the rest is
`process`.
"""

import json
from pathlib import Path
from typing import Annotated

import typer

from harness.faults.fault import UnknownFault
from harness.pbx_simulator.blueprint import Blueprint
from harness.pbx_simulator.faults.registry import FAULTS, install
from harness.pbx_simulator.process import Started, StartFailed, run
from harness.pbx_simulator.settings import load_pbx_file
from harness.settings.errors import SettingsError

USAGE_ERROR = 2

application = typer.Typer(add_completion=False, help="A simulated PBX.", pretty_exceptions_enable=False)


@application.callback(invoke_without_command=True)
def serve(
    context: typer.Context,
    config: Annotated[Path | None, typer.Option(help="Settings (TOML).")] = None,
    fault: Annotated[str | None, typer.Option(help="Break one rule; `faults` lists them.")] = None,
    announce: Annotated[
        bool, typer.Option("--announce", help="Print one JSON line with the addresses when listening.")
    ] = False,
) -> None:
    """Connects to the trunk and serves its phones until SIGTERM or Ctrl-C; calls are then ended."""
    if context.invoked_subcommand is not None:
        return
    try:
        if config is None:
            raise StartFailed("no settings: write --config FILE")
        run(load_pbx_file(config), install(fault, Blueprint()), lambda started: _say(started, announce))
    except (SettingsError, StartFailed, UnknownFault) as error:
        typer.echo(f"pbx_simulator: {error}", err=True)
        raise typer.Exit(USAGE_ERROR) from None


@application.command()
def faults(as_json: Annotated[bool, typer.Option("--json", help="As a JSON list.")] = False) -> None:
    """Lists the faults that `--fault` can install."""
    if as_json:
        typer.echo(json.dumps([fault.described() for fault in FAULTS], indent=2))
        return
    width = max(len(fault.name) for fault in FAULTS)
    for fault in FAULTS:
        typer.echo(f"{fault.name:{width}}  {', '.join(fault.requirements)}: {fault.description}")


def _say(started: Started, announce: bool) -> None:
    if announce:
        print(started.announcement(), flush=True)
        return
    print(f"Phones register at {started.inside} as {', '.join(started.extensions)}")
    print(f"The trunk finds the PBX at {started.outside} as {started.username}", flush=True)


if __name__ == "__main__":
    application()
