"""What to change in a particular PBX when a requirement is broken: one TOML file a product in `pbx_advice/`.

A product is recognised by what it calls itself (User-Agent, Server). The advice for any PBX stands in the
catalogue; this is more to the point where the product is known.
"""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

FOLDER = Path(__file__).parent / "pbx_advice"
"""The advice that comes with the harness."""


@dataclass(frozen=True, slots=True)
class Product:
    """A PBX that we know our way around."""

    name: str
    """As people call it."""
    recognised_by: tuple[re.Pattern[str], ...]
    """Patterns of its User-Agent or Server header field."""
    advice: dict[str, str]
    """Requirement id -> what to change."""

    def calls_itself(self, text: str) -> bool:
        """Whether `text`, a User-Agent or Server, is this product's."""
        return any(pattern.search(text) for pattern in self.recognised_by)


@lru_cache(maxsize=4)
def load_products(folder: Path = FOLDER) -> tuple[Product, ...]:
    """Every product of the folder. Raises KeyError or TOMLDecodeError on a broken file."""
    products = []
    for path in sorted(folder.glob("*.toml")):
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        patterns = tuple(re.compile(each) for each in table["recognised_by"])
        products.append(Product(table["name"], patterns, dict(table["advice"])))
    return tuple(products)


def named(text: str) -> Product | None:
    """The product whose name, its first word, is in `text`: what a vendor calls the product."""
    words = re.findall(r"[a-z]+", text.lower())
    return next((each for each in load_products() if each.name.split()[0].lower() in words), None)


def recognise(texts: Iterable[str]) -> Product | None:
    """The product that the first recognisable of `texts` names."""
    for text in texts:
        for product in load_products():
            if product.calls_itself(text):
                return product
    return None
