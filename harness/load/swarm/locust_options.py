"""Our options on Locust's command line and in its web form, for those who start `locust -f` themselves.

Imports Locust. `harness load` hands over a complete JSON file instead; both end in `load_settings`.
"""

import os
from pathlib import Path
from typing import Any

from locust.argument_parser import LocustArgumentParser

from harness.load.load_settings import LoadSettings, load_settings, settings_of_json

SETTINGS_VARIABLE = "SIP_LOAD_SETTINGS"
"""Path of a settings file that `harness load` wrote."""
SOURCE_VARIABLE = "SIP_LOAD_SOURCE"
"""On a worker: the address of this machine to call from, when the master's settings name none."""
HIDDEN = "sip_settings_json"
"""The settings as JSON: Locust carries it from the master to its workers."""
SHARES = "sip_shares"
"""Worker id -> rank, of all workers that were there when the test began; carried likewise."""


def add_options(parser: LocustArgumentParser) -> None:
    """Options of ours all begin with ``--sip-``."""
    add = parser.add_argument
    add(
        "--sip-target", metavar="FILE", default="", env_var="SIP_LOAD_TARGET", help="target.toml of the trunk"
    )
    add("--sip-rate", type=float, default=0.0, help="attempts per second; 0: as target.toml says, or 10")
    add("--sip-shape", metavar="WORDS", default="", help="'ramp 0..200 in 60s, hold 30s'")
    add("--sip-calls", type=int, default=0, help="calls at once on each profile (MixedChannels)")
    add("--sip-hold", metavar="TIME", default="", help="how long a call is held, as 30s")
    add("--sip-duration", metavar="TIME", default="", help="how long the load lasts, as 2m")
    add("--sip-audio", action="store_true", default=False, help="send and judge audio")
    add("--sip-profile", metavar="NAMES", default="", help="SIP usernames with commas between, or all")
    add("--sip-out", metavar="FILE", default="", help="where results.json goes", include_in_web_ui=False)
    for name in (HIDDEN, SHARES):
        option = "--" + name.replace("_", "-")
        add(option, dest=name, default="", help="from the master", include_in_web_ui=False)


def settings_of_options(options: Any, *, carried: bool) -> LoadSettings:
    """The settings that the options name; `carried`: those that came from the master, where any came.

    Raises SettingsError and `LoadInputError`.
    """
    came: str = vars(options).get(HIDDEN, "")
    if carried and came:
        return settings_of_json(came)
    if written := os.environ.get(SETTINGS_VARIABLE):
        return settings_of_json(Path(written).read_text(encoding="utf-8"))
    given = {
        "rate": options.sip_rate or None,
        "shape_words": options.sip_shape or None,
        "calls": options.sip_calls or None,
        "hold": options.sip_hold or None,
        "duration": options.sip_duration or None,
        "audio": options.sip_audio or None,
        "profile_names": tuple(options.sip_profile.replace(",", " ").split()) or None,
        "outcome_file": options.sip_out or None,
    }
    file = Path(options.sip_target) if options.sip_target else None
    return load_settings(file, given)
