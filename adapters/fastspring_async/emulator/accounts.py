"""The shop's accounts: those of the generated orders' buyers, and over them what was created and changed since."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastspring_async.emulator.amounts import CURRENCIES, exact
from fastspring_async.emulator.index import Index
from fastspring_async.emulator.jsons import decode
from fastspring_async.emulator.numbers import Ids, mix, seed_of
from fastspring_async.emulator.options import Irregular
from fastspring_async.emulator.people import Person
from fastspring_async.emulator.shop import Shop

CREATED = 1 << 40
"""Numbers of created records begin here, far from the generated ones."""


class Accounts:
    """Accounts by id. An unchanged one is written anew whenever it is asked for."""

    def __init__(self, seed: int, shop: Shop, index: Index, irregular: Irregular) -> None:
        self._shop, self._index = shop, index
        self._people = shop.receipts.people
        self._seed = seed_of(seed, "account records")
        self._irregular = irregular.shares()
        self._globals = Ids(seed, "global")
        self._stored: dict[str, dict[str, Any]] = {}
        self._created: list[str] = []
        self._emails: dict[str, str] = {}

    @property
    def count(self) -> int:
        return self._shop.plans.buyers + len(self._created)

    def ids(self) -> Iterator[str]:
        """Every account's id: the generated ones, then the created."""
        make = self._people.ids.make
        yield from (make(number) for number in range(self._shop.plans.buyers))
        yield from self._created

    def page(self, start: int, stop: int) -> list[str]:
        """A part of `ids`, without making the others."""
        first, make = self._shop.plans.buyers, self._people.ids.make
        found = [make(number) for number in range(start, min(stop, first))]
        return found + self._created[max(0, start - first) : max(0, stop - first)]

    def number(self, identity: str) -> int | None:
        """The buyer's number of a generated account."""
        number = self._people.ids.number(identity)
        return number if number is not None and number < self._shop.plans.buyers else None

    def known(self, identity: str) -> bool:
        return identity in self._stored or self.number(identity) is not None

    def plain(self, identity: str) -> dict[str, Any] | None:
        """The account without its orders, subscriptions and charges: what events and orders have of it."""
        if (stored := self._stored.get(identity)) is not None:
            return dict(stored)
        number = self.number(identity)
        return None if number is None else self._generated(number)

    def get(self, identity: str) -> dict[str, Any] | None:
        """The account (FastSpring: /accounts, Get an account), or None if there is none."""
        record = self.plain(identity)
        if record is None:
            return None
        number, ids = self.number(identity), self._shop.receipts.ids
        orders = list[int]() if number is None else list(self._index.orders(number))
        begun = list[int]() if number is None else list(self._index.subscriptions(number))
        subscriptions = self._shop.receipts.subscriptions
        record["orders"] = [ids.make(order) for order in orders]
        record["subscriptions"] = [subscriptions.make(order) for order in begun]
        record["charges"] = [self._charge(order) for order in orders][-10:]
        return record

    def by_email(self, email: str) -> str | None:
        """The id of the account with this address."""
        email = email.strip().lower()
        if email in self._emails:
            return self._emails[email]
        digits = email.removeprefix("buyer").removesuffix("@example.com")
        if (
            not (digits.isascii() and digits.isdigit() and len(digits) < 10)
            or email != f"buyer{int(digits)}@example.com"
        ):
            return None
        identity = self._people.ids.make(int(digits))
        # A changed account may have another address by now.
        return identity if int(digits) < self._shop.plans.buyers and identity not in self._stored else None

    def by_lookup(self, kind: str, key: str) -> str | None:
        """The id of the account with this custom or global lookup key."""
        for identity, record in self._stored.items():
            if record["lookup"].get(kind) == key:
                return identity
        number = self._globals.number(key) if kind == "global" else None
        return self._people.ids.make(number) if number is not None and number < self._shop.plans.buyers else None

    def create(self, contact: dict[str, Any], **members: Any) -> str:
        """A fresh account: its id."""
        number = CREATED + len(self._created)
        identity = self._people.ids.make(number)
        self._created.append(identity)
        lookup = {"global": self._globals.make(number)} | members.pop("lookup", {})
        blank: dict[str, Any] = {"first": None, "last": None, "email": None, "company": None, "phone": None}
        record: dict[str, Any] = {
            "id": identity,
            "account": identity,
            "contact": {**blank, **contact, "subscribed": True},
            "address": {"country": members.get("country")},
            "language": "en",
            "country": "US",
            "lookup": lookup,
            "url": "https://example.onfastspring.com/account",
            "payment": {"methods": 0, "active": None},
            "subscribed": True,
            "taxExemptionData": None,
        }
        self.store(identity, {**record, **members})
        return identity

    def store(self, identity: str, record: dict[str, Any]) -> None:
        """Puts a record in place of the account's own."""
        for email in [email for email, owner in self._emails.items() if owner == identity]:
            del self._emails[email]
        self._stored[identity] = record
        if email := record["contact"].get("email"):
            self._emails[email.lower()] = identity

    def _generated(self, number: int) -> dict[str, Any]:
        person, h = self._people.person(number), mix(self._seed, number)
        quirks = {name for n, (name, part) in enumerate(self._irregular) if _luck(h, n) < part}
        contact: dict[str, Any] = decode(f"{{{person.contact}}}")
        record: dict[str, Any] = {
            "id": person.id,
            "account": person.id,
            "contact": {**contact, "subscribed": bool(h & 1)},
            "address": _address(person, contact["company"], quirks),
            "language": person.country.language,
            "country": person.country.code,
            "lookup": {"global": self._globals.make(number)},
            "url": "https://example.onfastspring.com/account",
            "payment": {"methods": 1, "active": "creditcard"},
            "subscribed": bool(h & 1),
            "taxExemptionData": None,
        }
        if h & 0x70 == 0:
            record["lookup"]["custom"] = f"customer-{number}"
        if "number_phone" in quirks and contact["phone"]:
            record["contact"]["phone"] = int(contact["phone"])
        if "empty_text" in quirks:
            record["taxExemptionData"] = record["contact"]["company"] = ""
        if "missing_keys" in quirks:
            del record["payment"], record["subscribed"], record["taxExemptionData"]
        return record

    def _charge(self, number: int) -> dict[str, Any]:
        shop = self._shop
        plan = shop.plans.plan(number)
        bill, country = shop.receipts.bill(plan), self._people.country(plan.buyer)
        order = shop.receipts.ids.make(number)
        root = plan.original if plan.original is not None else number if shop.plans.begins(plan) else None
        total = exact(bill.total, CURRENCIES[country.currency].digits)
        return {
            "currency": country.currency,
            "total": decode(total),
            "payoutCurrency": "USD",
            "status": "successful" if plan.status == "completed" else "failed",
            "order": order,
            "orderReference": shop.receipts.reference(number),
            "subscription": None if root is None else shop.receipts.subscriptions.make(root),
            "timestamp": shop.plans.created(number),
        }


def _luck(h: int, n: int) -> float:
    return (mix(h, n) >> 11) / (1 << 53)


def _address(person: Person, company: str | None, quirks: set[str]) -> dict[str, Any]:
    postal = person.place.postal
    plain = postal.isdigit() and not postal.startswith("0")
    return {
        "addressLine1": person.street,
        "addressLine2": None,
        "city": person.place.city,
        "region": person.place.code or person.place.region,
        "regionCustom": None,
        "postalCode": int(postal) if plain and "number_postal" in quirks else postal,
        "company": company,
    }
