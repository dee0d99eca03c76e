"""FastSpring's newer families, as far as their shapes are known: offers, quotes, invoices, reports, webhook keys.

What has no field here is in `members`, by the vendor's own keys.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from commerce_async.schema.lenient import Amount, untyped
from fastspring_async.wire.base import Item, Pairs, Part, Reference, Words, reading
from fastspring_async.wire.change import Change, reading_change
from fastspring_async.wire.order import Address, Contact


class Offer(Part, frozen=True, kw_only=True, gc=False):
    """Products offered beside or in place of another. `type` is such as `cross-sell`; `items` are paths."""

    type: str | None = None
    display: Words = None
    items: list[str | Reference] | None = None


class ProductOffers(Item, frozen=True, kw_only=True, gc=False):
    """The offers of one product."""

    product: str | None = None
    offers: list[Offer] = msgspec.field(default_factory=list[Offer])


class Quote(Item, frozen=True, kw_only=True, gc=False, rename="camel"):
    """A quote. Times are ISO 8601 text; amounts are in `currency`."""

    id: str | None = None
    name: str | None = None
    status: str | None = None
    currency: str | None = None
    coupon: str | None = None
    created: str | int | None = None
    updated: str | int | None = None
    expires: str | int | None = None
    expiration_date_days: int | None = None
    discount: Amount = None
    subtotal: Amount = None
    tax: Amount = None
    total: Amount = None
    recipient: Contact | None = None
    recipient_address: Address | None = None
    items: list[Any] | None = None
    notes: Any = None
    tags: Pairs = None
    quote_url: str | None = None


class Invoice(Item, frozen=True, kw_only=True, gc=False, rename="camel"):
    """An invoice. Times are ISO 8601 text; amounts are in `currency`. It holds a secret: it is not in the repr."""

    id: str | None = None
    status: str | None = None
    currency: str | None = None
    created_on: str | int | None = None
    due_date: str | int | None = None
    order_reference: str | None = None
    sub_total: Amount = None
    total_discount_value: Amount = None
    total_tax_value: Amount = None
    total_order_value: Amount = None
    items: list[Any] | None = None
    payment_invoice_web_link: str | None = None
    payment_invoice_pdf_link: str | None = None
    payment_invoice_web_pay_link: str | None = None

    def __repr__(self) -> str:
        return f"Invoice(id={self.id!r}, status={self.status!r})"


class Report(Item, frozen=True, kw_only=True, gc=False):
    """A report, or the job that makes it.

    Attributes:
        report: rows by column, fractions as exact Decimals; None for a job.
        request: what was asked, as the vendor understood it.
        id, name, status: of the job, see `DataApi.job`.
    """

    report: list[dict[str, Any]] | None = None
    request: Any = None
    id: str | None = None
    name: str | None = None
    status: str | None = None


class Job(Item, frozen=True, kw_only=True, gc=False, rename="camel"):
    """A report under way. `status` is such as `PROCESSING`, `COMPLETED` or `FAILED`; times are as sent."""

    id: str | None = None
    name: str | None = None
    status: str | None = None
    created: Any = None
    updated: Any = None
    download_url: str | None = None


class WebhookKey(Item, frozen=True, kw_only=True, gc=False):
    """The webhook whose secret was set."""

    url: str | None = None


class Free(Item, frozen=True, kw_only=True, gc=False):
    """An object of which only the documentation's outline is known. `members` has everything."""

    id: str | None = None


read_offers: Final = reading(ProductOffers, "product", "id")
read_offers_change: Final = reading_change(Change, "product", "id")
read_quote: Final = reading(Quote, "id")
read_invoice: Final = reading(Invoice, "id")
read_report: Final = reading(Report, "id", needs_id=False)
read_job: Final = reading(Job, "id")
read_webhook_key: Final = reading(WebhookKey, "url", needs_id=False)
read_free: Final = reading(Free, "id", needs_id=False)


def plain(raw: bytes) -> Any:
    """JSON of which no shape is known, fractions as exact Decimals; None for nothing.

    Raises:
        ValueError: not JSON, or nested too deeply.
    """
    try:
        return untyped(raw) if raw.strip() else None
    except RecursionError:
        raise ValueError("nested too deeply") from None
