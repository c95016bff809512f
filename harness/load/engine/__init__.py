"""The load engine without I/O: calls, registrations and their timers for thousands of calls a second.

`engine` is the door. No sockets, no gevent, no clock of its own: `harness.load.generator` is the shell
around it that has them.
"""
