"""Sound files that foreign programs play and record: 8000 Hz, one channel, 16 bits.

The tone is judged by a Fourier sum written here, not by the harness's own detector.
"""

import cmath
import math
import wave
from array import array
from pathlib import Path

RATE = 8000
"""Samples per second."""
WINDOW = 1600
"""Samples that are judged together: 200 ms."""
SHARE = 0.5
"""Of the sound's power that the tone must have in one window."""


def write_tone(path: Path, frequency: int, seconds: int) -> None:
    """Writes a tone of some Hz."""
    step = 2 * math.pi * frequency / RATE
    samples = array("h", (round(8000 * math.sin(step * index)) for index in range(RATE * seconds)))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())


def hears_tone(path: Path, frequency: int) -> bool:
    """Whether 200 ms somewhere in a recording are mostly this tone; False while the file is unfinished."""
    try:
        with wave.open(str(path), "rb") as file:
            assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE, 1, 2)
            samples = array("h", file.readframes(file.getnframes()))
    except (EOFError, FileNotFoundError, wave.Error):
        return False
    windows = (samples[start : start + WINDOW] for start in range(0, len(samples) - WINDOW + 1, WINDOW))
    return any(_share(window, frequency) > SHARE for window in windows)


def _share(samples: "array[int]", frequency: int) -> float:
    total = sum(sample * sample for sample in samples)
    if total == 0:
        return 0.0
    turn = -2j * math.pi * frequency / RATE
    part = sum(sample * cmath.exp(turn * index) for index, sample in enumerate(samples))
    return 2 * abs(part) ** 2 / (len(samples) * total)
