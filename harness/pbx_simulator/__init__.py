"""A PBX in a process of its own, correct or with one fault: what `harness certify` is proved with."""
