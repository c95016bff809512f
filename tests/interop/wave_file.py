"""Sound files that foreign programs play and record: 8000 Hz, one channel, 16 bits.

The tone is judged by a Fourier sum written here, not by the harness's own detector.
"""

import cmath
import math
import struct
import wave
from array import array
from collections.abc import Sequence
from operator import mul
from pathlib import Path

RATE = 8000
"""Samples per second."""
WINDOW = 1600
"""Samples that are judged together: 200 ms."""
SHARE = 0.5
"""Of the sound's power that the tone must have in one window."""


def write_tone(path: Path, frequency: int, seconds: int) -> None:
    """Writes a tone of a whole number of Hz: each second is like the first."""
    step = 2 * math.pi * frequency / RATE
    samples = array("h", (round(8000 * math.sin(step * index)) for index in range(RATE))) * seconds
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())


def hears_tone(path: Path, frequency: int) -> bool:
    """Whether 200 ms somewhere in a recording are mostly this tone; it may still be written at."""
    try:
        header, mark, rest = path.read_bytes().partition(b"data")
    except FileNotFoundError:
        return False
    if not mark:
        return False
    _, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", header, header.index(b"fmt ") + 8)
    assert (rate, channels, bits) == (RATE, 1, 16)
    sound = rest[4:]  # behind the length, which is not told before the end
    samples = array("h", sound[: len(sound) // 2 * 2])
    turn = -2j * math.pi * frequency / RATE
    turns = [cmath.exp(turn * index) for index in range(WINDOW)]
    windows = (samples[start : start + WINDOW] for start in range(0, len(samples) - WINDOW + 1, WINDOW))
    return any(_share(window, turns) > SHARE for window in windows)


def _share(samples: "array[int]", turns: Sequence[complex]) -> float:
    total = sum(sample * sample for sample in samples)
    if total == 0:
        return 0.0
    part = sum(map(mul, samples, turns), 0j)
    return float(2 * abs(part) ** 2 / (len(samples) * total))
