"""What a director may tell the trunk to do to one profile's PBX next: values, as the control API takes them.

Who obeys is `observed_parts` and `network`; `stage` keeps them for each profile.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from harness.media.codec import codec_named

MOST_TIMES = 1_000_000
LARGEST_INVITE = 8_000
"""Bytes; beyond what any PBX takes."""


def _known_codec(name: str) -> str:
    try:
        return codec_named(name).name
    except KeyError:
        raise ValueError("write PCMA, PCMU, G729 or telephone-event") from None


Codec = Annotated[str, AfterValidator(_known_codec)]


class _Directions(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AuthenticationDirections(_Directions):
    """How the PBX has to prove who it is."""

    algorithm: Literal["MD5", "SHA-256", "SHA-512-256"] | None = None
    """Of the challenges; None: the profile's own."""


class RegisterDirections(_Directions):
    """What becomes of REGISTER."""

    status: int | None = Field(default=None, ge=300, le=699)
    """Refuse with this status; 423 is `min_expires`' work."""
    retry_after: int | None = Field(default=None, ge=0)
    """Seconds in the Retry-After of that refusal."""
    silent: bool = False
    """Give no answer at all."""
    stale: bool = False
    """Call the nonce of right credentials stale."""
    times: int | None = Field(default=None, ge=1, le=MOST_TIMES)
    """To how many requests that happens, retransmissions not counted; None: to all."""
    min_expires: int | None = Field(default=None, ge=1)
    """Seconds; less gets 423."""
    expires_granted: int | None = Field(default=None, ge=1)
    """Seconds granted, whatever was asked for."""


class InviteDirections(_Directions):
    """What becomes of an INVITE that starts a call of the PBX."""

    status: int | None = Field(default=None, ge=300, le=699)
    retry_after: int | None = Field(default=None, ge=0)
    silent: bool = False
    stale: bool = False
    times: int | None = Field(default=None, ge=1, le=MOST_TIMES)
    record_route: bool = False
    """Stay in the path of the call: Record-Route in responses."""
    maddr: bool | str = False
    """Contact with `maddr`: the host is the domain, or the one given here, and maddr the trunk's address."""
    answer_copies: int = Field(default=1, ge=1, le=10)
    """How often a 200 to INVITE is sent."""
    headers: dict[str, str] = Field(default_factory=dict)
    """More header fields in responses."""
    provisional: tuple[int, ...] = ()
    """What the far end says before its answer, 0.2 s apart, as [180, 183]; 183 comes with sound."""
    session_expires: int | None = Field(default=None, ge=90)
    """Seconds; the session timer of the far end."""
    refresher: str | None = Field(default=None, pattern="^(uac|uas)$")


class ChangeDirections(_Directions):
    """What becomes of re-INVITE and UPDATE of the PBX."""

    status: int | None = Field(default=None, ge=400, le=699)
    times: int | None = Field(default=None, ge=1, le=MOST_TIMES)


class InboundDirections(_Directions):
    """What the INVITE towards the PBX looks like."""

    record_route: bool = False
    maddr: bool | str = False
    headers: dict[str, str] = Field(default_factory=dict)
    max_forwards: int | None = Field(default=None, ge=0, le=255)
    to_user: str | None = Field(default=None, pattern=r"^[^\s<>@;]+$")
    request_user: str | None = Field(default=None, pattern=r"^[^\s<>@;]+$")
    """User of the Request-URI, such as a number that nobody has."""
    size: int | None = Field(default=None, ge=500, le=LARGEST_INVITE)
    """Bytes that the INVITE shall have at least: more than a datagram carries in one piece."""
    session_expires: int | None = Field(default=None, ge=90)
    refresher: str | None = Field(default=None, pattern="^(uac|uas)$")
    codecs: tuple[Codec, ...] | None = None
    """What is offered, as ["G729", "PCMA"]."""
    supported: tuple[str, ...] | None = None
    """Option tags, as ["100rel", "timer"]."""
    send_ack: bool = True
    """False: the 200 of the PBX gets no ACK, so it must come again."""


class Impairment(_Directions):
    """What the network does to UDP packets of this PBX; probabilities of each packet."""

    loss: float = Field(default=0.0, ge=0, lt=1)
    duplicate: float = Field(default=0.0, ge=0, le=1)
    reorder: float = Field(default=0.0, ge=0, le=1)
    """A packet that is held back leaves behind the next one."""
    seed: int = 0
    media: bool = True
    """Whether RTP suffers too."""


class StageDirections(_Directions):
    """All of it; what is left out is as it always is."""

    authentication: AuthenticationDirections = Field(default_factory=AuthenticationDirections)
    register_: RegisterDirections = Field(default_factory=RegisterDirections, alias="register")
    invite: InviteDirections = Field(default_factory=InviteDirections)
    change: ChangeDirections = Field(default_factory=ChangeDirections)
    inbound: InboundDirections = Field(default_factory=InboundDirections)
    impairment: Impairment = Field(default_factory=Impairment)


PLAIN = StageDirections()
"""No directions."""
