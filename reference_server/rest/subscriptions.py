"""Routes of channel subscriptions: what one would cost, buying and changing it."""

from typing import Annotated

from fastapi import FastAPI, Query, Request, Response
from pydantic import Field

from reference_server.manager.manager import Manager
from reference_server.manager.profile_view import ProfileView, Quote
from reference_server.rest.bearer import Cashier, Reader
from reference_server.rest.idempotency import Answers, IdempotencyKey
from reference_server.rest.problem import problems
from reference_server.rest.wishes import SipUsername, Wish

MOST_CHANNELS = 300


class SubscriptionWish(Wish):
    """Channels, and US minute bundles: never more of these than of those."""

    channels: Annotated[int, Field(ge=1, le=MOST_CHANNELS, examples=[5])]
    us_minute_bundles: Annotated[int, Field(ge=0, le=MOST_CHANNELS, examples=[2])] = 0


def add_subscriptions(api: FastAPI, manager: Manager, answers: Answers) -> None:
    """Adds the routes."""
    _add_quote(api, manager)
    _add_purchase(api, manager, answers)


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


def _add_purchase(api: FastAPI, manager: Manager, answers: Answers) -> None:
    @api.post(
        "/profiles/{sip_username}/subscription",
        tags=["subscriptions"],
        summary="Buy now: a subscription for a profile that is new or inactive",
        response_model=ProfileView,
        responses=problems(400, 401, 402, 403, 404, 409, 415, 422),
    )
    async def buy(
        request: Request,
        bearer: Cashier,
        sip_username: SipUsername,
        wish: SubscriptionWish,
        key: IdempotencyKey,
    ) -> Response:
        return await answers.once(
            request,
            bearer,
            key,
            lambda name: manager.profiles.buy(
                bearer.actor, sip_username, wish.channels, wish.us_minute_bundles, name
            ),
        )

    @api.put(
        "/profiles/{sip_username}/subscription",
        tags=["subscriptions"],
        summary="End the subscription that runs and start another; calls in progress go on",
        response_model=ProfileView,
        responses=problems(400, 401, 402, 403, 404, 409, 415, 422),
    )
    async def change(
        request: Request,
        bearer: Cashier,
        sip_username: SipUsername,
        wish: SubscriptionWish,
        key: IdempotencyKey,
    ) -> Response:
        return await answers.once(
            request,
            bearer,
            key,
            lambda name: manager.profiles.change(
                bearer.actor, sip_username, wish.channels, wish.us_minute_bundles, name
            ),
        )
