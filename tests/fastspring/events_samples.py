"""Events as FastSpring writes them, with expansion on and off, made up for these tests."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from typing import Any, cast

from tests.fastspring.fakes import json

CONTACT = {"first": "Ada", "last": "Bell", "email": "ada@example.com", "company": None, "phone": 15550100}
ACCOUNT = {"id": "acc1", "account": "acc1", "contact": CONTACT, "language": "en", "country": "US",
           "lookup": {"global": "g1"},
           "address": {"city": "Sofia", "region": "", "company": "BG", "postal code": 1000, "address line 1": "1 Way"},
           "url": "https://shop.example/account"}  # fmt: skip
ORDER: dict[str, Any] = {
    "order": "ord1", "id": "ord1", "reference": "YES1", "completed": True, "changed": 1542239788922, "live": False,
    "currency": "USD", "total": 59.99, "tax": 0, "subtotal": 59.99, "discount": 0,
    "payment": {"type": "test", "cardEnding": "4242"}, "customer": CONTACT,
    "items": [{"product": "app", "quantity": 1, "display": "App", "sku": None, "subtotal": 59.99, "discount": 0,
               "subscription": "sub1", "fulfillments": {"instructions": "Thanks"}}],
}  # fmt: skip
SUBSCRIPTION: dict[str, Any] = {
    "id": "sub1", "subscription": "sub1", "active": True, "state": "active", "live": False, "changed": 1542239788922,
    "currency": "USD", "price": 9.9, "quantity": 1, "next": 1544831788922, "end": None, "initialOrderId": "ord1",
    "discount": 0.0, "display": "App",
}  # fmt: skip


def events(*, expanded: bool) -> list[dict[str, Any]]:
    """One of each family."""
    account: Any = ACCOUNT if expanded else "acc1"
    order: Any = {**ORDER, "account": account} if expanded else "ord1"
    product: Any = {"product": "app", "pricing": {}} if expanded else "app"
    subscription: Any = {**SUBSCRIPTION, "account": account, "product": product} if expanded else "sub1"
    rows: list[tuple[str, Any]] = [
        ("order.completed", {**ORDER, "account": account}),
        ("account.created", ACCOUNT),
        ("subscription.activated", {**SUBSCRIPTION, "account": account, "product": product}),
        ("subscription.charge.completed",
         {"currency": "USD", "total": 9.9, "status": "successful", "timestamp": 1542239788941,
          "order": order, "account": account, "subscription": subscription}),
        ("return.created",
         {"return": "ret1", "reference": "YES1X", "completed": True, "currency": "USD", "totalReturn": 59.99,
          "account": account,
          "original": {"id": "ord1", "order": "ord1", "reference": "YES1"} if expanded else "ord1"}),
        ("payoutEntry.created",
         {"orderId": "ord1", "reference": "YES1", "live": False, "order": order, "account": account,
          "subscriptions": [subscription],
          "subtractions": {"fastspring": {"currency": "USD", "amount": 5.3391, "percentage": 8.9}},
          "payouts": [{"payee": "me", "currency": "USD", "payout": "54.65", "subtotal": 54.65, "total": "59.99"}]}),
        ("mailingListEntry.updated",
         {"id": "m1", "list": "subscribed", "updated": 1542239788792, "reason": "subscribed", "order": order,
          "email": "ada@example.com", "firstName": "Ada", "country": "US"}),
        ("subscription.group.created", {"group": "g1", "account": account, "subscriptions": []}),
        ("chargeback.created", {"order": order, "total": 59.99}),
        ("quote.created", {"id": "q1"}),
        ("something.new", {"account": account, "price": 1.10}),
    ]  # fmt: skip
    return [
        {"id": f"ev{n}", "processed": False, "created": 1542239788941 + n, "type": type, "live": False, "data": data}
        for n, (type, data) in enumerate(rows)
    ]


def body(*, expanded: bool) -> bytes:
    """A webhook of them all."""
    return json({"events": events(expanded=expanded)})


# -- mutation ------------------------------------------------------------------------------------------------

_ODD: list[Any] = [
    None, "", "x", "NaN", 0, -1, 1.5, 10**30, -(10**30), 1e308, True, False, [], {}, [None], {"": None}, "\u0000",
    "ë" * 50,
    {"error": "no", "result": "error"}, [[[]]], "1542239788941", "2024-01-01T00:00:00Z",
]  # fmt: skip


def mutated(rows: list[dict[str, Any]], chance: random.Random) -> list[Any]:
    """A copy in which a few values somewhere are odd ones, missing, or under another name."""
    copied = copy.deepcopy(rows)
    for _ in range(chance.randint(1, 4)):
        _mutate(copied, chance)
    return copied


def _mutate(node: Any, chance: random.Random) -> None:
    while True:
        keys = list(_keys(node))
        if not keys:
            return
        key = chance.choice(keys)
        inside = node[key]
        if isinstance(inside, dict | list) and inside and chance.random() < 0.8:
            node = inside
            continue
        if isinstance(node, dict) and chance.random() < 0.2:
            del node[key]
        else:
            node[key] = copy.deepcopy(chance.choice(_ODD))
        return


def _keys(node: Any) -> list[Any]:
    return list(cast("dict[str, Any]", node)) if isinstance(node, dict) else list(range(len(node)))


def damaged(data: bytes, chance: random.Random) -> bytes:
    """The bytes, cut, doubled, or with some of them changed."""
    ways: list[Callable[[bytes, int], bytes]] = [
        lambda data, at: data[:at],
        lambda data, at: data[at:],
        lambda data, at: data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :],
        lambda data, at: data[:at] + data[at + chance.randrange(1, 20) :],
        lambda data, at: data[:at] + data,
        lambda data, at: data[:at] + b"[" * 3000 + data[at:],
    ]
    return chance.choice(ways)(data, chance.randrange(len(data)))
