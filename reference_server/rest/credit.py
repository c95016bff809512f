"""Routes of money: the Manager's balance, Skype Credit of profiles, take-back and auto-recharge."""

from fastapi import FastAPI, Request, Response
from pydantic import BaseModel, Field

from reference_server.manager.amount import Amount
from reference_server.manager.manager import Manager
from reference_server.manager.profile_view import ProfileView, RechargeView
from reference_server.rest.bearer import Cashier, Reader
from reference_server.rest.idempotency import Answers, IdempotencyKey
from reference_server.rest.problem import problems
from reference_server.rest.wishes import AmountWish, MoneyOrNothing, PositiveMoney, SipUsername, Wish

MOVES_MONEY = (400, 401, 402, 403, 404, 409, 415, 422)


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
    _add_profile_credit(api, manager, answers)
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


def _add_profile_credit(api: FastAPI, manager: Manager, answers: Answers) -> None:
    @api.post(
        "/profiles/{sip_username}/credit",
        tags=["credit"],
        summary="Add credit: from the Manager's balance to a profile",
        response_model=ProfileView,
        responses=problems(*MOVES_MONEY),
    )
    async def add(
        request: Request, bearer: Cashier, sip_username: SipUsername, wish: AmountWish, key: IdempotencyKey
    ) -> Response:
        def act(name: str) -> ProfileView:
            return manager.credit.add_credit(bearer.actor, sip_username, wish.amount, name)

        return await answers.once(request, bearer, key, act)

    @api.post(
        "/profiles/{sip_username}/credit/take-back",
        tags=["credit"],
        summary="Take back credit: from a profile to the Manager's balance",
        response_model=ProfileView,
        responses=problems(*MOVES_MONEY),
    )
    async def take_back(
        request: Request, bearer: Cashier, sip_username: SipUsername, wish: AmountWish, key: IdempotencyKey
    ) -> Response:
        def act(name: str) -> ProfileView:
            return manager.credit.take_back(bearer.actor, sip_username, wish.amount, name)

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
