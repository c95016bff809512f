"""Frames between workers."""

from hypothesis import given
from hypothesis import strategies as st

from reference_server.store.rows import BindingRow
from reference_server.workers.frame import Frame, FrameReader, Kind, bindings_frame, bindings_of

FRAMES = st.builds(
    Frame,
    st.sampled_from(Kind),
    st.integers(0, 255),
    st.sampled_from(["", "127.0.0.1", "2001:db8::1"]),
    st.integers(0, 65535),
    st.binary(max_size=200),
)


@given(st.lists(FRAMES, max_size=8), st.lists(st.integers(1, 60), min_size=1, max_size=20))
def test_frames_survive_any_cutting_of_the_stream(frames: list[Frame], sizes: list[int]) -> None:
    stream = b"".join(bytes(frame) for frame in frames)
    reader, read, at = FrameReader(), [], 0
    while at < len(stream):
        size = sizes[at % len(sizes)]
        read += list(reader.feed(stream[at : at + size]))
        at += size
    assert read == frames


def test_bindings_come_back_as_they_were() -> None:
    row = BindingRow("joe", "k", "<sip:a@b>", "udp:1.1.1.1:5", "udp:2.2.2.2:6", "", "c\ufffd", 7, 1.5)
    assert bindings_of(bindings_frame("joe", [row])) == ("joe", [row])
    assert bindings_of(bindings_frame("joe", [])) == ("joe", [])
