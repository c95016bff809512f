"""Ways in which the simulated PBX goes wrong on purpose, by topic; the list is `registry`."""
