"""The route of what a call to a number costs: the row of the operator's tariff."""

from typing import Annotated

from fastapi import FastAPI, Query
from pydantic import BaseModel, Field

from reference_server.manager.amount import Amount
from reference_server.manager.manager import Manager
from reference_server.rating.us_bundle import covers
from reference_server.rest.bearer import Reader
from reference_server.rest.numbers import E164
from reference_server.rest.problem import problems


class RateShown(BaseModel):
    """What a call costs."""

    number: str = Field(examples=["+442079460700"])
    prefix: str = Field(examples=["+44"])
    """The longest of the tariff that fits."""
    name: str = Field(examples=["United Kingdom"])
    per_minute: Amount
    setup: Amount
    """Once, when the call is answered."""
    step: int = Field(examples=[60])
    """Seconds that are charged at once: 60 is by the minute that began, 1 by the second."""
    currency: str = Field(examples=["EUR"])
    us_minute_bundle: bool
    """Whether US bundle minutes pay for it, while there are any."""


def add_rates(api: FastAPI, manager: Manager) -> None:
    """Adds the route."""

    @api.get(
        "/rates",
        tags=["rates"],
        summary="What a call to a number costs",
        responses=problems(401, 403, 422),
    )
    async def rate(
        _bearer: Reader, number: Annotated[str, Query(pattern=E164, examples=["+442079460700"])]
    ) -> RateShown:
        found = manager.tariff.find(number)
        return RateShown(
            number=number,
            prefix=found.prefix,
            name=found.name,
            per_minute=found.per_minute,
            setup=found.setup,
            step=found.step,
            currency=manager.credit.currency,
            us_minute_bundle=covers(number),
        )
