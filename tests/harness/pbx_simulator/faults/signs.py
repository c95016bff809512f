"""How each fault shows: a play in the office, and whether the wire looks as the fault's line says.

A sign is true of the PBX with the fault and false of the one without; `test_registry` plays both. The signs
stand by topic in the neighbours.
"""

from tests.harness.pbx_simulator.faults import call_signs, inbound_signs, media_signs, registration_signs
from tests.harness.pbx_simulator.faults.play import Sign

SIGNS: dict[str, Sign] = {
    **registration_signs.SIGNS,
    **call_signs.SIGNS,
    **inbound_signs.SIGNS,
    **media_signs.SIGNS,
}
"""Fault -> how it shows."""
