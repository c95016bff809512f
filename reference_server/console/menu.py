"""What the toolbar and the menu on the left offer, as data. Quick Start Guide step 2: "click Features in the
toolbar. In the menu on the left, click Skype Connect."
"""

from dataclasses import dataclass

FEATURES = "/features"
CONNECT = "/features/skype-connect"


@dataclass(frozen=True, slots=True)
class Item:
    """A link of a menu."""

    words: str
    path: str
    here: str = ""
    """What `aria-current` takes: `page` for the page shown, `true` for one it lies under, else empty."""


@dataclass(frozen=True, slots=True)
class Menu:
    """A menu with its title."""

    title: str
    items: tuple[Item, ...]


TOOLBAR = (
    Item("Features", FEATURES),
    Item("Live", "/live"),
    Item("Call records", "/records"),
    Item("Reports", "/reports"),
    Item("Skype Credit", "/credit"),
    Item("People", "/people"),
    Item("Audit", "/audit"),
)
SIDES = {
    FEATURES: (
        "Features",
        (
            Item("Skype Connect", CONNECT),
            Item("Business accounts", f"{FEATURES}/business-accounts"),
            Item("Online Numbers", f"{FEATURES}/online-numbers"),
        ),
    ),
    "/people": (
        "People",
        (
            Item("Administrators", "/people"),
            Item("Tokens", "/people/tokens"),
            Item("Your account", "/people/me"),
        ),
    ),
}


def toolbar(path: str) -> tuple[Item, ...]:
    """The toolbar as it looks on a page."""
    return tuple(Item(item.words, item.path, current(item.path, path)) for item in TOOLBAR)


def side_menu(path: str) -> tuple[Menu, ...]:
    """The menu on the left; none on some pages."""
    for root, (title, items) in SIDES.items():
        if path == root or path.startswith(f"{root}/"):
            longest = max((item.path for item in items if current(item.path, path)), key=len, default="")
            shown = (
                Item(item.words, item.path, current(item.path, path) if item.path == longest else "")
                for item in items
            )
            return (Menu(title, tuple(shown)),)
    return ()


def tabs(path: str, *items: tuple[str, str]) -> tuple[Item, ...]:
    """Tabs of a page, from words and paths; the one that is shown is the longest that leads to `path`."""
    longest = max((one for _, one in items if current(one, path)), key=len, default="")
    return tuple(Item(words, one, current(one, path) if one == longest else "") for words, one in items)


def current(item: str, path: str) -> str:
    """What `aria-current` says of a link to `item` on the page at `path`."""
    if item == path:
        return "page"
    return "true" if path.startswith(f"{item}/") else ""
