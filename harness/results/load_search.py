"""The result of a search for the limit, with the fields that RFC 7502 section 5 wants reported.

Only the shape; the search runs in `harness.load`, and `reports` shows it.
"""

from typing import Literal

from pydantic import Field

from harness.results.run_result import ResultModel, Text

TestCase = Literal["6.1", "6.2", "6.3", "6.4", "6.5", "6.6", "6.7", "6.8"]
"""Section of RFC 7502 that describes the test."""

TEST_NAMES: dict[str, str] = {
    "6.1": "Baseline: the generator against itself, without a target",
    "6.2": "Session establishment rate without media",
    "6.3": "Session establishment rate with media that does not pass the target",
    "6.4": "Session establishment rate with media through the target",
    "6.5": "Session establishment rate with TLS",
    "6.6": "Session establishment rate with IPsec",
    "6.7": "Registration rate",
    "6.8": "Re-registration rate",
}
"""What each test case of RFC 7502 section 6 measures."""


class SearchStep(ResultModel):
    """One step of the search: a rate, kept up for N attempts."""

    phase: Literal["bracket", "search", "confirm"]
    """Coarse with a small N, the RFC's algorithm, or the last step with the N that the user asked for."""
    rate: float
    """r: attempts per second offered."""
    attempts: int
    """N: attempts of this step."""
    failures: int
    """Attempts that failed; one is enough to fail the step."""
    retransmissions: int = 0
    """Requests that had to be sent again."""
    achieved_rate: float
    """Attempts per second that were started."""
    duration_s: float
    """How long the step took, in seconds."""
    passed: bool
    """No attempt failed and the step is valid."""
    void: Text = ""
    """Why the step says nothing about the target; empty when it does."""


class LimitSearch(ResultModel):
    """How many attempts per second the target takes without a failure."""

    test: TestCase
    """Section of RFC 7502 that describes the test."""
    transport: Text
    """SIP transport protocol: ``udp``, ``tcp``, ``tls``."""
    initial_rate: float = 100.0
    """r at the start: "Session Attempt Rate", attempts per second."""
    attempts_per_step: int
    """N of the confirming steps: "Total Sessions Attempted"."""
    bracket_attempts: int | None = None
    """N of the coarse steps; null when there were none."""
    growth: float = 0.10
    """w at the start: by which share a rate grows after a success."""
    session_duration_s: float = 0.0
    """How long each call is held, in seconds."""
    authentication: bool = True
    """True when requests were challenged and answered with credentials."""
    media_streams: int = 0
    """Media streams per session."""
    media_protocol: Text = "none"
    """``RTP``, or ``none``."""
    codec: Text = "none"
    """``PCMA``, ``PCMU``, or ``none``."""
    media_packet_bytes: int = 0
    """Payload bytes in one audio packet."""
    establishment_threshold_s: float = 32.0
    """A session that is not established within this time has failed, in seconds; Timer B."""
    tls_ciphersuite: Text = "none"
    """Cipher suite of tests with TLS."""
    ipsec_profile: Text = "none"
    """IPsec profile of tests with IPsec."""
    media_relay: bool | None = None
    """True when the target passes the media on; null when there is none."""
    steps: list[SearchStep] = Field(default_factory=list)
    """Every step, in the order they ran."""
    rate_found: float | None = None
    """R: the highest rate without a failure, attempts per second; null when no step passed."""
    confirmed: bool = False
    """True when R was confirmed with `attempts_per_step`."""
    generator_limit: bool = False
    """True when the generator gave up before the target did: the target's limit is R or higher."""
    baseline_rate: float | None = None
    """R of test 6.1 on this machine, without which no other figure counts; null when it was not measured."""
    mos_lowest: float | None = None
    """Lowest MOS at the rate found; null without media."""
    notes: Text = ""
    """What else matters to do the same again."""

    @property
    def benchmark(self) -> str:
        """What RFC 7502 section 5 calls the rate that was found."""
        return {"6.7": "Registration Rate", "6.8": "Re-registration Rate"}.get(
            self.test, "Session Establishment Rate"
        )

    @property
    def report_fields(self) -> list[tuple[str, str]]:
        """Names and values as RFC 7502 sections 5.1 to 5.3 lists them."""
        found = f"{self.rate_found:g} per second" if self.rate_found is not None else "none found"
        if self.generator_limit:
            found = f"at least {found} (limit of the generator, not of the target)"
        relay = "no media" if self.media_relay is None else "yes" if self.media_relay else "no"
        return [
            ("Test case", f"RFC 7502 section {self.test}: {TEST_NAMES[self.test]}"),
            ("SIP Transport Protocol", self.transport.upper()),
            ("Session Attempt Rate", f"{self.initial_rate:g} per second at the start"),
            ("Session Duration", f"{self.session_duration_s:g} s"),
            ("Total Sessions Attempted", f"{self.attempts_per_step} a step"),
            ("Media Streams per Session", str(self.media_streams)),
            ("Associated Media Protocol", self.media_protocol),
            ("Codec", self.codec),
            ("Media Packet Size", f"{self.media_packet_bytes} bytes"),
            ("Establishment Threshold Time", f"{self.establishment_threshold_s:g} s"),
            ("TLS ciphersuite used", self.tls_ciphersuite),
            ("IPsec profile used", self.ipsec_profile),
            ("Authentication", "digest" if self.authentication else "none"),
            (self.benchmark, found),
            ("Confirmed with N", str(self.attempts_per_step) if self.confirmed else "not confirmed"),
            ("Is the target acting as a media relay?", relay),
        ]
