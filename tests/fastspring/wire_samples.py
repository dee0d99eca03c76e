"""Rich records of every resource, with the irregularities that live shops show."""

from __future__ import annotations

from typing import Any

import msgspec

from tests.fastspring.fakes import fixture
from tests.fastspring.operations_kit import CASES

RICH: dict[str, dict[str, object]] = {
    "accounts.get": {
        "account": "a", "id": "a", "contact": {"first": "A", "email": "a@b.example", "phone": 7, "subscribed": True},
        "address": {"postal code": 93101, "address line 1": "x", "region custom": None, "addressLine1": "x"},
        "lookup": {"global": "g", "custom": "abcd"}, "payment": {"methods": 1}, "orders": ["o"], "charges": [
            {"currency": "USD", "total": 9.9, "order": "o", "subscription": None, "timestamp": 1709900000000}],
        "subscriptions": [{"id": "s"}], "taxExemptionData": ""},
    "coupons.get": {
        "coupon": "c", "discount": {"type": "flat", "amount": {"USD": 2.5}, "discounts": []}, "limit": "",
        "available": {"start": None}, "products": ["p"], "codes": ["X"], "reason": {"en": "r"}, "combine": False},
    "returns.get": {
        "return": "r", "changed": 1, "totalReturn": 9.9, "payment": {},
        "original": {"order": "o", "subscriptions": ["s"]},
        "customer": {"first": "A"}, "items": [{"product": "p", "quantity": 1, "subtotal": "1.0"}], "note": ""},
    "subscriptions.get": {
        "subscription": "s", "state": "active", "account": {"id": "a"}, "product": {"product": "p"}, "price": 9.9,
        "next": 1709900000000, "addons": [{"product": "p", "quantity": 1, "price": 1}], "remainingPeriods": None,
        "paymentReminder": {"intervalUnit": "week", "intervalLength": 1}, "tags": [{"key": "k", "value": "v"}],
        "display": {"en": "P"}, "canceledDate": None, "coupons": ["c"]},
}  # fmt: skip
"""By the operation that reads it."""

CONTACT = {"first": "A", "last": "B", "email": "a@b.example", "phone": None}
ORDER: dict[str, Any] = msgspec.json.decode(fixture("order"))
ENTRY = {"id": "e", "beginEntryDate": "2025-01-01", "beginPeriodDate": "2025-01-01", "endPeriodDate": None}
MORE: dict[str, dict[str, object]] = {
    "products.get": msgspec.json.decode(fixture("product")),
    "products.price": msgspec.json.decode(fixture("prices"))["products"][0],
    "orders.get": ORDER,
    "offers.get": {
        "product": "p", "action": "products.offers.get", "result": "success",
        "offers": [{"type": "upsell", "display": {"en": "More"}, "items": ["b", {"product": "c"}]}]},
    "accounts.authenticate": {
        "action": "account.authenticate.get", "result": "success", "account": "a", "url": "https://x.example/a",
        "expires": "2024-09-17T15:15:35.366"},
    "subscriptions.preview": {
        "subscription": "s", "action": "subscription.update", "result": "success", "prorated": True,
        "proration": {"due": 1.50, "nextChargeDate": "2024-09-17", "items": [{"product": "p", "credit": "1.0"}]}},
    "subscriptions.entries": {**ENTRY, "subscription": "s", "order": ORDER},
    "subscriptions.history": {
        "currency": "USD", "timezone": "UTC", "changes": [{"date": "2024-01-01", "price": 9.9, "addons": [{}]}]},
    "subscriptions.estimate": {"subscription": {"id": "s"}, "currency": "USD", "amountDue": 1.10, "items": [{}]},
    "checkouts.get": {
        "id": "x", "expires": "2026-06-01T00:00:00Z", "warnings": [{"code": "W"}], "checkoutStatus": "READY",
        "items": [{"product": "p", "quantity": 1, "subtotal": 9.9}], "account": {"id": "a"}},
    "sessions.get": {
        "id": "x", "currency": "USD", "expires": 1709900000000, "order": None, "account": "a", "subtotal": 9.9,
        "items": [{"product": "p", "quantity": 1, "subtotal": 9.9}]},
    "quotes.get": {
        "id": "q", "status": "OPEN", "total": 9.9, "discount": "0", "created": "2024-09-09T14:51:34.814+00:00",
        "recipient": CONTACT, "recipientAddress": {"addressLine1": "x", "postalCode": 93101}, "notes": [], "tags": {},
        "items": [{"productId": "p", "quantity": 1, "unitListPrice": 9.9}], "expirationDateDays": 30},
    "invoices.get": {
        "id": "i", "status": "OPEN", "currency": "USD", "subTotal": 100, "totalTaxValue": 6, "totalOrderValue": 106,
        "createdOn": "2024-09-09T14:51:34.814", "items": [{"productPath": "p"}], "orderReference": None},
    "data.job": {"id": "j", "name": "RevenueReport", "status": "COMPLETED", "created": "27-12-2024 05:30:57",
                 "updated": None, "downloadUrl": "https://x.example/d"},
    "subscriptions.coterm": {
        "action": "subscriptions.coterm.get", "result": "success", "coTermGroupId": "g",
        "subscriptions": [{"subscription": "s", "price": 9.9}]},
}  # fmt: skip
"""The same for the other resources."""


def sample(name: str) -> Any:
    """A rich reply to an operation: one record, or what the operation's case has."""
    return {**RICH, **MORE}.get(name, CASES[name].reply)
