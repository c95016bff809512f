"""One process at work without Locust: what users do with an arrival, and what it costs."""
