"""START HERE for audio under load: the RTP ports of one generator, read and fed from its loop.

All sockets are in one epoll, whose own descriptor the loop watches: one wake-up reads every packet that
waits. Sockets stay unconnected, so audio from an address it should not come from is heard, and told.
"""

import random
import select
import socket
from collections import deque

from gevent.monkey import get_original

from harness.load.engine.call_audio import Audio
from harness.load.engine.call_messages import Wording
from harness.load.errors import LoadInputError
from harness.load.media.call_sound import CallSound
from harness.load.media.heard_stream import HeardStream
from harness.load.media.pacing_wheel import PacingWheel
from harness.load.media.tone_payloads import owners

RECEIVE_BUFFER = 256 * 1024
"""Bytes asked for each call: more than five seconds of packets."""
LARGEST_PACKET = 2048
MOST_ROUNDS = 8
"""Readings of every ready socket before the loop gets a turn."""


class MediaPlane:
    """Makes the audio of calls; `harness.load.engine.call_audio.AudioSource`."""

    def __init__(self, host: str, ports: range, rng: random.Random) -> None:
        """A call has a pair of ``ports`` from an even one on; a port rests as long as there are others."""
        self.wheel = PacingWheel()
        self.not_sent = 0
        """Packets that the kernel did not take."""
        self._owners = owners()  # takes a moment, so before there is any load
        self._host = host
        self._family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._free = deque(range(ports.start + ports.start % 2, ports.stop - 1, 2))
        self._rng = rng
        # Locust patches the process: its sockets are slower, and epoll is gone. These are the real ones.
        self._epoll: select.epoll = get_original("select", "epoll")()
        self._new_socket = get_original("socket", "socket")
        self._sounds: dict[int, CallSound] = {}

    def __len__(self) -> int:
        return len(self._sounds)

    @property
    def free_ports(self) -> int:
        """Calls that could still have audio."""
        return len(self._free)

    def fileno(self) -> int:
        """What the loop watches for reading."""
        return self._epoll.fileno()

    def open(self, audio: Audio, wording: Wording) -> CallSound:
        """A port for a call. Raises `LoadInputError` when there is none left."""
        sock, port = self._open_socket()
        wanted = None if audio.anything else audio.tone if audio.expected is None else audio.expected
        heard = HeardStream(self._owners, wanted)
        sound = CallSound(
            self, sock, port, wording.content(wording.sdp(port)), audio.tone, heard, self._rng.getrandbits(32)
        )
        self._sounds[sock.fileno()] = sound
        self._epoll.register(sock.fileno(), select.EPOLLIN)
        return sound

    def close(self, sound: CallSound) -> None:
        """A call is over: its port is the last to be used again."""
        if self._sounds.pop(sound.socket.fileno(), None) is not None:
            self._epoll.unregister(sound.socket.fileno())
            sound.socket.close()
            self._free.append(sound.port)

    def drain(self, now: float) -> None:
        """Read every packet that waits."""
        sounds, poll = self._sounds, self._epoll.poll
        for _ in range(MOST_ROUNDS):
            ready = poll(0)
            if not ready:
                return
            for number, _ in ready:
                sound = sounds.get(number)
                if sound is None:
                    continue
                try:
                    sound.heard.receive(sound.socket.recv(LARGEST_PACKET), now)
                except OSError:  # ICMP of a packet of ours: the far end has closed its port
                    pass

    def shut(self) -> None:
        """Close everything."""
        for sound in list(self._sounds.values()):
            sound.stop(0.0)
            self.close(sound)
        self._epoll.close()

    def _open_socket(self) -> tuple[socket.socket, int]:
        for _ in range(len(self._free)):
            port = self._free.popleft()
            sock: socket.socket = self._new_socket(self._family, socket.SOCK_DGRAM)
            sock.setblocking(False)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
            try:
                sock.bind((self._host, port))
            except OSError:
                sock.close()
                self._free.append(port)  # somebody else's for now
                continue
            return sock, port
        raise LoadInputError("rtp_ports", "all in use", "give more ports, or fewer calls at once")
