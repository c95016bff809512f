"""The RTP of one call: what is sent and when, what came in, what was heard in it.

Follows what `call_media` negotiated and does no I/O: packets go into the endpoint's outbox, ticks are the
endpoint's timers. Sounds, events and statistics themselves are `harness.media`'s.
"""

from collections import Counter
from collections.abc import Callable
from functools import cached_property

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
from harness.media.telephone_event import TelephoneEventReceiver, TelephoneEventSender
from harness.media.tone import ToneDetector, ToneSource
from harness.sip.errors import LocalError
from harness.sip.hop import Hop, Packet
from harness.sip.location import is_numeric
from harness.sip.timers import TimerHandle
from harness.ua.endpoint import Endpoint
from harness.ua.rtp_echo import RtpEcho

LATEST_TICK = 0.1
"""Seconds that a tick may be late and is still made up for: at most five packets in a burst."""
LARGEST_PORT = 65_535
"""No RTP port: RTCP needs the next one."""
RTCP_INTERVAL = 5.0
"""Seconds (RFC 3550 section 6.2)."""

DtmfAction = Callable[[str, float], None]


class MediaSession:
    """One call's RTP stream in each direction."""

    def __init__(
        self,
        endpoint: Endpoint,
        local: Hop,
        *,
        source: str = "silence",
        rtcp: bool = False,
        on_dtmf: DtmfAction | None = None,
    ) -> None:
        """``source`` is ``silence``, ``tone:HZ``, ``echo`` or ``none``."""
        rng = endpoint.rng
        self._endpoint = endpoint
        self.local = local
        self.agreed: Negotiated | None = None
        """What holds now; None: no media at all."""
        self.source = source
        self.sent_packets = 0
        self.received_packets = 0
        """RTP packets, whatever their payload."""
        self.received_octets = 0
        """Payload bytes."""
        self.unwanted_packets = 0
        """Packets that came while our direction receives nothing."""
        self.garbage_packets = 0
        """Datagrams that are no RTP."""
        self.first_received_at: float | None = None
        self.last_received_at: float | None = None
        self.reports: list[RtcpPacket] = []
        """RTCP packets received."""
        self._sender = RtpSender(rng.getrandbits(32), rng.getrandbits(15), rng.getrandbits(31))
        self._events_out: TelephoneEventSender | None = None
        self._on_dtmf = on_dtmf
        self._rtcp = rtcp
        self._rtcp_handle: TimerHandle | None = None
        self._tick_handle: TimerHandle | None = None
        self._next_tick = 0.0
        self._tone: ToneSource | None = None
        self._silence = b""
        self._marker = True
        self._learned: Hop | None = None
        self._stopped = False
        self._described: Hop | None = None

    # What only a stream that comes in needs: many calls end before the first packet.

    @cached_property
    def payload_types(self) -> Counter[int]:
        """Packets received by payload type."""
        return Counter()

    @cached_property
    def source_addresses(self) -> Counter[tuple[str, int]]:
        """Packets received by the address they came from."""
        return Counter()

    @cached_property
    def statistics(self) -> ReceiveStatistics:
        """Loss, jitter and order of what came in."""
        return ReceiveStatistics()

    @cached_property
    def _events_in(self) -> TelephoneEventReceiver:
        return TelephoneEventReceiver()

    @cached_property
    def _detector(self) -> ToneDetector:
        return ToneDetector()

    @cached_property
    def _rtp_echo(self) -> RtpEcho:
        return RtpEcho()

    # What is known

    @property
    def remote(self) -> Hop | None:
        """Where our RTP goes: where SDP says, or on a symmetric endpoint where theirs comes from."""
        if self._endpoint.symmetric and self._learned is not None:
            return self._learned
        return self._described

    @property
    def learned_remote(self) -> Hop | None:
        """Where the last packet came from."""
        return self._learned

    @property
    def dtmf_received(self) -> str:
        """All digits that came as telephone-events."""
        return self._events_in.digits

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
        return self._detector.hears(hz)

    @property
    def is_silent(self) -> bool:
        """Whether the newest 200 ms received are (next to) silence, or nothing came."""
        return self._detector.is_silent

    # What the call does

    def update(self, agreed: Negotiated | None, now: float) -> None:
        """Follow a new agreement: codec, address, direction."""
        before = self.agreed
        self.agreed = agreed
        address = None if agreed is None else agreed.remote_address
        usable = address is not None and 0 < address.port < LARGEST_PORT and is_numeric(address.host)
        self._described = Hop("udp", *address) if address is not None and usable else None
        if self._stopped or agreed is None:
            self._stop_ticks()
            return
        if before is None or before.codec != agreed.codec or before.ptime != agreed.ptime:
            self._sender.payload_type = agreed.payload_type
            self._sender.samples = agreed.codec.samples(agreed.ptime)
            self._events_out = None
            self._prepare_source()
        self._sender.payload_type = agreed.payload_type
        if not agreed.receives and self.received_packets:
            self._detector.clear()
        self._start_ticks(now)
        if self._rtcp and self._rtcp_handle is None:
            self._rtcp_handle = self._endpoint.schedule(now + RTCP_INTERVAL, self._report)

    def play(self, source: str) -> None:
        """Send something else from now on: ``silence``, ``tone:HZ``, ``echo`` or ``none``."""
        self.source = source
        self._marker = True
        self._prepare_source()
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
        self._stop_ticks()

    def packets_to_send(self) -> list[Packet]:
        """The endpoint's: see `Endpoint.media_packets_to_send`."""
        return self._endpoint.media_packets_to_send()

    # Receiving

    def receive(self, packet: Packet, now: float) -> None:
        """Take a packet of the RTP or the RTCP port."""
        if packet.destination.port != self.local.port:
            self._receive_rtcp(packet.data)
            return
        try:
            rtp = RtpPacket.parse(packet.data)
        except RtpError:
            self.garbage_packets += 1
            return
        self._count(rtp, packet.source, now)
        agreed = self.agreed
        if agreed is None:
            return
        is_event = rtp.payload_type == agreed.receive_event_payload_type
        is_new = self.statistics.receive_packet(rtp, now, timed=not is_event)
        if is_event:
            self._receive_event(rtp, now)
        elif is_new and rtp.payload_type == agreed.receive_payload_type and agreed.codec.name != "G729":
            self._detector.receive(rtp.payload, agreed.codec.name)
        if self.source == "echo" and agreed.sends and not self._stopped:
            self._echo(rtp, agreed, is_event=is_event)

    def _count(self, rtp: RtpPacket, source: Hop, now: float) -> None:
        self.received_packets += 1
        self.received_octets += len(rtp.payload)
        self.payload_types[rtp.payload_type] += 1
        self.source_addresses[source.host, source.port] += 1
        self._learned = source
        self.last_received_at = now
        if self.first_received_at is None:
            self.first_received_at = now
        if self.agreed is not None and not self.agreed.receives:
            self.unwanted_packets += 1

    def _receive_event(self, rtp: RtpPacket, now: float) -> None:
        try:
            event = self._events_in.receive(rtp.payload, rtp.timestamp)
        except RtpError:
            self.garbage_packets += 1
            return
        if event is not None and event.digit is not None and self._on_dtmf is not None:
            self._on_dtmf(event.digit, now)

    def _receive_rtcp(self, data: bytes) -> None:
        try:
            self.reports.extend(parse_compound(data))
        except MediaError:
            self.garbage_packets += 1

    def _echo(self, rtp: RtpPacket, agreed: Negotiated, *, is_event: bool) -> None:
        payload_type = agreed.event_payload_type if is_event else agreed.payload_type
        remote = self.remote
        if payload_type is None or remote is None:
            return
        data = self._rtp_echo.packet(rtp, self._sender, payload_type)
        self.sent_packets += 1
        self._endpoint.media_outbox.append(Packet(data, self.local, remote))

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
        if self._stopped or agreed is None or not agreed.sends or self.remote is None:
            return False
        return self._tone is not None or bool(self._silence) or self.is_sending_dtmf

    def _start_ticks(self, now: float) -> None:
        if not self._has_work():
            self._stop_ticks()
        elif self._tick_handle is None:
            self._next_tick = now
            self._tick_handle = self._endpoint.schedule(now, self._tick)

    def _stop_ticks(self) -> None:
        if self._tick_handle is not None:
            self._endpoint.timers.cancel(self._tick_handle)
            self._tick_handle = None

    def _tick(self, now: float) -> None:
        """Send one packet and arrange for the next."""
        self._tick_handle = None
        agreed, remote = self.agreed, self.remote
        if agreed is None or remote is None or not self._has_work():
            return
        self._send_frame(agreed, remote)
        if self._next_tick < now - LATEST_TICK:
            self._next_tick = now
        self._next_tick += agreed.ptime / 1000
        self._tick_handle = self._endpoint.schedule(self._next_tick, self._tick)

    def _send_frame(self, agreed: Negotiated, remote: Hop) -> None:
        sender = self._sender
        event_type = agreed.event_payload_type
        events = self._events_out
        frame = events.next_frame(sender.timestamp) if events and event_type is not None else None
        if frame is not None and event_type is not None:
            data = sender.event_packet(frame.payload, event_type, frame.timestamp, marker=frame.marker)
            sender.skip()
            self._marker = True
        else:
            payload = self._tone.next_frame() if self._tone is not None else self._silence
            if not payload:
                sender.skip()
                return
            data = sender.next_packet(payload, marker=self._marker)
            self._marker = False
        self.sent_packets += 1
        self._endpoint.media_outbox.append(Packet(data, self.local, remote))

    # RTCP

    def _report(self, now: float) -> None:
        sender = self._sender
        block = self.statistics.report_block()
        blocks = () if block is None else (block,)
        report: RtcpPacket = ReceiverReport(sender.ssrc, blocks)
        if sender.packets:
            ntp = ntp_timestamp(now)
            report = SenderReport(sender.ssrc, ntp, sender.timestamp, sender.packets, sender.octets, blocks)
        self._send_rtcp([report], now)
        self._rtcp_handle = self._endpoint.schedule(now + RTCP_INTERVAL, self._report)

    def _send_rtcp(self, packets: list[RtcpPacket], _now: float) -> None:
        remote = self.remote
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
