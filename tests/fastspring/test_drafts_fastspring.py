"""Drafts: every rule that the vendor documents is told before anything is sent, all faults at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commerce_async.errors import UsageError
from fastspring_async.drafting.encode import encoded
from fastspring_async.drafting.moments import moment
from fastspring_async.drafting.writes import LARGEST_BODY, order_updates, upserts
from fastspring_async.drafts import (
    DateLimitsDraft,
    DescriptionDraft,
    FileDraft,
    FulfillmentDraft,
    NoticeDraft,
    OrderDraft,
    OrderItemDraft,
    PricingDraft,
    ProductDraft,
    SetupFeeDraft,
    check,
    check_order,
)

USD = {"USD": Decimal("14.95")}
MONTHLY: dict[str, Any] = {"interval": "month", "interval_length": 1}


def draft(**changes: Any) -> ProductDraft:
    return ProductDraft(**{"product": "pro-monthly", "display": {"en": "Pro"}, **changes})


def priced(**pricing: Any) -> ProductDraft:
    return draft(pricing=PricingDraft(**pricing))


def sent(product: ProductDraft, *, create: bool = True) -> Any:
    assert check(product, create=create) == {}
    return msgspec.json.decode(encoded(product, nulls=not create))


WHOLE = draft(
    display={"en": "Pro", "de": "Profi", "zh-TW": "專業"},
    description=DescriptionDraft(summary={"en": "**Short**"}, action={"en": "Buy"}, full={"en": "Long\n\ntext"}),
    fulfillment=FulfillmentDraft(instructions={"en": "Thanks", "es": "Gracias"}),
    fulfillments=(
        FileDraft(
            display="setup.exe",
            url="http://files.example.com/1/Setup.EXE?v=2",
            applicability="NON_REBILL_ONLY",
            behavior="CURRENT",
        ),
    ),
    image="https://img.example.com/pro.png",
    format="digital",
    sku="PRO",
    taxcode="DC020502",
    attributes={"tier": "pro"},
    badge={"en": "Best"},
    rank=1,
    pricing=PricingDraft(
        price={"USD": Decimal("14.95"), "JPY": Decimal(2000)},
        **MONTHLY,
        trial=14,
        renew="auto",
        quantity_behavior="lock",
        quantity_default=2,
        setup_fee=SetupFeeDraft(price={"USD": Decimal(10)}, title={"en": "Set-up"}),
        quantity_discounts={10: Decimal("25.00"), 30: Decimal(30)},
        discount_reason={"en": "Volume"},
        discount_duration=2,
        date_limits_enabled=True,
        date_limits=DateLimitsDraft(start="2020-06-05 12:00", end="2020-07-04 19:33"),
        payment_collected=True,
        paid_trial=True,
        trial_price={"USD": Decimal(1)},
        reminder_notification=NoticeDraft(interval="week", interval_length=1, enabled=True),
        overdue_notification=NoticeDraft(interval="day", interval_length=3, enabled=True, amount=4),
        cancellation=NoticeDraft(interval="month", interval_length=2),
    ),
)


def test_a_draft_with_every_field_is_without_fault_and_is_sent_in_the_vendors_spelling() -> None:
    body = sent(WHOLE)
    assert list(body) == [
        "product", "display", "description", "fulfillment", "fulfillments", "image", "format", "sku", "taxcode",
        "attributes", "pricing", "badge", "rank",
    ]  # fmt: skip
    assert body["fulfillments"] == [
        {
            "type": "file",
            "display": "setup.exe",
            "url": "http://files.example.com/1/Setup.EXE?v=2",
            "applicability": "NON_REBILL_ONLY",
            "behavior": "CURRENT",
        }
    ]
    pricing = body["pricing"]
    assert pricing["quantityDiscounts"] == {"10": 25.0, "30": 30}
    assert pricing["dateLimits"] == {"start": "2020-06-05 12:00", "end": "2020-07-04 19:33"}
    assert pricing["setupFee"] == {"price": {"USD": 10}, "title": {"en": "Set-up"}}
    assert (pricing["intervalLength"], pricing["quantityBehavior"], pricing["trialPrice"]) == (1, "lock", {"USD": 1})


def test_amounts_are_written_digit_for_digit_as_json_numbers() -> None:
    amounts = {"USD": Decimal("14.90"), "EUR": Decimal("0.10"), "JPY": Decimal("2E+3"), "GBP": Decimal("123456789.01")}
    body = encoded(priced(price=amounts), nulls=False)
    assert b'"price":{"USD":14.90,"EUR":0.10,"JPY":2000,"GBP":123456789.01}' in body


def test_only_fields_that_are_set_are_sent_and_none_is_null_on_update_only() -> None:
    change = ProductDraft(product="pro-monthly", sku=None, pricing=PricingDraft(price=USD, trial=None))
    assert sent(change, create=False) == {
        "product": "pro-monthly",
        "sku": None,
        "pricing": {"price": {"USD": 14.95}, "trial": None},
    }
    created = sent(draft(sku=None, pricing=PricingDraft(price=USD, trial=None)))
    assert created == {"product": "pro-monthly", "display": {"en": "Pro"}, "pricing": {"price": {"USD": 14.95}}}


def test_what_the_vendor_only_gives_cannot_be_put_into_a_draft() -> None:
    for name in ("visibility", "quotable", "parent", "offers", "taxcodeDescription"):
        with pytest.raises(msgspec.ValidationError, match=name):
            msgspec.convert({"product": "pro", name: "x"}, ProductDraft)


def test_drafts_are_read_from_json() -> None:
    found = msgspec.json.decode(
        b'{"product":"pro","pricing":{"price":{"USD":14.90},"quantityDiscounts":{"10":5}}}', type=ProductDraft
    )
    assert sent(found, create=False)["pricing"] == {"price": {"USD": 14.9}, "quantityDiscounts": {"10": 5}}


FILE = "fulfillments[0]"
NEW = {"display": "a.zip", "url": "https://x.example.com/a.zip"}


@pytest.mark.parametrize(
    ("product", "field", "words"),
    [
        (draft(product=""), "product", "empty"),
        (draft(product="Pro"), "product", "lower-case"),
        (draft(product="pro_x"), "product", "lower-case"),
        (draft(product="prö"), "product", "lower-case"),
        (draft(product="p1"), "product", "more than two"),
        (draft(product="p" * 256), "product", "255"),
        (draft(product=7), "product", "expected text"),
        (ProductDraft(product="pro"), "display", "required"),
        (draft(display={"de": "Profi"}), "display.en", "required"),
        (draft(display={"en": " "}), "display.en", "empty"),
        (draft(display="Pro"), "display", "per language"),
        (draft(display={"english!": "x", "en": "Pro"}), "display", "language code"),
        (draft(display={"en": "a\nb"}), "display.en", "control"),
        (draft(display={"en": "\ud800"}), "display.en", "Unicode"),
        (draft(description=DescriptionDraft(full={"en": 5})), "description.full.en", "expected text"),  # type: ignore[dict-item]  # on purpose
        (draft(description="Text"), "description", "DescriptionDraft"),
        (draft(fulfillment=FulfillmentDraft(instructions={"": "x"})), "fulfillment.instructions", "language code"),
        (draft(fulfillments=(FileDraft(),)), f"{FILE}.url", "required"),
        (draft(fulfillments=(FileDraft(url=NEW["url"]),)), f"{FILE}.display", "required"),
        (draft(fulfillments=(FileDraft(url="ftp://x/a.zip", display="a.zip"),)), f"{FILE}.url", "http"),
        (draft(fulfillments=(FileDraft(url=NEW["url"], display="a.exe"),)), f"{FILE}.display", "extension"),
        (draft(fulfillments=(FileDraft(fulfillment="pro_file_0"),)), f"{FILE}.fulfillment", "no files yet"),
        (draft(fulfillments=(FileDraft(**NEW, applicability="SOMETIMES"),)), f"{FILE}.applicability", "ALWAYS"),
        (draft(fulfillments=(FileDraft(**NEW, behavior="NEWEST"),)), f"{FILE}.behavior", "CURRENT"),
        (draft(fulfillments=(FileDraft(**NEW, status="ON"),)), f"{FILE}.status", "ACTIVATE"),
        (draft(fulfillments=(FileDraft(**NEW, type="license"),)), f"{FILE}.type", "file"),
        (draft(fulfillments=FileDraft(**NEW)), "fulfillments", "several"),
        (draft(image="pro.png"), "image", "URL"),
        (draft(format="paper"), "format", "digital-and-physical"),
        (draft(sku=""), "sku", "empty"),
        (draft(sku="s" * 256), "sku", "255"),
        (draft(attributes={"a": "x" * 3000, "b": "y" * 999}), "attributes", "4001 characters"),
        (draft(attributes={"a": 1}), "attributes.a", "expected text"),
        (draft(attributes=[]), "attributes", "keys and values"),
        (draft(rank=-1), "rank", "0 or more"),
        (draft(pricing={"price": USD}), "pricing", "PricingDraft"),
        (priced(price={}), "pricing.price", "no currency"),
        (priced(price={"usd": Decimal(1)}), "pricing.price", "currency code"),
        (priced(price={"USD": Decimal(-1)}), "pricing.price.USD", "negative"),
        (priced(price={"USD": 14.95}), "pricing.price.USD", "expected a Decimal, got float"),
        (priced(price={"USD": Decimal("NaN")}), "pricing.price.USD", "plain"),
        (priced(price={"USD": Decimal("1E+99")}), "pricing.price.USD", "plain"),
        (priced(price={"USD": Decimal("0.005")}), "pricing.price.USD", "two decimals"),
        (priced(price=Decimal(5)), "pricing.price", "per currency"),
        (priced(interval="month"), "pricing.intervalLength", "required"),
        (priced(interval_length=1), "pricing.interval", "required"),
        (priced(interval="fortnight", interval_length=1), "pricing.interval", "adhoc"),
        (priced(interval="month", interval_length=0), "pricing.intervalLength", "1 or more"),
        (priced(trial=7), "pricing.trial", "interval and intervalLength"),
        (priced(trial=7, interval="month"), "pricing.trial", "needs intervalLength"),
        (priced(trial=7, interval_length=1), "pricing.trial", "needs interval beside"),
        (priced(trial=-1, **MONTHLY), "pricing.trial", "0 or more"),
        (priced(renew="auto"), "pricing.renew", "interval and intervalLength"),
        (priced(renew="maybe", **MONTHLY), "pricing.renew", "manual"),
        (priced(paid_trial=True, trial=7, **MONTHLY), "pricing.trialPrice", "paid trial"),
        (priced(payment_collected=1), "pricing.paymentCollected", "True or False"),
        (priced(quantity_behavior="deny"), "pricing.quantityBehavior", "lock"),
        (priced(quantity_default=0), "pricing.quantityDefault", "1 or more"),
        (priced(setup_fee=SetupFeeDraft(price=USD)), "pricing.setupFee", "subscriptions"),
        (priced(setup_fee=SetupFeeDraft(price={}), **MONTHLY), "pricing.setupFee.price", "no currency"),
        (priced(quantity_discounts={5: Decimal(5), 9: USD}), "pricing.quantityDiscounts", "mixed"),
        (priced(quantity_discounts={0: Decimal(5)}), "pricing.quantityDiscounts", "1 or more"),
        (priced(quantity_discounts={5: Decimal(101)}), "pricing.quantityDiscounts.5", "above 100"),
        (priced(quantity_discounts={5: {"EURO": Decimal(1)}}), "pricing.quantityDiscounts.5", "currency code"),
        (priced(quantity_discounts={}), "pricing.quantityDiscounts", "no quantity"),
        (priced(discount_reason={"en": "x"}), "pricing.discountReason", "quantityDiscounts"),
        (priced(discount_duration=1, **MONTHLY), "pricing.discountDuration", "quantityDiscounts"),
        (priced(discount_duration=1, quantity_discounts={5: Decimal(5)}), "pricing.discountDuration", "interval and"),
        (priced(date_limits_enabled=True), "pricing.dateLimits", "required"),
        (priced(date_limits=DateLimitsDraft()), "pricing.dateLimits", "neither"),
        (priced(date_limits=DateLimitsDraft(start="2020-06-05")), "pricing.dateLimits.start", "YYYY-MM-DD HH:MM"),
        (priced(date_limits=DateLimitsDraft(start="2020-06-05T12:00")), "pricing.dateLimits.start", "YYYY-MM-DD"),
        (priced(date_limits=DateLimitsDraft(start="2020-13-05 12:00")), "pricing.dateLimits.start", "match"),
        (priced(date_limits=DateLimitsDraft(end=datetime(2020, 1, 1))), "pricing.dateLimits.end", "time zone"),
        (
            priced(date_limits=DateLimitsDraft(start="2020-07-04 19:33", end=1591358400000)),
            "pricing.dateLimits.end",
            "after start",
        ),
        (
            priced(cancellation=NoticeDraft(interval="year", interval_length=1)),
            "pricing.cancellation.interval",
            "day, week, month",
        ),
        (
            priced(reminder_notification=NoticeDraft(interval="week", interval_length=0)),
            "pricing.reminderNotification.intervalLength",
            "1 or more",
        ),
    ],
)  # fmt: skip
def test_each_documented_rule_is_told_by_field(product: ProductDraft, field: str, words: str) -> None:
    faults = check(product)
    assert words in faults.get(field, ""), faults


@pytest.mark.parametrize(
    "product",
    [
        priced(interval="adhoc"),
        priced(interval="adhoc", trial=5, renew="manual"),
        priced(trial=0, **MONTHLY),
        priced(quantity_discounts={1: USD, 5: {"USD": Decimal(5), "EUR": Decimal(4)}}),
        priced(price={"USD": 15, "EUR": Decimal("9.9900")}),
        draft(attributes={"a": "x" * 3000, "b": "y" * 998}),
        draft(product="a-1"),
        draft(display={"en": "Näme with\u00a0space", "pt-BR": "Nome"}),
        priced(date_limits=DateLimitsDraft(start=1591358400000, end=datetime(2021, 1, 1, tzinfo=UTC))),
    ],
)  # fmt: skip
def test_what_the_vendor_allows_is_allowed(product: ProductDraft) -> None:
    assert check(product) == {}


@pytest.mark.parametrize(
    "product",
    [
        ProductDraft(product="pro", rank=1),
        ProductDraft(product="ab"),
        ProductDraft(product="pro", fulfillments=(FileDraft(fulfillment="pro_file_0", status="DISABLED"),)),
        ProductDraft(product="pro", pricing=PricingDraft(setup_fee=SetupFeeDraft(price=USD))),
        ProductDraft(product="pro", pricing=PricingDraft(date_limits_enabled=True)),
    ],
)
def test_an_update_needs_no_more_than_what_changes(product: ProductDraft) -> None:
    assert check(product, create=False) == {}
    assert check(ProductDraft(product="pro", display={"de": "x"}), create=False).keys() == {"display.en"}


def test_a_new_file_makes_a_draft_one_that_must_not_be_sent_twice() -> None:
    assert draft().repeatable
    assert draft(fulfillments=(FileDraft(fulfillment="pro_file_0"),)).repeatable
    assert not draft(fulfillments=(FileDraft(fulfillment="pro_file_0"), FileDraft(**NEW))).repeatable
    assert not draft(fulfillments=[FileDraft(**NEW)]).repeatable


def test_date_limits_are_sent_to_the_minute_in_gmt_or_in_milliseconds_and_lose_nothing() -> None:
    east = timezone(timedelta(hours=2))
    limits = DateLimitsDraft(
        start=datetime(2020, 6, 5, 14, 0, tzinfo=east), end=datetime(2020, 7, 4, 19, 33, 5, tzinfo=UTC)
    )
    assert sent(priced(date_limits=limits))["pricing"]["dateLimits"] == {
        "start": "2020-06-05 12:00",
        "end": 1593891185000,
    }


def test_all_faults_of_all_drafts_are_told_at_once_by_product_and_field() -> None:
    drafts = [
        draft(product="good-one"),
        draft(product="Bad", display={"de": "x"}, pricing=PricingDraft(interval="month")),
        ProductDraft(product=""),
        draft(product="good-one"),
        "no draft",
    ]
    with pytest.raises(UsageError, match="nothing was sent") as caught:
        upserts(drafts, create=True)  # type: ignore[arg-type]  # on purpose
    assert caught.value.fields.keys() == {
        "Bad.product", "Bad.display.en", "Bad.pricing.intervalLength", "[2].product", "[2].display", "[3]", "[4]",
    }  # fmt: skip
    assert caught.value.fields["[3]"] == "good-one is there twice; make it one draft"


def test_a_draft_too_long_for_a_request_is_a_fault() -> None:
    long = draft(description=DescriptionDraft(full={"en": "x" * LARGEST_BODY}))
    with pytest.raises(UsageError) as caught:
        upserts([long], create=True)
    assert "bytes as JSON" in caught.value.fields["pro-monthly"]


ONE = {"a": "b"}


@pytest.mark.parametrize(
    ("order", "field", "words"),
    [
        (OrderDraft(order=" ", tags={"a": "b"}), "order", "empty"),
        (OrderDraft(order="o1"), "order", "nothing to change"),
        (OrderDraft(order="o1", tags={}, items=()), "order", "nothing to change"),
        (OrderDraft(order="o1", tags={"a": 1}), "tags.a", "expected text"),
        (OrderDraft(order="o1", tags={" ": "b"}), "tags", "no text"),
        (OrderDraft(order="o1", items=(OrderItemDraft(product="", attributes=ONE),)), "items[0].product", "empty"),
        (OrderDraft(order="o1", items=(OrderItemDraft(product="p", attributes={}),)), "items[0].attributes", "nothing"),
        (OrderDraft(order="o1", items=(OrderItemDraft(product="p", attributes=ONE),) * 2), "items[1].product", "twice"),
        (OrderDraft(order="o1", items=({"product": "p"},)), "items[0]", "OrderItemDraft"),
        (OrderDraft(order="o1", items="p"), "items", "several"),
    ],
)  # fmt: skip
def test_an_order_draft_is_checked_too(order: OrderDraft, field: str, words: str) -> None:
    assert words in check_order(order).get(field, ""), check_order(order)
    with pytest.raises(UsageError):
        order_updates([OrderDraft(order="good", tags={"a": "b"}), order])


def test_an_order_update_may_set_an_empty_value() -> None:
    assert check_order(OrderDraft(order="o1", tags={"a": ""})) == {}


# -- any draft ---------------------------------------------------------------------------------------------

cents = st.integers(-5, 10**9).map(lambda n: Decimal(n) / 100)
money = st.dictionaries(st.sampled_from(["USD", "EUR", "JPY", "usd"]), cents | st.just(Decimal("0.001")), max_size=3)
words = st.dictionaries(st.sampled_from(["en", "de", "pt-BR", ""]), st.text(max_size=6), max_size=3)
small = st.integers(-1, 3)
unset = st.just(msgspec.UNSET)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return unset | st.none() | strategy


times = st.datetimes(timezones=st.just(UTC)) | st.datetimes() | st.integers(-1, 10**13) | st.text(max_size=5)
pricings = st.builds(
    PricingDraft,
    price=unset | money,
    interval=maybe(st.sampled_from(["adhoc", "month", "moon"])),
    interval_length=maybe(small),
    trial=maybe(small),
    setup_fee=maybe(st.builds(SetupFeeDraft, price=money, title=maybe(words))),
    quantity_discounts=maybe(st.dictionaries(small, cents | money, max_size=2)),
    discount_reason=maybe(words),
    discount_duration=maybe(small),
    date_limits=maybe(st.builds(DateLimitsDraft, start=maybe(times), end=maybe(times))),
)
products = st.builds(
    ProductDraft,
    product=st.text("abc-1A", max_size=5),
    display=unset | words,
    description=maybe(st.builds(DescriptionDraft, summary=maybe(words), full=maybe(words))),
    sku=maybe(st.text(max_size=5)),
    attributes=maybe(st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=3)),
    pricing=unset | pricings,
)


class _Shape(msgspec.Struct, forbid_unknown_fields=True):
    """What the vendor's page shows for a product."""

    product: str
    display: dict[str, str] | None = None
    description: dict[str, dict[str, str] | None] | None = None
    sku: str | None = None
    attributes: dict[str, str] | None = None
    pricing: dict[str, Any] | None = None


@settings(max_examples=400, deadline=None)
@given(products, st.booleans())
def test_any_draft_that_passes_its_check_is_sent_as_the_vendor_documents(product: ProductDraft, create: bool) -> None:
    faults = check(product, create=create)
    if faults:
        assert all(words for words in faults.values())
        return
    body = encoded(product, nulls=not create)
    found = msgspec.json.Decoder(_Shape, float_hook=Decimal).decode(body)
    assert (b"null" in body.replace(b'"null"', b"")) <= (not create)
    if create:
        assert found.display is not None
    pricing = found.pricing or {}
    for amount in (pricing.get("price") or {}).values():
        assert Decimal(amount) >= 0
        assert Decimal(amount) == round(Decimal(amount), 2)
    limits = pricing.get("dateLimits") or {}
    if limits.get("start") and limits.get("end"):
        assert moment(limits["start"]) < moment(limits["end"])
    if pricing.get("interval") and pricing["interval"] != "adhoc":
        assert pricing["intervalLength"] >= 1
