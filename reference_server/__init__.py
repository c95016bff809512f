"""The reference trunk: a SIP trunk with profiles, channels, credit and numbers, to test against."""
