"""The web console of the Manager: `application` START HERE, one page a file in `pages`."""
