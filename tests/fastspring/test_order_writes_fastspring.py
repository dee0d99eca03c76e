"""store.api.orders: updates, the rules of a search told before sending, ids completed; and what an order refers to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from commerce_async.errors import AuthError, CommerceError, NetworkError, RejectedError, UnknownOutcomeError, UsageError
from commerce_async.http.call import Call, Reply
from commerce_async.schema import Customer, Order, OrderLine, Return
from commerce_async.store import Batch
from commerce_async.testing.clock import VirtualTimeLoop
from fastspring_async.drafts import OrderDraft, OrderItemDraft
from fastspring_async.related import References, references, related
from tests.fastspring.fakes import reply, store

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return "asyncio", {"loop_factory": VirtualTimeLoop}


def done(id: str) -> dict[str, object]:
    return {"action": "order.update", "order": id, "result": "success"}


def refused(id: str, **error: str) -> dict[str, object]:
    return {"action": "order.update", "order": id, "result": "error", "error": error}


def tagged(id: str) -> OrderDraft:
    return OrderDraft(order=id, tags={"campaign": "spring"})


def posted(call: Call[Any]) -> list[str]:
    return [member["order"] for member in msgspec.json.decode(call.body or b"")["orders"]]


async def test_tags_and_attributes_are_sent_as_the_vendor_documents() -> None:
    shop, wall = store(lambda _call: reply({"orders": [done("o1")]}))
    items = (OrderItemDraft(product="pro", attributes={"seats": "5"}),)
    async with shop:
        batch = await shop.api.orders.update(OrderDraft(order="o1", tags={"a": "b"}, items=items))
    assert [(item.id, item.action) for item in batch.items] == [("o1", "order.update")]
    call = wall.calls[0]
    assert (call.method, call.path) == ("POST", "/orders")
    assert msgspec.json.decode(call.body or b"") == {
        "orders": [{"order": "o1", "tags": {"a": "b"}, "items": [{"product": "pro", "attributes": {"seats": "5"}}]}]
    }


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize("named", ["gone", "[2]"])
async def test_each_order_has_its_own_outcome(named: str, status: int) -> None:
    words = "Product is not specified as a valid item in the order"
    rows = [refused(named, order="Not found"), done("o1"), refused("o2", **{"items.example-product-2": words})]
    shop, _ = store(lambda _call: reply({"orders": rows}, status))
    async with shop:
        batch = await shop.api.orders.update([tagged("o1"), tagged("o2"), tagged("gone")])
    assert [item.id for item in batch.items] == ["o1"]
    assert batch.missing == ("gone",)
    assert [(each.id, each.reason) for each in batch.failed] == [("o2", words)]
    error = batch.failed[0].error
    assert isinstance(error, RejectedError)
    assert error.fields == {"items.example-product-2": words}


@pytest.mark.parametrize("status", [200, 400, 404])
async def test_one_order_that_is_not_there_is_missing(status: int) -> None:
    shop, _ = store(lambda _call: reply({"orders": [refused("[0]", order="Not found")]}, status))
    async with shop:
        assert (await shop.api.orders.update([tagged("gone")])).missing == ("gone",)


@pytest.mark.parametrize(
    "body", [{"orders": [done("o1")]}, done("o1"), [done("o1")], {**done("o1"), "orders": [done("o1")]}]
)
async def test_an_order_alone_is_read_in_every_shape_of_reply(body: object) -> None:
    shop, _ = store(lambda _call: reply(body))
    async with shop:
        assert [item.id for item in (await shop.api.orders.update(tagged("o1"))).items] == ["o1"]


async def test_an_order_of_which_the_reply_says_nothing_is_of_unknown_outcome() -> None:
    shop, _ = store(lambda _call: reply({"orders": [done("o1")]}))
    async with shop:
        batch = await shop.api.orders.update([tagged("o1"), tagged("o2")])
    assert [(each.id, type(each.error)) for each in batch.failed] == [("o2", UnknownOutcomeError)]


async def test_an_update_is_sent_again_after_a_lost_answer() -> None:
    def answer(call: Call[Any]) -> Reply:
        if len(wall.calls) == 1:
            raise NetworkError("no complete reply", safe_to_retry=call.repeatable)
        return reply({"orders": [done("o1")]})

    shop, wall = store(answer)
    async with shop:
        batch = await shop.api.orders.update(tagged("o1"))
    assert [item.id for item in batch.items] == ["o1"]
    assert wall.calls[0].body == wall.calls[1].body


async def test_many_orders_are_cut_and_the_order_is_kept() -> None:
    shop, wall = store(lambda call: reply({"orders": [done(id) for id in posted(call)][::-1]}))
    ids = [f"o{n}" for n in range(120)]
    async with shop:
        batch = await shop.api.orders.update(map(tagged, ids))
    assert [item.id for item in batch.items] == ids
    assert [len(posted(call)) for call in wall.calls] == [50, 50, 20]


async def test_nothing_is_sent_if_one_draft_has_a_fault() -> None:
    shop, wall = store(lambda _call: reply({}))
    async with shop:
        with pytest.raises(UsageError) as caught:
            await shop.api.orders.update([tagged("o1"), OrderDraft(order="o2"), tagged("o1")])
    assert caught.value.fields == {
        "o2.order": "has nothing to change: give tags or items",
        "[2]": "o1 is there twice; make it one draft",
    }
    assert not wall.calls


# -- search --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"begin": date(2024, 1, 2), "end": date(2024, 1, 2)},
        {"begin": date(2024, 1, 3), "end": date(2024, 1, 2)},
        {"days": 0},
        {"limit": 0},
        {"page": 0},
        {"products": ["a,b"]},
    ],
)
async def test_a_filter_that_the_vendor_would_refuse_is_refused_before_sending(wrong: dict[str, Any]) -> None:
    shop, wall = store(lambda _call: reply({"orders": []}))
    async with shop:
        with pytest.raises(UsageError):
            shop.api.orders.search(**wrong)
    assert not wall.calls


@pytest.mark.parametrize("end", [date(2024, 3, 31), datetime(2024, 3, 31, 15)])
async def test_an_end_alone_asks_for_the_30_days_before_it_in_so_many_words(end: date) -> None:
    shop, wall = store(lambda _call: reply({"orders": []}))
    async with shop:
        await shop.api.orders.search(end=end)
    assert wall.calls[0].query == (("begin", "2024-03-01"), ("end", "2024-03-31"), ("limit", "50"), ("page", "1"))


async def test_days_and_a_begin_alone_are_sent_as_they_are() -> None:
    shop, wall = store(lambda _call: reply({"orders": []}))
    async with shop:
        await shop.api.orders.search(days=7)
        await shop.api.orders.search(begin=date(2024, 1, 1))
    assert [call.query[:-2] for call in wall.calls] == [(("days", "7"),), (("begin", "2024-01-01"),)]


async def test_a_search_that_answers_with_ids_is_completed_by_batches() -> None:
    def answer(call: Call[Any]) -> Reply:
        if call.path == "/orders":
            page = dict(call.query)["page"]
            ids = [f"p{page}o{n}" for n in range(60)]
            head = {"action": "order.getall", "result": "success", "page": int(page)}
            return reply({**head, "nextPage": 2 if page == "1" else None, "total": 120, "orders": ids})
        ids = call.path.rsplit("/", 1)[1].split(",")
        gone = {"action": "order.get", "order": "p1o7", "result": "error", "error": {"order": "Not found"}}
        rows = [gone if id == "p1o7" else {"order": id, "currency": "USD", "total": 1} for id in ids]
        return reply({"orders": rows}, 400 if "p1o7" in ids else 200)

    shop, wall = store(answer)
    async with shop:
        pages = [page async for page in shop.api.orders.search(limit=60).pages()]
    assert [order.key for page in pages for order in page.items] == [
        f"p{page}o{n}" for page in (1, 2) for n in range(60) if (page, n) != (1, 7)
    ]
    assert [page.missing for page in pages] == [("p1o7",), ()]
    assert [page.total for page in pages] == [120, 120]
    sizes = [call.path.count(",") + 1 for call in wall.calls if call.path != "/orders"]
    assert sorted(sizes) == [10, 10, 50, 50]


# -- what an order refers to ---------------------------------------------------------------------------------


def bought(**changes: Any) -> Order:
    lines = (
        OrderLine(id="1", subscription_id="s1"),
        OrderLine(id="2"),
        OrderLine(id="3", subscription_id="s2"),
        OrderLine(id="4", subscription_id="s1"),
    )
    whole: dict[str, Any] = {
        "store": "eu",
        "vendor": "fastspring",
        "id": "o1",
        "raw": b"{}",
        "currency": "USD",
        "total": Decimal(1),
        "lines": lines,
        "customer": Customer(id="acc"),
        "returns": (Return(id="r1"), Return(id="r2")),
    }
    return Order(**{**whole, **changes})


class Family:
    def __init__(self, answer: Callable[[list[str]], Batch[str]]) -> None:
        self.asked: list[list[str]] = []
        self._answer = answer

    async def get_many(self, ids: str | Iterable[str]) -> Batch[str]:
        listed = [ids] if isinstance(ids, str) else list(ids)
        self.asked.append(listed)
        return self._answer(listed)


class Api:
    def __init__(self, answer: Callable[[list[str]], Batch[str]] = lambda ids: Batch(tuple(ids))) -> None:
        self.subscriptions, self.accounts, self.returns = Family(answer), Family(answer), Family(answer)


def test_an_order_names_its_subscriptions_its_account_and_its_returns_once_each() -> None:
    assert references(bought()) == References(subscriptions=("s1", "s2"), account="acc", returns=("r1", "r2"))
    assert references(bought(lines=(), customer=None, returns=())) == References()


def test_another_vendors_order_is_refused() -> None:
    with pytest.raises(UsageError, match="sparkpay"):
        references(bought(vendor="sparkpay"))


async def test_what_an_order_refers_to_is_fetched_and_nothing_else() -> None:
    api = Api()
    found = await related(api, bought())
    assert (found.subscriptions.items, found.account.items, found.returns.items) == (
        ("s1", "s2"), ("acc",), ("r1", "r2"),
    )  # fmt: skip
    bare = Api()
    nothing = await related(bare, bought(lines=(), customer=None, returns=()))
    assert nothing.account == nothing.returns == Batch(())
    assert [family.asked for family in (bare.subscriptions, bare.accounts, bare.returns)] == [[], [], []]


async def test_a_failure_to_fetch_is_raised_as_it_is() -> None:
    def refuse(_ids: list[str]) -> Batch[str]:
        raise AuthError("not accepted")

    with pytest.raises(CommerceError, match="not accepted"):
        await related(Api(refuse), bought())
