"""G.711 A-law and mu-law, whole buffers at a time.

Linear sound is 16-bit PCM in the byte order of this machine. The tables are made once from ITU-T G.711 as the
reference software of ITU-T G.191 words it; between the laws one `bytes.translate` does it all.
"""

import sys
from array import array

ALAW_SILENCE = 0xD5  # the code of +0, ITU-T G.711 table 1a
ULAW_SILENCE = 0xFF  # the code of +0, ITU-T G.711 table 2a


def alaw_code(sample: int) -> int:
    """The A-law code of one 16-bit sample."""
    magnitude = (~sample if sample < 0 else sample) >> 4
    if magnitude > 15:
        segment = magnitude.bit_length() - 4
        magnitude = (magnitude >> (segment - 1)) - 16 + (segment << 4)
    return (magnitude | (0x80 if sample >= 0 else 0)) ^ 0x55


def alaw_sample(code: int) -> int:
    """The 16-bit sample of one A-law code."""
    segment, step = ((code ^ 0x55) & 0x7F) >> 4, (code ^ 0x55) & 0x0F
    magnitude = (step << 4) + 8 if segment == 0 else ((step + 16 << 4) + 8) << (segment - 1)
    return magnitude if code & 0x80 else -magnitude


def ulaw_code(sample: int) -> int:
    """The mu-law code of one 16-bit sample."""
    magnitude = min(((~sample if sample < 0 else sample) >> 2) + 33, 0x1FFF)
    segment = magnitude.bit_length() - 6
    step = magnitude >> (segment + 1) & 0x0F
    return (0xF0 - (segment << 4) - step + 0x0F & 0x7F) | (0x80 if sample >= 0 else 0)


def ulaw_sample(code: int) -> int:
    """The 16-bit sample of one mu-law code."""
    segment, step = (~code & 0x70) >> 4, ~code & 0x0F
    magnitude = ((step << 1) + 33 << (segment + 2)) - 132
    return magnitude if code & 0x80 else -magnitude


def _by_unsigned(table: list[int]) -> bytes:
    """Codes by the sample's 16 bits read as an unsigned number, from codes by sample -32768 to 32767."""
    return bytes(table[32768:] + table[:32768])


_ALAW_CODES = _by_unsigned([alaw_code(sample) for sample in range(-32768, 32768)])
_ULAW_CODES = _by_unsigned([ulaw_code(sample) for sample in range(-32768, 32768)])
_ALAW_SAMPLES = [alaw_sample(code) for code in range(256)]
_ULAW_SAMPLES = [ulaw_sample(code) for code in range(256)]
_FIRST, _SECOND = (0, 8) if sys.byteorder == "little" else (8, 0)
_ALAW_BYTES = tuple(bytes(s >> shift & 0xFF for s in _ALAW_SAMPLES) for shift in (_FIRST, _SECOND))
_ULAW_BYTES = tuple(bytes(s >> shift & 0xFF for s in _ULAW_SAMPLES) for shift in (_FIRST, _SECOND))
_ALAW_TO_ULAW = bytes(ulaw_code(sample) for sample in _ALAW_SAMPLES)
_ULAW_TO_ALAW = bytes(alaw_code(sample) for sample in _ULAW_SAMPLES)


def encode_alaw(pcm: bytes) -> bytes:
    """A-law of 16-bit samples; ValueError for an odd number of bytes."""
    return bytes(map(_ALAW_CODES.__getitem__, array("H", pcm)))


def encode_ulaw(pcm: bytes) -> bytes:
    """Mu-law of 16-bit samples; ValueError for an odd number of bytes."""
    return bytes(map(_ULAW_CODES.__getitem__, array("H", pcm)))


def decode_alaw(payload: bytes) -> bytes:
    """16-bit samples, two bytes for each byte of A-law."""
    return _interleave(payload, _ALAW_BYTES)


def decode_ulaw(payload: bytes) -> bytes:
    """16-bit samples, two bytes for each byte of mu-law."""
    return _interleave(payload, _ULAW_BYTES)


def alaw_to_ulaw(payload: bytes) -> bytes:
    """The same sound under the other law."""
    return payload.translate(_ALAW_TO_ULAW)


def ulaw_to_alaw(payload: bytes) -> bytes:
    """The same sound under the other law."""
    return payload.translate(_ULAW_TO_ALAW)


def encode(codec_name: str, pcm: bytes) -> bytes:
    """By encoding name, ``PCMA`` or ``PCMU``; KeyError for others."""
    return {"PCMA": encode_alaw, "PCMU": encode_ulaw}[codec_name](pcm)


def decode(codec_name: str, payload: bytes) -> bytes:
    """By encoding name, ``PCMA`` or ``PCMU``; KeyError for others."""
    return {"PCMA": decode_alaw, "PCMU": decode_ulaw}[codec_name](payload)


def silence(codec_name: str, length: int) -> bytes:
    """``length`` bytes of silence; KeyError for codecs that are not G.711."""
    return bytes([{"PCMA": ALAW_SILENCE, "PCMU": ULAW_SILENCE}[codec_name]]) * length


def _interleave(payload: bytes, tables: tuple[bytes, ...]) -> bytes:
    pcm = bytearray(2 * len(payload))
    pcm[0::2] = payload.translate(tables[0])
    pcm[1::2] = payload.translate(tables[1])
    return bytes(pcm)
