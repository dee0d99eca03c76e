"""Common products become FastSpring drafts: nothing lost that FastSpring can carry, and nothing lost in silence."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commerce_async.schema import (
    Category,
    Image,
    Price,
    Product,
    ProductKind,
    ProductStatus,
    Stock,
    Subscription,
    Text,
    Variant,
)
from fastspring_async.drafting.encode import encoded
from fastspring_async.drafts import DescriptionDraft, PricingDraft, ProductDraft, SetupFeeDraft, check
from fastspring_async.mapping import to_draft, to_product
from fastspring_async.wire import read_product
from tests.fastspring.fakes import fixture


def common(**changes: Any) -> Product:
    return Product(**{"store": "us", "vendor": "sparkpay", "id": "pro", "raw": b"{}", **changes})


def losses(product: Product, **rest: Any) -> list[str]:
    lost = to_draft(product, **rest).not_carried
    assert all(each.reason for each in lost)
    return [each.field for each in lost]


def merged(kept: Any, sent: Any) -> Any:
    """A product as it stands after an update, where fields left out stay as they are, and null empties."""
    if not isinstance(sent, dict):
        return sent
    base = kept if isinstance(kept, dict) else {}
    found = {**base, **{key: merged(base.get(key), value) for key, value in sent.items()}}
    return {key: value for key, value in found.items() if value is not None}


def answered(draft: ProductDraft, kept: bytes = b"{}", *, create: bool = True) -> Product:
    """The product as the vendor would give it after it took the draft."""
    before = msgspec.json.Decoder(float_hook=Decimal).decode(kept)
    sent = msgspec.json.Decoder(float_hook=Decimal).decode(encoded(draft, nulls=not create))
    raw = msgspec.json.Encoder(decimal_format="number").encode(merged(before, sent))
    return to_product(read_product(raw), raw, store="us")


def carried(product: Product) -> dict[str, Any]:
    """Everything that FastSpring can carry."""
    return {
        "id": product.id,
        "sku": product.sku,
        "name": product.name,
        "texts": product.texts,
        "kind": product.kind,
        "prices": Counter(product.prices),
        "subscription": product.subscription,
        "images": product.images,
        "attributes": product.attributes,
        "tax_code": product.tax_code,
    }


def test_a_product_becomes_a_draft_with_every_field_that_has_a_place() -> None:
    product = to_product(read_product(fixture("product")), fixture("product"), store="eu")
    draft, lost = to_draft(product)
    assert draft == ProductDraft(
        product="pro-monthly",
        display={"en": "Pro Monthly", "de": "Pro monatlich"},
        description=DescriptionDraft(summary={"en": "**Pro** plan", "fr": "Formule Pro"}, full={"en": "All of it."}),
        image="https://cdn.example.com/pro.png",
        format="digital",
        sku="PRO-M",
        taxcode="DC020502",
        attributes={"tier": "pro", "seats": "5"},
        pricing=PricingDraft(
            price={"USD": Decimal("30.10"), "EUR": Decimal(27), "JPY": Decimal(4400)},
            interval="month",
            interval_length=1,
            trial=14,
            setup_fee=SetupFeeDraft(price={"USD": Decimal("14.95")}),
        ),
    )
    assert not lost
    assert check(draft) == {}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"stock": Stock(tracked=True, on_hand=3)}, "stock"),
        ({"variants": (Variant(id="v", kind="item"),)}, "variants"),
        ({"categories": (Category(id="c"),)}, "categories"),
        ({"parent_id": "main"}, "parent_id"),
        ({"created_at": datetime(2024, 1, 1, tzinfo=UTC)}, "created_at"),
        ({"updated_at": datetime(2024, 1, 1, tzinfo=UTC)}, "updated_at"),
        ({"status": ProductStatus.HIDDEN}, "status"),
        ({"kind": ProductKind.BUNDLE}, "kind"),
        ({"name": "Other", "texts": {"en": Text(name="Pro")}}, "name"),
        ({"texts": {"": Text(name="Bare"), "en": Text(name="Pro")}}, "texts[''].name"),
        ({"prices": (Price(currency="USD", amount=Decimal(1), kind="list"),)}, "prices[0]"),
        ({"prices": (Price(currency="USD", amount=Decimal(1), minimum_quantity=10),)}, "prices[0]"),
        ({"prices": (Price(currency="USD", amount=Decimal(1), group="trade"),)}, "prices[0]"),
        ({"prices": (Price(currency="USD", amount=Decimal(1)), Price(currency="USD", amount=Decimal(2)))}, "prices[1]"),
        ({"subscription": Subscription(interval="month", interval_length=1, interval_count=12)},
         "subscription.interval_count"),
        ({"images": (Image(url="https://x.example.com/2", position=2), Image(url="http://x.example"))}, "images[0]"),
        ({"images": (Image(url="/pics/1.png"),)}, "images[0]"),
        ({"images": (Image(url="https://x.example.com/1", text="A box"),)}, "images[0].text"),
        ({"attributes": {"": "loose", "a": "b"}}, "attributes['']"),
    ],
)  # fmt: skip
def test_what_has_no_place_in_fastspring_is_named_with_its_reason(changes: dict[str, Any], field: str) -> None:
    assert losses(common(**changes)) == [field]


def test_a_text_that_names_no_language_is_written_as_english() -> None:
    draft, lost = to_draft(common(name="Box", texts={"": Text(name="Box", description="A box")}))
    assert (draft.display, draft.description) == ({"en": "Box"}, DescriptionDraft(full={"en": "A box"}))
    assert not lost
    assert to_draft(common(name="Box")).draft.display == {"en": "Box"}


def test_a_path_may_be_chosen_and_an_id_that_is_none_is_for_the_check_to_tell() -> None:
    assert to_draft(common(id="17"), path="box-17").draft.product == "box-17"
    assert "product" in check(to_draft(common(id="17")).draft)


def test_prices_are_the_same_decimals_digit_for_digit() -> None:
    draft = to_draft(common(name="Box", prices=(Price(currency="USD", amount=Decimal("10.10")),))).draft
    assert b'"USD":10.10' in encoded(draft, nulls=False)


# -- changes -------------------------------------------------------------------------------------------------


def test_the_same_product_again_is_an_empty_update() -> None:
    before = read_product(fixture("product"))
    draft, lost = to_draft(to_product(before, fixture("product"), store="eu"), before=before)
    assert draft.blank
    assert draft == ProductDraft(product="pro-monthly")
    assert not lost


def test_an_update_says_what_differs_and_keeps_a_trial_with_its_interval() -> None:
    before = read_product(fixture("product"))
    old = to_product(before, fixture("product"), store="eu")
    terms = Subscription(interval="month", interval_length=1, trial_days=30)
    draft, lost = to_draft(msgspec.structs.replace(old, subscription=terms, sku=None, tax_code="X1"), before=before)
    assert draft == ProductDraft(
        product="pro-monthly",
        sku=None,
        taxcode="X1",
        pricing=PricingDraft(interval="month", interval_length=1, trial=30),
    )
    assert not lost
    assert check(draft, create=False) == {}


def test_what_an_update_cannot_take_away_is_named() -> None:
    before = read_product(fixture("product"))
    old = to_product(before, fixture("product"), store="eu")
    new = msgspec.structs.replace(
        old,
        texts={"en": Text(name="Pro Monthly")},
        prices=old.prices[:1],
        subscription=None,
        attributes={"tier": "pro"},
    )
    draft, lost = to_draft(new, before=before)
    assert draft.blank
    assert [each.field for each in lost] == [
        "texts.name", "texts.summary", "texts.description", "attributes", "prices", "prices (setup)", "subscription",
    ]  # fmt: skip


# -- round trips ---------------------------------------------------------------------------------------------

line = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=8)
amount = st.integers(0, 10**7).map(lambda cents: Decimal(cents) / 100)
currencies = st.lists(st.sampled_from(["USD", "EUR", "JPY"]), unique=True, max_size=3)
languages = st.sampled_from(["de", "fr", "pt-BR"])
text = st.builds(Text, name=st.none() | line, summary=st.none() | line, description=st.none() | line).filter(
    lambda each: any((each.name, each.summary, each.description))
)


@st.composite
def products(draw: st.DrawFn) -> Product:
    texts = {"en": Text(name=draw(line), summary=draw(st.none() | line)), **draw(st.dictionaries(languages, text))}
    terms = draw(
        st.none()
        | st.builds(
            Subscription,
            interval=st.sampled_from(["day", "week", "month", "year"]),
            interval_length=st.integers(1, 12),
            trial_days=st.none() | st.integers(0, 60),
        )
    )
    kinds = ("regular", "setup") if terms else ("regular",)
    prices = [Price(currency=code, amount=draw(amount), kind=kind) for kind in kinds for code in draw(currencies)]
    return common(
        id=draw(st.text("abc-1", min_size=3, max_size=9)),
        sku=draw(st.none() | line),
        name=texts["en"].name,
        texts=texts,
        kind=draw(st.sampled_from(["digital", "physical", "digital-and-physical", "unknown"]).map(ProductKind)),
        prices=tuple(prices),
        subscription=terms,
        images=draw(st.just(()) | st.just((Image(url="https://img.example.com/a.png"),))),
        attributes=draw(st.dictionaries(line, line, max_size=3)),
        tax_code=draw(st.none() | line),
    )


@settings(max_examples=200, deadline=None)
@given(products())
def test_a_product_that_is_written_is_read_back_the_same(product: Product) -> None:
    draft, lost = to_draft(product)
    assert not lost
    assert check(draft) == {}
    assert carried(answered(draft)) == carried(product)


@settings(max_examples=200, deadline=None)
@given(products(), products())
def test_an_update_turns_one_product_into_the_other_but_for_what_it_names(old: Product, new: Product) -> None:
    new = msgspec.structs.replace(new, id=old.id)
    stands = encoded(to_draft(old).draft, nulls=False)
    before = read_product(stands)
    draft, lost = to_draft(new, before=before)
    assert check(draft, create=False) == {}
    after = answered(draft, stands, create=False)
    stays = {each.field.partition(".")[0].partition(" ")[0] for each in lost}
    if new.kind is ProductKind.UNKNOWN:
        stays.add("kind")  # not told, so what is there stays
    want, got = carried(new), carried(after)
    assert {name for name in want if want[name] != got[name]} <= stays
    assert to_draft(after, before=read_product(after.raw)).draft.blank
