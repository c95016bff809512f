"""How long a trace must go on before silence means something. Numbers with their reasons, nothing else."""

REACTION = 2.0
"""Seconds within which an ACK or a request with credentials follows what asks for it.

Software answers in milliseconds; a 2xx is repeated after T1 = 0.5 s (RFC 3261 section 13.3.1.4).
"""
ANSWER = 10.0
"""Seconds after which a request without any answer counts as unanswered.

It has been repeated four times by then (RFC 3261 section 17.1.2.1); timer F would wait for 32 s.
"""
CLOCKS = 1.0
"""Seconds by which a refresh may look late because trunk and capture do not count from the same moment."""
