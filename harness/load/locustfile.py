"""The locustfile of the harness: its fast users and their shape.

    locust -f "$(python -m harness.load)" --sip-target target.toml OutgoingCaller

Imports Locust; Locust takes every user class and shape that it finds here.
"""

from harness.load.swarm.locust_shape import SipShape
from harness.load.users import (
    IncomingAnswerer,
    MixedChannels,
    OptionsPinger,
    OutgoingCaller,
    RegisteringCaller,
    RegistrationStorm,
)

__all__ = [
    "IncomingAnswerer",
    "MixedChannels",
    "OptionsPinger",
    "OutgoingCaller",
    "RegisteringCaller",
    "RegistrationStorm",
    "SipShape",
]
