"""The community side: business accounts that sign in with a phone, call each other, and call profiles."""
