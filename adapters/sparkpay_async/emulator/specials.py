"""Endpoints that only one resource has (Spark Pay: orders, categories, products, stores, e-mail templates, ...)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from aiohttp import web

from . import replies
from .carting import Carting
from .happenings import Happenings
from .integration import Integration
from .quirks import Quirks
from .reads import Reads, absent
from .stock import Stock
from .uploads import Uploads
from .values import Record
from .world import World
from .writes import Refused, Writes, document


class Ask(NamedTuple):
    """One call: what is in the path and what came with it. `scope` is the token's, None for an admin's token."""

    query: Mapping[str, str]
    id: int
    text: str
    body: Any
    scope: str | None
    parts: tuple[tuple[str, bytes], ...] = ()


Special = Callable[[Ask], web.Response]

_STATES = {"7": ("Texas", "TX", 43), "8": ("Nevada", "NV", 28), "5": ("North Dakota", "ND", 34)}


class Specials:
    """Finds the special endpoint of a call.

    Attributes:
        sent: e-mails sent: what was asked, and the template's id.
        uploads: what was uploaded and imported.
        declined: last four digits of cards that are declined.
    """

    def __init__(
        self, world: World, reads: Reads, writes: Writes, happenings: Happenings, quirks: Callable[[], Quirks]
    ) -> None:
        self.sent: list[Record] = []
        self.uploads = Uploads()
        self.declined = {"0002"}
        self._world, self._reads, self._writes = world, reads, writes
        self._happenings = happenings
        self._quirks = quirks
        self._catalogs: dict[int, Record] = {}
        self._alerts: list[Record] = []
        stock, carting, integration = Stock(world), Carting(world, reads), Integration(world, reads, writes)
        self._routes: dict[tuple[str, str], Special] = {
            ("GET", "inventory"): lambda ask: stock.get(ask.query),
            ("POST", "inventory/add"): lambda ask: stock.change("add", ask.body),
            ("POST", "inventory/remove"): lambda ask: stock.change("remove", ask.body),
            ("POST", "inventory/set"): lambda ask: stock.change("set", ask.body),
            ("GET", "inventory/settings"): lambda _: stock.settings(),
            ("PUT", "inventory/settings"): lambda ask: stock.settings(document(ask.body)),
            ("GET", "carts/{id}/calculated"): lambda ask: carting.calculated(ask.id),
            ("PUT", "carts/{id}/shipping_estimation"): lambda ask: carting.shipping(ask.id, ask.body),
            ("PUT", "carts/{id}/coupon_code"): lambda ask: carting.coupon(ask.id, ask.body),
            ("PUT", "orders/{id}/status"): self._status,
            ("POST", "orders/{id}/process_payment"): self._process_payment,
            ("POST", "orders/{id}/process_payments"): self._process_payments,
            ("GET", "order_payments/{id}/decrypted"): lambda ask: self._decrypted("order_payments", ask),
            ("GET", "credit_cards/{id}/decrypted"): lambda ask: self._decrypted("credit_cards", ask),
            ("POST", "categories/rebuild_tree"): self._rebuild,
            ("POST", "products/importMany"): lambda ask: integration.many(ask.body),
            ("POST", "email_templates/{id}/send"): self._send,
            ("GET", "addresses/state_by_postalcode/{text}"): self._state,
            ("GET", "stores/{id}/active_catalog"): self._catalog,
            ("PUT", "stores/{id}/active_catalog"): self._catalog,
            ("GET", "stores/{id}/store_alert_email"): self._alert_emails,
            ("PUT", "stores/{id}/store_alert_email"): self._alert_emails,
            ("POST", "upload"): lambda ask: self.uploads.upload(ask.parts),
            ("POST", "import/file"): lambda ask: self.uploads.import_file(ask.parts),
            ("POST", "import/fetch"): lambda ask: self.uploads.import_fetch(document(ask.body)),
            ("POST", "themes/import"): lambda ask: self.uploads.import_theme(document(ask.body)),
        }
        for resource in ("customers", "products", "orders", "order_payments", "order_shipments"):
            self._routes["POST", f"{resource}/integration"] = integration.upsert(resource)

    def find(self, method: str, path: str) -> Special | None:
        """The special for a path in which ids are written `{id}`."""
        return self._routes.get((method, path))

    # -- orders ----------------------------------------------------------------------------------------------

    def _status(self, ask: Ask) -> web.Response:
        orders, statuses = self._world.orders, self._world.tables["order_statuses"]
        order, fields = orders.get(ask.id), document(ask.body)
        if order is None:
            return absent(orders, ask.id)
        wanted = fields.get("order_status_id")
        status = statuses.get(wanted) if isinstance(wanted, int) else None
        if status is None:
            raise Refused(409, "The field 'order_status_id' must name an order status.")
        changes = {
            "order_status_id": status["id"],
            "previous_order_status_id": order["order_status_id"],
            "order_status_last_changed_at": self._world.precise().text(),
        }
        self._world.update(orders, ask.id, changes)
        self._happenings.status_changed(ask.id, order["order_status_id"], status["id"])
        if status.get("email_template_id"):
            self.sent.append({"order_id": ask.id, "email_template_id": status["email_template_id"]})
        return self._reads.record(orders, ask.id, (), None)

    def _process_payment(self, ask: Ask) -> web.Response:
        orders, cards = self._world.orders, self._world.tables["credit_cards"]
        order, fields = orders.get(ask.id), document(ask.body)
        if order is None:
            return absent(orders, ask.id)
        wanted = fields.get("card_id")
        card = cards.get(wanted) if isinstance(wanted, int) else None
        if card is None or fields.get("customer_id") not in (None, card["customer_id"]):
            raise Refused(409, "The field 'card_id' must name a card of the customer.")
        declined = card["last_four"] in self.declined
        payments = self._world.tables["order_payments"]
        record = payments.shape.blank | {
            "order_id": ask.id,
            "customer_id": card["customer_id"],
            "payment_type": "CreditCard",
            "payment_method_name": "Credit Card",
            "card_type": card["card_type"],
            "last_four": card["last_four"],
            "amount": fields.get("amount") or order["grand_total"],
            "is_approved": not declined,
            "is_captured": not declined,
            "is_declined": declined,
            "transaction_type": "Auth",
            "paid_at": self._world.precise().text(),
        }
        self._happenings.paid(self._world.create(payments, record))
        return _processed(declined)

    def _process_payments(self, ask: Ask) -> web.Response:
        orders, payments = self._world.orders, self._world.tables["order_payments"]
        if orders.get(ask.id) is None:
            return absent(orders, ask.id)
        force = bool(document(ask.body).get("force_process_all"))
        for payment in payments.family(ask.id):
            if not payment["is_captured"] and (force or not payment["is_declined"]):
                changes = {"is_approved": True, "is_captured": True, "is_declined": False}
                self._happenings.paid(self._world.update(payments, payment["id"], changes))
        return _processed(False)

    def _decrypted(self, resource: str, ask: Ask) -> web.Response:
        table = self._world.tables[resource]
        record = table.get(ask.id)
        if ask.scope is None or "decrypt" not in ask.scope.replace(",", " ").split():
            raise Refused(403, "The access token does not have the scope 'decrypt'.")
        if record is None:
            return absent(table, ask.id)
        return replies.json(replies.encode(record | {"card_number": f"411111111111{record['last_four'] or '1111'}"}))

    # -- others ----------------------------------------------------------------------------------------------

    def _rebuild(self, _: Ask) -> web.Response:
        wait = self._quirks().rebuild_seconds
        if wait:
            asyncio.get_running_loop().call_later(wait, self.rebuild_tree)
        else:
            self.rebuild_tree()
        return web.Response(status=204)

    def rebuild_tree(self) -> None:
        """Writes every category's path anew: nothing else does."""
        table = self._world.tables["categories"]
        records = {id: record for id in table.ids() if (record := table.get(id)) is not None}
        for id, record in records.items():
            names, seen, at = [record["name"]], {id}, record
            while (parent := at["parent_category_id"]) in records and parent not in seen:
                seen.add(parent)
                at = records[parent]
                names.insert(0, at["name"])
            path = " > ".join(names)
            if path != record["lookup_path"]:
                table.patch(id, {"lookup_path": path})

    def _send(self, ask: Ask) -> web.Response:
        table = self._world.tables["email_templates"]
        if table.get(ask.id) is None:
            return absent(table, ask.id)
        fields = document(ask.body)
        if not any(fields.get(name) for name in ("email_address", "customer_id", "order_id")):
            raise Refused(409, "The field 'email_address' is required.")
        self.sent.append(fields | {"email_template_id": ask.id})
        return web.Response(status=204)

    def _state(self, ask: Ask) -> web.Response:
        found = _STATES.get(ask.text[:1])
        if found is None:
            raise Refused(404, "No state found for the postal code specified.")
        state, code, id = found
        body = {"id": id, "state": state, "state_code": code, "country_id": 1, "is_system_state": True}
        return replies.json(replies.encode(body))

    def _catalog(self, ask: Ask) -> web.Response:
        table = self._world.tables["stores"]
        if table.get(ask.id) is None:
            return absent(table, ask.id)
        fields: Record = {} if ask.body is None else document(ask.body)
        catalog = self._catalogs.setdefault(
            ask.id,
            {
                "store_id": ask.id,
                "is_micro_store": False,
                "microstore_catalog_override": False,
                "root_category_id": 0,
                "category_ids": [],
                "product_ids": [],
            },
        )
        catalog |= {
            name: fields[name] for name in ("root_category_id", "category_ids", "product_ids") if name in fields
        }
        return replies.json(replies.encode(catalog))

    def _alert_emails(self, ask: Ask) -> web.Response:
        table = self._world.tables["stores"]
        if table.get(ask.id) is None:
            return absent(table, ask.id)
        if ask.body is None:
            found = [row for row in self._alerts if row["store_id"] == ask.id]
            return replies.json(replies.encode({"total_count": len(found), "store_alert_email": found}))
        email = document(ask.body).get("email")
        if not email:
            raise Refused(409, "The field 'email' is required.")
        self._alerts.append({"id": len(self._alerts) + 1, "store_id": ask.id, "email": email})
        return replies.json(replies.encode(self._alerts[-1]))


def _processed(declined: bool) -> web.Response:
    body = {"payment_declined": declined, "response": "Declined" if declined else "", "payment_processed": not declined}
    return replies.json(replies.encode(body))
