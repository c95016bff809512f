"""Measurements of the hot path, always beside SIPp in the same run."""
