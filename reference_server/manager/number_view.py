"""Online Numbers as pages and the REST API show them: those of the stock, and those that were bought."""

from typing import Literal, Self

from pydantic import BaseModel

from reference_server.manager.amount import Amount
from reference_server.store.number_rows import NumberRow


class CountryView(BaseModel):
    """A country that has numbers in stock."""

    code: str
    """ISO 3166 alpha-2, as "GB"."""
    name: str
    areas: list[str]
    price: Amount
    """For each 30 days."""


class StockNumber(BaseModel):
    """A number that can be bought."""

    number: str
    """E.164, with `+`."""
    country: str
    area: str
    price: Amount


class NumberView(BaseModel):
    """An Online Number that was bought."""

    number: str
    country: str
    area: str
    price: Amount
    """Of the term that was paid last."""
    bought: float
    ends: float
    """When the term ends and is renewed."""
    state: Literal["active", "unpaid"]
    """`unpaid`: the renewal could not be paid, the number does not ring; buying it again makes it ring."""
    sip_username: str | None
    """The profile it is allocated to."""

    @classmethod
    def of(cls, row: NumberRow) -> Self:
        """A row of the store."""
        return cls(
            number=row.number,
            country=row.country,
            area=row.area,
            price=row.price,
            bought=row.bought,
            ends=row.ends,
            state="active" if row.paid else "unpaid",
            sip_username=row.sip_username,
        )
