"""Rules of offer and answer, over session descriptions (RFC 3264).

Whether audio flows is seen by the scenarios; these functions read SDP alone.
"""

from harness.checks.breach import Breach
from harness.checks.registry import judges
from harness.media.sdp import MediaDescription, SessionDescription
from harness.sip.message import Message

STATIC_PAYLOADS = {"0": "PCMU/8000", "8": "PCMA/8000", "18": "G729/8000"}
"""RFC 3551 section 6, as far as a trunk uses them."""


def encodings(media: MediaDescription) -> dict[str, str]:
    """Payload number -> encoding name and clock rate, in upper case; unknown static ones by number."""
    named = {str(number): f"{each.name}/{each.clock_rate}".upper() for number, each in media.rtpmaps.items()}
    return {number: named.get(number) or STATIC_PAYLOADS.get(number, number) for number in media.formats}


def audio_of(message: Message) -> MediaDescription | None:
    """The first audio stream of the session description in a message."""
    if not message.body:
        return None
    streams = SessionDescription.parse(message.body).media
    return next((stream for stream in streams if stream.kind == "audio"), None)


@judges("media.answer-codec")
def answer_is_subset(offer: Message, answer: Message) -> Breach | None:
    """The answer holds nothing that was not offered (RFC 3264 section 6.1)."""
    offered, answered = audio_of(offer), audio_of(answer)
    if offered is None or answered is None or answered.port == 0:
        return None
    foreign = sorted(set(encodings(answered).values()) - set(encodings(offered).values()))
    if not foreign:
        return None
    seen = f"the answer holds {', '.join(foreign)}, which the offer did not"
    return Breach("media.answer-codec", seen, answer, "m=")


@judges("media.telephone-event-payload")
def event_payload_kept(offer: Message, answer: Message) -> Breach | None:
    """telephone-event has the offer's payload number in the answer."""
    offered, answered = audio_of(offer), audio_of(answer)
    if offered is None or answered is None:
        return None
    wanted = _event_number(encodings(offered))
    got = _event_number(encodings(answered))
    if wanted is None or got in (None, wanted):
        return None
    seen = f"telephone-event has payload {got} in the answer, {wanted} in the offer"
    return Breach("media.telephone-event-payload", seen, answer, "a=rtpmap")


def _event_number(names: dict[str, str]) -> str | None:
    return next((number for number, name in names.items() if name.startswith("TELEPHONE-EVENT")), None)
