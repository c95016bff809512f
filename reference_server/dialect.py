"""The dialect: what a trunk demands and answers, as data read from `dialects/*.toml`.

Holds no judgement. The rules (`from_rule`, `numbering`, `registrar` ...) read their limits, statuses and
words here; `far_end` reads the table of far ends.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from harness.settings.toml_file import load_toml

_FOLDER = Path(__file__).parent / "dialects"


class DialectError(Exception):
    """The settings name a dialect that is not there, or change a value that no dialect has."""


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AuthenticationRules(_Table):
    """Challenges, nonces and the lock against guessing."""

    in_dialog: bool
    nonce_lifetime: float = Field(gt=0)
    """Seconds until a nonce is stale."""
    qop: tuple[str, ...]
    lockout_failures: int = Field(ge=1)
    """Wrong passwords of one user from one source address that lock this pair."""
    lockout_seconds: float = Field(gt=0)


class RegistrationRules(_Table):
    """Expiry limits, all in seconds, and how many contacts a profile may bind."""

    default_expires: int = Field(ge=1)
    min_expires: int = Field(ge=1)
    max_expires: int = Field(ge=1)
    most_bindings: int = Field(ge=1)


class NumberingRules(_Table):
    """Numbers that are treated apart."""

    free_numbers: tuple[str, ...]
    emergency_numbers: tuple[str, ...]


class InboundRules(_Table):
    """What the trunk's own INVITE towards a PBX looks like."""

    to: Literal["username", "called"]
    request_uri: Literal["called", "username"]
    deliver_to: Literal["contact", "source"]
    keep_contact_parameters: bool
    supported: tuple[str, ...]
    allow: tuple[str, ...]
    caller: str
    ring_timeout: float = Field(gt=0)


class MediaRules(_Table):
    """Codecs in order of preference and when silence means that the peer is gone."""

    codecs: tuple[str, ...]
    rtp_timeout: float = Field(ge=0)


class SessionTimerRules(_Table):
    """RFC 4028, in seconds."""

    expires: int = Field(ge=90)
    min_se: int = Field(ge=90)


class Refusal(_Table):
    """One way to say no: the status and what was expected, a template for the Warning."""

    status: int = Field(ge=400, le=699)
    reason: str = ""
    """The reason phrase; empty for the RFC's own."""
    expected: str


class Refusals(_Table):
    """Every refusal there is."""

    from_user: Refusal
    from_scheme: Refusal
    ip_source: Refusal
    locked: Refusal
    not_e164: Refusal
    emergency: Refusal
    no_channel: Refusal
    no_media_port: Refusal = Refusal(status=503, expected="a free port for RTP")
    no_credit: Refusal
    inactive: Refusal
    not_acceptable: Refusal
    interval_too_brief: Refusal
    session_too_small: Refusal
    wrong_user: Refusal
    too_many_bindings: Refusal
    star_alone: Refusal
    cseq_order: Refusal
    method_unknown: Refusal
    method_not_allowed: Refusal
    no_dialog: Refusal
    extension: Refusal
    proxy_extension: Refusal
    max_forwards: Refusal
    accept: Refusal
    content_type: Refusal
    content_encoding: Refusal
    uri_scheme: Refusal
    version: Refusal
    merged: Refusal
    malformed: Refusal
    not_found: Refusal
    account_attached: Refusal = Refusal(
        status=403, expected="an account that is not attached to a SIP Profile"
    )
    unknown_callee: Refusal = Refusal(
        status=404, expected="a business account, or an Online Number of a SIP Profile"
    )


class Step(_Table):
    """Something a far end does `after` seconds of being answered."""

    after: float | Literal["NN"]
    do: Literal["hold", "resume", "reinvite", "update", "dtmf", "hang_up"]
    digits: str = ""


class FarEndRow(_Table):
    """How the far end of the numbers that fit `number` behaves; N stands for one digit, `*` for all."""

    number: str
    ring_after: float | Literal["never"] = 0.0
    ring_status: int = Field(default=180, ge=180, le=183)
    ring_times: int = Field(default=1, ge=1)
    reliable: bool = False
    early_media: bool = False
    answer_after: float | Literal["never", "NN"] = 0.0
    reject: int | None = Field(default=None, ge=300, le=600)
    """Rejects with this status plus the number that the last two digits make, where the row has NN."""
    media: str = Field(default="silence", pattern=r"^(echo|silence|none|tone:\d+)$")
    session_expires: int | None = None
    refresher: Literal["uac", "uas"] | None = None
    then: tuple[Step, ...] = ()


class Dialect(_Table):
    """Everything that makes one trunk differ from another."""

    name: str
    domain: str
    server: str
    allow: tuple[str, ...]
    known_methods: tuple[str, ...]
    accept: tuple[str, ...]
    supported: tuple[str, ...]
    uri_schemes: tuple[str, ...]
    options_challenged: bool
    contact_maddr: bool
    symmetric: bool
    longest_call: float = Field(gt=0)
    authentication: AuthenticationRules
    registration: RegistrationRules
    numbering: NumberingRules
    inbound: InboundRules
    media: MediaRules
    session_timer: SessionTimerRules
    refusal: Refusals
    far_end: tuple[FarEndRow, ...]

    def changed(self, changes: Mapping[str, Any]) -> "Dialect":
        """This dialect with other values, table by table. Raises `DialectError` for a key it lacks."""
        merged = _merge(self.model_dump(), changes, "dialect")
        try:
            return Dialect.model_validate(merged)
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(str(part) for part in first["loc"])
            raise DialectError(f"dialect.{key}: seen {first['input']!r}; {first['msg']}") from None


def load_dialect(name: str, beside: Path = Path()) -> Dialect:
    """The dialect called `name`, or the one in the TOML file `name` in the folder `beside`.

    Raises `DialectError` when there is none, `harness.settings.errors.SettingsError` when it is wrong.
    """
    own = _FOLDER / f"{name}.toml"
    path = own if own.is_file() else beside / name
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in _FOLDER.glob("*.toml")))
        raise DialectError(f"no dialect is called {name!r}; there are: {known}, or give a file's path")
    return load_toml(path, Dialect)


def _merge(values: dict[str, Any], changes: Mapping[str, Any], place: str) -> dict[str, Any]:
    merged = dict(values)
    for key, value in changes.items():
        if key not in values:
            raise DialectError(f"{place}.{key}: there is no such key; known are: {', '.join(values)}")
        inner = values[key]
        if isinstance(inner, dict) and isinstance(value, Mapping):
            merged[key] = _merge(inner, value, f"{place}.{key}")
        else:
            merged[key] = value
    return merged
