"""The RTP of one call: what is sent and when, what came in, what was heard in it.

Follows what `call_media` negotiated and does no I/O: packets go into the endpoint's outbox, ticks are the
endpoint's timers. Sounds, events and statistics themselves are `harness.media`'s.
"""

from collections import Counter
from collections.abc import Callable

from harness.media import g711
from harness.media.errors import MediaError, RtpError
from harness.media.offer_answer import Negotiated
from harness.media.quality import ReceiveStatistics
from harness.media.rtcp import (
    CNAME,
    Goodbye,
    ReceiverReport,
    RtcpPacket,
    SenderReport,
    SourceDescription,
    build_compound,
    ntp_timestamp,
    parse_compound,
)
from harness.media.rtp import RtpPacket, RtpSender
from harness.media.telephone_event import TelephoneEventSender
from harness.media.tone import ToneSource
from harness.sip.errors import LocalError
from harness.sip.hop import Hop, Packet
from harness.sip.location import is_numeric
from harness.sip.timers import TimerHandle
from harness.ua.endpoint import Endpoint, MediaReply
from harness.ua.pacing import Beat
from harness.ua.received_stream import NONE, Address, ReceivedStream, as_number
from harness.ua.rtp_echo import RtpEcho

LARGEST_PORT = 65_535
"""No RTP port: RTCP needs the next one."""
RTCP_INTERVAL = 5.0
"""Seconds (RFC 3550 section 6.2)."""
DtmfAction = Callable[[str, float], None]

_PLAIN = 0x80  # version 2, no padding, no extension, no CSRC


class MediaSession:
    """One call's RTP stream in each direction."""

    __slots__ = (
        "_address", "_beat", "_echo", "_echoes", "_endpoint", "_events_out", "_keeps_sound", "_learned",
        "_marker", "_on_dtmf", "_remote", "_reports", "_rtcp", "_rtcp_handle", "_sender", "_sent",
        "_silence", "_ssrc", "_start_handle", "_stopped", "_tone", "_usual", "agreed", "garbage_packets",
        "local", "source", "stream",
    )  # fmt: skip

    def __init__(
        self,
        endpoint: Endpoint,
        local: Hop,
        *,
        source: str = "silence",
        rtcp: bool = False,
        on_dtmf: DtmfAction | None = None,
        keeps_sound: bool = True,
    ) -> None:
        """``source`` is ``silence``, ``tone:HZ``, ``echo`` or ``none``; with ``keeps_sound`` False no tone
        is ever heard."""
        rng = endpoint.rng
        self._endpoint = endpoint
        self.local = local
        self.agreed: Negotiated | None = None
        """What holds now; None: no media at all."""
        self.source = source
        self._sent = 0
        """Packets sent, without those that the stream sends back by itself."""
        self.garbage_packets = 0
        """Datagrams that are no RTP."""
        self._sender = RtpSender(rng.getrandbits(32), rng.getrandbits(15), rng.getrandbits(31))
        self.stream: ReceivedStream | None = None
        """What came in; None before the first packet."""
        self._keeps_sound = keeps_sound
        self._usual = b""
        """How packets begin that are only noted; empty while their sound is kept."""
        self._events_out: TelephoneEventSender | None = None
        self._on_dtmf = on_dtmf
        self._echo: RtpEcho | None = None
        self._echoes = False
        """Whether what comes is to be sent back now."""
        self._ssrc = self._sender.ssrc.to_bytes(4)
        self._reports: list[RtcpPacket] | None = None
        self._rtcp = rtcp
        self._rtcp_handle: TimerHandle | None = None
        self._start_handle: TimerHandle | None = None
        self._beat: Beat | None = None
        self._tone: ToneSource | None = None
        self._silence = b""
        self._marker = True
        self._learned: Hop | None = None
        self._stopped = False
        self._remote: Hop | None = None
        self._address: Address = ("", 0)
        """`remote` as a socket names it."""

    # What is known

    @property
    def remote(self) -> Hop | None:
        """Where our RTP goes: where SDP says, or on a symmetric endpoint where theirs comes from."""
        return self._remote

    @property
    def learned_remote(self) -> Hop | None:
        """Where the last packet came from."""
        return None if self.stream is None else Hop("udp", *self.stream.source)

    @property
    def sent_packets(self) -> int:
        """RTP packets that left, echoes included."""
        return self._sent + (0 if self.stream is None else self.stream.echoed)

    @property
    def statistics(self) -> ReceiveStatistics:
        """Loss, jitter and order of what came in."""
        return ReceiveStatistics() if self.stream is None else self.stream.statistics

    @property
    def received_packets(self) -> int:
        """RTP packets, whatever their payload."""
        return 0 if self.stream is None else self.stream.packets

    @property
    def received_octets(self) -> int:
        """Payload bytes."""
        return 0 if self.stream is None else self.stream.octets

    @property
    def unwanted_packets(self) -> int:
        """Packets that came while our direction receives nothing."""
        return 0 if self.stream is None else self.stream.unwanted

    @property
    def first_received_at(self) -> float | None:
        """Seconds; None before the first packet."""
        return None if self.stream is None else self.stream.first_at

    @property
    def last_received_at(self) -> float | None:
        """Seconds; None before the first packet."""
        return None if self.stream is None else self.stream.last_at

    @property
    def payload_types(self) -> Counter[int]:
        """Packets received by payload type."""
        return Counter() if self.stream is None else self.stream.payload_types

    @property
    def source_addresses(self) -> Counter[Address]:
        """Packets received by the address they came from."""
        return Counter() if self.stream is None else self.stream.source_addresses

    @property
    def reports(self) -> list[RtcpPacket]:
        """RTCP packets received."""
        return self._reports or []

    @property
    def dtmf_received(self) -> str:
        """All digits that came as telephone-events."""
        return "" if self.stream is None else self.stream.digits

    @property
    def is_sending_dtmf(self) -> bool:
        return self._events_out is not None and not self._events_out.is_idle

    @property
    def mos(self) -> float:
        """Mean opinion score of the received stream (E-model), 1 to 4.5."""
        codec = self.agreed.codec if self.agreed is not None else None
        return self.statistics.quality().rate(codec).mos

    def heard_tone(self, hz: float) -> bool:
        """Whether the newest 200 ms received are this tone, in Hz."""
        return self.stream is not None and self.stream.heard_tone(hz)

    @property
    def is_silent(self) -> bool:
        """Whether the newest 200 ms received are (next to) silence, or nothing came."""
        return self.stream is None or self.stream.is_silent

    # What the call does

    def update(self, agreed: Negotiated | None, now: float) -> None:
        """Follow a new agreement: codec, address, direction."""
        before = self.agreed
        self.agreed = agreed
        address = None if agreed is None else agreed.remote_address
        usable = address is not None and 0 < address.port < LARGEST_PORT and is_numeric(address.host)
        described = Hop("udp", *address) if address is not None and usable else None
        self._aim(self._learned or described)
        self._follow_agreement()
        if self._stopped or agreed is None:
            self._stop_ticks()
            return
        if before is None or before.codec != agreed.codec or before.ptime != agreed.ptime:
            self._stop_ticks()
            self._sender.samples = agreed.codec.samples(agreed.ptime)
            self._events_out = None
            self._prepare_source()
        self._sender.payload_type = agreed.payload_type
        if not agreed.receives and self.stream is not None:
            self.stream.forget_sound()
        self._start_ticks(now)
        if self._rtcp and self._rtcp_handle is None:
            self._rtcp_handle = self._endpoint.schedule(now + RTCP_INTERVAL, self._report)

    def play(self, source: str) -> None:
        """Send something else from now on: ``silence``, ``tone:HZ``, ``echo`` or ``none``."""
        self.source = source
        self._marker = True
        self._prepare_source()
        self._follow_agreement()
        self._start_ticks(0.0)

    def send_dtmf(self, digits: str, now: float) -> None:
        """Send telephone-events. Raises `LocalError` when the other side takes none."""
        if self.agreed is None or self.agreed.event_payload_type is None:
            raise LocalError("telephone-event was not negotiated; offer it in the codecs")
        if self._events_out is None:
            self._events_out = TelephoneEventSender(samples=self._sender.samples)
        self._events_out.send(digits)
        self._start_ticks(now)

    def stop(self, now: float) -> None:
        """Send nothing more; what comes in is still counted."""
        if self._stopped:
            return
        if self._rtcp_handle is not None:
            self._send_rtcp([Goodbye((self._sender.ssrc,))], now)
            self._endpoint.timers.cancel(self._rtcp_handle)
        self._stopped = True
        self._follow_agreement()
        self._stop_ticks()

    def packets_to_send(self) -> list[Packet]:
        """The endpoint's: see `Endpoint.media_packets_to_send`."""
        return self._endpoint.media_packets_to_send()

    def _aim(self, remote: Hop | None) -> None:
        self._remote = remote
        if remote is not None:
            self._address = (remote.host, remote.port)

    def _follow_agreement(self) -> None:
        """Work out beforehand what would have to be asked for each packet."""
        self._drop_lead()
        agreed = self.agreed
        self._echoes = (
            self.source == "echo" and agreed is not None and agreed.sends and not self._stopped
        ) and self._remote is not None
        self._usual = b""
        if agreed is not None and agreed.receives and not self._keeps_sound:
            self._usual = bytes((_PLAIN, agreed.receive_payload_type))
        if self._echoes:
            self._echo = self._echo or RtpEcho()
        self._tell_stream()

    def _tell_stream(self) -> None:
        """Which packets need nobody but the stream."""
        stream = self.stream
        if stream is not None:
            by_itself = stream.lead != NONE or not self._echoes
            stream.usual = as_number(self._usual) if by_itself else NONE

    # Receiving

    def receive(self, packet: Packet, now: float) -> None:
        """Take a packet of the RTP or the RTCP port."""
        if packet.destination.port != self.local.port:
            self._receive_rtcp(packet.data)
            return
        reply = self.receive_rtp(packet.data, (packet.source.host, packet.source.port), now)
        if reply is not None:
            self._endpoint.media_outbox.append(Packet(reply[0], self.local, Hop("udp", *reply[1])))

    def receive_rtp(self, data: bytes, source: Address, now: float) -> MediaReply | None:
        """Take a datagram of the RTP port; returns what goes back at once, and where to."""
        stream = self.stream
        if stream is None or not stream.expects(data, source):
            return self._receive_unusual(data, source, now)
        echo = stream.note(data, now)
        return None if echo is None else (echo, source)

    def _receive_unusual(self, data: bytes, source: Address, now: float) -> MediaReply | None:
        """Anything but the next packet of sound from the same place."""
        try:
            rtp = RtpPacket.parse(data)
        except RtpError:
            self.garbage_packets += 1
            return None
        self._drop_lead()
        stream, agreed = self._count(rtp, len(data), source, now), self.agreed
        if agreed is None:
            return None
        is_event = rtp.payload_type == agreed.receive_event_payload_type
        is_new = stream.statistics.receive_packet(rtp, now, timed=not is_event)
        if is_event:
            self._receive_event(stream, rtp, now)
        elif is_new and rtp.payload_type == agreed.receive_payload_type:
            stream.hear(rtp.payload, agreed.codec.name)
        reply = self._echo_packet(rtp, agreed, is_event=is_event) if self._echoes else None
        self._tell_stream()
        return reply

    def _count(self, rtp: RtpPacket, size: int, source: Address, now: float) -> ReceivedStream:
        stream = self.stream
        if stream is None:
            stream = self.stream = ReceivedStream(now, keeps_sound=self._keeps_sound)
        if self._endpoint.symmetric and source != stream.source:
            self._learned = Hop("udp", *source)
            self._aim(self._learned)
            self._follow_agreement()
        stream.count(rtp, size, source, now)
        if self.agreed is not None and not self.agreed.receives:
            stream.unwanted += 1
        return stream

    def _receive_event(self, stream: ReceivedStream, rtp: RtpPacket, now: float) -> None:
        try:
            event = stream.events.receive(rtp.payload, rtp.timestamp)
        except RtpError:
            self.garbage_packets += 1
            return
        if event is not None and event.digit is not None and self._on_dtmf is not None:
            self._on_dtmf(event.digit, now)

    def _receive_rtcp(self, data: bytes) -> None:
        try:
            packets = parse_compound(data)
        except MediaError:
            self.garbage_packets += 1
            return
        self._reports = [*(self._reports or ()), *packets]

    def _echo_packet(self, rtp: RtpPacket, agreed: Negotiated, *, is_event: bool) -> MediaReply | None:
        payload_type = agreed.event_payload_type if is_event else agreed.payload_type
        if payload_type is None or self._echo is None:
            return None
        sender = self._sender
        if self.sent_packets == 0:  # begin where they began: then most packets go back nearly as they came
            sender.sequence, sender.timestamp = rtp.sequence, rtp.timestamp
        self._sent += 1
        sender.octets += len(rtp.payload)
        data = self._echo.packet(rtp, sender, payload_type)
        idle = self._beat is None and self._start_handle is None
        stream = self.stream
        if idle and self._echo.keeps_numbers and stream is not None and stream.source == self._address:
            stream.echo(bytes((_PLAIN, agreed.payload_type)), self._ssrc)
        return data, self._address

    def _drop_lead(self) -> None:
        """From here on packets are numbered one by one: go on from the last that kept its numbers."""
        stream = self.stream
        if stream is None or stream.lead == NONE:
            return
        head = stream.last_head
        stream.echo(b"", b"")
        self._tell_stream()
        if head:
            self._sender.sequence = int.from_bytes(head[2:4]) + 1 & 0xFFFF
            self._sender.timestamp = int.from_bytes(head[4:8])

    # Sending

    def _prepare_source(self) -> None:
        agreed = self.agreed
        kind, _, argument = self.source.partition(":")
        if kind not in ("silence", "tone", "echo", "none"):
            raise LocalError(f"media source {self.source!r} is unknown; write silence, tone:HZ, echo or none")
        self._tone, self._silence = None, b""
        if agreed is None:
            return
        size = agreed.codec.payload_size(agreed.ptime)
        is_g711 = agreed.codec.name in ("PCMA", "PCMU")
        if kind == "tone" and is_g711:
            self._tone = ToneSource((round(float(argument)),), agreed.codec.name, agreed.ptime)
        elif kind in ("silence", "tone"):
            self._silence = g711.silence(agreed.codec.name, size) if is_g711 else bytes(size)

    def _has_work(self) -> bool:
        agreed = self.agreed
        if self._stopped or agreed is None or not agreed.sends or self._remote is None:
            return False
        return self._tone is not None or bool(self._silence) or self.is_sending_dtmf

    def _start_ticks(self, now: float) -> None:
        if not self._has_work():
            self._stop_ticks()
        elif self._beat is None and self._start_handle is None:
            self._start_handle = self._endpoint.schedule(now, self._start)

    def _stop_ticks(self) -> None:
        if self._start_handle is not None:
            self._endpoint.timers.cancel(self._start_handle)
            self._start_handle = None
        if self._beat is not None:
            self._endpoint.pacer.leave(self, self._beat)
            self._beat = None

    def _start(self, now: float) -> None:
        """Send the first packet and join those that send at the same times."""
        self._start_handle = None
        self._drop_lead()
        if self.agreed is not None and self._has_work():
            self._beat = self._endpoint.pacer.join(self, self.agreed.ptime, now)
            self.send_frame()

    def send_frame(self) -> None:
        """Send one packet: what the beat calls for."""
        remote, sender = self._remote, self._sender
        if remote is None or (self._events_out is not None and not self._has_work()):
            self._stop_ticks()
            return
        data = None if self._events_out is None else self._event_packet(self._events_out)
        if data is None:
            payload = self._silence if self._tone is None else self._tone.next_frame()
            if not payload:
                sender.skip()
                return
            data = sender.next_packet(payload, marker=self._marker)
            self._marker = False
        self._sent += 1
        self._endpoint.media_outbox.append(Packet(data, self.local, remote))

    def _event_packet(self, events: TelephoneEventSender) -> bytes | None:
        """The next packet of a telephone-event; None when none is due."""
        sender = self._sender
        event_type = None if self.agreed is None else self.agreed.event_payload_type
        frame = None if event_type is None else events.next_frame(sender.timestamp)
        if frame is None or event_type is None:
            return None
        data = sender.event_packet(frame.payload, event_type, frame.timestamp, marker=frame.marker)
        sender.skip()
        self._marker = True
        return data

    # RTCP

    def _report(self, now: float) -> None:
        sender = self._sender
        block = self.statistics.report_block()
        blocks = () if block is None else (block,)
        report: RtcpPacket = ReceiverReport(sender.ssrc, blocks)
        if self.sent_packets:
            ntp = ntp_timestamp(now)
            self._drop_lead()
            report = SenderReport(
                sender.ssrc, ntp, sender.timestamp, self.sent_packets, self._sent_octets(), blocks
            )
        self._send_rtcp([report], now)
        self._rtcp_handle = self._endpoint.schedule(now + RTCP_INTERVAL, self._report)

    def _sent_octets(self) -> int:
        return self._sender.octets + (0 if self.stream is None else self.stream.echoed_octets)

    def _send_rtcp(self, packets: list[RtcpPacket], _now: float) -> None:
        remote = self._remote
        if remote is None:
            return
        name = f"{self._sender.ssrc:08x}@{self.local.host}".encode()
        description = SourceDescription(((self._sender.ssrc, ((CNAME, name),)),))
        if isinstance(packets[0], Goodbye):  # RFC 3550 section 6.1: a compound packet begins with a report
            packets = [ReceiverReport(self._sender.ssrc), description, *packets]
        else:
            packets = [*packets, description]
        source = Hop("udp", self.local.host, self.local.port + 1)
        target = Hop("udp", remote.host, remote.port + 1)
        self._endpoint.media_outbox.append(Packet(build_compound(packets), source, target))
