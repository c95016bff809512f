"""What an observed trunk sends a PBX beside calls: single requests, packets as they are, steps in a call.

The director orders them through the control API (`control.stage_routes`); what comes back is in the trace.
"""

import base64
import binascii
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from harness.sip.errors import LocalError
from harness.sip.hop import Hop, Packet
from harness.sip.message import Request
from harness.sip.name_addr import NameAddr
from harness.ua.call_state import CallState
from reference_server.dialect import Step
from reference_server.live_call import LiveCall
from reference_server.profile import Profile
from reference_server.store.rows import BindingRow, hop_from_text
from reference_server.trunk import Trunk


class NobodyThere(Exception):
    """The profile has no contact, or the call does not stand: there is nobody to send to."""


class StagedRequest(BaseModel):
    """A request outside all dialogs, or bytes."""

    model_config = ConfigDict(extra="forbid")

    method: str = Field(default="OPTIONS", pattern=r"^[A-Z]+$")
    headers: dict[str, str] = Field(default_factory=dict)
    """More header fields, or others in the place of ours."""
    body: str = ""
    raw: str | None = None
    """A whole datagram in base64, sent as it is; then nothing else counts."""

    @field_validator("raw")
    @classmethod
    def _raw_is_base64(cls, value: str | None) -> str | None:
        try:
            base64.b64decode(value or "", validate=True)
        except binascii.Error:
            raise ValueError("write the bytes in base64") from None
        return value


class StagedStep(BaseModel):
    """What the trunk does in a call that stands."""

    model_config = ConfigDict(extra="forbid")

    do: Literal["hold", "resume", "reinvite", "update", "dtmf", "hang_up", "options", "info", "vanish"]
    """`vanish` forgets the call without a word."""
    digits: str = Field(default="", pattern=r"^[0-9A-D*#]*$")


def send_request(trunk: Trunk, profile: Profile, wanted: StagedRequest, now: float) -> str:
    """Send a request to the PBX of a profile; returns its Call-ID, empty for bytes. Raises `NobodyThere`."""
    inbound = trunk.parts.inbound
    binding = inbound.binding(profile, now)
    if binding is None:
        raise NobodyThere(f"{profile.username} has no contact; wait until its PBX has registered")
    destination = inbound.destination(binding)
    here = inbound.listener(binding, destination.transport) or hop_from_text(binding.listener)
    endpoint = trunk.parts.endpoints.at(here)
    if wanted.raw is not None:
        endpoint.media_outbox.append(Packet(base64.b64decode(wanted.raw), here, destination))
        return ""
    request = _request(trunk, profile, wanted, binding, here)
    trunk.parts.layer.send_request(request, here, destination, now)
    return request.call_id


def take_step(trunk: Trunk, live: LiveCall, wanted: StagedStep, now: float) -> None:
    """Do something in a call. Raises `NobodyThere` when it does not stand, or changes already."""
    session = live.session
    if session is None or session.state is not CallState.ANSWERED:
        raise NobodyThere(f"call {live.id} is {live.state}; it must be answered")
    try:
        if wanted.do == "vanish":
            session.drop(now)
            return
        if wanted.do in ("options", "info"):
            session.request(wanted.do.upper(), now)
            return
        step = Step.model_validate({"after": 0.0, "do": wanted.do, "digits": wanted.digits})
        trunk.parts.dispatch.far_ends.take(live, session, step, now)
    except LocalError as error:
        raise NobodyThere(str(error)) from None


def _request(
    trunk: Trunk, profile: Profile, wanted: StagedRequest, binding: BindingRow, here: Hop
) -> Request:
    """A request to the registered contact, with what RFC 3261 section 8.1.1 asks for."""
    endpoint = trunk.parts.endpoints.at(here)
    domain = trunk.parts.dialect.domain
    fields = {
        "Max-Forwards": "70",
        "From": f"<sip:{domain}>;tag={endpoint.new_tag()}",
        "To": f"<sip:{profile.username}@{domain}>",
        "Call-ID": endpoint.new_call_id(),
        "CSeq": f"1 {wanted.method}",
        "Contact": endpoint.contact,
        "User-Agent": endpoint.user_agent,
    }
    request = Request.build(
        wanted.method, str(NameAddr.parse(binding.contact).uri), list(fields.items()), wanted.body.encode()
    )
    for name, value in wanted.headers.items():
        request.headers.set(name, value)
    return request
