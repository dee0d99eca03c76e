"""What live shops do to orders that the documentation does not show, and what no reader can make sense of."""

from __future__ import annotations

from decimal import Decimal
from random import Random
from typing import Any

from fastspring_async.emulator.amounts import CURRENCIES, exact
from fastspring_async.emulator.words import NOTES

_DISPENSABLE = ("buyerReference", "ipAddress", "invoiceUrl", "billDescriptor", "recipients", "notes", "language")


def disturb_order(record: dict[str, Any], quirks: set[str], chance: Random) -> None:
    """Changes the record as its quirks (names of `Irregular`'s members) say. Its meaning stays the same.

    Those that concern how things are written were seen to when the order was.
    """
    customer, address = record["customer"], record["address"]
    recipient = record["recipients"][0]["recipient"]
    if "text_money" in quirks:
        digits = CURRENCIES[record["currency"]].digits
        for name in ("total", "tax"):
            record[name] = exact(int(Decimal(record[name]).scaleb(digits)), digits)
    if "number_postal" in quirks and _plain(address["postalCode"]):
        address["postalCode"] = recipient["address"]["postalCode"] = int(address["postalCode"])
    if "number_phone" in quirks and customer["phone"]:
        customer["phone"] = recipient["phone"] = int(customer["phone"])
    if "empty_text" in quirks:
        for each in (customer, recipient):
            each["company"] = each["company"] or ""
            each["phone"] = each["phone"] or ""
        record["buyerReference"] = record["buyerReference"] or ""
        record["items"][0]["sku"] = record["items"][0]["sku"] or ""
    payment = record["payment"]
    if "number_card" in quirks and _plain(payment.get("cardEnding", "")):
        payment["cardEnding"] = int(payment["cardEnding"])
    if "note_texts" in quirks:
        record["notes"] = list(NOTES[: 1 + chance.randrange(len(NOTES))])
    if "null_members" in quirks:
        for name in ("tags", "coupons", "returns"):
            record.setdefault(name, None)
        record["items"][0].setdefault("driver", None)
        record["items"][0].setdefault("subscription", None)
    if "missing_keys" in quirks:
        for name in _DISPENSABLE:
            if chance.random() < 0.4:
                record.pop(name)
        record["items"][0].pop("sku")
        record["items"][0].pop("fulfillments")


def _plain(digits: str) -> bool:
    """A number keeps all of it: no leading zero, nothing but digits."""
    return digits.isdigit() and not digits.startswith("0")


def break_order(record: dict[str, Any], number: int) -> None:
    """Makes the record one that no reader can make sense of; its id stays."""
    if number % 3 == 0:
        record["total"] = {"amount": "see the invoice"}
    elif number % 3 == 1:
        record["total"] = "abc"
    else:
        record["items"] = 7
