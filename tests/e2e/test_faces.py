"""Both faces of both stores over real HTTP: common schemas, and the vendors' own API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from decimal import Decimal

import msgspec
import pytest

from commerce_async.errors import AuthError, MissingError, ThrottledOrMissingError, UsageError
from commerce_async.http.retry import Retry
from commerce_async.schema import Order, OrderStatus, Product
from fastspring_async import FastSpring
from fastspring_async.emulator import FastSpringEmulator
from sparkpay_async import SparkPay
from sparkpay_async.emulator import SparkPayEmulator

pytestmark = pytest.mark.anyio

UNTIL = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
async def fast() -> AsyncIterator[FastSpringEmulator]:
    async with FastSpringEmulator(products=130, orders=320, rate_limit=None, until=UNTIL) as emulator:
        yield emulator


@pytest.fixture
async def spark() -> AsyncIterator[SparkPayEmulator]:
    async with SparkPayEmulator(products=130, orders=320, window=None, until=UNTIL) as emulator:
        yield emulator


@pytest.fixture
async def eu(fast: FastSpringEmulator) -> AsyncIterator[FastSpring]:
    async with FastSpring(**fast.settings(), name="eu", rate=50) as store:
        yield store


@pytest.fixture
async def us(spark: SparkPayEmulator) -> AsyncIterator[SparkPay]:
    async with SparkPay(**spark.settings(), name="us", period=0.5) as store:
        yield store


def assert_sound(record: Product | Order, id: str, store: str) -> None:
    assert (record.store, record.id) == (store, id)
    assert msgspec.json.decode(record.raw)


async def test_one_product_by_id_and_missing_if_it_is_not_there(
    eu: FastSpring, us: SparkPay, fast: FastSpringEmulator, spark: SparkPayEmulator
) -> None:
    for store, id in ((eu, fast.product_ids()[3]), (us, str(spark.product_ids()[3]))):
        product = await store.products.get(id)
        assert_sound(product, id, store.name)
        assert all(isinstance(price.amount, Decimal) and len(price.currency) == 3 for price in product.prices)
        assert product.prices
    with pytest.raises(MissingError):
        await eu.products.get("no-such-product")
    with pytest.raises(MissingError):
        await us.products.get("99999999")


async def test_many_in_the_order_asked_with_each_id_accounted_for_once(
    eu: FastSpring, us: SparkPay, fast: FastSpringEmulator, spark: SparkPayEmulator
) -> None:
    for store, ids in ((eu, fast.product_ids()), (us, [str(id) for id in spark.product_ids()])):
        nope = "nope" if store is eu else "99999999"
        asked = [*reversed(ids), nope, ids[0]]
        batch = await store.products.get_many(asked)
        assert [product.id for product in batch.items] == list(reversed(ids))
        assert (batch.missing, batch.failed) == ((nope,), ())


async def test_a_batch_takes_few_calls(eu: FastSpring, fast: FastSpringEmulator) -> None:
    await eu.orders.get_many(list(fast.order_ids())[:120])
    assert fast.ledger.calls == 3


async def test_an_order_has_its_lines_customer_and_exact_total(
    eu: FastSpring, us: SparkPay, fast: FastSpringEmulator, spark: SparkPayEmulator
) -> None:
    for store, ids, total in (
        (eu, list(fast.order_ids())[:40], fast.order_total),
        (us, [str(id) for id in spark.order_ids()[:40]], lambda id: spark.order_total(int(id))),
    ):
        batch = await store.orders.get_many(ids)
        assert len(batch.items) == 40
        assert all(order.total == total(order.id) for order in batch.items)
        assert sum(bool(order.lines) for order in batch.items) > 30  # some only take a payment
        assert any(order.status is not OrderStatus.UNKNOWN for order in batch.items)
        single = await store.orders.get(ids[0])
        assert single.lines == batch.items[0].lines
        assert single.customer is not None
        assert single.customer.email


async def test_a_list_is_awaited_iterated_paged_and_resumed(eu: FastSpring, us: SparkPay) -> None:
    for store in (eu, us):
        first = await store.orders.list()
        assert first.items
        assert first.total == 320
        pager = store.orders.list()
        seen: list[str] = []
        async for order in pager:
            seen.append(order.id)
            if pager.token is not None and len(seen) > 150:
                break
        # A token may point back to the beginning of a date window: then records come again, and none is missing.
        rest = [order.id async for order in store.orders.list(resume=pager.token)]
        assert set(seen) | set(rest) == {order.id async for order in store.orders.list()}
        assert len(rest) == len(set(rest))


async def test_orders_since_a_day_are_those_and_at_most_a_day_more(eu: FastSpring, fast: FastSpringEmulator) -> None:
    since = datetime(2025, 12, 24, tzinfo=UTC)
    found = {order.id async for order in eu.orders.list(since=since)}
    due = {id for id in fast.order_ids() if fast.order_created(id) >= since.timestamp() * 1000}
    assert due <= found
    assert 0 < len(found) < 320


async def test_changes_since_a_time_are_found_in_spark_pay(us: SparkPay, spark: SparkPayEmulator) -> None:
    before = datetime.now(UTC)
    spark.edit_order(spark.order_ids()[7])
    assert [order.id async for order in us.orders.list(since=before)] == [str(spark.order_ids()[7])]


async def test_the_vendors_own_api_gives_its_own_types(eu: FastSpring, us: SparkPay, fast: FastSpringEmulator) -> None:
    prices = [each async for each in eu.api.products.prices(country="DE")]
    assert len(prices) == fast.product_count
    assert all(price.pricing["DE"].currency == "EUR" for price in prices)
    assert await eu.api.products.ids() == tuple(fast.product_ids())
    page = await eu.api.orders.search(begin=date(2025, 1, 1), end=date(2026, 3, 2), limit=30)
    assert len(page.items) == 30
    categories = [category async for category in us.api.categories.list()]
    assert categories
    assert all(isinstance(category.name, str) for category in categories)
    order = (await us.api.orders.list(expand=("items", "payments"))).items[0]
    assert order.items
    statuses = [status.name async for status in us.api.order_statuses.list()]
    assert statuses


async def test_orders_of_spark_pay_cost_few_calls_a_page_and_none_an_order(
    us: SparkPay, spark: SparkPayEmulator
) -> None:
    orders = [order async for order in us.orders.list()]
    assert len(orders) == 320
    pages = 4
    assert spark.ledger.calls <= pages * 5 + 1


async def test_wrong_credentials_are_an_authentication_error(fast: FastSpringEmulator, spark: SparkPayEmulator) -> None:
    async with FastSpring(**{**fast.settings(), "password": "wrong"}) as eu:
        with pytest.raises(AuthError):
            await eu.products.get("a-b-c")
    async with SparkPay(**{**spark.settings(), "token": "wrong"}) as us:
        with pytest.raises(AuthError):
            await us.products.get("1")


async def test_a_404_that_stays_one_says_that_it_may_be_either(fast: FastSpringEmulator) -> None:
    # Every call is throttled as the vendor's old pages say: with a bare 404.
    fast.faults.storm = 100
    async with FastSpring(**fast.settings(), retry=Retry(ambiguous=2)) as eu:
        with pytest.raises(ThrottledOrMissingError, match="throttled, or not found"):
            await eu.products.get("a-b-c")
    assert fast.ledger.throttled == 2


@pytest.mark.parametrize("answer", ["404-empty", "404-html", "429", "429-date"])
async def test_a_throttle_in_any_form_is_waited_out(fast: FastSpringEmulator, answer: str) -> None:
    fast.throttle_with = answer  # type: ignore[assignment]
    fast.faults.storm = 1
    async with FastSpring(**fast.settings()) as eu:
        id = fast.product_ids()[0]
        assert (await eu.products.get(id)).id == id
        assert eu.client.stats.throttled == 1


async def test_an_orders_subscriptions_account_and_returns_are_within_reach(
    eu: FastSpring, us: SparkPay, fast: FastSpringEmulator, spark: SparkPayEmulator
) -> None:
    batch = await eu.orders.get_many(list(fast.order_ids())[:60])
    order = next(order for order in batch.items if any(line.subscription_id for line in order.lines))
    found = await eu.related(order)
    assert len(found.subscriptions.items) == len({line.subscription_id for line in order.lines} - {None})
    assert len(found.account.items) == 1
    other = await us.orders.get(str(spark.order_ids()[0]))
    with pytest.raises(UsageError, match="is of the store 'us'"):
        await eu.related(other)
