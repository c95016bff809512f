"""Scenarios against a trunk: `harness run`, or plain pytest with ``--sip-target FILE``."""
