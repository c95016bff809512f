"""What stands before the IP packet."""

import pytest

from harness.capture.link_layer import ETHERNET, IPV6, LINUX_SLL, LINUX_SLL2, LOOP, NULL, RAW, ip_bytes

IP = b"\x45packet"


@pytest.mark.parametrize(
    ("link_type", "frame"),
    [
        (ETHERNET, b"\0" * 12 + b"\x08\x00" + IP),
        (ETHERNET, b"\0" * 12 + b"\x86\xdd" + IP),
        (ETHERNET, b"\0" * 12 + b"\x81\x00\x00\x05\x08\x00" + IP),
        (LINUX_SLL, b"\0" * 14 + b"\x08\x00" + IP),
        (LINUX_SLL2, b"\x08\x00" + b"\0" * 18 + IP),
        (NULL, b"\x02\0\0\0" + IP),
        (LOOP, b"\0\0\0\x02" + IP),
        (RAW, IP),
        (12, IP),
        (IPV6, IP),
    ],
)
def test_the_ip_packet_is_found_behind_each_link_layer(link_type: int, frame: bytes) -> None:
    assert ip_bytes(frame, link_type) == IP


@pytest.mark.parametrize("link_type", [ETHERNET, LINUX_SLL, LINUX_SLL2])
def test_frames_without_ip_hold_none(link_type: int) -> None:
    assert ip_bytes(b"\x08\x06" * 20, link_type) is None
    assert ip_bytes(b"", link_type) is None
