"""What all tests share: how hypothesis searches, and that Ctrl-C reaches the programs they start."""

import signal

from hypothesis import HealthCheck, settings

settings.register_profile(
    "project",
    deadline=None,  # a shared machine stalls now and then; that is no defect
    derandomize=True,  # the same examples in each run, so a failure is a change's own
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("project")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as behind a shell's `&`; programs would inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)
