"""Scenarios under pytest: options, fixtures, verdicts and evidence."""
