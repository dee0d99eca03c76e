"""What the vendor's own records keep beside what is read of them: their bytes, and so the fields that nobody named."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from commerce_async.schema.lenient import untyped
from sparkpay_async import wire
from sparkpay_async.drafts import ProductDraft
from sparkpay_async.kinds import KINDS, LEAN_ORDERS, LEAN_PRODUCTS, RESOURCES, parse
from sparkpay_async.webhooks import parse_notice
from tests.sparkpay.api_kit import Shop, reply, store

pytestmark = pytest.mark.anyio

# What has nothing but its few fields, and is read with every product and order of a sync.
BARE = {"products.categories", "records.custom_fields", "product_reviews.ratings"}


@pytest.mark.parametrize("name", sorted(KINDS.keys() - BARE))
def test_every_record_keeps_its_bytes_and_with_them_the_fields_that_nobody_named(name: str) -> None:
    kind = KINDS[name]
    raw = b'{ "%s": 7, "added_in_2031": {"price": 1.10} }' % (kind.id_field or "id").encode()
    [(record, kept)] = parse(kind, [msgspec.Raw(raw)]).good
    assert record.raw == kept == raw
    if name not in ("drips", "mailing_lists"):  # which have a list of that name
        assert record.members["added_in_2031"] == {"price": Decimal("1.10")}


async def test_a_record_keeps_its_bytes_however_it_came() -> None:
    shop = Shop("products", {"id": 1, "item_number": "A", "item_name": "Mug", "shelf": 4})
    new: ProductDraft = {"item_number": "B", "item_name": "Cup", "product_status_id": 1, "primary_category_id": 1}
    sp = shop.store()
    async with sp:
        products = sp.api.products
        records = [
            await products.get(1),
            (await products.page()).items[0],
            (await products.list()).items[0],
            (await products.walk()).items[0],
            await products.update(1, {"item_name": "Mugs"}),
            await products.create(new),
            (await products.create_or_update(new)).record,
        ]
    assert [each.members["id"] for each in records] == [1, 1, 1, 1, 1, 2, 2]
    assert [each.members.get("shelf") for each in records] == [4, 4, 4, 4, 4, None, None]


async def test_many_records_by_id_keep_them_under_either_name_of_the_call() -> None:
    sp, _ = store(lambda _call: reply(b'{"products": [{"id": 1, "shelf": 4}]}'))
    async with sp:
        for call in (sp.api.products.select_many, sp.api.products.get_many):
            assert [each.raw for each in (await call([1])).items] == [b'{"id": 1, "shelf": 4}']


async def test_a_nested_list_read_alone_keeps_them_and_one_inside_its_record_leaves_them_to_that() -> None:
    items = [{"id": 5, "quantity": 2}]
    sp, _ = store(lambda call: reply({"id": 1, "items": items} if call.path == "/orders/1" else {"items": items}))
    async with sp:
        (alone,) = (await sp.api.orders.nested(1, "items", of=sp.api.order_items)).items
        order = await sp.api.orders.get(1, expand="items")
    assert untyped(alone.raw) == items[0]
    assert order.items is not None
    assert [each.raw for each in order.items] == [b""]
    assert [each.members for each in order.items] == [{}]
    assert order.members["items"] == items


def test_a_posted_record_keeps_its_bytes() -> None:
    posted = parse_notice("NewOrder", b'{"order": {"id": 7, "zz": 1}}').posted()
    assert posted.raw == b'{"id": 7, "zz": 1}'


def test_a_record_is_shown_by_what_it_has() -> None:
    [(record, _)] = parse(RESOURCES["products"], [msgspec.Raw(b'{"id":1,"item_name":"Mug","price":9.90}')]).good
    assert repr(record) == "Product(id=1, item_name='Mug', price=Decimal('9.90'))"


@pytest.mark.parametrize("kind", [LEAN_PRODUCTS, LEAN_ORDERS, RESOURCES["products"]])
def test_a_record_that_is_not_utf_8_is_set_aside_though_the_field_is_not_read(kind: Any) -> None:
    parsed = parse(kind, [msgspec.Raw(b'{"id":1,"zz":"\xff"}'), msgspec.Raw('{"id":2,"zz":"ü"}'.encode())])
    assert [raw for _, raw in parsed.good] == ['{"id":2,"zz":"ü"}'.encode()]
    assert [(bad.raw, "utf-8" in bad.reason) for bad in parsed.bad] == [(b'{"id":1,"zz":"\xff"}', True)]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2014-03-19T13:31:47.923-05:00", datetime(2014, 3, 19, 18, 31, 47, 923000, UTC)),
        ("2016-11-20T12:00:52.9715109-05:00", datetime(2016, 11, 20, 17, 0, 52, 971510, UTC)),
        ("2014-05-12T00:00:00.0Z", datetime(2014, 5, 12, tzinfo=UTC)),
        ("2020-05-29T07:35:43", datetime(2020, 5, 29, 7, 35, 43, tzinfo=UTC)),
        ("0001-01-01T00:00:00", None),
        ("", None),
        (None, None),
    ],
)
def test_a_time_of_the_vendors_is_read_as_utc(text: str | None, moment: datetime | None) -> None:
    assert wire.instant(text) == moment


def test_what_is_no_time_is_refused() -> None:
    with pytest.raises(ValueError, match="expected an ISO 8601 time"):
        wire.instant("soon")
