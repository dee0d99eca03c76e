"""Common products become Spark Pay drafts and come back: nothing lost but what is named, and nothing written twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commerce_async.errors import UsageError
from commerce_async.schema import (
    Category,
    FieldChange,
    Image,
    Price,
    Product,
    ProductChange,
    ProductKind,
    ProductStatus,
    Stock,
    Subscription,
    Text,
    Variant,
)
from sparkpay_async import kinds, mapping, wire
from sparkpay_async.mapping import Defaults, Known, Shop, sendable, to_change
from sparkpay_async.mapping.changes import KINDS
from tests.sparkpay.fakes import fixture

SHOP = Shop(store="us", currency="EUR")
STATUSES = {
    8: wire.ProductStatus(id=8, name="Hidden", is_unavailable=False, is_hidden=False, is_back_ordered=False),
    3: wire.ProductStatus(id=3, name="Fine", is_unavailable=False, is_hidden=False, is_back_ordered=True),
    5: wire.ProductStatus(id=5, name="Active", is_unavailable=True, is_hidden=False, is_back_ordered=False),
    2: wire.ProductStatus(id=2, name="In Stock", is_unavailable=True, is_hidden=True, is_back_ordered=False),
}
KNOWN = Known(
    shop=SHOP,
    defaults=Defaults(category_id=31, digital_type="FileDownload"),
    statuses=STATUSES,
    categories={31: "Lighting", 8: "Office", 40: "Shoes", 41: "Shoes"},
    groups={7: "Color", 9: "Size"},
)
_JSON = msgspec.json.Encoder(decimal_format="number")
_READ = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)
LARGE = settings(max_examples=100)


def common(**changes: Any) -> Product:
    members: dict[str, Any] = {"store": "eu", "vendor": "other", "id": "x1", "raw": b"{}", "name": "Box", **changes}
    return Product(**members)


def own(**changes: Any) -> Product:
    return common(**{"store": "us", "vendor": "sparkpay", "id": "412", **changes})


# -- a shop, as far as a body goes ----------------------------------------------------------------------------


def held(change: ProductChange, before: bytes = b"{}", known: Known = KNOWN) -> tuple[Product, Known]:
    """The product as the shop would give it after a change, and the shop with the groups that were made."""
    record: dict[str, Any] = {"id": 900, "product_status_id": 8, "price": 0, "quantity_on_hand": 0}
    record |= {"is_non_inventory": False, **_READ.decode(before)}
    groups = dict(known.groups)
    tables = {name: change.body.get(name, {}) for name in KINDS}
    fields = {name: value for name, value in change.body.items() if name not in KINDS}
    record |= sendable(kinds.PRODUCTS, fields, new=change.action == "create") if fields else {}
    for each in record.get("categories", ()):
        each["name"] = KNOWN.categories[each["id"]]
    made: dict[str, list[int]] = {}
    for name, plan in tables.items():
        rows = [row for row in record.get(name, ()) if row["id"] not in plan.get("delete", ())]
        for row in plan.get("update", ()):
            next(each for each in rows if each["id"] == row["id"]).update(sendable(KINDS[name], row, new=False))
        made[name] = []
        for row in plan.get("create", ()):
            row = _settled(row, made, groups)
            id = 1 + max((each["id"] for each in rows), default=100)
            rows.append({"id": id, **sendable(KINDS[name], {**row, "product_id": 900}, new=True)})
            made[name].append(id)
        record[name] = rows
    raw = _JSON.encode(record)
    known = replace(KNOWN, groups=groups)
    read = kinds.LEAN_PRODUCTS.reader.read(raw)
    return mapping.product(read, raw, shop=SHOP, statuses=STATUSES, groups=groups), known


def _settled(row: Mapping[str, Any], made: Mapping[str, list[int]], groups: dict[int, str]) -> dict[str, Any]:
    found = dict(row)
    if name := found.pop("variant_group", None):
        found["variant_group_id"] = next((id for id, each in groups.items() if each == name), 50 + len(groups))
        groups[found["variant_group_id"]] = name
    if isinstance(place := row.get("variant_inventory_id"), dict):
        found["variant_inventory_id"] = made["variant_inventory"][place["new"]]
    if "variants" in row:
        found["variants"] = [
            {"id": made["variants"][each["new"]] if "new" in each else each["id"]} for each in row["variants"]
        ]
    return found


def carried(product: Product) -> dict[str, Any]:
    """Everything that has a place, by the field under which it would be named as lost; ids of parts do not count."""
    words = product.texts.get("", Text())
    return {
        "name": product.name,
        "texts": (words.summary, words.description),
        "sku": product.sku,
        "tax_code": product.tax_code,
        "kind": product.kind,
        "status": product.status,
        "parent_id": product.parent_id,
        "subscription": product.subscription,
        "stock": product.stock,
        "prices": Counter(_bare(price, product) for price in product.prices),
        "variants": Counter(
            (each.kind, each.name, each.sku, each.group, each.price_change, each.price_rule, each.stock)
            for each in product.variants
        ),
        "images": [(each.url, each.text) for each in product.images],
        "attributes": product.attributes,
        "categories": [each.id for each in product.categories[:1]],
        "shelves": {each.id for each in product.categories},
    }


def _bare(price: Price, product: Product) -> tuple[Any, ...]:
    item = next((each.name for each in product.variants if each.kind == "item" and each.id == price.variant_id), None)
    return (msgspec.structs.replace(price, variant_id=None), item)


# -- products -------------------------------------------------------------------------------------------------

words = st.text("aZ 'é&<漢😀,:-", min_size=1, max_size=12).map(str.strip).filter(bool)
some_words = st.none() | words
amounts = st.integers(1, 99_999_999).map(lambda n: Decimal(n) / 10_000)
moments = st.none() | st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)).map(
    lambda t: t.replace(microsecond=0, tzinfo=UTC)
)


@st.composite
def price_rows(draw: st.DrawFn, items: list[Variant]) -> Price:
    return Price(
        currency="EUR",
        amount=draw(amounts),
        minimum_quantity=draw(st.integers(1, 50)),
        group=draw(st.none() | st.sampled_from(["3", "4"])),
        variant_id=draw(st.sampled_from([None, *(each.id for each in items)])),
        starts=draw(moments),
        ends=draw(moments),
    )


@st.composite
def all_prices(draw: st.DrawFn, items: list[Variant]) -> tuple[Price, ...]:
    regular = Price(currency="EUR", amount=draw(amounts))
    found = [regular]
    for kind in ("list", "cost"):
        amount = draw(st.none() | amounts)
        if amount is not None and amount != regular.amount:
            found.append(Price(currency="EUR", amount=amount, kind=kind))
    rows = st.lists(
        price_rows(items), max_size=4, unique_by=lambda p: (p.minimum_quantity, p.group, p.variant_id, p.starts, p.ends)
    )
    return (*found, *draw(rows))


@st.composite
def all_variants(draw: st.DrawFn, tracked: bool) -> tuple[Variant, ...]:
    colors = draw(st.lists(st.sampled_from(["Blue", "Red", "Off, white"]), max_size=3, unique=True))
    sizes = draw(st.lists(st.sampled_from(["S", "M"]), max_size=2, unique=True))
    group = draw(st.sampled_from(["Color", "Finish"]))
    options = [
        Variant(
            id=str(number),
            kind="option",
            name=name,
            group=of,
            price_change=draw(amounts),
            price_rule=draw(st.sampled_from([None, "+ dollars"])),
        )
        for number, (of, name) in enumerate(
            [*((group, name) for name in colors), *(("Size", name) for name in sizes)], 1
        )
    ]
    labels = [f"{group}: {c}" for c in colors]
    names = [f"{c}, Size: {s}" for c in labels for s in sizes] or labels
    items = [
        Variant(
            id=str(200 + number),
            kind="item",
            name=name,
            sku=draw(st.sampled_from([None, "SAME", f"I-{number}"])),
            stock=Stock(tracked=tracked, on_hand=draw(st.integers(-5, 99))),
        )
        for number, name in enumerate(names)
        if draw(st.booleans())
    ]
    return (*options, *items)


@st.composite
def sparkpay_products(draw: st.DrawFn) -> Product:
    name = draw(words)
    tracked = draw(st.booleans())
    variants = draw(all_variants(tracked))
    units = st.sampled_from(["day", "week", "month", "year", "Fortnight", "unknown"])
    status = draw(st.sampled_from([each for each in ProductStatus if each is not ProductStatus.UNKNOWN]))
    backorder = draw(st.booleans()) if status in (ProductStatus.ACTIVE, ProductStatus.HIDDEN) else None
    urls = draw(st.lists(st.sampled_from(["/a.jpg", "/b.jpg", "https://x.example/c.png"]), max_size=3, unique=True))
    shelves = draw(st.lists(st.sampled_from([31, 8, 40, 41]), min_size=1, max_size=3, unique=True))
    return own(
        sku=draw(some_words),
        name=name,
        texts={"": Text(name=name, summary=draw(some_words), description=draw(some_words))},
        kind=draw(st.sampled_from([ProductKind.DIGITAL, ProductKind.PHYSICAL, ProductKind.BUNDLE])),
        status=status,
        parent_id=draw(st.none() | st.just("77")),
        prices=draw(all_prices([each for each in variants if each.kind == "item"])),
        subscription=draw(
            st.none() | st.builds(Subscription, interval=units, interval_length=st.none() | st.integers(1, 12))
        ),
        stock=Stock(
            tracked=tracked, on_hand=draw(st.integers(-5, 99)), on_order=draw(st.integers(0, 9)), backorder=backorder
        ),
        variants=variants,
        images=tuple(Image(url=url, text=draw(some_words), position=n) for n, url in enumerate(urls)),
        attributes=draw(st.dictionaries(words, words, max_size=3)),
        tax_code=draw(some_words),
        categories=tuple(Category(id=str(id), name=KNOWN.categories[id]) for id in shelves),
    )


@st.composite
def other_products(draw: st.DrawFn) -> Product:
    """Such as a vendor gives that knows of several languages and currencies, and of no stock, variants or shelves."""
    languages = draw(st.lists(st.sampled_from(["en", "de", "fr"]), min_size=1, max_size=2, unique=True))
    texts = {each: Text(name=draw(words), summary=draw(some_words)) for each in languages}
    return common(
        sku=draw(some_words),
        name=draw(words),
        texts=texts,
        kind=draw(st.sampled_from(list(ProductKind))),
        prices=tuple(
            Price(currency=currency, amount=draw(amounts), kind=draw(st.sampled_from(["regular", "setup"])))
            for currency in draw(st.lists(st.sampled_from(["EUR", "USD"]), max_size=2, unique=True))
        ),
        subscription=draw(st.none() | st.just(Subscription(interval="month", interval_length=1, trial_days=14))),
        images=draw(st.sampled_from([(), (Image(url="https://x.example/c.png"),)])),
        attributes=draw(st.dictionaries(words, words, max_size=2)),
        categories=draw(st.sampled_from([(), (Category(id="31", name="Office"),), (Category(id="1", name="Gone"),)])),
    )


def lost(change: ProductChange) -> set[str]:
    assert all(each.reason for each in change.not_carried)
    return {each.field for each in change.not_carried}


@LARGE
@given(sparkpay_products())
def test_a_product_of_this_shop_made_again_is_the_same_and_nothing_is_lost(wanted: Product) -> None:
    change = to_change(wanted, None, KNOWN)
    assert (change.faults, lost(change)) == ({}, set())
    found, known = held(change)
    mine = carried(wanted)
    assert carried(found) == mine | {"stock": found.stock}
    assert found.stock is not None
    assert wanted.stock is not None
    assert (found.stock.tracked, found.stock.on_hand, found.stock.on_order) == (
        wanted.stock.tracked, wanted.stock.on_hand, wanted.stock.on_order,
    )  # fmt: skip
    assert wanted.stock.backorder in (None, found.stock.backorder)
    assert to_change(wanted, found, known).action == "unchanged"


@LARGE
@given(sparkpay_products() | other_products(), sparkpay_products() | other_products())
def test_any_product_can_be_made_of_any_other_and_then_nothing_differs(first: Product, wanted: Product) -> None:
    there, known = held(to_change(first, None, KNOWN))
    change = to_change(wanted, there, known)
    assert change.faults == {}
    assert bool(change.fields) == (change.action == "update") == bool(change.body)
    # It is kept in a file and carried out later.
    change = msgspec.json.decode(msgspec.json.encode(change), type=ProductChange)
    found, known = held(change, there.raw, known)
    again = to_change(wanted, found, known)
    assert (again.action, again.body, again.fields) == ("unchanged", {}, ())
    if wanted.vendor == "sparkpay":
        assert not lost(change) - {"status", "stock.backorder", "kind"}
        assert carried(found) == carried(wanted) | {"stock": found.stock}


@LARGE
@given(other_products())
def test_what_another_vendors_product_tells_is_there_or_named(wanted: Product) -> None:
    change = to_change(wanted, None, KNOWN)
    found, _ = held(change)
    missing = lost(change)
    language = "en" if "en" in wanted.texts else next(iter(wanted.texts))
    told = wanted.texts[language]
    assert (found.name, found.sku, found.attributes) == (told.name, wanted.sku, wanted.attributes)
    assert (found.name == wanted.name) or "name" in missing
    assert {f"texts[{each!r}]" for each in wanted.texts if each != language} <= missing
    assert found.kind is wanted.kind or "kind" in missing or wanted.kind is ProductKind.UNKNOWN
    for number, price in enumerate(wanted.prices):
        assert price in found.prices or f"prices[{number}]" in missing
    assert bool(wanted.subscription) == bool(found.subscription)
    assert [each.url for each in found.images] == [each.url for each in wanted.images]
    gone = [n for n, each in enumerate(wanted.categories) if each.name == "Gone"]
    assert all(f"categories[{n}]" in missing for n in gone)
    assert found.categories[0].id == ("8" if wanted.categories and not gone else "31")


# -- rules ----------------------------------------------------------------------------------------------------


def test_an_update_says_only_what_differs_and_from_what_to_what() -> None:
    there = mapped()
    wanted = msgspec.structs.replace(
        there, prices=(msgspec.structs.replace(there.prices[0], amount=Decimal("25.50")), *there.prices[1:])
    )
    change = to_change(wanted, there, KNOWN)
    assert change.body == {"price": "25.50"}
    assert change.fields == (FieldChange("price", "24.9900", "25.50"),)
    assert (change.action, change.id, change.key) == ("update", "412", "LAMP-7")


def test_rows_that_differ_are_named_one_by_one() -> None:
    there = mapped()
    front, _ = there.images
    images = (Image(url="/new.jpg"), msgspec.structs.replace(front, text="In front", position=1))
    change = to_change(msgspec.structs.replace(there, images=images), there, KNOWN)
    assert {each.field for each in change.fields} >= {"pictures[new 0]"}
    assert change.body["pictures"]["create"] == [{"image_file": "/new.jpg", "sort_order": 0, "is_primary": True}]
    assert len(change.body["pictures"]["delete"]) == 1


def mapped() -> Product:
    raw = fixture("product")
    return mapping.product(kinds.LEAN_PRODUCTS.reader.read(raw), raw, shop=SHOP, statuses=STATUSES, groups=KNOWN.groups)


def test_a_product_as_it_is_needs_nothing() -> None:
    assert to_change(mapped(), mapped(), KNOWN).action == "unchanged"


@pytest.mark.parametrize(
    ("status", "flags"),
    [
        (ProductStatus.ACTIVE, {"product_status_id": 8}),
        (ProductStatus.UNAVAILABLE, {"product_status_id": 5}),
        (ProductStatus.HIDDEN, {"product_status_id": 8, "is_hidden": True}),
        (ProductStatus.DISCONTINUED, {"product_status_id": 8, "is_discontinued": True}),
        (ProductStatus.UNKNOWN, {"product_status_id": 8}),
    ],
)
def test_a_status_is_chosen_by_its_flags_and_not_by_its_name(status: ProductStatus, flags: dict[str, Any]) -> None:
    body = to_change(common(status=status), None, KNOWN).body
    assert {name: body[name] for name in body if "status" in name or "is_h" in name or "is_d" in name} == flags


def test_the_default_status_is_taken_where_its_flags_will_do() -> None:
    known = replace(KNOWN, defaults=Defaults(category_id=31, status_id=3))
    assert to_change(common(status=ProductStatus.ACTIVE), None, known).body["product_status_id"] == 3
    assert to_change(common(status=ProductStatus.UNAVAILABLE), None, known).body["product_status_id"] == 5
    wanted = common(status=ProductStatus.ACTIVE, stock=Stock(tracked=True, backorder=False))
    assert to_change(wanted, None, known).body["product_status_id"] == 8


def test_without_a_category_of_the_shop_and_without_a_default_it_is_a_fault() -> None:
    known = replace(KNOWN, defaults=Defaults())
    change = to_change(common(categories=(Category(id="40", name="Shoes"),)), None, known)
    assert "default_category_id" in change.faults["primary_category_id"]
    assert lost(change) == {"categories[0]"}, "two have that name, and the id is another shop's"
    assert to_change(own(categories=(Category(id="40", name="Shoes"),)), None, known).body["primary_category_id"] == 40


def test_all_faults_are_told_at_once() -> None:
    prices = (
        Price(currency="EUR", amount=Decimal("1.00001")),
        Price(currency="EUR", amount=Decimal(1), minimum_quantity=5, starts=datetime(2024, 1, 1)),
    )
    faults = to_change(common(name=None, prices=prices), None, KNOWN).faults
    assert set(faults) == {"price", "item_name", "pricing[new 0].start_date"}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"prices": (Price(currency="USD", amount=Decimal(1)),)}, "prices[0]"),
        ({"prices": (Price(currency="EUR", amount=Decimal(1), country="DE"),)}, "prices[0]"),
        ({"prices": (Price(currency="EUR", amount=Decimal(1), kind="setup"),)}, "prices[0]"),
        ({"prices": (Price(currency="EUR", amount=Decimal(1), kind="sale"),)}, "prices[0]"),
        ({"prices": (Price(currency="EUR", amount=Decimal(1), group="3"),)}, "prices[0]"),
        ({"prices": (Price(currency="EUR", amount=Decimal(1), variant_id="9"),)}, "prices[0]"),
        ({"prices": (Price(currency="EUR", amount=Decimal(0), kind="list"),)}, "prices[0]"),
        ({"parent_id": "77"}, "parent_id"),
        ({"subscription": Subscription(interval="adhoc")}, "subscription"),
        ({"kind": ProductKind.DIGITAL_AND_PHYSICAL}, "kind"),
        ({"variants": (Variant(id="1", kind="option", name="Blue"),)}, "variants[0]"),
        ({"variants": (Variant(id="1", kind="item", name="Blue one"),)}, "variants[0]"),
        ({"images": (Image(url="/a"), Image(url="/a", position=1))}, "images[1]"),
        ({"attributes": {"": "x"}}, "attributes['']"),
        ({"created_at": datetime(2024, 1, 1, tzinfo=UTC)}, "created_at"),
    ],
)
def test_what_has_no_place_is_named(changes: dict[str, Any], field: str) -> None:
    assert lost(to_change(common(**changes), None, KNOWN)) == {field}


def test_a_digital_product_needs_the_shops_word_for_it() -> None:
    wanted = common(kind=ProductKind.DIGITAL)
    assert to_change(wanted, None, KNOWN).body["e_product_type"] == "FileDownload"
    assert lost(to_change(wanted, None, replace(KNOWN, defaults=Defaults(category_id=31)))) == {"kind"}


def test_what_another_vendor_does_not_tell_is_left_alone() -> None:
    assert to_change(common(name="Desk Lamp Äther"), mapped(), KNOWN).action == "unchanged"


def test_a_product_of_a_vendor_without_stock_is_sold_without_counting() -> None:
    assert to_change(common(), None, KNOWN).body["is_non_inventory"] is True


def test_before_without_its_bytes_is_refused() -> None:
    with pytest.raises(UsageError, match="raw"):
        to_change(mapped(), msgspec.structs.replace(mapped(), raw=b""), KNOWN)


def test_a_new_product_with_prices_none_of_which_the_shop_can_have_is_refused() -> None:
    dollars, euros = Price(currency="USD", amount=Decimal(9)), Price(currency="EUR", amount=Decimal(8))
    refused = to_change(common(prices=(dollars,)), None, KNOWN)
    assert refused.faults == {
        "price": "none of its prices is the one in EUR that the shop needs; say how it is made (--currency)"
    }
    assert to_change(common(prices=(dollars, euros)), None, KNOWN).faults == {}
    assert to_change(common(), None, KNOWN).faults == {}
