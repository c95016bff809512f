"""One call on the trunk's wire: its INVITEs, what ended it, and who had to do what.

Made by `trunk_leg`; `release` and the other checks judge it. A call is a Call-ID: an INVITE repeated with
credentials, after 422 or with a new branch under the same CSeq (Kamailio) is another attempt of that call.
"""

from dataclasses import dataclass, field

from harness.checks.pbx.leg_message import Exchange, LegMessage


@dataclass(slots=True, eq=False)
class Call:
    """Every message with the Call-ID of an INVITE outside a dialog."""

    call_id: str
    outbound: bool
    """Whether the PBX made it."""
    attempts: list[Exchange]
    """The INVITEs without To-tag, in order."""
    others: list[Exchange] = field(default_factory=list)
    """All other requests of the call but ACK."""
    messages: list[LegMessage] = field(default_factory=list)
    """Everything, in order."""

    @property
    def invite(self) -> LegMessage:
        """The first INVITE."""
        return self.attempts[0].first

    @property
    def answer(self) -> LegMessage | None:
        """The first 2xx to one of its attempts."""
        finals = (attempt.final for attempt in self.attempts)
        return next((each for each in finals if each is not None and each.status < 300), None)

    @property
    def refusal(self) -> LegMessage | None:
        """The final response of the last attempt when it is no 2xx."""
        final = self.attempts[-1].final
        return final if final is not None and final.status >= 300 else None

    @property
    def cancels(self) -> list[Exchange]:
        """The CANCELs of whoever called."""
        return [each for each in self.others if each.request.method == "CANCEL"]

    @property
    def byes(self) -> list[Exchange]:
        """The BYEs of either side."""
        return [each for each in self.others if each.request.method == "BYE"]

    @property
    def reinvites(self) -> list[Exchange]:
        """INVITEs within the dialog."""
        return [each for each in self.others if each.request.method == "INVITE"]

    @property
    def challenged(self) -> list[Exchange]:
        """The attempts that were answered 401 or 407."""
        return [attempt for attempt in self.attempts if attempt.is_challenged]

    def add_ack(self, ack: LegMessage) -> None:
        """Gives an ACK to the INVITE it acknowledges.

        By branch where the final response was no 2xx, else by CSeq number (RFC 3261 sections 17.1.1.3 and
        13.2.2.4).
        """
        invites = [each for each in (*self.attempts, *self.reinvites) if each.first.from_pbx is ack.from_pbx]
        branch, number = ack.message.branch, ack.message.cseq.number
        same = [each for each in invites if each.request.branch == branch and branch]
        same = same or [each for each in invites if each.request.cseq.number == number]
        for exchange in same[-1:]:
            exchange.acks.append(ack)
