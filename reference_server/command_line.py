"""The command line of the trunk: `python -m reference_server --config trunk.toml`.

Reads the settings, installs a fault if one is asked for, and says in one line what went wrong; the rest is
`server`. Started by `__main__`.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from harness.faults.fault import UnknownFault
from harness.settings.errors import SettingsError
from reference_server.dialect import Dialect, DialectError, load_dialect
from reference_server.faults.registry import FAULTS, install
from reference_server.parts import Blueprint
from reference_server.server import run
from reference_server.settings import MOST_WORKERS, TrunkFile, load_trunk_file
from reference_server.stage.observed_parts import observed
from reference_server.start import Started, StartFailed
from reference_server.store.store import StoreError

USAGE_ERROR = 2
EVERYWHERE = ("0.0.0.0", "[::]")
"""Addresses to listen on that nobody can call."""

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
    workers: Annotated[
        int | None,
        typer.Option(min=1, max=MOST_WORKERS, help="Processes that share the ports; [trunk] workers."),
    ] = None,
    observe: Annotated[
        bool, typer.Option("--observe", help="Keep a trace and take stage directions (control API).")
    ] = False,
    announce: Annotated[
        bool, typer.Option("--announce", help="Print one JSON line with the addresses when listening.")
    ] = False,
    make_token: Annotated[
        str | None, typer.Option("--make-token", help="Print a token for the Manager's REST API and end.")
    ] = None,
    scopes: Annotated[str, typer.Option(help="What the token may do, with commas between.")] = "read",
) -> None:
    """Serves until SIGTERM or Ctrl-C; calls in progress are then ended with BYE."""
    if context.invoked_subcommand is not None:
        return
    try:
        settings = TrunkFile() if config is None else load_trunk_file(config)
        beside = Path() if config is None else config.parent
        if make_token is not None:
            _print_token(settings, beside, make_token, scopes)
            return
        dialect = load_dialect(settings.trunk.dialect, beside).changed(settings.dialect)
        blueprint = install(fault, Blueprint(dialect))
        settings = _with_workers(settings, workers)
        if observe:
            blueprint = _observed(blueprint, settings)

        def say(started: Started) -> None:
            _say(started, settings, dialect, None if announce else str(config))

        if settings.trunk.workers == 1:
            run(settings, blueprint, beside, say)
        else:
            _run_workers(settings, fault, dialect.domain, beside, say)
    except (SettingsError, DialectError, StartFailed, StoreError, UnknownFault) as error:
        typer.echo(f"reference_server: {error}", err=True)
        raise typer.Exit(USAGE_ERROR) from None


def _print_token(settings: TrunkFile, beside: Path, name: str, scopes: str) -> None:
    from reference_server.token_maker import make_token

    typer.echo(make_token(settings, beside, name, scopes))


def _run_workers(
    settings: TrunkFile, fault: str | None, domain: str, beside: Path, say: Callable[[Started], None]
) -> None:
    from reference_server.workers import supervisor

    supervisor.run(settings, fault, domain, beside, say)


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


def _with_workers(settings: TrunkFile, workers: int | None) -> TrunkFile:
    """The settings with the option in place of the file's word."""
    if workers is None:
        return settings
    return settings.model_copy(update={"trunk": settings.trunk.model_copy(update={"workers": workers})})


def _observed(blueprint: Blueprint, settings: TrunkFile) -> Blueprint:
    """The same trunk on a stage. Raises `StartFailed` for one of several workers, who see a part each."""
    if settings.trunk.workers != 1:
        raise StartFailed(f"--observe: seen {settings.trunk.workers} workers; write workers = 1")
    return observed(blueprint)[0]


def _say(started: Started, settings: TrunkFile, dialect: Dialect, config: str | None) -> None:
    """For people, who know the settings as `config`; None: for a program."""
    if config is None:
        print(started.announcement(), flush=True)
        return
    print(f"Trunk {dialect.domain} listens on {', '.join(str(hop) for hop in started.listeners)}")
    if started.workers > 1:
        print(f"{started.workers} workers share its ports")
    print(f"Control API, metrics: {started.control}")
    if started.console is not None:
        print(f"Skype Manager console: {started.console}  (REST API: {started.console}/api/v1)")
    if started.first_link is not None:
        print(f"Make the first administrator's account here, once: {started.first_link}")
    for everywhere in EVERYWHERE:
        if started.console is not None and f"//{everywhere}:" in started.console:
            print(f"(for {everywhere} write the address at which your browser reaches this machine)")
    for profile in settings.profile:
        mode = f"IP {profile.address}:{profile.port}"
        if profile.auth == "registration":
            mode = f"its password stands in {config}, registration"
        print(f"  {profile.name or profile.sip_username}: SIP User {profile.sip_username}, {mode}")
    sys.stdout.flush()
