"""The generated orders with their lines, payments, shipments and addresses."""

from __future__ import annotations

from datetime import datetime

from . import blank
from .catalog import Catalog
from .draws import Draws
from .lookups import Lookups
from .people import People
from .values import Calendar, Dice, Numbers, Record, moment, money

ITEM_STRIDE = 8
PAIR_STRIDE = 2
ITEM_BASE = 150_000
PAYMENT_BASE = 60_000
SHIPMENT_BASE = 30_000
ADDRESS_BASE = 80_000

_DRESSES = 128


class Sales:
    """Orders by index, 0 and up.

    Args:
        count: orders at first; they share two years up to `until`.
        products: products that orders may name.
    """

    def __init__(
        self,
        seed: int,
        count: int,
        until: datetime,
        *,
        lookups: Lookups,
        catalog: Catalog,
        products: int,
        people: People,
    ) -> None:
        self.numbers = Numbers(seed, 301, 10_000, 3)
        self.calendar = Calendar(seed, 302, count, until)
        self.draws = Draws(seed, catalog, products, people.count)
        self._seed = seed
        self._catalog = catalog
        self._people = people
        self._status_ids = lookups.order_status_ids
        self._order_dress = [_dress_order(Dice(seed, 312, n), lookups) for n in range(_DRESSES)]
        self._item_dress = [_dress_item(Dice(seed, 313, n)) for n in range(_DRESSES)]
        self._payment_dress = [_dress_payment(Dice(seed, 314, n)) for n in range(_DRESSES)]
        self._shipment_dress = [_dress_shipment(Dice(seed, 315, n)) for n in range(_DRESSES)]

    def order(self, index: int) -> Record:
        """The record without nested arrays."""
        draw = self.draws.of(index)
        dress = self._order_dress[draw.noise % _DRESSES]
        shipping_address, billing_address = self._address_ids(index)
        shown = index & 3
        quote = draw.status == "Quote"
        created, updated = self.calendar.texts(index)
        shipping = money(draw.shipping, shown)
        return dress | {
            "id": self.numbers.id(index),
            "customer_id": self._people.numbers.id(draw.customer),
            "ordered_at": created,
            "order_status_id": self._status_ids[draw.status],
            "order_status_last_changed_at": dress["order_status_last_changed_at"] and updated,
            "subtotal": money(draw.subtotal, shown),
            "tax_total": money(draw.tax, shown),
            "shipping_total": shipping,
            "discount_total": money(draw.discount, shown),
            "grand_total": money(draw.total, shown),
            "cost_total": money(sum(line.brief.cost * line.quantity for line in draw.lines), 2),
            "handling_total": money(draw.handling, shown),
            "additional_fees": money(draw.fees, shown),
            "discounted_shipping_total": dress["discounted_shipping_total"] and shipping,
            "selected_shipping_method": "UPS Ground" if draw.shipping else "",
            "order_shipping_address_id": shipping_address,
            "order_billing_address_id": billing_address,
            "session_id": 10_000_000 + index,
            "order_number": dress["order_number"] and f"W{index:07d}",
            "coupon_code": "SAVE10" if draw.discount else dress["coupon_code"],
            "order_type": "Quote" if quote else "Order",
            "expires_at": updated if quote else dress["expires_at"],
            "expires": quote,
            "created_at": created,
            "updated_at": updated,
        }

    def items(self, index: int) -> list[Record]:
        """Order lines, with the chosen options inline."""
        draw = self.draws.of(index)
        order_id = self.numbers.id(index)
        shipping_address, _ = self._address_ids(index)
        first = ITEM_BASE + index * ITEM_STRIDE
        stamp, _ = self.calendar.texts(index)
        found: list[Record] = []
        for slot, line in enumerate(draw.lines):
            brief = line.brief
            record = self._item_dress[(draw.noise + slot) % _DRESSES] | {
                "id": first + slot,
                "order_id": order_id,
                "product_id": self._catalog.numbers.id(line.product),
                "item_number": brief.number,
                "item_number_full": brief.number,
                "item_name": brief.name,
                "price": money(line.price, index & 3),
                "cost": money(brief.cost, 2),
                "quantity": line.quantity,
                "is_taxable": brief.taxable,
                "is_non_shipping_item": not brief.physical,
                "tax": money(line.tax, 2),
                "is_subscription_product": brief.kind == "subscription",
                "order_shipping_address_id": shipping_address,
                "created_at": stamp,
                "updated_at": stamp,
            }
            if line.parent is not None:
                record["parent_order_item_id"] = first + line.parent
                record["is_quantity_bound_to_parent"] = True
            if brief.kind == "options":
                sold, number, values = self._catalog.chosen(line.product, line.option)
                record |= {"variant_inventory_id": sold, "item_number_full": number, "variants": values}
            found.append(record)
        return found

    def payments(self, index: int) -> list[Record]:
        """None, one, or a gift certificate and the rest. Approved amounts make up the total."""
        draw = self.draws.of(index)
        amounts = draw.payments
        if not amounts:
            return []
        dress = self._payment_dress[draw.noise % _DRESSES]
        at, _ = self.calendar.texts(index)
        approved = draw.approved
        return [
            dress
            | {
                "id": PAYMENT_BASE + index * PAIR_STRIDE + slot,
                "customer_id": self._people.numbers.id(draw.customer),
                "order_id": self.numbers.id(index),
                "is_approved": approved,
                "is_declined": draw.status == "Declined",
                "is_captured": approved,
                "is_void": draw.status == "Cancelled",
                "paid_at": at,
                "approved_at": at if approved else "",
                "authorization_code": dress["authorization_code"] if approved else "",
                "reject_reason": "Insufficient funds" if draw.status == "Declined" else "",
                "amount": money(amount, index & 3),
                "gift_certificate_id": 17 if len(amounts) == 2 and slot == 0 else None,
                "created_at": at,
                "updated_at": at,
            }
            for slot, amount in enumerate(amounts)
        ]

    def payment_count(self, index: int) -> int:
        """How many payments there are."""
        return len(self.draws.of(index).payments)

    def shipments(self, index: int) -> list[Record]:
        """One or two for shipped orders that need shipping."""
        draw = self.draws.of(index)
        if not draw.shipments:
            return []
        second = self.calendar.second(index)
        found: list[Record] = []
        for slot in range(draw.shipments):
            at = moment(second + 86_400 + slot * 3_000, Dice(draw.noise, slot)).text()
            dress = self._shipment_dress[(draw.noise + slot) % _DRESSES]
            prefix = f"1Z{index:08d}"
            found.append(
                dress
                | {
                    "id": SHIPMENT_BASE + index * PAIR_STRIDE + slot,
                    "order_id": self.numbers.id(index),
                    "shipped_at": at,
                    "tracking_numbers": ",".join(f"{prefix}{n}" for n in range(dress["number_of_packages"] or 0)),
                    "shipment_name": f"Shipment {slot + 1}",
                    "created_at": at,
                    "updated_at": at,
                }
            )
        return found

    def shipment_count(self, index: int) -> int:
        """How many shipments there are."""
        return self.draws.of(index).shipments

    def shipment_items(self, index: int, slot: int) -> list[Record]:
        """What was in one shipment; their ids are those of the order's lines. Two shipments share the lines."""
        shipments = max(1, self.shipment_count(index))
        return [
            {
                "id": item["id"],
                "quantity_shipped": item["quantity"],
                "product_id": item["product_id"],
                "item_name": item["item_name"],
                "item_nr": item["item_number"],
            }
            for place, item in enumerate(self.items(index))
            if not item["is_non_shipping_item"] and place % shipments == slot
        ]

    def addresses(self, index: int) -> list[Record]:
        """The shipping address, and the billing address where it is another one."""
        draw = self.draws.of(index)
        stamp, _ = self.calendar.texts(index)
        return [
            {
                "id": ADDRESS_BASE + index * PAIR_STRIDE + slot,
                "customer_id": self._people.numbers.id(draw.customer),
                **self._people.place(draw.customer, slot),
                "address_type": "Default",
                "created_at": stamp,
                "updated_at": stamp,
            }
            for slot in range(draw.addresses)
        ]

    def address_count(self, index: int) -> int:
        """How many address records there are."""
        return self.draws.of(index).addresses

    def _address_ids(self, index: int) -> tuple[int | None, int]:
        draw = self.draws.of(index)
        first = ADDRESS_BASE + index * PAIR_STRIDE
        shipping = first if draw.physical else (None, 0)[index & 1]
        return shipping, first + draw.addresses - 1

    def custom_fields(self, index: int) -> list[Record]:
        """Name and value pairs."""
        noise = self.draws.of(index).noise
        return [{"name": "PO number", "value": f"PO-{noise % 10**5}"}] if noise % 5 == 0 else []


# What records have in common by chance is made once and shared, for speed; only the rest is drawn for each.


def _dress_order(dice: Dice, lookups: Lookups) -> Record:
    return blank.ORDER | {
        "customer_type_id": dice.pick((0, 0, 1, 2)),
        "previous_order_status_id": dice.pick((0, None, lookups.order_status_ids["Pending Processing"])),
        "order_status_last_changed_at": "" if dice.chance(30) else "yes",
        "special_instructions": "" if dice.chance(80) else "Leave at the door.\nRing twice – please.",
        "discounted_shipping_total": None if dice.chance(70) else "yes",
        "ip_address": f"192.0.2.{dice.below(256)}",
        "exported_to_accounting_system": int(dice.chance(50)),
        "referrer": "https://search.example.com/?q=caf%C3%A9" if dice.chance(20) else "",
        "public_comments": "" if dice.chance(90) else "Gift for Zoë",
        "source": dice.pick(("", "Direct", "Google", "eBay")),
        "store_id": dice.pick((1, 1, 1, 2)),
        "is_gift": dice.chance(5),
        "order_number": "yes" if dice.chance(30) else "",
        "coupon_code": dice.pick(("", None)),
        "expires_at": dice.pick(("", None)),
        "reward_points_credited": dice.below(50),
        "channel": dice.pick(("Online", "Online", "Phone", "Email")),
    }


def _dress_item(dice: Dice) -> Record:
    return blank.ITEM | {
        "weight": money(dice.below(90_000), 2),
        "variant_inventory_id": dice.pick((None, 0)),
        "parent_order_item_id": dice.pick((None, 0)),
        "delivery_date": dice.pick((None, "")),
        "warehouse_id": dice.pick((1, 0)),
        "variants": dice.pick((None, [])),
        "personalizations": dice.pick((None, [])),
    }


def _dress_payment(dice: Dice) -> Record:
    kind = dice.pick(("CreditCard", "CreditCard", "PayPalExpress", "Custom"))
    if kind != "CreditCard":
        return blank.PAYMENT | {"payment_method_id": 3, "payment_type": kind, "payment_method_name": kind}
    return blank.PAYMENT | {
        "payment_type": kind,
        "payment_method_name": "Visa",
        "card_type": "Visa",
        "card_expiration_month": 1 + dice.below(12),
        "card_expiration_year": 2027,
        "last_four": f"{dice.below(10_000):04d}",
        "authorization_code": f"A{dice.below(10**6):06d}",
        "transaction_type": "Auth",
    }


def _dress_shipment(dice: Dice) -> Record:
    packages = dice.below(3)
    return blank.SHIPMENT | {
        "tracking_url": "https://track.example.com/" if packages else "",
        "shipping_method_id": dice.pick((None, 4)),
        "number_of_packages": packages or None,
        "email_sent": dice.chance(80),
    }
