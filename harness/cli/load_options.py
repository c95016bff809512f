"""The options of `harness load`, with typer: names and help. `load_wishes` tells what they mean."""

from pathlib import Path
from typing import Annotated

import typer

Target = Annotated[
    Path | None, typer.Option("--target", metavar="FILE", help="target.toml of a trunk that runs elsewhere.")
]
User = Annotated[
    str | None,
    typer.Option(
        "--user",
        metavar="NAME",
        help="Who makes the load: OutgoingCaller (default), RegisteringCaller, IncomingAnswerer, "
        "MixedChannels, RegistrationStorm or OptionsPinger.",
    ),
]
Rate = Annotated[float | None, typer.Option("--rate", min=0.001, metavar="N", help="Attempts a second; 10.")]
Shape = Annotated[
    str | None,
    typer.Option("--shape", metavar="WORDS", help="Rate over time, as 'ramp 0..200 in 60s, hold 30s'."),
]
Calls = Annotated[
    int | None,
    typer.Option("--calls", min=1, metavar="N", help="MixedChannels: calls at once on each profile."),
]
Hold = Annotated[str | None, typer.Option("--hold", metavar="TIME", help="How long a call is held; 5s.")]
Audio = Annotated[
    bool | None, typer.Option("--audio/--no-audio", help="Send audio and judge what comes back.")
]
Duration = Annotated[
    str | None, typer.Option("--duration", metavar="TIME", help="How long load is made; 30s.")
]
Number = Annotated[
    str | None, typer.Option("--number", metavar="E164", help="What is called; an echo with --audio.")
]
Profile = Annotated[
    list[str] | None,
    typer.Option("--profile", metavar="NAME", help="SIP username to use, may be repeated; or all."),
]
Arrivals = Annotated[str | None, typer.Option("--arrivals", metavar="WORD", help="even or poisson; even.")]
Source = Annotated[
    list[str] | None,
    typer.Option("--source", metavar="ADDRESS", help="Local address to call from, may be repeated."),
]
RtpPorts = Annotated[str | None, typer.Option("--rtp-ports", metavar="RANGE", help="For audio; 16384-32767.")]
Sample = Annotated[
    float | None, typer.Option("--sample", min=0, max=1, help="Share of calls that is checked; 0.01.")
]
Batches = Annotated[
    bool | None,
    typer.Option(
        "--batches/--no-batches", help="Hand packets to the kernel in batches; on; docs/load-testing.md."
    ),
]
Workers = Annotated[int, typer.Option("--workers", min=1, metavar="N", help="Processes that make load here.")]
Web = Annotated[bool, typer.Option("--web", help="With Locust's web UI; ends with Ctrl-C.")]
FindLimit = Annotated[
    bool, typer.Option("--find-limit", help="Search for the highest rate without a failure (RFC 7502).")
]
Attempts = Annotated[
    int | None, typer.Option("--attempts", min=1, metavar="N", help="--find-limit: N of the last step; 2000.")
]
Metrics = Annotated[
    str | None, typer.Option("--metrics", metavar="HOST:PORT", help="Serve figures for Prometheus there.")
]
