"""Faults of a PBX that the trunk knows by its address."""

from harness.pbx_simulator.faults.fault import Fault, configured

FAULTS = (
    Fault(
        "calls-from-another-port",
        "ip_mode.pbx-source",
        "requests leave from another port than the one entered for the profile",
        configured(trunk_listen="127.0.0.1:0"),
    ),
)
