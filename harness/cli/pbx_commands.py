"""The commands about PBXs and about two runs, with typer: `pbx-config` and `compare`.

They join those of `application`; what a command does is in the file of its name.
"""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console


def add_pbx_commands(application: typer.Typer) -> None:
    """Adds them to the `harness` command."""
    application.command(name="pbx-config")(pbx_config)
    application.command()(compare)


def pbx_config(
    product: Annotated[
        str,
        typer.Argument(metavar="NAME", help="asterisk, freeswitch, kamailio, yate, baresip or linphone."),
    ],
    pbx: Annotated[
        Path, typer.Option("--pbx", metavar="FILE", help="Settings; harness certify --init writes them.")
    ] = Path("pbx.toml"),
    trunk: Annotated[
        str | None,
        typer.Option("--trunk", metavar="HOST:PORT", help="Where the PBX finds the trunk; [trunk] listen."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Write the files there instead of printing.")
    ] = None,
) -> None:
    """Print ready configuration of a PBX for the SIP profile of pbx.toml.

    Comments name the requirements that a line satisfies, in brackets.

    Exit status: 0 printed, 2 wrong input.

    Examples:

        harness pbx-config asterisk --pbx pbx.toml

        harness pbx-config kamailio --pbx pbx.toml --trunk 192.0.2.1:5060 --out kamailio
    """
    from harness.cli.pbx_config import ConfigWishes, show_pbx_config

    show_pbx_config(ConfigWishes(product, pbx, trunk, out), Console(stderr=True))


def compare(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="results.json of a run, or its folder.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="results.json of another, or its folder.")],
    threshold: Annotated[
        float,
        typer.Option("--threshold", min=0, metavar="PERCENT", help="Change of a time or rate that counts."),
    ] = 20.0,
    least: Annotated[
        float,
        typer.Option("--least", min=0, metavar="MS", help="Change of a time that counts, in milliseconds."),
    ] = 100.0,
    json_file: Annotated[
        Path | None,
        typer.Option("--json", metavar="FILE", help="Write the result as JSON; - is the standard output."),
    ] = None,
) -> None:
    """Compare two runs: which requirements and which times changed, as before and after an upgrade.

    Two runs of scenarios, of captures or of certification, or two load runs.

    Exit status: 0 nothing got worse, 1 something got worse, 2 wrong input.

    Examples:

        harness compare out/before out/after

        harness compare out/before out/after --threshold 10 --json -
    """
    from harness.cli.compare import CompareWishes, compare_runs

    wishes = CompareWishes(old, new, threshold, least, json_file)
    raise typer.Exit(compare_runs(wishes, Console(stderr=str(json_file) == "-")))
