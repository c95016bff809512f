"""Session descriptions, RTP and what is heard in it. Knows no SIP and does no I/O."""
