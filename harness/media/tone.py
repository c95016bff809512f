"""Test tones: made as ready G.711 frames, and recognised in a received stream.

A tone tells whose sound arrived where: with one frequency a call, hundreds of calls can be told apart.
Packets are `rtp`'s work, the laws `g711`'s.
"""

import math
from array import array
from collections.abc import Iterable, Sequence
from functools import lru_cache

from harness.media import g711

SAMPLE_RATE = 8000  # Hz
AMPLITUDE = 8000  # of 32767: about -9 dBm0, loud and far from clipping; our own choice
WINDOW = 1600  # samples a decision rests on: 200 ms, so tones 10 Hz apart are told apart
SHARE = 0.3  # of the stream's power a tone must hold; two tones hold half each
SILENCE_LEVEL = 100.0  # RMS below which a stream is silent: about -50 dBm0; our own choice
LOWEST, SPACING = 300, 10  # Hz


def tone_of_call(index: int) -> int:
    """A frequency in Hz of its own for call ``index``, 0 to 309: 300 to 3390 Hz, 10 Hz apart."""
    if not 0 <= index < 310:
        raise ValueError(f"there are tones for 310 calls, 0 to 309, none for {index}")
    return LOWEST + SPACING * index


def sine(frequencies: Sequence[float], samples: int, amplitude: int = AMPLITUDE) -> bytes:
    """16-bit PCM of some tones together, which share the amplitude."""
    level = amplitude / max(1, len(frequencies))
    steps = [2 * math.pi * frequency / SAMPLE_RATE for frequency in frequencies]
    return array(
        "h", (round(level * sum(math.sin(step * n) for step in steps)) for n in range(samples))
    ).tobytes()


@lru_cache(maxsize=1024)
def tone_frames(frequencies: tuple[int, ...], codec_name: str = "PCMA", ptime: int = 20) -> tuple[bytes, ...]:
    """One second or a few of encoded frames, which can be sent round and round without a click.

    Whole frequencies in Hz; ``codec_name`` is PCMA or PCMU, ``ptime`` in milliseconds.
    """
    size = SAMPLE_RATE * ptime // 1000
    total = math.lcm(size, SAMPLE_RATE // math.gcd(SAMPLE_RATE, *frequencies))
    payload = g711.encode(codec_name, sine(frequencies, total))
    return tuple(payload[start : start + size] for start in range(0, total, size))


class ToneSource:
    """Hands out the frames of a tone, one after another."""

    __slots__ = ("_frames", "_next")

    def __init__(self, frequencies: tuple[int, ...], codec_name: str = "PCMA", ptime: int = 20) -> None:
        self._frames = tone_frames(frequencies, codec_name, ptime)
        self._next = 0

    def next_frame(self) -> bytes:
        """The payload of the next packet."""
        frame = self._frames[self._next]
        self._next = (self._next + 1) % len(self._frames)
        return frame


class ToneDetector:
    """Keeps the newest 200 ms of a G.711 stream and says which tones are in it.

    Taking a packet costs next to nothing; the arithmetic is done when somebody asks.
    """

    __slots__ = ("_codec_name", "_payloads", "_window")

    def __init__(self, codec_name: str = "PCMA", window: int = WINDOW) -> None:
        self._codec_name = codec_name
        self._window = window
        self._payloads = bytearray()

    def receive(self, payload: bytes, codec_name: str | None = None) -> None:
        """Take the payload of one packet; a change of codec starts the window anew."""
        if codec_name is not None and codec_name != self._codec_name:
            self._codec_name = codec_name
            self._payloads.clear()
        self._payloads += payload
        if len(self._payloads) > 4 * self._window:
            del self._payloads[: -self._window]

    def clear(self) -> None:
        """Forget what was heard, as at a hold or a new answer."""
        self._payloads.clear()

    @property
    def is_full(self) -> bool:
        """Whether enough was heard to decide."""
        return len(self._payloads) >= self._window

    def samples(self) -> Sequence[int]:
        """The newest samples, at most a window of them."""
        return array("h", g711.decode(self._codec_name, bytes(self._payloads[-self._window :])))

    @property
    def level(self) -> float:
        """The RMS of the window, 0 to 32767."""
        return rms(self.samples())

    @property
    def is_silent(self) -> bool:
        """Whether there is next to no sound, or none was received."""
        return self.level < SILENCE_LEVEL

    def hears(self, frequency: float, share: float = SHARE) -> bool:
        """Whether a full window holds the tone; ``share`` of the power must be its."""
        return bool(self.heard_among((frequency,), share))

    def heard_among(self, frequencies: Iterable[float], share: float = SHARE) -> list[float]:
        """Those of ``frequencies`` that a full window holds, loudest first."""
        if not self.is_full:
            return []
        samples = self.samples()
        if rms(samples) < SILENCE_LEVEL:
            return []
        shares = [(power_share(samples, frequency), frequency) for frequency in frequencies]
        return [frequency for part, frequency in sorted(shares, reverse=True) if part >= share]


def rms(samples: Sequence[int]) -> float:
    """Root of the mean square; 0 for no samples."""
    if not samples:
        return 0.0
    return math.sqrt(sum(sample * sample for sample in samples) / len(samples))


def power_share(samples: Sequence[int], frequency: float) -> float:
    """Which part of the samples' power lies at ``frequency``: about 1 for the pure tone, 0 without it.

    Goertzel's algorithm (American Mathematical Monthly 65, 1958), for any frequency, not only whole bins.
    """
    coefficient = 2 * math.cos(2 * math.pi * frequency / SAMPLE_RATE)
    before = last = 0.0
    for sample in samples:
        before, last = last, sample + coefficient * last - before
    power = last * last + before * before - coefficient * last * before
    total = sum(sample * sample for sample in samples)
    return 2 * power / (len(samples) * total) if total else 0.0
