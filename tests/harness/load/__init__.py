"""Tests of harness.load; what imports Locust runs in processes of its own."""
