"""The generated products: number n is a function of seed and n alone, so that a big catalog costs no memory."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from random import Random
from typing import Any, NamedTuple

from fastspring_async.emulator.amounts import CURRENCIES, amount, from_usd
from fastspring_async.emulator.numbers import mix, seed_of
from fastspring_async.emulator.options import Irregular
from fastspring_async.emulator.words import EDITIONS, TAXCODES, THINGS, TONGUES, TRAITS

_IMAGES = "https://images.example.com"


class Goods(NamedTuple):
    """What is fixed about a product; orders are reckoned from it.

    Attributes:
        kind: "subscription", "download", "physical", "both", "bundle".
        parent: number of the main product, for a variation.
        interval, every: "month", 3 for a quarterly subscription.
        price, fee: in US cents; `fee` is the set-up fee, 0 for none.
        currencies: those with a price of their own.
    """

    number: int
    path: str
    display: str
    sku: str | None
    kind: str
    parent: int | None
    interval: str | None
    every: int
    price: int
    fee: int
    currencies: tuple[str, ...]

    @property
    def tangible(self) -> bool:
        return self.kind in ("physical", "both")

    @property
    def licensed(self) -> bool:
        return self.kind != "physical"


class Catalog:
    """Products by number and by path.

    Args:
        broken: numbers of the products whose records cannot be read.
    """

    def __init__(self, seed: int, irregular: Irregular, broken: frozenset[int]) -> None:
        self._seed = seed_of(seed, "products")
        self._irregular = irregular.shares()
        self._chance = Random()
        self.broken = broken
        self.goods = lru_cache(maxsize=2048)(self._goods)

    def number(self, path: str) -> int | None:
        """The number of the product with this path; None if the generator makes no such path."""
        digits = path.rpartition("-")[2]
        if not (digits.isascii() and digits.isdigit() and len(digits) <= 9):
            return None
        number = int(digits)
        return number if self.path(number) == path else None

    def path(self, number: int) -> str:
        """The product's path, which is its id."""
        parent = self.parent(number)
        if parent is not None:
            h = mix(self._seed, number)
            return f"{self.path(parent)}-{EDITIONS[(h >> 40) % len(EDITIONS)].lower()}-{number:04d}"
        h = mix(self._seed, number)
        return f"{TRAITS[h % len(TRAITS)]}-{THINGS[(h >> 8) % len(THINGS)]}-{number:04d}"

    def parent(self, number: int) -> int | None:
        """Every ninth product is a variation of the one before it."""
        return number - 1 if number % 9 == 4 else None

    def is_subscription(self, number: int) -> bool:
        """Cheaper than asking its `goods`."""
        return self._kind(number) == "subscription"

    def record(self, number: int) -> dict[str, Any]:
        """The product as FastSpring gives it, irregularities included (FastSpring: /products, Get one or multiple)."""
        goods, chance = self.goods(number), self._chance
        chance.seed(mix(self._seed ^ 0x5EED, number))
        quirks = {name for name, part in self._irregular if chance.random() < part}
        record: dict[str, Any] = {
            "product": goods.path,
            "parent": self.path(goods.parent) if goods.parent is not None else None,
            "display": _languages(goods.display, chance),
            "description": {
                "summary": {"en": f"**{goods.display}** in short"},
                "action": {"en": "Buy Now"},
                "full": _languages(f"All about _{goods.display}_.\n\nWith “quotes” & <tags>.", chance),
            },
            "image": f"{_IMAGES}/{goods.path}.png",
            "sku": goods.sku,
            "offers": self._offers(number, chance),
            "fulfillments": _fulfillments(goods, quirks),
            "format": {"physical": "physical", "both": "digital-and-physical"}.get(goods.kind, "digital"),
        }
        code, words = TAXCODES[3 if goods.kind == "physical" else chance.randrange(3)]
        record |= {"taxcode": code, "taxcodeDescription": words}
        if chance.random() < 0.3:
            record["attributes"] = {"edition": goods.display.split()[-1], "build": str(chance.randrange(9000))}
        record["pricing"] = _pricing(goods, chance, "pointed" in quirks)
        _disturb(record, quirks, chance)
        if number in self.broken:
            _break(record, number)
        return record

    def _kind(self, number: int) -> str:
        parent = self.parent(number)
        h = mix(self._seed ^ 0xF00D, number if parent is None else parent) % 100
        if h < 42:
            return "subscription"
        if h < 80:
            return "download"
        return "physical" if h < 89 else "both" if h < 94 else "bundle"

    def _goods(self, number: int) -> Goods:
        h = mix(self._seed, number)
        parent = self.parent(number)
        kind = self._kind(number)
        words = self.path(number).split("-")
        interval, every = (None, 0)
        if kind == "subscription":
            interval, every = (("month", 1), ("year", 1), ("month", 3), ("week", 2), ("day", 30))[(h >> 16) % 5]
        currencies = ("USD", "EUR", "GBP", "JPY", "BRL", "CAD")[: 1 + (h >> 20) % 6]
        return Goods(
            number=number,
            path=self.path(number),
            display=" ".join(word.capitalize() for word in words[:-1]),
            sku=f"SKU-{h % 100_000:05d}" if (h >> 24) % 10 else None,
            kind=kind,
            parent=parent,
            interval=interval,
            every=every,
            price=_price(h),
            fee=(0, 0, 1000, 1495)[(h >> 60) % 4] if interval else 0,
            currencies=currencies,
        )

    def _offers(self, number: int, chance: Random) -> list[dict[str, Any]]:
        if number == 0 or chance.random() > 0.25:
            return []
        return [
            {
                "type": ("cross-sell", "upsell")[chance.randrange(2)],
                "display": {"en": "Customers Also Purchased..."},
                "items": [self.path(chance.randrange(number))],
            }
        ]


def _price(h: int) -> int:
    """US cents, as shops like them: 59.99, 14.95, 4.70, 9.00; a few are free."""
    if (h >> 28) % 50 == 0:
        return 0
    return (1 + (h >> 32) % 199) * 100 + (0, 95, 99, 70, 50)[(h >> 48) % 5]


def _languages(text: str, chance: Random) -> dict[str, str]:
    found = {"en": text}
    for code, pattern in TONGUES.items():
        if chance.random() < 0.2:
            found[code] = pattern.format(text)
    return found


def _fulfillments(goods: Goods, quirks: set[str]) -> Any:
    if not goods.licensed:
        return [] if "list_fulfillments" in quirks else {}
    thanks = f"Thank you for buying _{goods.display}_.\n\nEnter the license key under **Help** | **Register**."
    name, key = f"{goods.path}_file_0", f"{goods.path}_license_0"
    return {
        "instructions": thanks if "text_instructions" in quirks else {"en": thanks},
        name: {
            "fulfillment": name,
            "name": f"File Download ({goods.display}.zip)",
            "applicability": "NON_REBILL_ONLY",
            "display": None,
            "url": None,
            "size": None,
            "behavior": "PREFER_EXPLICIT",
            "previous": [],
        },
        key: {
            "fulfillment": key,
            "name": "License Generator (Pre-defined List)",
            "applicability": "NON_REBILL_ONLY",
        },
    }


def _pricing(goods: Goods, chance: Random, pointed: bool) -> dict[str, Any]:
    pricing: dict[str, Any] = {}
    if goods.interval:
        if chance.random() < 0.3:
            pricing["trial"] = (7, 14, 30)[chance.randrange(3)]
        pricing |= {
            "interval": goods.interval,
            "intervalLength": goods.every,
            "intervalCount": None if chance.random() < 0.8 else 12,
        }
    pricing |= {
        "quantityBehavior": ("allow", "lock", "hide")[chance.randrange(3)],
        "quantityDefault": 1,
        "price": prices(goods.price, goods.currencies, pointed),
        "dateLimitsEnabled": False,
    }
    if goods.fee:
        title = {"en": "One-time Setup Fee"} if chance.random() < 0.5 else {}
        pricing["setupFee"] = {"price": prices(goods.fee, goods.currencies, pointed), "title": title}
    if chance.random() < 0.1:
        off: Any = {"USD": amount(500, 2, pointed)} if chance.random() < 0.5 else amount(2500, 2, pointed)
        pricing |= {"quantityDiscounts": {"10": off}, "discountReason": {"en": "Volume"}}
    if goods.interval:
        notice = {"interval": "week", "intervalLength": 1}
        pricing |= {
            "reminderNotification": {"enabled": True, **notice},
            "overdueNotification": {"enabled": True, **notice, "amount": 4},
            "cancellation": notice,
        }
    return pricing


def prices(cents: int, currencies: tuple[str, ...], pointed: bool) -> dict[str, Decimal]:
    """A US price in each of the currencies."""
    found = (CURRENCIES[code] for code in currencies)
    return {each.code: amount(from_usd(cents, each), each.digits, pointed) for each in found}


def _disturb(record: dict[str, Any], quirks: set[str], chance: Random) -> None:
    if "empty_text" in quirks:
        record |= {"sku": "", "image": "", "parent": record["parent"] or ""}
    if "missing_keys" in quirks:
        for name in ("sku", "image", "offers", "taxcodeDescription", "description", "parent"):
            if chance.random() < 0.4 and not (name == "parent" and record["parent"]):
                record.pop(name, None)
    if "null_members" in quirks:
        record |= {"attributes": None, "offers": None}
        record["pricing"] |= {"setupFee": record["pricing"].get("setupFee"), "trial": record["pricing"].get("trial")}


def _break(record: dict[str, Any], number: int) -> None:
    """Makes the record one that no reader can make sense of; its id stays."""
    if number % 3 == 0:
        record["pricing"]["price"] = {"USD": "abc"}
    elif number % 3 == 1:
        record["pricing"]["price"] = {"USD": {"amount": [1, 2]}}
    else:
        record["pricing"] = "see the web site"
