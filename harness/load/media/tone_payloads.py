"""Every payload that any call of a load can send, so that whose audio came back is one look-up.

The tones of `harness.media.tone.tone_of_call` repeat after at most 800 samples, which are five packets of
20 ms: 310 tones in both laws are some 2,600 payloads, all different, less than half a megabyte.
"""

from functools import lru_cache

from harness.media.tone import tone_frames, tone_of_call

TONES = 310
LAWS = {8: "PCMA", 0: "PCMU"}
"""By payload type (RFC 3551 section 6)."""


def frames_of(tone: int, payload_type: int) -> tuple[bytes, ...]:
    """The payloads of a tone, to be sent round and round; KeyError for a payload type that is not G.711."""
    return tone_frames((tone_of_call(tone),), LAWS[payload_type])


@lru_cache(maxsize=1)
def owners() -> dict[bytes, int]:
    """Tone number by payload, for all tones in both laws; made at the first call with audio."""
    return {
        payload: tone
        for payload_type in LAWS
        for tone in range(TONES)
        for payload in frames_of(tone, payload_type)
    }
