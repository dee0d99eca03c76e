"""Turns changes of the store into events for webhooks (Spark Pay: webhooks, the table of types)."""

from __future__ import annotations

from typing import Protocol

from .tables import Table
from .values import Record
from .world import World


class Sink(Protocol):
    """Takes events."""

    def send(self, type: str, store: int | None, body: Record) -> None:
        """Delivers an event of that type to whoever registered for it."""
        ...


class Happenings:
    """Knows which change is which event."""

    def __init__(self, world: World, sink: Sink) -> None:
        self._world = world
        self._sink = sink
        world.told = self.told

    def told(self, table: Table, before: Record | None, after: Record) -> None:
        """A record is new, or has changed."""
        match table.resource:
            case "orders" if before is None:
                self._new_order(after)
            case "orders":
                self._send("OrderUpdated", after, {"order": after})
            case "quotes":
                self._send("NewQuote" if before is None else "QuoteUpdated", after, {"quote": after})
            case "customers":
                self._customer(before, after)
            case "products":
                self._product(before, after)
            case _:
                pass

    def status_changed(self, order: int, old: int, new: int) -> None:
        """An order got another status in the way that sets off events."""
        record, statuses = self._world.orders.get(order) or {}, self._world.tables["order_statuses"]
        status = statuses.get(new) or {}
        body = {"order": record, "old_status": statuses.get(old), "new_status": status}
        self._send("OrderStatusChanged", record, body)
        for flag, type in _BY_FLAG:
            if status.get(flag):
                self._send(type, record, {"order": record})

    def paid(self, payment: Record) -> None:
        """A payment was processed."""
        order = self._world.orders.get(payment["order_id"]) or {}
        self._send("PaymentProcessed", order, {"order_payment": payment})
        if payment["is_approved"]:
            self._send("OrderApproved", order, {"order": order})

    def _new_order(self, order: Record) -> None:
        if order["order_type"] == "Quote":
            self._send("NewQuote", order, {"quote": order})
            return
        status = self._world.tables["order_statuses"].get(order["order_status_id"]) or {}
        types = ["NewOrder", "OrderPlaced"]
        if not status.get("is_cancelled") and not status.get("is_declined"):
            types.append("NewValidOrder")
        for type in types:
            self._send(type, order, {"order": order})

    def _customer(self, before: Record | None, after: Record) -> None:
        if before is None:
            self._send("CustomerCreated", after, {"customer": after})
            return
        self._send("CustomerUpdated", after, {"customer": after})
        if before["email"] != after["email"]:
            body = {"old_email": before["email"], "new_email": after["email"], "customer": after}
            self._send("CustomerEmailUpdated", after, body)

    def _product(self, before: Record | None, after: Record) -> None:
        if before is None:
            self._send("ProductCreated", {}, {"product": after})
            return
        self._send("ProductUpdated", {}, {"product": after})
        if before["product_status_id"] != after["product_status_id"]:
            item = {
                "product_id": after["id"],
                "variant_inventory_id": None,
                "product_status_id": after["product_status_id"],
                "product": after,
                "variant_inventory": None,
                "product_status": self._world.tables["product_statuses"].get(after["product_status_id"]),
                "inventory": after["quantity_on_hand"],
                "item_number": after["item_number"],
                "manufacturer_item_number": after["manufacturer_part_number"],
            }
            self._send("ProductStatusChanged", {}, {"item": item})

    def _send(self, type: str, of: Record, body: Record) -> None:
        self._sink.send(type, of.get("store_id"), body)


_BY_FLAG = (("is_shipped", "OrderShipped"), ("is_cancelled", "OrderCanceled"), ("is_declined", "OrderDeclined"))
