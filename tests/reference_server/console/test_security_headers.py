"""Headers of every answer."""

import re

import pytest

from tests.reference_server.console.console_play import CONNECT, ConsolePlay

PATHS = [
    "/sign-in",
    CONNECT,
    "/nowhere",
    "/static/console.js",
    "/records/calls.csv",
    "/features/skype-connect/9",
]


@pytest.mark.parametrize("path", PATHS)
def test_nothing_foreign_inline_or_framed_is_allowed(path: str) -> None:
    headers = ConsolePlay().get(path).headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"


def test_pages_are_not_kept_and_files_are() -> None:
    play = ConsolePlay()
    assert play.get(CONNECT).headers["cache-control"] == "no-store"
    style = re.search(r"/static/console\.css\?v=\w+", play.get(CONNECT).text)
    assert style is not None
    assert "immutable" in play.get(style[0]).headers["cache-control"]
    assert play.get("/static/nothing.css").headers["cache-control"] == "no-store"


def test_pages_have_no_inline_scripts_styles_or_foreign_addresses() -> None:
    """The policy would refuse them; without JavaScript errors nobody would notice."""
    play = ConsolePlay()
    path = play.profile()
    for page in (CONNECT, path, f"{path}/outgoing", f"{path}/incoming", "/live", "/credit", "/reports"):
        text = play.get(page).text
        assert not re.search(r"<script(?! src=\"/static/)|<style|\sstyle=|\son\w+=|javascript:", text), page
        assert not re.search(r"(?:src|href|action)=\"(?:https?:)?//", text), page
