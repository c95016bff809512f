"""pbx.toml of a device with one line: PBX and phone in one, without number plans and second calls.

Which device it is, and how it is moved, is `certify_baresip`'s and `certify_linphone`'s work.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from tests.interop.certification import pbx_commands, phone_commands

DOMAIN = "sip.skype.com"
USERNAME, PASSWORD = "99051000000231", "kR7vWq2mXe9LtB"
PBX_TOML = """\
[pbx]
vendor = "{vendor}"
product = "{product}"
version = "{version}"
address = "127.0.0.1:{port}"
transport = "{transport}"
{power}

[trunk]
listen = "127.0.0.1:{trunk_port}"
sip_username = "{username}"
password = "{password}"
online_numbers = ["+442079460123"]

[[phone]]
extension = "{product}"
rings_for = ["{username}"]
{commands}
[dial]
short_number = ""

[supports]
several_calls = 1
routes_by_number = false
national_numbers = false
short_numbers = false
emergency_route = false
sha256 = {sha256}

[timeouts]
appear = 100
setup = 20
registration = {registration}
"""


@dataclass(frozen=True, slots=True)
class OneLine:
    """A device with one line."""

    vendor: str
    product: str
    version: str
    registration: int
    """Seconds until it must have registered again."""
    sha256: bool = True
    """Whether it may be challenged so."""
    transport: str = "udp"

    def described(self, desk: int, actions: Iterable[str], port: int, trunk_port: int) -> str:
        """The text of pbx.toml. `desk` is the port where it is moved, `port` its own for SIP."""
        return PBX_TOML.format(
            vendor=self.vendor,
            product=self.product,
            version=self.version,
            transport=self.transport,
            registration=self.registration,
            sha256=str(self.sha256).lower(),
            port=port,
            trunk_port=trunk_port,
            username=USERNAME,
            password=PASSWORD,
            commands=phone_commands(desk, actions),
            power=pbx_commands(desk),
        )
