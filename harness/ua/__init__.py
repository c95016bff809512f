"""A phone without I/O: calls, registrations and their media."""
