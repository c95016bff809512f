"""These scenarios need a PBX; without an order of `harness certify`, say so instead of failing one by one."""

import pytest


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A run without ``--sip-pbx`` is a usage error (listing with ``--collect-only`` is not)."""
    if items and config.getoption("--sip-pbx", None) is None and not config.getoption("collectonly"):
        raise pytest.UsageError("these scenarios need a PBX: use harness certify")
