"""5,000 mutated replies per resource: a typed error, or every record of the reply in exactly one place.

Events and webhooks have tests of their own, in test_events and test_webhooks.
"""

from __future__ import annotations

import copy
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec
import pytest

from commerce_async.errors import CommerceError
from commerce_async.http.call import Call, Outcome, Reply
from commerce_async.http.outcome import decoded, error_of
from commerce_async.schema.lenient import untyped
from commerce_async.testing.clock import VirtualTimeLoop
from fastspring_async import calls, mapping, wire
from fastspring_async.api import Api
from fastspring_async.calls.catalog import Ids
from fastspring_async.calls.families import Several
from fastspring_async.drafts import OrderDraft, PricingDraft, ProductDraft
from fastspring_async.operations import OPERATIONS
from fastspring_async.verdict import judge
from fastspring_async.wire import Answers, Item
from tests.fastspring.events_samples import damaged
from tests.fastspring.fakes import json, reply, store
from tests.fastspring.operations_kit import CASES, done
from tests.fastspring.wire_samples import MORE, RICH, sample

pytestmark = pytest.mark.anyio

TIMES = 5000
STATUSES = (200, 200, 200, 200, 200, 200, 400, 404, 500)
OTHER = "other"


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return "asyncio", {"loop_factory": VirtualTimeLoop}


# -- the mutator ---------------------------------------------------------------------------------------------

ODD: list[Any] = [
    None, "", "x", "NaN", "not found", "success", "error", "1_000", "\u00a0€ 1,00", "2024-01-01", "\u0000", 0, -1, 1.5,
    10**30, -(10**30), 1e308, True, False, [], {}, [None], [[[]]], {"": None}, {"id": None}, {"error": "no"},
    {"error": {"x": "Locked"}, "result": "error"}, [{"error": {}}],
]  # fmt: skip


def places(value: object, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every value inside."""
    found = [at] if at else []
    if isinstance(value, dict):
        return found + [place for key in value for place in places(value[key], (*at, key))]
    if isinstance(value, list):
        return found + [place for n, member in enumerate(value) for place in places(member, (*at, n))]
    return found


def mutate(document: Any, place: tuple[Any, ...], chance: random.Random) -> None:
    """Drops, replaces, retypes or wraps what is at that place."""
    *path, last = place
    try:
        for step in path:
            document = document[step]
        old = document[last]
        match chance.randrange(6):
            case 0 if isinstance(document, dict):
                del document[last]
            case 1:
                document[last] = {"id": old, "error": None}
            case 2:
                document[last] = [old]
            case 3:
                document[last] = str(old) if isinstance(old, int | float) else 7
            case _:
                document[last] = copy.deepcopy(chance.choice(ODD))
    except (KeyError, IndexError, TypeError):
        return  # an earlier change took the place away


# -- the table -----------------------------------------------------------------------------------------------


class Row(NamedTuple):
    """A resource. `make` gives the call; of the reply, what is at `record` is mutated; `records` is how many it has."""

    make: Callable[[], Call[Any]]
    body: Any
    record: tuple[Any, ...] = ()
    records: int = 1


def sent(run: Callable[[Api], Awaitable[Any]], answer: object, status: int) -> Call[Any]:
    """The call that is made, with the decoder that it has."""
    shop, wall = store(lambda _call: reply(answer, status))

    async def main() -> None:
        async with shop:
            await run(shop.api)

    loop = VirtualTimeLoop()
    try:
        loop.run_until_complete(main())
        loop.run_until_complete(loop.shutdown_asyncgens())
    finally:
        loop.close()
    return wall.calls[0]


def one(name: str) -> Row:
    """An operation about one object, as its case calls it."""
    case = CASES[name]
    return Row(lambda: sent(case.run, case.reply, case.status), sample(name))


def two(name: str, run: Callable[[Api], Awaitable[Any]], plural: str, key: str, more: Any = None) -> Row:
    """An operation about two things, of which the second is sound."""
    record = more or sample(name)
    body = {plural: [record, {key: OTHER}]}
    return Row(lambda: sent(run, body, 200), body, (plural, 0), 2)


def family(name: str, kind: wire.Kind) -> Row:
    """Two records by id."""
    id = str(sample(name)[kind.names[0]])
    return two(name, lambda api: getattr(api, name.split(".")[0]).get_many([id, OTHER]), kind.plural, kind.names[0])


def common(kind: wire.Kind, name: str, read: Callable[[bytes], Any]) -> Row:
    """Two records of the face that all vendors share."""
    record = MORE[name]
    shape = wire.Shape(read, lambda common: (common.id,), kind.names)
    body = {kind.plural: [record, {**record, kind.names[0]: OTHER, "id": OTHER}]}
    ids = (str(record[kind.names[0]]), OTHER)
    return Row(lambda: calls.many(kind, ids, shape), body, (kind.plural, 0), 2)


DRAFTS = [
    ProductDraft(product=path, display={"en": "N"}, pricing=PricingDraft(price={"USD": Decimal(1)}))
    for path in ("one", OTHER)
]
CHANGED = done("subscription", "s", "subscription.update", prorated=True, proration={"due": 1.5, "items": [{}]})
ENTRIES = [MORE["subscriptions.entries"], {"order": "o"}]

ROWS: dict[str, Row] = {
    "products": family("products.get", wire.PRODUCTS),
    "products, common": common(
        wire.PRODUCTS, "products.get", lambda raw: mapping.to_product(wire.read_product(raw), raw, store="eu")),
    "product ids": Row(calls.product_ids, {"products": ["p", OTHER], "nextPage": None}, ("products", 0), 2),
    "products written": Row(
        lambda: sent(lambda api: api.products.create(DRAFTS), {"products": []}, 200),
        {"products": [done("product", "one", "product.create", **{"created.id": "k"}), {"product": OTHER}]},
        ("products", 0), 2),
    "price": one("products.price"),
    "tax preview": one("products.preview_tax"),
    "offers": two("offers.get", lambda api: api.offers.get_many(["p", OTHER]), "products", "product"),
    "orders": family("orders.get", wire.ORDERS),
    "orders, common": common(
        wire.ORDERS, "orders.get", lambda raw: mapping.to_order(wire.read_order(raw), raw, store="eu")),
    "orders written": two(
        "orders.update", lambda api: api.orders.update([OrderDraft(order=id, tags={"k": "v"}) for id in ("o", OTHER)]),
        "orders", "order", done("order", "o", "order.update")),
    "event marked": one("events.mark"),
    "accounts": family("accounts.get", wire.ACCOUNTS),
    "account written": one("accounts.update"),
    "account links": two(
        "accounts.authenticate", lambda api: api.accounts.authenticate_many(["a", OTHER]), "accounts", "account"),
    "coupons": Row(
        lambda: sent(lambda api: api.coupons.get_many(["c"]), RICH["coupons.get"], 200), RICH["coupons.get"]),
    "coupon ids": Row(
        lambda: sent(CASES["coupons.ids"].run, {"coupons": []}, 200), {"coupons": ["c", OTHER]}, ("coupons", 0), 2),
    "coupon written": one("coupons.save"),
    "coupon codes": one("coupons.codes"),
    "coupon codes added": one("coupons.add_codes"),
    "coupon codes deleted": one("coupons.delete_codes"),
    "returns": family("returns.get", wire.RETURNS),
    "return made": one("returns.create"),
    "sessions": one("sessions.get"),
    "checkouts": one("checkouts.get"),
    "subscriptions": family("subscriptions.get", wire.SUBSCRIPTIONS),
    "subscription changes": two(
        "subscriptions.cancel", lambda api: api.subscriptions.cancel(["s", OTHER]), "subscriptions", "subscription",
        CHANGED),
    "subscription uncanceled": one("subscriptions.uncancel_one"),
    "subscription paused": Row(
        lambda: sent(CASES["subscriptions.pause"].run, CASES["subscriptions.pause"].reply, 200),
        RICH["subscriptions.get"]),
    "subscription entries": Row(
        lambda: sent(CASES["subscriptions.entries"].run, [], 200), ENTRIES, (0,), 2),
    "subscription history": one("subscriptions.history"),
    "subscription estimate": one("subscriptions.estimate"),
    "subscription transfer": one("subscriptions.transfer"),
    "co-term groups": one("subscriptions.coterm"),
    "pro-forma invoices": one("subscriptions.proforma_invoice"),
    "cancel surveys": one("subscriptions.cancel_survey_reasons"),
    "quotes": one("quotes.get"),
    "invoices": one("invoices.get"),
    "reports": one("data.subscription_report"),
    "jobs": one("data.job"),
    "job list": Row(lambda: sent(CASES["data.jobs"].run, [], 200), [MORE["data.job"], {"id": OTHER}], (0,), 2),
    "webhook keys": one("webhook_keys.set"),
}  # fmt: skip


# -- the tests -----------------------------------------------------------------------------------------------


def test_the_table_has_every_family() -> None:
    words = {row.family for row in OPERATIONS}
    made = {ROWS[name].make().operation.partition(".")[0] for name in ROWS}
    assert made == words


@pytest.mark.parametrize("name", ROWS)
def test_five_thousand_mutated_replies_drop_nothing_and_raise_nothing_else(name: str) -> None:
    row, chance, seen = ROWS[name], random.Random(name), Counter[str]()
    call, plain = row.make(), json(row.body)
    spots = [place for place in places(row.body) if place[: len(row.record)] == row.record]
    for number in range(TIMES):
        document = msgspec.json.decode(plain)
        for _ in range(chance.randint(1, 3)):
            mutate(document, chance.choice(spots), chance)
        torn = number % 10 == 0
        data = json(document)
        answer = reply(damaged(data, chance) if torn else data, chance.choice(STATUSES))
        try:
            result = outcome(call, answer)
        except CommerceError as error:
            seen[type(error).__name__] += 1
            continue
        seen.update(accounted(result, row, data, torn=torn))
    assert seen["item"] > 500, seen
    assert TIMES > seen.total() - seen["item"] > 20 or row.records > 1, seen


def outcome(call: Call[Any], answer: Reply) -> Any:
    """What the pipeline makes of a reply, without the waiting and the second tries."""
    verdict = judge(call, answer)
    if verdict.outcome is not Outcome.OK:
        raise error_of(verdict, answer, call)
    return decoded(call, answer)


def accounted(result: Any, row: Row, data: bytes, *, torn: bool) -> Counter[str]:
    """Where each record of the reply came out; of a torn reply nobody can say what was in it."""
    match result:
        case Answers():
            found = Counter(
                item=len(result.found), missing=len(result.missing), refused=len(result.refused),
                unreadable=len(result.unreadable), unanswered=len(result.unanswered),
            )  # fmt: skip
            assert torn or row.records == 1 or OTHER in result.found
            assert found.total() == row.records
            items = list[Any](result.found.values())
        case Several():
            items, found = list(result.items), Counter(item=len(result.items), unreadable=len(result.unreadable))
        case Ids() | tuple():
            items, found = list[Any](), Counter(item=len(result.ids if isinstance(result, Ids) else result))
        case Item():
            items, found = [result], Counter(item=1)
            assert torn or result.raw in data
        case None:
            items, found = [], Counter(item=1)
        case _:
            items, found = [], Counter(item=1)
            assert torn or result == untyped(data)
    if not torn:
        assert found.total() == row.records
    for item in items:
        assert repr(item)
        assert not isinstance(item, Item) or isinstance(item.members, dict)
    return found


LISTS: dict[str, tuple[Callable[[Api], Any], str, str, str]] = {
    "accounts": (lambda api: api.accounts.search(), "accounts", "account", "accounts.get"),
    "orders": (lambda api: api.orders.search(days=9), "orders", "order", "orders.get"),
    "subscriptions": (lambda api: api.subscriptions.search(), "subscriptions", "subscription", "subscriptions.get"),
    "prices": (lambda api: api.products.prices(), "products", "product", "products.price"),
}


@pytest.mark.parametrize("name", LISTS)
async def test_a_page_of_a_mutated_list_has_every_record_of_it(name: str) -> None:
    run, plural, key, record = LISTS[name]
    chance, seen = random.Random(name), Counter[str]()
    whole = {
        "action": "x",
        "result": "success",
        "nextPage": None,
        plural: [sample(record), *({key: id, "live": True} for id in (OTHER, "c"))],
    }
    plain, spots = json(whole), [place for place in places(whole) if place[:2] == (plural, 0)]
    bodies: list[bytes] = []

    def answer(call: Call[Any]) -> Reply:
        if call.path in (f"/{plural}", "/products/price"):
            return reply(bodies[-1])
        gone = call.path.rsplit("/", 1)[1].split(",")  # a list of ids is completed; none of them is there
        return reply({plural: [{key: id, "result": "error", "error": {key: "Not found"}} for id in gone]}, 400)

    shop, _ = store(answer)
    async with shop:
        for _ in range(TIMES):
            document = msgspec.json.decode(plain)
            for _ in range(chance.randint(1, 3)):
                mutate(document, chance.choice(spots), chance)
            bodies.append(json(document))
            try:
                page = await run(shop.api)
            except CommerceError as error:
                seen[type(error).__name__] += 1
                continue
            found = Counter(item=len(page.items), missing=len(page.missing), unreadable=len(page.unreadable))
            assert found.total() == 3, bodies[-1]
            seen.update(found)
    assert seen["item"] > 10_000
    assert seen["unreadable"] > 50
