"""The only sockets, clocks and sleeping there are; and the phone that scenario authors use."""
