"""The wire of load: sockets, many packets at a time. What packets say is `harness.load.engine`'s affair."""
