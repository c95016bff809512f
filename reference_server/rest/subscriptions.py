"""Routes of channel subscriptions: what one would cost, buying and changing it."""

from collections.abc import Callable
from typing import Annotated

from fastapi import FastAPI, Query, Request, Response
from pydantic import Field

from reference_server.manager.actor import Actor
from reference_server.manager.manager import Manager
from reference_server.manager.profile_view import ProfileView, Quote
from reference_server.rest.bearer import Cashier, Reader
from reference_server.rest.idempotency import Answers, IdempotencyKey
from reference_server.rest.problem import problems
from reference_server.rest.wishes import SipUsername, Wish

MOST_CHANNELS = 300

Order = Callable[[Actor, str, int, int, str], ProfileView]
"""Who orders, for which profile, channels, US minute bundles, the movement's name in the ledger."""


class SubscriptionWish(Wish):
    """Channels, and US minute bundles: never more of these than of those."""

    channels: Annotated[int, Field(ge=1, le=MOST_CHANNELS, examples=[5])]
    us_minute_bundles: Annotated[int, Field(ge=0, le=MOST_CHANNELS, examples=[2])] = 0


def add_subscriptions(api: FastAPI, manager: Manager, answers: Answers) -> None:
    """Adds the routes."""
    _add_quote(api, manager)
    summary = "Buy now: a subscription for a profile that is new or inactive"
    _add_order(api, answers, "POST", "buy", summary, manager.profiles.buy)
    summary = "End the subscription that runs and start another; calls in progress go on"
    _add_order(api, answers, "PUT", "change", summary, manager.profiles.change)


def _add_quote(api: FastAPI, manager: Manager) -> None:
    @api.get(
        "/subscription-quote",
        tags=["subscriptions"],
        summary="What channels and US minute bundles cost for a term",
        responses=problems(401, 403, 422),
    )
    async def quote(
        _bearer: Reader,
        channels: Annotated[int, Query(ge=1, le=MOST_CHANNELS, examples=[5])],
        us_minute_bundles: Annotated[int, Query(ge=0, le=MOST_CHANNELS, examples=[2])] = 0,
    ) -> Quote:
        return manager.profiles.quote(channels, us_minute_bundles)


def _add_order(api: FastAPI, answers: Answers, method: str, name: str, summary: str, order: Order) -> None:
    @api.api_route(
        "/profiles/{sip_username}/subscription",
        methods=[method],
        name=name,
        tags=["subscriptions"],
        summary=summary,
        response_model=ProfileView,
        responses=problems(400, 401, 402, 403, 404, 409, 415, 422),
    )
    async def ordered(
        request: Request,
        bearer: Cashier,
        sip_username: SipUsername,
        wish: SubscriptionWish,
        key: IdempotencyKey,
    ) -> Response:
        def act(movement: str) -> ProfileView:
            return order(bearer.actor, sip_username, wish.channels, wish.us_minute_bundles, movement)

        return await answers.once(request, bearer, key, act)
