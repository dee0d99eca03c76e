"""The generated customers: account number n is a function of seed and n alone."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from fastspring_async.emulator.jsons import decode, quoted
from fastspring_async.emulator.numbers import Ids, mix, seed_of
from fastspring_async.emulator.words import COMPANIES, FIRST, LAST, STREETS, WEIGHTED, Country, Place

_FIRST = tuple(quoted(name) for name in FIRST)
_LAST = tuple(quoted(name) for name in LAST)
_COMPANIES = tuple(quoted(name) for name in COMPANIES)


class Person(NamedTuple):
    """Who buys, and from where. `contact` is JSON: the members of an order's `customer`, without the braces."""

    number: int
    id: str
    contact: str
    country: Country
    place: Place
    street: str


class People:
    """Accounts by number."""

    def __init__(self, seed: int) -> None:
        self._seed = seed_of(seed, "accounts")
        self.ids = Ids(seed, "account")
        self._lookup = Ids(seed, "global")
        self.person = lru_cache(maxsize=2048)(self._person)

    def country(self, number: int) -> Country:
        """Where account `number` buys from; cheaper than the whole person."""
        return WEIGHTED[mix(self._seed, number) % len(WEIGHTED)]

    def _person(self, number: int) -> Person:
        h = mix(self._seed, number)
        country = WEIGHTED[h % len(WEIGHTED)]
        company = _COMPANIES[(h >> 24) % len(_COMPANIES)] if h >> 28 & 3 == 0 else "null"
        phone = f'"{1_000_000_000 + h % 8_000_000_000}"' if h >> 32 & 1 else "null"
        contact = (
            f'"first":{_FIRST[(h >> 8) % len(_FIRST)]},"last":{_LAST[(h >> 16) % len(_LAST)]},'
            f'"email":"buyer{number}@example.com","company":{company},"phone":{phone}'
        )
        return Person(
            number=number,
            id=self.ids.make(number),
            contact=contact,
            country=country,
            place=country.places[(h >> 40) % len(country.places)],
            street=STREETS[(h >> 48) % len(STREETS)],
        )

    def expanded(self, person: Person) -> dict[str, Any]:
        """The account as an object, as shops with expansion get it."""
        return {
            "id": person.id,
            "account": person.id,
            "contact": decode(f"{{{person.contact}}}"),
            "language": person.country.language,
            "country": person.country.code,
            "lookup": {"global": self._lookup.make(person.number)},
            "url": "https://example.onfastspring.com/account",
        }
