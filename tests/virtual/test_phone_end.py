"""How a phone goes away: it leaves nothing behind on the trunk, whenever it is closed."""

import pytest

from harness.drivers.errors import WaitTimeout
from tests.virtual.virtual_trunk import PROFILES, VirtualTrunk

ALMOST_REGISTERED = 0.017
"""Seconds: REGISTER, 401 and REGISTER again take 5 ms each, the 200 the same and a commit."""


def bindings(trunk: VirtualTrunk) -> list[object]:
    return list(trunk.control.profile(PROFILES[0].sip_username)["bindings"])


def test_a_registered_phone_removes_its_binding(trunk: VirtualTrunk) -> None:
    with trunk.phone() as phone:
        phone.register()
        assert len(bindings(trunk)) == 1
    assert bindings(trunk) == []


def test_a_phone_closed_while_it_registers_is_not_bound_afterwards(trunk: VirtualTrunk) -> None:
    """The trunk has bound it and the 200 is still to come: as when a load run is stopped at its start."""
    phone = trunk.phone()
    with pytest.raises(WaitTimeout):
        phone.register(timeout=ALMOST_REGISTERED)
    assert len(bindings(trunk)) == 1
    phone.close()
    assert bindings(trunk) == []
    trunk.network.run_until(lambda: False, 1)
    assert bindings(trunk) == []
