"""What all pages under "View profile" share: the profile's name and state above, its sections on the left."""

from collections.abc import Iterable
from typing import Any

from starlette.responses import Response

from reference_server.console.form import Form
from reference_server.console.menu import CONNECT, Menu, tabs
from reference_server.console.visit import Visit
from reference_server.manager.profile_view import ProfileView

PROFILE = f"{CONNECT}/{{sip_username}}"


def profile_of(visit: Visit) -> ProfileView:
    """The profile in the page's path. Raises `Problem` 404."""
    return visit.manager.profiles.get(username_of(visit))


def username_of(visit: Visit) -> str:
    """The SIP username in the page's path."""
    return visit.of_path("sip_username")


def path_of(username: str) -> str:
    """Of the page "View profile"."""
    return f"{CONNECT}/{username}"


def profile_page(
    visit: Visit,
    template: str,
    profile: ProfileView,
    *,
    forms: Iterable[Form] = (),
    inner: Iterable[tuple[str, str]] = (),
    **values: Any,
) -> Response:
    """A page of a profile; `inner`: tabs below the tabs, words and path each."""
    root, here = path_of(profile.sip_username), visit.request.url.path
    sections = tabs(
        here,
        ("Overview", root),
        ("Authentication details", f"{root}/authentication"),
        ("Set up outgoing calls", f"{root}/outgoing"),
        ("Add a number or business account", f"{root}/incoming"),
        ("Caller ID", f"{root}/caller-id"),
        ("Channels", f"{root}/channels"),
        ("Test call", f"{root}/test-call"),
    )
    return visit.page(
        template,
        title=profile.name or profile.sip_username,
        menus=[Menu("View profile", sections)],
        trail=[("Features", "/features"), ("Skype Connect", CONNECT)],
        forms=forms,
        profile=profile,
        root=root,
        inner=tabs(here, *inner),
        **values,
    )
