"""Ctrl-C reaches the programs that these tests start, wherever the tests themselves were started."""

import signal

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as behind a shell's `&`; programs would inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)
