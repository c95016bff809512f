"""The commented pbx.toml that `harness certify --init` writes.

It loads as it stands, with addresses of the documentation range (RFC 5737) to be replaced. What the keys
mean to the harness is told in `pbx`, `pbx_support` and `pbx_phone`.
"""

import secrets
import string
from pathlib import Path

from harness.settings.pbx_support import FEATURES, Supports

PASSWORD_LENGTH = 14
"""As on the profile page of Skype Connect."""


def fresh_password() -> str:
    """A password as the trunk's profile page shows them: letters and digits."""
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(PASSWORD_LENGTH))


def commented_pbx_toml() -> str:
    """The text of a commented pbx.toml, whose profile has a password made up on the spot."""
    return _TEMPLATE.format(password=fresh_password(), supports=_supports())


def write_commented_pbx_toml(path: Path) -> None:
    """Writes it. Raises FileExistsError when there is a file already, OSError when it can't be written."""
    with path.open("x", encoding="utf-8") as file:
        file.write(commented_pbx_toml())


def _supports() -> str:
    width = max(map(len, Supports.model_fields)) + len(' = "unknown"')
    lines = []
    for name in Supports.model_fields:
        value = Supports.model_fields[name].default
        shown = f'"{value}"' if isinstance(value, str) else str(value)
        lines.append(f"{f'{name} = {shown}':<{width}}  # {FEATURES[name]}")
    return "\n".join(lines)


_TEMPLATE = """\
# pbx.toml: the PBX that `harness certify --pbx pbx.toml` judges.
# Keys with a default are commented out or show it. Change at least the addresses.

[pbx]
vendor = "Example Telephony"          # stands on the certificate
product = "Example PBX"
version = "1.0"
mode = "registration"                 # or "ip": no registration, the trunk knows the PBX by its address
address = "192.0.2.20:5060"           # where the PBX listens, as this machine sees it
transport = "udp"                     # between PBX and trunk: "udp", "tcp" or "tls"
# stop = "ssh pbx systemctl stop pbx"   # commands that stop and start it, to see whether it unregisters;
# start = "ssh pbx systemctl start pbx" # without them a person is asked

[trunk]                               # started by `harness certify`, with this one SIP profile
listen = "192.0.2.1:5060"             # an IP address of this machine that the PBX can reach; UDP and TCP
# tls_listen = "192.0.2.1:5061"       # for transport = "tls"
sip_username = "99051000000231"       # enter these two in the PBX,
password = "{password}"           # or print a configuration: harness pbx-config NAME --pbx pbx.toml
channels = 10                         # calls at once, either direction
online_numbers = ["+442079460123"]    # stand in the Request-URI of inbound calls
extension_tags = {{ "sales.example" = "200" }}   # business account = extension tag, which stands there too
country_code = "44"                   # of the national numbers that extensions dial

[dial]                                # what people behind this PBX dial
outside_line = ""                     # before every number outside, as "9"
national = "0"                        # before a national number
international = "00"                  # before a country code
plus = true                           # whether extensions can dial +
short_number = "55512"                # a number that is nobody's
emergency = ""                        # dialled ON PURPOSE to see that it does not reach the trunk;
                                      # leave empty unless the call cannot leave your lab

# One [[phone]] for each extension that may be used, two at least for inbound calls while one is busy.
# The harness registers to the PBX as these extensions, dials out and answers what comes in.

[[phone]]
extension = "101"
password = "change-me-101"
rings_for = ["+442079460123", "99051000000231"]   # inbound numbers or tags that ring this extension
# address = "192.0.2.20:5060"         # where extensions register, when it is not [pbx] address
# username = "101"                    # when it is not the extension

[[phone]]
extension = "102"
password = "change-me-102"
rings_for = ["200"]

# Where no SIP phone can be played: a person who follows prompts, or commands that move a device.
#
# [[phone]]
# extension = "103"
# manual = true
#
# [[phone]]
# extension = "104"
# [phone.commands]
# dial = "phonectl dial {{number}}"     # also: answer, reject, hold, resume, digits (with {{digits}})
# hang_up = "phonectl hangup"
# watch = "phonectl watch"            # prints a line for what happens: rings, answered, refused 486, ended

# What the PBX does: true, false or "unknown". What is unknown is tried and judged; what is false takes its
# scenarios out (not applicable), and the certificate says so.

[supports]
{supports}

[timeouts]                            # seconds
appear = 300                          # until the PBX must have appeared
setup = 8                             # from dialling to the trunk's INVITE
manual = 60                           # for one action of a person
registration = 150                    # until the PBX must have registered again
"""
