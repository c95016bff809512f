"""A capture that ends within a frame is told from one that ends with it."""

import struct
from pathlib import Path

import pytest

from harness.capture.cut_off import is_cut_off

CAPTURE = Path(__file__).parents[2] / "data" / "captures" / "ast_f_badpw.pcap"


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    """A pcapng block."""
    length = struct.pack(f"{order}I", 12 + len(body))
    return struct.pack(f"{order}I", kind) + length + body + length


def section(order: str) -> bytes:
    """A pcapng section header."""
    return block(0x0A0D0D0A, struct.pack(f"{order}IHHq", 0x1A2B3C4D, 1, 0, -1), order)


@pytest.mark.parametrize("missing", [1, 20])
def test_a_pcap_is_cut_off_when_bytes_of_its_last_frame_are_missing(tmp_path: Path, missing: int) -> None:
    whole = CAPTURE.read_bytes()
    path = tmp_path / "cut.pcap"
    path.write_bytes(whole[:-missing])
    assert is_cut_off(path)
    assert not is_cut_off(CAPTURE)


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_pcapng_is_cut_off_within_a_block(tmp_path: Path, order: str) -> None:
    path = tmp_path / "c.pcapng"
    whole = section(order) + block(1, bytes(8), order)
    path.write_bytes(whole)
    assert not is_cut_off(path)
    for length in (len(whole) - 1, len(section(order)) + 4):
        path.write_bytes(whole[:length])
        assert is_cut_off(path)


def test_an_impossible_length_is_a_cut(tmp_path: Path) -> None:
    path = tmp_path / "c.pcapng"
    path.write_bytes(section("<") + bytes(12))
    assert is_cut_off(path)


def test_what_is_no_capture_is_not_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("notes")
    assert not is_cut_off(path)
