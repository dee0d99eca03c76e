"""Every operation that FastSpring documents: its name here, how it is sent, and whether it may be sent again. Pure.

Whether a call may go out a second time when its answer was lost is decided in this table and nowhere else:

* `YES`: twice is as once.
* `SETTLE`: not sent again. The thing is read back, and what is found there is the answer.
* `NEVER`: not sent again, and nothing to read back that would prove it: the caller is told what to look at.

A request that was throttled for sure is another matter: it was not carried out, so it goes out again whatever it is.
A bare 404 is no sure throttle, and for what must not be sent twice it is a lost answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Final, cast

import msgspec

from fastspring_async.calls.by_id import quoted
from fastspring_async.wire import KINDS, PRODUCTS, Kind


class Repeat(Enum):
    """Whether a call may be sent again after its answer was lost."""

    YES = "yes"
    SETTLE = "settle"
    NEVER = "never"


class Asks(Enum):
    """What an operation asks for, which tells what an error in its reply is about."""

    ONE = "one object"  # an error in its place is the outcome; "not found" means that it is missing
    NEW = "a new object"  # an error in its place is the outcome; "not found" is about something else
    EACH = "several objects"  # an error in the place of one is that one's outcome
    LIST = "a list"  # an error in the place of one is reported with the page
    ANY = "anything"  # a pass-through: only a reply that is nothing but errors is an error


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the table.

    Attributes:
        name: `<family>.<verb>`, which is also the call on `store.api`.
        method: HTTP method.
        path: template; `{ids}` takes several, joined by commas.
        asks: see `Asks`.
        repeat: see `Repeat`.
        why: why it may, or may not, be sent again.
        check: for a write that is not: what to look at.
        harmless: for `SETTLE`: whether a caller may send it again once reading back did not show it.
    """

    name: str
    method: str
    path: str
    asks: Asks = Asks.ONE
    repeat: Repeat = Repeat.YES
    why: str = "reads only"
    check: str = ""
    harmless: bool = False

    @property
    def family(self) -> str:
        """The part of the name before the dot."""
        return self.name.partition(".")[0]

    @property
    def kind(self) -> Kind:
        """What its replies hold."""
        return KINDS.get(self.family, PRODUCTS)

    def fill(self, segments: Mapping[str, str | Sequence[str]]) -> str:
        """The path, with each segment quoted.

        Raises:
            UsageError: a segment that cannot stand in a path.
        """
        return SLOT.sub(lambda slot: _segment(segments[slot[1]]), self.path)


SLOT = re.compile(r"\{(\w+)\}")

_ONE, _NEW, _EACH, _LIST = Asks.ONE, Asks.NEW, Asks.EACH, Asks.LIST
_YES, _SETTLE, _NEVER = Repeat.YES, Repeat.SETTLE, Repeat.NEVER

_READ_SUBSCRIPTION = "Read the subscription and compare it with what was asked."
_ORDERS_OF = "Read the subscription's entries (its orders), and look for a charge that you did not see."


def _get(name: str, path: str, asks: Asks = _ONE) -> Operation:
    return Operation(name=name, method="GET", path=path, asks=asks)


def _write(
    method: str,
    name: str,
    path: str,
    asks: Asks,
    repeat: Repeat,
    why: str,
    check: str = "",
    *,
    harmless: bool = False,
) -> Operation:
    return Operation(
        name=name, method=method, path=path, asks=asks, repeat=repeat, why=why, check=check, harmless=harmless
    )


_PRODUCTS = (
    _get("products.get", "/products/{ids}"),
    _get("products.ids", "/products", _LIST),
    _get("products.prices", "/products/price", _LIST),
    _get("products.price", "/products/price/{product}"),
    _write("POST", "products.create", "/products", _EACH, _YES,
           "the vendor goes by path and sets values; a draft with a new file is the exception, and is not sent again",
           "Read the product and look whether it has the new file."),
    _write("POST", "products.update", "/products", _EACH, _YES,
           "the vendor goes by path and sets values; a draft with a new file is the exception, and is not sent again",
           "Read the product and look whether it has the new file."),
    _write("DELETE", "products.delete", "/products/{ids}", _EACH, _YES,
           "gone is gone; that it is not there at a second try is the success of the first"),
    _write("POST", "products.preview_tax", "/products/tax", _NEW, _YES, "a preview changes nothing"),
    _get("offers.get", "/products/offers/{ids}"),
    _write("POST", "offers.set", "/products/offers/{product}", _ONE, _NEVER,
           "the reference does not say whether an offer replaces the one of its type or comes beside it",
           "Read the product's offers and compare."),
)  # fmt: skip

_ORDERS = (
    _get("orders.get", "/orders/{ids}"),
    _get("orders.search", "/orders", _LIST),
    _write("POST", "orders.update", "/orders", _EACH, _YES, "tags and attributes are set, not added up"),
)  # fmt: skip

_EVENTS = (
    _get("events.processed", "/events/processed", _LIST),
    _get("events.unprocessed", "/events/unprocessed", _LIST),
    _write("POST", "events.mark", "/events/{id}", _ONE, _YES, "a flag is set"),
)  # fmt: skip

_ACCOUNTS = (
    _get("accounts.get", "/accounts/{ids}"),
    _get("accounts.search", "/accounts", _LIST),
    _write("POST", "accounts.create", "/accounts", _NEW, _SETTLE,
           "sent twice, the second is refused (the e-mail exists), which would hide that the first went well",
           "Search for an account with this e-mail address.", harmless=True),
    _write("POST", "accounts.update", "/accounts/{id}", _ONE, _YES, "the fields sent are set to the same values"),
    _get("accounts.authenticate", "/accounts/{ids}/authenticate"),
)  # fmt: skip

_COUPONS = (
    _get("coupons.get", "/coupons/{id}"),
    _get("coupons.ids", "/coupons", _LIST),
    _write("POST", "coupons.save", "/coupons", _NEW, _SETTLE,
           "it replaces all codes: sent again later, it would undo codes that were added or used up in between",
           "Read the coupon and its codes, and compare."),
    _write("POST", "coupons.add_codes", "/coupons/{id}", _ONE, _YES,
           "codes are added to a set; the vendor drops those that are there already"),
    _get("coupons.codes", "/coupons/{id}/codes"),
    _write("DELETE", "coupons.delete_codes", "/coupons/{id}/codes", _ONE, _SETTLE,
           "sent again later, it would delete codes that were added in between",
           "Read the coupon's codes: there should be none."),
    _write("DELETE", "coupons.delete", "/coupons/{id}", _ONE, _SETTLE,
           "sent twice, the second is refused (not found), which would hide that the first went well",
           "Read the coupon: it should not be found.", harmless=True),
)  # fmt: skip

_RETURNS = (
    _get("returns.get", "/returns/{ids}"),
    _write("POST", "returns.create", "/returns", _EACH, _NEVER, "money is paid back each time",
           "Read the order and look at its returns."),
)  # fmt: skip

_CHECKOUT = "/v2/checkouts/{store}/{checkout}/sessions"
_SESSIONS = (
    _write("POST", "sessions.create", "/sessions", _NEW, _NEVER, "each makes another session",
           "Nothing is bought by it: a session that nobody uses expires. Make a new one if you need it."),
    _get("sessions.get", "/sessions/{id}"),
    _write("POST", "checkouts.create", _CHECKOUT, _NEW, _NEVER, "each makes another session",
           "Nothing is bought by it: a session that nobody uses expires. Make a new one if you need it."),
    _get("checkouts.get", f"{_CHECKOUT}/{{id}}"),
    _write("PUT", "checkouts.update", f"{_CHECKOUT}/{{id}}", _ONE, _YES, "the session is set to the same values"),
    _get("checkouts.payment_methods", f"{_CHECKOUT}/{{id}}/payment-methods"),
    _write("POST", "checkouts.add_item", f"{_CHECKOUT}/{{id}}/cart/items", _ONE, _NEVER, "each may add one more",
           "Read the session and look at its cart."),
    _write("PUT", "checkouts.update_item", f"{_CHECKOUT}/{{id}}/cart/items/{{product}}", _ONE, _YES,
           "the item is set to the same values"),
    _write("DELETE", "checkouts.remove_item", f"{_CHECKOUT}/{{id}}/cart/items/{{product}}", _ONE, _NEVER,
           "sent twice, the second may be refused (not found), which would hide that the first went well",
           "Read the session and look at its cart."),
    _write("PUT", "checkouts.set_customer", f"{_CHECKOUT}/{{id}}/customer", _ONE, _YES,
           "the customer is set to the same values"),
)  # fmt: skip

_SUBSCRIPTIONS = (
    _get("subscriptions.get", "/subscriptions/{ids}"),
    _get("subscriptions.search", "/subscriptions", _LIST),
    _write("POST", "subscriptions.update", "/subscriptions", _EACH, _SETTLE,
           "a prorated change charges; what was set can be read back, what was charged cannot", _READ_SUBSCRIPTION),
    _write("POST", "subscriptions.preview", "/subscriptions", _EACH, _YES, "a preview changes nothing"),
    _write("DELETE", "subscriptions.cancel", "/subscriptions/{ids}", _EACH, _SETTLE,
           "sent twice, the second is refused (already canceled), which would hide that the first went well",
           _READ_SUBSCRIPTION, harmless=True),
    _write("POST", "subscriptions.uncancel", "/subscriptions", _EACH, _SETTLE,
           "sent twice, the second may be refused, which would hide that the first went well",
           _READ_SUBSCRIPTION, harmless=True),
    _write("POST", "subscriptions.uncancel_one", "/subscriptions/{id}", _ONE, _SETTLE,
           "sent twice, the second may be refused, which would hide that the first went well",
           _READ_SUBSCRIPTION, harmless=True),
    _write("POST", "subscriptions.charge", "/subscriptions/charge", _EACH, _NEVER, "money is taken each time",
           _ORDERS_OF),
    _write("POST", "subscriptions.estimate", "/subscriptions/estimate", _ONE, _YES, "an estimate changes nothing"),
    _write("POST", "subscriptions.pause", "/subscriptions/{id}/pause", _ONE, _SETTLE,
           "sent twice, the second may be refused, or pause for longer", _READ_SUBSCRIPTION, harmless=True),
    _write("POST", "subscriptions.resume", "/subscriptions/{id}/resume", _ONE, _SETTLE,
           "sent twice, the second is refused, which would hide that the first went well",
           _READ_SUBSCRIPTION, harmless=True),
    _write("POST", "subscriptions.convert", "/subscriptions/{id}/convert", _ONE, _NEVER, "each makes another session",
           "Read the subscription; a session that nobody uses expires."),
    _get("subscriptions.entries", "/subscriptions/{ids}/entries"),
    _get("subscriptions.history", "/subscriptions/{id}/history"),
    _write("POST", "subscriptions.transfer", "/subscriptions/transfer", _NEW, _NEVER,
           "after the first, the subscriptions belong to another account", "Read each subscription's account."),
    _write("POST", "subscriptions.create_coterm", "/subscriptions/coterm", _NEW, _NEVER, "each may make another",
           "Read the subscriptions that were to be aligned."),
    _get("subscriptions.coterm", "/subscriptions/coterm/{id}"),
    _write("POST", "subscriptions.update_coterm", "/subscriptions/coterm/{id}", _ONE, _NEVER,
           "its effect is not documented", "Read the co-term plan and compare."),
    _write("DELETE", "subscriptions.delete_coterm", "/subscriptions/coterm/{id}", _ONE, _NEVER,
           "sent twice, the second may be refused (not found)", "Read the co-term plan: it should not be found."),
    _write("POST", "subscriptions.estimate_coterm", "/subscriptions/coterm/{id}/estimate", _ONE, _YES,
           "an estimate changes nothing"),
    _write("POST", "subscriptions.execute_coterm", "/subscriptions/coterm/{id}/execute", _ONE, _NEVER, "it may charge",
           _ORDERS_OF),
    _write("POST", "subscriptions.create_proforma_invoice", "/subscriptions/proformaInvoice", _NEW, _NEVER,
           "each may make another invoice", "Look at the subscription's invoices."),
    _get("subscriptions.proforma_invoice", "/subscriptions/proformaInvoice/{id}"),
    _get("subscriptions.cancel_survey_reasons", "/subscriptions/cancelSurvey/reasons/{id}"),
    _write("POST", "subscriptions.answer_cancel_survey", "/subscriptions/cancelSurvey/response", _NEW, _NEVER,
           "each may be counted", "Query the responses."),
    _write("POST", "subscriptions.query_cancel_survey", "/subscriptions/cancelSurvey/response/query", _NEW, _YES,
           "a query changes nothing"),
)  # fmt: skip

_QUOTES = (
    _write("POST", "quotes.create", "/quotes", _NEW, _NEVER, "each makes another quote",
           "List the quotes and look for it."),
    _get("quotes.list", "/quotes", _LIST),
    _get("quotes.get", "/quotes/{id}"),
    _write("PUT", "quotes.update", "/quotes/{id}", _ONE, _YES, "the quote is set to the same values"),
    _write("DELETE", "quotes.delete", "/quotes/{id}", _ONE, _SETTLE,
           "sent twice, the second is refused (not found), which would hide that the first went well",
           "Read the quote: it should not be found.", harmless=True),
    _write("POST", "quotes.cancel", "/quotes/{id}/cancel", _ONE, _SETTLE,
           "sent twice, the second may be refused, which would hide that the first went well",
           "Read the quote and look at its status.", harmless=True),
)  # fmt: skip

_REST = (
    _write("POST", "invoices.create", "/invoices/paymentInvoice", _NEW, _NEVER, "each makes another invoice",
           "Look for the invoice in the FastSpring app."),
    _get("invoices.get", "/invoices/{id}"),
    _write("POST", "data.subscription_report", "/data/v1/subscription", _NEW, _YES,
           "a report changes nothing; as a job, a second one may be made"),
    _write("POST", "data.revenue_report", "/data/v1/revenue", _NEW, _YES,
           "a report changes nothing; as a job, a second one may be made"),
    _get("data.jobs", "/data/v1/jobs", _LIST),
    _get("data.job", "/data/v1/jobs/{id}"),
    _get("data.download", "/data/v1/downloads/{id}"),
    _get("data.reset_cache", "/data/v1/util/cache"),
    _write("POST", "webhook_keys.set", "/webhooks/keys", _NEW, _YES, "the secret is set to the same value"),
)  # fmt: skip

OPERATIONS: Final = (
    *_PRODUCTS, *_ORDERS, *_EVENTS, *_ACCOUNTS, *_COUPONS, *_RETURNS, *_SESSIONS, *_SUBSCRIPTIONS, *_QUOTES, *_REST,
)  # fmt: skip
"""Every documented operation, by family."""


def _segment(value: object) -> str:
    if isinstance(value, tuple | list):
        return ",".join(quoted(text) for text in cast("tuple[object, ...]", value))
    return quoted(value)
