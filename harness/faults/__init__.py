"""What faults of the trunk and of the simulated PBX share; the faults themselves belong to each of them."""
