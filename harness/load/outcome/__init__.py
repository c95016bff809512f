"""What a load run came to: may it be believed, and did the target reach what was asked of it."""
