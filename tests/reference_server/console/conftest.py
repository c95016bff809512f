"""A browser and a console for each module that wants them."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.interop.peer_process import Processes
from tests.reference_server.console.console_process import (
    CHROMIUM,
    ConsoleProcess,
    running_browser,
    running_console,
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Headless Chromium, ended with the module: while it runs, no other event loop can."""
    if not CHROMIUM.exists():
        pytest.skip("needs the Debian package chromium")
    with running_browser() as launched:
        yield launched


@pytest.fixture(scope="module")
def processes() -> Iterator[Processes]:
    """The programs that this module starts."""
    with Processes() as started:
        yield started


@pytest.fixture(scope="module")
def console(processes: Processes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleProcess]:
    """A trunk with a console that nobody has set up yet."""
    with running_console(processes, tmp_path_factory.mktemp("console")) as started:
        yield started
