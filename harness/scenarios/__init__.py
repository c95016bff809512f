"""Scenarios that judge a target: plain pytest modules, never part of the project's own tests."""
