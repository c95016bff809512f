"""Whether a capture file ends within a frame, as it does when its recorder was killed or the disk was full.

`pcap` reads such a file as far as it goes; this tells that more was to come. Only lengths are looked at.
"""

import struct
from pathlib import Path
from typing import BinaryIO

_PCAP_ORDERS = {
    b"\xd4\xc3\xb2\xa1": "<",
    b"\x4d\x3c\xb2\xa1": "<",
    b"\xa1\xb2\xc3\xd4": ">",
    b"\xa1\xb2\x3c\x4d": ">",
}
"""Magic number -> byte order, with microseconds and with nanoseconds."""
_PCAPNG_MAGIC = b"\x0a\x0d\x0d\x0a"
_PCAPNG_LITTLE = b"\x4d\x3c\x2b\x1a"
_PCAP_HEADER, _RECORD_HEADER, _BLOCK_HEADER = 24, 16, 8  # bytes


def is_cut_off(path: Path) -> bool:
    """Whether the file ends within a frame or block; False for what is no pcap or pcapng, gzip included."""
    size = path.stat().st_size
    with path.open("rb") as file:
        magic = file.read(4)
        if magic in _PCAP_ORDERS:
            return _pcap_is_cut_off(file, size, _PCAP_ORDERS[magic])
        if magic == _PCAPNG_MAGIC:
            return _pcapng_is_cut_off(file, size)
    return False


def _pcap_is_cut_off(file: BinaryIO, size: int, order: str) -> bool:
    """Record headers give seconds, fraction, captured length and original length."""
    place = _PCAP_HEADER
    while place < size:
        file.seek(place)
        header = file.read(_RECORD_HEADER)
        if len(header) < _RECORD_HEADER:
            return True
        place += _RECORD_HEADER + struct.unpack(f"{order}4I", header)[2]
    return place != size


def _pcapng_is_cut_off(file: BinaryIO, size: int) -> bool:
    """Each block gives its type and its whole length; a section header tells the byte order."""
    place, order = 0, "<"
    while place < size:
        file.seek(place)
        header = file.read(_BLOCK_HEADER + 4)
        if len(header) < _BLOCK_HEADER + 4:
            return True
        if header[:4] == _PCAPNG_MAGIC:
            order = "<" if header[8:12] == _PCAPNG_LITTLE else ">"
        length: int = struct.unpack(f"{order}I", header[4:8])[0]
        if length < _BLOCK_HEADER + 4:
            return True
        place += length
    return place != size
