"""Which link of a menu is the one of the page that is shown."""

from reference_server.console.menu import Item, side_menu, tabs, toolbar


def here(items: tuple[Item, ...]) -> dict[str, str]:
    return {item.words: item.here for item in items if item.here}


def test_the_toolbar_shows_the_part_one_is_in() -> None:
    assert here(toolbar("/features/skype-connect/99/outgoing")) == {"Features": "true"}
    assert here(toolbar("/live")) == {"Live": "page"}
    assert here(toolbar("/sign-in")) == {}


def test_features_have_skype_connect_in_the_menu_on_the_left() -> None:
    """Quick Start Guide step 2."""
    (menu,) = side_menu("/features")
    assert [item.words for item in menu.items] == ["Skype Connect", "Business accounts", "Online Numbers"]
    assert here(side_menu("/features/skype-connect/99")[0].items) == {"Skype Connect": "true"}
    assert side_menu("/records") == ()


def test_the_longest_path_wins() -> None:
    assert here(side_menu("/people/tokens")[0].items) == {"Tokens": "page"}
    assert here(tabs("/a/b", ("A", "/a"), ("B", "/a/b"))) == {"B": "page"}
    assert here(tabs("/a/c", ("A", "/a"), ("B", "/a/b"))) == {"A": "true"}
    assert here(tabs("/ab", ("A", "/a"))) == {}
