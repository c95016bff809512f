"""Routes of money: the Manager's balance, Skype Credit of profiles, take-back and auto-recharge."""

from collections.abc import Callable

from fastapi import FastAPI, Request, Response
from pydantic import BaseModel, Field

from reference_server.manager.actor import Actor
from reference_server.manager.amount import Amount
from reference_server.manager.manager import Manager
from reference_server.manager.profile_view import ProfileView, RechargeView
from reference_server.rest.bearer import Cashier, Reader
from reference_server.rest.idempotency import Answers, IdempotencyKey
from reference_server.rest.problem import problems
from reference_server.rest.wishes import AmountWish, MoneyOrNothing, PositiveMoney, SipUsername, Wish

MOVES_MONEY = (400, 401, 402, 403, 404, 409, 415, 422)

Movement = Callable[[Actor, str, int, str], ProfileView]
"""Who moves money, of which profile, micro-units, the movement's name in the ledger."""


class BalanceShown(BaseModel):
    """The Manager's balance."""

    balance: Amount
    currency: str = Field(examples=["EUR"])


class RechargeWish(Wish):
    """Auto-recharge settings."""

    enabled: bool
    amount: PositiveMoney
    """What is added."""
    minimum: MoneyOrNothing
    """Recharged when this or less is available."""


def add_credit(api: FastAPI, manager: Manager, answers: Answers) -> None:
    """Adds the routes."""
    _add_balance(api, manager, answers)
    summary = "Add credit: from the Manager's balance to a profile"
    _add_movement(api, answers, "credit", "add", summary, manager.credit.add_credit)
    summary = "Take back credit: from a profile to the Manager's balance"
    _add_movement(api, answers, "credit/take-back", "take_back", summary, manager.credit.take_back)
    _add_recharge(api, manager, answers)


def _add_balance(api: FastAPI, manager: Manager, answers: Answers) -> None:
    @api.get("/balance", tags=["credit"], summary="The Manager's balance", responses=problems(401, 403, 422))
    async def balance(_bearer: Reader) -> BalanceShown:
        return BalanceShown(balance=manager.credit.manager_balance(), currency=manager.credit.currency)

    @api.post(
        "/balance/payments",
        tags=["credit"],
        summary="Add a payment to the Manager's balance",
        response_model=BalanceShown,
        responses=problems(400, 401, 403, 409, 415, 422),
    )
    async def pay(request: Request, bearer: Cashier, wish: AmountWish, key: IdempotencyKey) -> Response:
        def act(name: str) -> BalanceShown:
            new = manager.credit.fund_manager(bearer.actor, wish.amount, name)
            return BalanceShown(balance=new, currency=manager.credit.currency)

        return await answers.once(request, bearer, key, act)


def _add_movement(
    api: FastAPI, answers: Answers, path: str, name: str, summary: str, movement: Movement
) -> None:
    @api.post(
        f"/profiles/{{sip_username}}/{path}",
        name=name,
        tags=["credit"],
        summary=summary,
        response_model=ProfileView,
        responses=problems(*MOVES_MONEY),
    )
    async def moved(
        request: Request, bearer: Cashier, sip_username: SipUsername, wish: AmountWish, key: IdempotencyKey
    ) -> Response:
        def act(movement_name: str) -> ProfileView:
            return movement(bearer.actor, sip_username, wish.amount, movement_name)

        return await answers.once(request, bearer, key, act)


def _add_recharge(api: FastAPI, manager: Manager, answers: Answers) -> None:
    @api.get(
        "/profiles/{sip_username}/auto-recharge",
        tags=["credit"],
        summary="Auto-recharge settings of a profile",
        responses=problems(401, 403, 404, 422),
    )
    async def show(_bearer: Reader, sip_username: SipUsername) -> RechargeView:
        return manager.credit.recharge(sip_username)

    @api.put(
        "/profiles/{sip_username}/auto-recharge",
        tags=["credit"],
        summary="Save auto-recharge settings; recharges at once where the minimum is reached already",
        response_model=RechargeView,
        responses=problems(*MOVES_MONEY),
    )
    async def save(
        request: Request, bearer: Cashier, sip_username: SipUsername, wish: RechargeWish, key: IdempotencyKey
    ) -> Response:
        def act(_name: str) -> RechargeView:
            return manager.credit.set_recharge(
                bearer.actor, sip_username, wish.enabled, wish.amount, wish.minimum
            )

        return await answers.once(request, bearer, key, act)
