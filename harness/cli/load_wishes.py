"""What the user of `harness load` asked for, sorted by who needs it.

Checks nothing: `harness.load.load_settings` says what can't be meant.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.load.load_settings import ALL_PROFILES

SETTINGS = {
    "user": "user",
    "rate": "rate",
    "shape": "shape_words",
    "calls": "calls",
    "hold": "hold",
    "audio": "audio",
    "duration": "duration",
    "number": "number",
    "arrivals": "arrivals",
    "rtp_ports": "rtp_ports",
    "sample": "sample",
    "batches": "batches",
    "metrics": "metrics_address",
}
"""Options, and the keys of `LoadSettings` that they are."""


@dataclass(frozen=True, slots=True)
class LoadWishes:
    """What the user asked for; None: not said."""

    target: Path | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    """Keys of `LoadSettings`."""
    workers: int = 1
    web: bool = False
    find_limit: bool = False
    search: dict[str, Any] = field(default_factory=dict)
    """Keys of `SearchSettings`."""
    out: Path | None = None
    json_file: Path | None = None
    locust: tuple[str, ...] = ()
    """Options for Locust."""


def wishes_of(options: Mapping[str, Any], for_locust: Sequence[str]) -> LoadWishes:
    """The wishes that the options of the command are, by their names there."""
    settings = {key: options[name] for name, key in SETTINGS.items()}
    settings["profile_names"] = _profile_names(options["profile"])
    settings["source_addresses"] = tuple(options["source"] or ()) or None
    return LoadWishes(
        target=options["target"],
        settings=settings,
        workers=options["workers"],
        web=options["web"],
        find_limit=options["find_limit"],
        search={} if options["attempts"] is None else {"attempts": options["attempts"]},
        out=options["out"],
        json_file=options["json_file"],
        locust=tuple(for_locust),
    )


def _profile_names(names: Sequence[str] | None) -> tuple[str, ...] | None:
    """SIP usernames, or all."""
    if not names:
        return None
    return (ALL_PROFILES,) if ALL_PROFILES in names else tuple(names)
