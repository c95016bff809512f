"""The commands of `harness` and their options, with typer. What a command does is in the file of its name."""

import importlib.metadata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from harness.cli import load_options
from harness.cli.failure import ExitStatus
from harness.cli.pbx_commands import add_pbx_commands

application = typer.Typer(
    name="harness",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)

_Json = Annotated[
    Path | None,
    typer.Option("--json", metavar="FILE", help="Write the result as JSON; - is the standard output."),
]
_Out = Annotated[
    Path | None, typer.Option("--out", metavar="DIR", help="Folder for what is written; out/TIME.")
]
_Words = Annotated[
    str | None,
    typer.Option("-k", metavar="WORDS", help="Select scenarios, as in pytest: -k 'cancel or hold'."),
]


_MakeToken = Annotated[
    str | None, typer.Option("--make-token", metavar="NAME", help="Print a token for the REST API and end.")
]
_Scopes = Annotated[
    str | None,
    typer.Option(
        "--scopes",
        metavar="LIST",
        help="What that token may do: read, profiles, money, numbers, accounts, calls, people.",
    ),
]
_Pbx = Annotated[Path | None, typer.Option("--pbx", metavar="FILE", help="pbx.toml: the PBX to judge.")]
_Simulate = Annotated[
    bool,
    typer.Option("--simulate-pbx", help="Judge the simulated PBX, as pbx.toml wants it if there is one."),
]
_SimulatedFault = Annotated[
    str | None, typer.Option("--fault", metavar="NAME", help="Give the simulated PBX this fault.")
]
_Resume = Annotated[
    Path | None, typer.Option("--resume", metavar="DIR", help="Go on with an interrupted certification.")
]


@contextmanager
def _told_when_interrupted() -> Iterator[None]:
    """Ctrl-C where nothing is left to be saved; typer would end without a word."""
    from harness.cli.failure import CommandFailure

    try:
        yield
    except KeyboardInterrupt:
        raise CommandFailure("interrupted", ExitStatus.INTERRUPTED) from None


def _console(json_file: Path | None = None) -> Console:
    """Tables go to the standard output, unless JSON does."""
    return Console(stderr=str(json_file) == "-")


def _tell_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"harness {importlib.metadata.version('sip-harness')}")
        raise typer.Exit


@application.callback()
def about(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_tell_version, is_eager=True, help="Print the version and end."),
    ] = False,
) -> None:
    """Conformance tests for SIP trunks. START HERE: harness run"""


@application.command()
def run(
    target: Annotated[
        Path | None,
        typer.Option("--target", metavar="FILE", help="target.toml of a trunk that runs elsewhere."),
    ] = None,
    words: _Words = None,
    fault: Annotated[
        str | None, typer.Option("--fault", metavar="NAME", help="Give the embedded trunk this fault.")
    ] = None,
    channels: Annotated[
        int | None,
        typer.Option("--channels", min=1, max=300, help="Channels of the embedded trunk's large profiles."),
    ] = None,
    out: _Out = None,
    json_file: _Json = None,
    stop_at_first: Annotated[bool, typer.Option("-x", help="Stop at the first scenario that fails.")] = False,
) -> None:
    """Run the trunk scenarios, against a reference trunk started for it or against your own.

    Writes report.html, results.json, junit.xml and captures to out/TIME.

    Exit status: 0 all passed, 1 a requirement failed, 2 wrong input, 3 the target could not be tested,
    130 interrupted.

    Examples:

        harness run

        harness run --target target.toml -k "registration or cancel"

        harness run --fault echo-silent --json -
    """
    from harness.cli.run import RunWishes, run_scenarios

    wishes = RunWishes(
        target=target,
        fault=fault,
        channels=channels,
        words=words,
        out=out,
        json_file=json_file,
        stop_at_first=stop_at_first,
    )
    with _told_when_interrupted():
        raise typer.Exit(run_scenarios(wishes, _console(json_file)))


@application.command()
def serve(
    config: Annotated[
        Path | None, typer.Option("--config", metavar="FILE", help="Settings of the trunk; trunk.toml.")
    ] = None,
    fault: Annotated[
        str | None, typer.Option("--fault", metavar="NAME", help="Break one rule on purpose.")
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers", min=1, max=16, metavar="N", help="Processes that share the ports and the channels."
        ),
    ] = None,
    init: Annotated[bool, typer.Option("--init", help="Write a commented trunk.toml and end.")] = False,
    announce: Annotated[
        bool, typer.Option("--announce", help="Print one line of JSON when the trunk listens.")
    ] = False,
    make_token: _MakeToken = None,
    scopes: _Scopes = None,
) -> None:
    """Start the reference trunk and its console; Ctrl-C ends its calls and stops it.

    Without --config it reads trunk.toml, and writes one with a first SIP Profile when there is none.

    Examples:

        harness serve --init

        harness serve --config trunk.toml --fault no-invite-challenge

        harness serve --workers 2

        harness serve --make-token "test bench" --scopes read,profiles,money
    """
    from harness.cli.serve import DEFAULT_SETTINGS, write_template
    from harness.cli.serve import serve as become_trunk

    if init:
        path = config or DEFAULT_SETTINGS
        write_template(path)
        _console().print(
            f"{path} is written; start the trunk with: harness serve --config {path}", highlight=False
        )
        return
    become_trunk(config, fault, workers, announce, make_token, scopes)


@application.command(context_settings={"allow_extra_args": True})
def load(
    context: typer.Context,
    target: load_options.Target = None,
    user: load_options.User = None,
    rate: load_options.Rate = None,
    shape: load_options.Shape = None,
    calls: load_options.Calls = None,
    hold: load_options.Hold = None,
    audio: load_options.Audio = None,
    duration: load_options.Duration = None,
    number: load_options.Number = None,
    profile: load_options.Profile = None,
    arrivals: load_options.Arrivals = None,
    source: load_options.Source = None,
    rtp_ports: load_options.RtpPorts = None,
    sample: load_options.Sample = None,
    batches: load_options.Batches = None,
    workers: load_options.Workers = 1,
    web: load_options.Web = False,
    find_limit: load_options.FindLimit = False,
    attempts: load_options.Attempts = None,
    metrics: load_options.Metrics = None,
    out: _Out = None,
    json_file: _Json = None,
) -> None:
    """Put load on a trunk with Locust: a reference trunk started for it, or your own.

    Writes report.html, results.json, junit.xml and CSV to out/TIME_load. What stands after -- goes to Locust.

    Exit status: 0 all criteria met, 1 a criterion failed, 2 wrong input, 3 the run is void or the target
    cannot be reached, 130 interrupted.

    Examples:

        harness load --rate 50 --duration 30s

        harness load --target target.toml --user MixedChannels --calls 300 --hold 30s --audio

        harness load --shape 'ramp 0..200 in 60s, hold 30s' --workers 2
    """
    from harness.cli.load import make_load
    from harness.cli.load_wishes import wishes_of

    with _told_when_interrupted():
        raise typer.Exit(make_load(wishes_of(context.params, context.args), _console(json_file)))


@application.command()
def requirements(
    words: Annotated[str | None, typer.Argument(help="Only entries with these words in id or title.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON instead of text.")] = False,
) -> None:
    """Show the requirement catalogue: entry, source, scenarios, faults that prove them.

    Examples:

        harness requirements

        harness requirements cancel --json
    """
    from harness.cli.requirements import show_requirements

    show_requirements(_console(), words, as_json)


@application.command()
def faults(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Only these faults.")] = None,
    prove: Annotated[bool, typer.Option("--run", help="Run the scenarios against every fault.")] = False,
    side: Annotated[
        str | None, typer.Option("--side", metavar="SIDE", help="Only faults of trunk, or of pbx.")
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", min=1, metavar="N", help="Runs at a time.")] = 10,
    words: _Words = None,
    out: _Out = None,
    json_file: _Json = None,
) -> None:
    """List the faults of trunk and simulated PBX, or prove that the scenarios catch each of them.

    With --run the exit status is 1 when a fault is missed or a correct side fails anything.

    Examples:

        harness faults

        harness faults --run --jobs 4

        harness faults --run echo-silent -k media

        harness faults --run --side pbx
    """
    from harness.cli.faults import prove_faults, show_faults

    console = _console(json_file)
    if not prove:
        show_faults(console, names or [], json_file, side)
        return
    with _told_when_interrupted():
        raise typer.Exit(prove_faults(console, names or [], out, jobs, words, json_file, side))


@application.command()
def check(
    captures: Annotated[list[Path], typer.Argument(metavar="CAPTURE...", help="pcap or pcapng files.")],
    setup: Annotated[
        Path | None, typer.Option("--setup", metavar="FILE", help="setup.toml with the keys below.")
    ] = None,
    username: Annotated[str | None, typer.Option("--username", help="SIP username of the profile.")] = None,
    password: Annotated[
        str | None, typer.Option("--password", help="Its password: digests are computed with it.")
    ] = None,
    numbers: Annotated[
        list[str] | None, typer.Option("--number", metavar="NUMBER", help="An Online Number; repeat it.")
    ] = None,
    trunk: Annotated[
        list[str] | None, typer.Option("--trunk", metavar="ADDRESS", help="Address of the trunk; repeat it.")
    ] = None,
    pbx: Annotated[
        list[str] | None, typer.Option("--pbx", metavar="ADDRESS", help="Address of the PBX; repeat it.")
    ] = None,
    domain: Annotated[str | None, typer.Option("--domain", help="The trunk's SIP domain.")] = None,
    from_start: Annotated[
        bool, typer.Option("--from-start", help="The capture begins before the PBX started.")
    ] = False,
    out: _Out = None,
    json_file: _Json = None,
) -> None:
    """Judge captures of a PBX: which rules of the trunk its packets break, and what to change.

    What is not given is inferred from the capture, and said. Writes report.html and slices to out/TIME.

    Exit status: 0 no MUST is broken, 1 a MUST is broken, 2 wrong input, 3 not all could be judged.

    Examples:

        harness check customer.pcap

        harness check customer.pcap --username 99051000000231 --number +14155550123

        harness check *.pcapng --setup setup.toml --json -
    """
    from harness.cli.check import CheckWishes, check_captures

    told = {"sip_username": username, "password": password, "domain": domain, "online_numbers": numbers}
    ends = {"trunk": trunk, "pbx": pbx, "from_start": from_start or None}
    options: dict[str, object] = {key: value for key, value in {**told, **ends}.items() if value}
    wishes = CheckWishes(captures=captures, setup=setup, options=options, out=out, json_file=json_file)
    with _told_when_interrupted():
        raise typer.Exit(check_captures(wishes, _console(json_file)))


@application.command()
def certify(
    pbx: _Pbx = None,
    init: Annotated[bool, typer.Option("--init", help="Write a commented pbx.toml and end.")] = False,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema of pbx.toml.")] = False,
    simulate: _Simulate = False,
    fault: _SimulatedFault = None,
    ip: Annotated[bool, typer.Option("--ip", help="Simulated PBX without pbx.toml: in ip mode.")] = False,
    words: _Words = None,
    resume: _Resume = None,
    out: _Out = None,
    json_file: _Json = None,
) -> None:
    """Certify a PBX: start a trunk in front of it, act behind it, say what to change.

    Shows the profile to enter in the PBX, waits for it, writes report, certificate and captures to out/TIME.

    Exit status: 0 all passed, 1 a requirement failed, 2 wrong input, 3 the PBX could not be judged (or not
    to the end), 130 interrupted.

    Examples:

        harness certify --init

        harness certify --pbx pbx.toml

        harness certify --simulate-pbx --fault inbound-challenged

        harness certify --resume out/2026-01-31_120000_certify
    """
    from harness.cli.certify import CertifyWishes, certify_pbx
    from harness.cli.certify_files import pbx_schema, write_template

    if init:
        typer.echo(write_template(pbx))
        return
    if schema:
        typer.echo(pbx_schema())
        return
    wishes = CertifyWishes(
        pbx=pbx,
        simulate=simulate,
        fault=fault,
        mode="ip" if ip else "registration",
        words=words,
        out=out,
        resume=resume,
        json_file=json_file,
    )
    with _told_when_interrupted():
        raise typer.Exit(certify_pbx(wishes, _console(json_file)))


@application.command()
def report(
    results: Annotated[
        Path | None, typer.Argument(metavar="RESULTS", help="results.json, or the folder it lies in.")
    ] = None,
    out: _Out = None,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema of results.json.")] = False,
) -> None:
    """Render the report of a run again, or print the JSON Schema of results.json.

    Examples:

        harness report out/2026-01-31_120000

        harness report --schema > results.schema.json
    """
    from harness.cli.failure import CommandFailure
    from harness.cli.report import report_again, schema_text

    if schema:
        typer.echo(schema_text(results))
        return
    if results is None:
        raise CommandFailure(
            "name a results.json or its folder: harness report out/TIME", ExitStatus.WRONG_INPUT
        )
    typer.echo(str(report_again(results, out)))


add_pbx_commands(application)
