"""What may change packets on their way: the type, and how one is made.

A trunk or a PBX that obeys all rules has none. What mutators do to SIP stands in `message_changes` and
`packet_loss`.
"""

from collections.abc import Callable

from harness.sip.hop import Packet

Mutator = Callable[[Packet, float], list[Packet]]
"""A packet and the time (seconds) -> what becomes of it: itself, others, or nothing."""

MutatorMaker = Callable[[], Mutator]
"""Makes a mutator with a memory of its own: a blueprint may be built more than once."""


def made(maker: MutatorMaker | None) -> Mutator | None:
    """The mutator of a way, None where nothing changes its packets."""
    return None if maker is None else maker()
