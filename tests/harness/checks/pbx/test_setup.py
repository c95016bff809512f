"""Who is the trunk and who is the PBX, by host and port."""

import pytest

from harness.checks.pbx.setup import End, Setup
from harness.sip.hop import Hop

APART = Setup("1", trunk=(End("192.0.2.1", 5060),), pbx=(End("192.0.2.2"),))
TOGETHER = Setup("1", trunk=(End("127.0.0.1", 5060),), pbx=(End("127.0.0.1", 5080),))


@pytest.mark.parametrize(
    ("setup", "hop", "trunk", "pbx"),
    [
        (APART, Hop("udp", "192.0.2.1", 5060), True, False),
        (APART, Hop("udp", "192.0.2.1", 5070), False, False),
        (APART, Hop("tcp", "192.0.2.1", 40000), True, False),
        (APART, Hop("udp", "192.0.2.2", 6000), False, True),
        (TOGETHER, Hop("udp", "127.0.0.1", 5060), True, False),
        (TOGETHER, Hop("udp", "127.0.0.1", 5080), False, True),
        (TOGETHER, Hop("udp", "127.0.0.1", 5090), False, False),
        (TOGETHER, Hop("tcp", "127.0.0.1", 40000), False, True),
        (Setup("1", trunk=(End("192.0.2.1"),)), Hop("udp", "192.0.2.7", 1), False, True),
    ],
)
def test_hops_belong_to_trunk_or_pbx(setup: Setup, hop: Hop, trunk: bool, pbx: bool) -> None:
    assert (setup.is_trunk(hop), setup.is_pbx(hop)) == (trunk, pbx)
