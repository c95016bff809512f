"""The SIP protocol: messages, transactions, dialogs, digest, timers.

No sockets, clocks, randomness or logging: bytes, times and random sources come in as arguments.
START HERE: `message`.
"""
