"""The command line of the trunk: `python -m reference_server --config trunk.toml`.

Reads the settings, installs a fault if one is asked for, and says in one line what went wrong; the rest is
`server`.
"""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from harness.settings.errors import SettingsError
from reference_server.dialect import Dialect, DialectError, load_dialect
from reference_server.faults.registry import FAULTS, UnknownFault, install
from reference_server.parts import Blueprint
from reference_server.server import Started, StartFailed, run
from reference_server.settings import TrunkFile, load_trunk_file
from reference_server.store.store import StoreError

USAGE_ERROR = 2

application = typer.Typer(
    add_completion=False, no_args_is_help=False, help="The reference trunk.", pretty_exceptions_enable=False
)


@application.callback(invoke_without_command=True)
def serve(
    context: typer.Context,
    config: Annotated[
        Path | None, typer.Option(help="Settings (TOML); without it a trunk without profiles.")
    ] = None,
    fault: Annotated[str | None, typer.Option(help="Break one rule; `faults` lists them.")] = None,
    announce: Annotated[
        bool, typer.Option("--announce", help="Print one JSON line with the addresses when listening.")
    ] = False,
) -> None:
    """Serves until SIGTERM or Ctrl-C; calls in progress are then ended with BYE."""
    if context.invoked_subcommand is not None:
        return
    try:
        settings = TrunkFile() if config is None else load_trunk_file(config)
        beside = Path() if config is None else config.parent
        dialect = load_dialect(settings.trunk.dialect, beside).changed(settings.dialect)
        blueprint = install(fault, Blueprint(dialect))
        run(settings, blueprint, beside, lambda started: _say(started, settings, dialect, announce=announce))
    except (SettingsError, DialectError, StartFailed, StoreError, UnknownFault) as error:
        typer.echo(f"reference_server: {error}", err=True)
        raise typer.Exit(USAGE_ERROR) from None


@application.command()
def faults(
    as_json: Annotated[bool, typer.Option("--json", help="As a JSON list.")] = False,
) -> None:
    """Lists the faults that `--fault` can install."""
    if as_json:
        rows: list[dict[str, Any]] = [fault.described() for fault in FAULTS]
        typer.echo(json.dumps(rows, indent=2))
        return
    width = max(len(fault.name) for fault in FAULTS)
    for fault in FAULTS:
        typer.echo(f"{fault.name:{width}}  {fault.requirement}: {fault.description}")


def _say(started: Started, settings: TrunkFile, dialect: Dialect, *, announce: bool) -> None:
    if announce:
        print(started.announcement(), flush=True)
        return
    print(f"Trunk {dialect.domain} listens on {', '.join(str(hop) for hop in started.listeners)}")
    print(f"Control API, metrics: {started.control}")
    for profile in settings.profile:
        mode = "registration" if profile.auth == "registration" else f"IP {profile.address}:{profile.port}"
        print(
            f"  {profile.name or profile.sip_username}: SIP User {profile.sip_username}, {mode}", flush=True
        )


if __name__ == "__main__":
    application()
