"""Scenarios that judge a PBX: `harness certify`. Never part of our own tests."""
