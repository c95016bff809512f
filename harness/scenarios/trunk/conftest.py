"""These scenarios need a target; without one, say so instead of failing one by one."""

import pytest


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A run without ``--sip-target`` is a usage error (listing with ``--collect-only`` is not)."""
    if items and config.getoption("--sip-target", None) is None and not config.getoption("collectonly"):
        raise pytest.UsageError("these scenarios need a trunk: write --sip-target FILE (or use: harness run)")
