"""START HERE for what `harness load` was told: target.toml, its table [load] and the options, put together.

One `LoadSettings` goes as JSON to every Locust process, on whatever machine. Options win over [load], which
wins over the defaults here. What the machine allows is `limits`'s question, who gets what `shares`'s.
"""

import json
import re
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from harness.load.errors import LoadInputError
from harness.load.schedule.arrivals import Spacing
from harness.load.schedule.limit_search import COARSE_SECONDS, CONFIRM_SECONDS, FASTEST
from harness.load.schedule.limits import Demand, calls_at_once, check_channels, check_descriptors, check_ports
from harness.load.schedule.shapes import RateShape, ShapeError, parse_seconds, parse_shape, steady
from harness.load.schedule.shares import WorkerShare, share_out
from harness.settings.load_table import HIGHEST_PORT, LoadCriteria, LoadTable, UserName
from harness.settings.target import Profile, TargetSettings, load_target

DEFAULT_RATE = 10.0  # attempts/s: any target stands that, for a first look
DEFAULT_HOLD = 5.0  # seconds a call is held
DEFAULT_DURATION = 30.0  # seconds of load
FILL_RATE = 50.0  # calls/s at which MixedChannels fills its channels when no rate is given
DEFAULT_SAMPLE = 0.01
DEFAULT_RTP_PORTS = "16384-32767"
"""Below the ports that Linux gives out by itself (net.ipv4.ip_local_port_range)."""
ALL_PROFILES = "all"
CALLERS = ("RegisteringCaller", "OutgoingCaller", "IncomingAnswerer", "MixedChannels")
"""Users that make or take calls; the others need neither channels nor RTP ports."""
WHOLE_PROFILES = ("IncomingAnswerer",)
"""Users whose profiles can't be split: an incoming call rings at one registration."""


class SearchSettings(BaseModel):
    """What `--find-limit` looks for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    attempts: int = 2000
    """N of the confirming step; RFC 7502 has 50,000."""
    first_rate: float = 100.0
    at_rest: int = 2
    """Successes without progress that end the coarse search; RFC 7502 has 10."""
    coarse_seconds: float = COARSE_SECONDS
    confirm_seconds: float = CONFIRM_SECONDS
    """A step lasts at least so long, whatever N."""
    ceiling: float = FASTEST
    """Attempts per second beyond which no answer is sought."""
    baseline: float | None = None
    """The rate that the generator reached against itself (RFC 7502 section 6.1)."""
    is_baseline: bool = False
    """This search is that test."""


class LoadSettings(BaseModel):
    """A load, completely described."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    target: TargetSettings
    target_file: str = ""
    """For messages: where it was read from."""
    user: UserName = "OutgoingCaller"
    rate: float | None = None
    """Attempts per second; None: as the shape says, or the user's own default."""
    shape_words: str | None = None
    calls: int | None = None
    """Calls at once; MixedChannels keeps so many on each profile."""
    hold: float = DEFAULT_HOLD
    """Seconds from the answer to our BYE."""
    duration: float = DEFAULT_DURATION
    """Seconds of load; a shape has its own."""
    audio: bool = False
    number: str | None = None
    arrivals: Spacing = "even"
    profile_names: tuple[str, ...] = ()
    """SIP usernames; empty: the main profile; "all": every active one that registers and has credit."""
    source_addresses: tuple[str, ...] = ()
    rtp_ports: str | None = None
    """``20000-29999``."""
    sample: float = DEFAULT_SAMPLE
    """Share of the calls that goes through all checks."""
    batches: bool = True
    """Whether packets of one length leave in one system call; a capture on this machine shows them as one."""
    criteria: LoadCriteria = LoadCriteria()
    search: SearchSettings | None = None
    """Set: look for the limit instead of following a shape."""
    outcome_file: str = ""
    """Where the Locust process that gathers the figures writes them at the end."""
    progress_fd: int | None = None
    """File descriptor for progress as JSON lines."""
    own_users: str = ""
    """Users of the user's own locustfile that make the load; empty: `user` does."""
    command: str = ""
    """What the user typed, for the report."""
    metrics_address: str | None = None
    """HOST:PORT for Prometheus."""

    @classmethod
    def made_of(cls, target: TargetSettings, options: dict[str, Any], target_file: str = "") -> Self:
        """Settings of a target and the options that were given (None: not given).

        Raises `LoadInputError` for what can't be meant.
        """
        table = target.load
        chosen = {**_of_table(table), **{key: value for key, value in options.items() if value is not None}}
        if chosen.get("shape_words") and options.get("rate") and not options.get("shape_words"):
            chosen.pop("shape_words")  # the option --rate wins over the shape in the file
        for key in ("hold", "duration"):
            if isinstance(chosen.get(key), str):
                chosen[key] = _seconds(key, chosen[key])
        try:
            settings = cls(target=target, target_file=target_file, **chosen)
        except ValidationError as error:
            raise _mistake(error) from None
        settings.shape()
        settings.profiles()
        settings.port_range()
        if settings.duration <= 0:
            raise LoadInputError("--duration", f"seen {settings.duration:g} s", "write a time as 30s or 10m")
        metrics = settings.metrics_address
        if metrics is not None and not (_ADDRESS.fullmatch(metrics) and _port_of(metrics) <= HIGHEST_PORT):
            raise LoadInputError("--metrics", f"seen {metrics!r}", "write HOST:PORT, as 127.0.0.1:9877")
        return settings

    def shape(self) -> RateShape:
        """Calls per second over time. Raises `LoadInputError`."""
        if self.shape_words is None:
            return steady(self.rate or DEFAULT_RATE, self.duration)
        if self.rate is not None:
            raise LoadInputError(
                "--rate", "a shape is given too", "leave one of the two out: the shape says the rate"
            )
        try:
            return parse_shape(self.shape_words)
        except ShapeError as error:
            raise LoadInputError("--shape", f"{error.part!r} is no shape", error.reason) from None

    @property
    def load_seconds(self) -> float:
        """How long load is made, before the last calls end."""
        return self.shape().seconds if self.user != "MixedChannels" else self.duration

    @property
    def sample_every(self) -> int:
        """One call of so many goes through all checks; 0: none."""
        return round(1 / self.sample) if self.sample else 0

    def in_words(self) -> str:
        """The load in one sentence, for the report."""
        if self.own_users:
            return self.own_users
        audio = " with audio" if self.audio else ""
        if self.search is not None:
            return f"{self.user}: search for the highest rate without a failure{audio}"
        if self.user == "MixedChannels":
            calls = self.calls or "all"
            return (
                f"{self.user}: {calls} channels busy for {self.duration:g} s, {self.hold:g} s a call{audio}"
            )
        rate = self.shape_words or f"{self.rate or DEFAULT_RATE:g} a second for {self.duration:g} s"
        held = f", calls of {self.hold:g} s" if self.user in CALLERS else ""
        return f"{self.user}: {rate}{held}{audio}"

    def profiles(self) -> tuple[Profile, ...]:
        """The profiles to use. Raises `LoadInputError` for a name that target.toml does not have."""
        if not self.profile_names:
            return (self.target.main_profile,)
        if self.profile_names == (ALL_PROFILES,):
            return tuple(each for each in self.target.profiles if _is_usable(each))
        known = {each.sip_username: each for each in self.target.profiles}
        for name in self.profile_names:
            if name not in known:
                names = ", ".join(known)
                raise LoadInputError(
                    "--profile", f"{name!r} is not in target.toml", f"write one of {names}, or all"
                )
        return tuple(known[name] for name in self.profile_names)

    def port_range(self) -> range:
        """The RTP ports. Raises `LoadInputError`."""
        words = self.rtp_ports or DEFAULT_RTP_PORTS
        first, dash, last = words.partition("-")
        if not (dash and first.strip().isdecimal() and last.strip().isdecimal()):
            raise LoadInputError("--rtp-ports", f"{words!r} is no range", "write it as 20000-29999")
        ports = range(int(first), int(last) + 1)
        if not 1024 <= ports.start < ports.stop - 1 or ports.stop - 1 > HIGHEST_PORT:
            raise LoadInputError("--rtp-ports", f"seen {words}", f"write a range within 1024-{HIGHEST_PORT}")
        return ports

    def channels_of(self, profile_channels: int) -> int:
        """How many calls at once one profile, or a worker's part of it, shall carry."""
        return profile_channels if self.calls is None else min(self.calls, profile_channels)

    def shares(self, workers: int) -> list[WorkerShare]:
        """What each of so many workers has for itself. Raises `LoadInputError`."""
        profiles = [
            each.model_copy(update={"channels": self.channels_of(each.channels)})
            if self.user == "MixedChannels"
            else each
            for each in self.profiles()
        ]
        return share_out(
            workers,
            profiles,
            addresses=self.source_addresses,
            rtp_ports=self.port_range(),
            whole_profiles=self.user in WHOLE_PROFILES,
        )

    def demand(self, workers: int) -> Demand:
        """What one of the workers is asked for, at most."""
        if self.user == "MixedChannels":
            calls = max(share.channels for share in self.shares(workers))
            return Demand(calls, self.audio, f"--calls {self.calls or calls * workers}")
        if self.user not in CALLERS:
            return Demand(0, False, "--rate")
        shape = self.shape()
        calls = -(-calls_at_once(shape.peak, self.hold) // workers)
        option = f"--shape '{self.shape_words}'" if self.shape_words else f"--rate {shape.peak:g}"
        return Demand(calls, self.audio, f"{option} with --hold {self.hold:g}s")

    def check_limits(self, workers: int, descriptors: int) -> None:
        """Refuses what can't be made before it starts. Raises `LoadInputError`."""
        if self.user == "MixedChannels" and self.calls is not None:
            most = max(each.channels for each in self.profiles())
            if self.calls > most:
                raise LoadInputError(
                    f"--calls {self.calls}",
                    f"a profile has {most} channels",
                    f"ask for at most {most} calls a profile, or use several: --profile all",
                )
        if len(self.source_addresses) > workers:
            given, counted = len(self.source_addresses), f"{workers} worker{'s' if workers > 1 else ''}"
            raise LoadInputError(
                "--source",
                f"{given} addresses for {counted}",
                f"a worker calls from one address: --workers {given}, or name fewer",
            )
        if self.search is not None:
            return  # the search is about what can't be carried
        demand = self.demand(workers)
        check_descriptors(demand, descriptors)
        for share in self.shares(workers):
            check_ports(demand, share)
            if self.user in CALLERS and self.user != "MixedChannels":
                check_channels(demand, share)


def load_settings(file: Path | None, options: dict[str, Any]) -> LoadSettings:
    """Settings from target.toml and options. Raises SettingsError and `LoadInputError`."""
    if file is None:
        raise LoadInputError("--sip-target", "no target is named", "give the path of a target.toml")
    return LoadSettings.made_of(load_target(file), options, str(file))


def settings_of_json(text: str) -> LoadSettings:
    """Settings as another process wrote them."""
    return LoadSettings.model_validate(json.loads(text))


def _of_table(table: LoadTable) -> dict[str, Any]:
    keys = table.model_dump(exclude_none=True, exclude={"criteria"})
    if "shape" in keys:
        keys["shape_words"] = keys.pop("shape")
    if "profiles" in keys:
        keys["profile_names"] = keys.pop("profiles")
    return {**keys, "criteria": table.criteria}


def _seconds(key: str, text: str) -> float:
    try:
        return parse_seconds(text)
    except ShapeError as error:
        raise LoadInputError(f"--{key}", f"{error.part!r} is no time", error.reason) from None


def _mistake(error: ValidationError) -> LoadInputError:
    details = error.errors(include_url=False)[0]
    key = _OPTIONS.get(str(details["loc"][0]), str(details["loc"][0]))
    expected = str(details.get("ctx", {}).get("expected", details["msg"])).replace("'", "")
    return LoadInputError(f"--{key}", f"seen {details['input']!r}", f"write {expected}")


_ADDRESS = re.compile(r"[^\s:]*:\d{1,5}|\[[0-9a-fA-F:]+\]:\d{1,5}")
_OPTIONS = {"shape_words": "shape", "profile_names": "profile", "source_addresses": "source"}
"""Settings whose option has another name."""


def _port_of(address: str) -> int:
    return int(address.rpartition(":")[2])


def _is_usable(profile: Profile) -> bool:
    return profile.active and profile.auth == "registration" and profile.credit != 0
