"""Who may use the Manager: `people` START HERE, one service a file."""
