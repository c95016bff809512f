"""The stage on which a PBX is certified: an observed trunk does what a director says. START HERE: `stage`."""
