"""What a load run measured: attempts, their figures, and what these are shown as while it runs."""
