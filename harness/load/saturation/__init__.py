"""The saturation scenarios' load: phases of calls on one profile, in a process of its own."""
