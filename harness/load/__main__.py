"""Prints where our locustfile lies: `locust -f "$(python -m harness.load)"`."""

from pathlib import Path

if __name__ == "__main__":
    print(Path(__file__).with_name("locustfile.py"))
