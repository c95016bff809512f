"""How Locust carries the load: its processes, options, pages and statistics."""
