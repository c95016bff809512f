"""Registration: the PBX registers its SIP username, keeps the binding and bears refusals."""

import pytest

from harness.pytest_plugin.trunk_side import TrunkSide

pytestmark = pytest.mark.mode("registration")


@pytest.mark.requirement("registration.pbx-registers")
def test_the_pbx_registers(heard_trunk: TrunkSide) -> None:
    """The PBX registers with the credentials of its profile."""
    heard_trunk.from_start()
    heard_trunk.judge("registration.pbx-registers")
