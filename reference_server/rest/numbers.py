"""Routes of Online Numbers: the stock, those that were bought, and the profile that each rings."""

from typing import Annotated

from fastapi import FastAPI, Path, Query, Request, Response
from pydantic import Field

from reference_server.manager.manager import Manager
from reference_server.manager.number_view import CountryView, NumberView, StockNumber
from reference_server.rest.bearer import NumberBuyer, NumberKeeper, Reader
from reference_server.rest.idempotency import Answers, IdempotencyKey
from reference_server.rest.page import After, Limit, Page, page_after
from reference_server.rest.problem import problems
from reference_server.rest.wishes import PLAIN, Flag, SipUsername, Wish

E164 = r"^\+[1-9][0-9]{5,14}$"
Number = Annotated[str, Field(pattern=E164, examples=["+442079460700"])]
NumberInPath = Annotated[str, Path(pattern=E164, examples=["+442079460700"])]


class NumberWish(Wish):
    """A number of the stock, and perhaps the profile that it shall ring."""

    number: Number
    sip_username: SipUsername | None = None


class AllocationWish(Wish):
    """The profile that a number shall ring."""

    sip_username: SipUsername


def add_numbers(api: FastAPI, manager: Manager, answers: Answers) -> None:
    """Adds the routes."""
    _add_stock(api, manager)
    _add_list(api, manager, answers)
    _add_one(api, manager)


def _add_stock(api: FastAPI, manager: Manager) -> None:
    @api.get(
        "/number-stock/countries",
        tags=["numbers"],
        summary="Countries and areas with numbers to buy",
        responses=problems(401, 403, 422),
    )
    async def countries(_bearer: Reader) -> list[CountryView]:
        return manager.numbers.countries()

    @api.get(
        "/number-stock",
        tags=["numbers"],
        summary="Numbers to buy in a country or area",
        responses=problems(401, 403, 404, 422),
    )
    async def stock(
        _bearer: Reader,
        country: Annotated[str, Query(pattern=r"^[A-Z]{2}$", examples=["GB"])],
        area: Annotated[str | None, Query(max_length=100, pattern=PLAIN, examples=["London"])] = None,
    ) -> list[StockNumber]:
        return manager.numbers.stock(country, area)


def _add_list(api: FastAPI, manager: Manager, answers: Answers) -> None:
    @api.get(
        "/numbers", tags=["numbers"], summary="Numbers that were bought", responses=problems(401, 403, 422)
    )
    async def owned(
        request: Request,
        _bearer: Reader,
        unallocated: Annotated[Flag, Query(description="Only those that ring no profile.")] = False,
        limit: Limit = 100,
        after: After = None,
    ) -> Page[NumberView]:
        numbers = manager.numbers.unallocated() if unallocated else manager.numbers.owned()
        return page_after(request, numbers, lambda each: each.number, after, limit)

    @api.post(
        "/numbers",
        tags=["numbers"],
        status_code=201,
        summary="Buy a new number, and allocate it if a profile is named",
        response_model=NumberView,
        responses=problems(400, 401, 402, 403, 404, 409, 415, 422),
    )
    async def buy(request: Request, bearer: NumberBuyer, wish: NumberWish, key: IdempotencyKey) -> Response:
        def act(name: str) -> NumberView:
            return manager.numbers.buy(bearer.actor, wish.number, wish.sip_username, name)

        return await answers.once(request, bearer, key, act, 201)


def _add_one(api: FastAPI, manager: Manager) -> None:
    @api.get(
        "/numbers/{number}",
        tags=["numbers"],
        summary="One number that was bought",
        responses=problems(401, 403, 404, 422),
    )
    async def show(_bearer: Reader, number: NumberInPath) -> NumberView:
        return manager.numbers.get(number)

    @api.delete(
        "/numbers/{number}",
        tags=["numbers"],
        status_code=204,
        summary="Release a number: it goes back to the stock",
        responses=problems(401, 403, 404, 409, 422),
    )
    async def release(bearer: NumberKeeper, number: NumberInPath) -> None:
        manager.numbers.release(bearer.actor, number)

    @api.put(
        "/numbers/{number}/allocation",
        tags=["numbers"],
        summary="Allocate number: calls to it ring the profile",
        responses=problems(401, 403, 404, 409, 415, 422),
    )
    async def allocate(bearer: NumberKeeper, number: NumberInPath, wish: AllocationWish) -> NumberView:
        return manager.numbers.allocate(bearer.actor, wish.sip_username, number)

    @api.delete(
        "/numbers/{number}/allocation",
        tags=["numbers"],
        summary="The number rings nowhere, but stays bought",
        responses=problems(401, 403, 404, 409, 422),
    )
    async def detach(bearer: NumberKeeper, number: NumberInPath) -> NumberView:
        return manager.numbers.detach(bearer.actor, number)
