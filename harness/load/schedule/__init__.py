"""When attempts are due, who makes them, and how the highest rate is searched for."""
