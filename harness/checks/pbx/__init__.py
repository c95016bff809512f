"""Checks of a PBX: pure functions over a trace of what passed between the PBX and its trunk."""
