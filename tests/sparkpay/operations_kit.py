"""One call for every operation, with an answer in the shape of the vendor's pages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sparkpay_async.api import Api
from sparkpay_async.drafts import rules
from sparkpay_async.kinds import KINDS, RESOURCES, Kind
from sparkpay_async.query import columns_of


@dataclass(frozen=True)
class Case:
    """A call, what it is answered with, and what of that must be seen in its result.

    Attributes:
        path: as sent.
        body: the members that must be in what is sent, if it is JSON.
        seen: of the result.
        query: pairs that must be sent.
    """

    run: Callable[[Api], Awaitable[Any]]
    path: str
    reply: Any = b""
    seen: Callable[[Any], Any] = lambda result: result
    expected: Any = None
    body: Any = None
    query: tuple[tuple[str, str], ...] = ()


def listed(kind: Kind[Any], *rows: Any) -> dict[str, Any]:
    return {"total_count": len(rows), kind.keys[-1]: list(rows)}


def row_of(kind: Kind[Any], id: int) -> dict[str, Any]:
    return {} if kind.id_field is None else {kind.id_field: id}


def _ids(pages: Any) -> list[Any]:
    return [getattr(each, "id", None) for each in pages.items]


def _draft(kind: Kind[Any]) -> dict[str, Any]:
    """What the tables of kinds and drafts demand, of the right types."""
    values: dict[str, Any] = {
        "frequency_type": "Months", "type": "region", "target": "0", "event_type": "NewOrder", "rate": Decimal("8.25"),
        "markup_amount": Decimal(1), "variants": [{"id": 1}], "email": "a@b.example", "value": "x",
        "resource_type": "Product",
    }  # fmt: skip
    found: dict[str, Any] = {}
    columns = columns_of(kind.columns) if kind.columns else {}
    for name in kind.required or (_first_text(kind),):
        text = type(columns.get(name)).__name__ == "TextColumn"
        found[name] = values.get(name, "x" if text else 1)
    return found


def _first_text(kind: Kind[Any]) -> str:
    """A field that can be written, of text if there is one."""
    by_column = (
        {name: type(column).__name__ for name, column in columns_of(kind.columns).items()} if kind.columns else {}
    )
    known = [name for name in rules(kind) if name in by_column and name != kind.id_field]
    return next((name for name in known if by_column[name] == "TextColumn"), known[0])


def _generic(kind: Kind[Any]) -> dict[str, Case]:
    name, one = kind.name, row_of(kind, 5)
    draft = _draft(kind)

    async def nested(api: Api, list_name: str) -> Any:
        return _ids(await api.resource(name).nested(5, list_name))

    found = {
        "list": Case(lambda api: api.resource(name).list(count=2), f"/{name}", listed(kind, one), _ids, [5],
                     query=(("count", "2"),)),
        "get": Case(lambda api: api.resource(name).get(5), f"/{name}/5", one, lambda it: it.id, 5),
        "filled": Case(lambda api: api.resource(name).filled(5), f"/{name}/5/filled", one, lambda it: it.id, 5),
        "select_many": Case(lambda api: api.resource(name).select_many([5]), f"/{name}/select_many", listed(kind, one),
                            _ids, [5], query=(("ids", "5"),)),
        "create": Case(lambda api: api.resource(name).create(draft, look_first=False), f"/{name}", one,
                       lambda it: it.id, 5, body=draft),
        "update": Case(lambda api: api.resource(name).update(5, draft), f"/{name}/5", one, lambda it: it.id, 5,
                       body=draft),
        "delete": Case(lambda api: api.resource(name).delete(5), f"/{name}/5", b"", expected=None),
    }  # fmt: skip
    cases = {f"{name}.{verb}": case for verb, case in found.items() if verb in kind.verbs}
    for list_name, of in kind.nested.items():
        row = row_of(KINDS[of], 7)
        body = {"total_count": 1, list_name: [row]}
        cases[f"{name}.{list_name}"] = Case(
            lambda api, list_name=list_name: nested(api, list_name),
            f"/{name}/5/{list_name}", body, expected=[7 if row else None],
        )  # fmt: skip
    return cases


STOCK = {"product_id": 62, "variant_inventory_id": None, "item_number": "60PY2DR", "gtin": "", "quantity": 23}
SETTINGS = {"track_inventory": True, "remove_from_inventory_when": "Ordered", "product_hide_no_inventory": False}
CATALOG = {"store_id": 1, "is_micro_store": False, "root_category_id": 3, "category_ids": [3, 1], "product_ids": []}
IMPORT = {"import_type": "Product", "columns": {"ItemID": "sku"}}


async def _upload(api: Api) -> Any:
    return await api.files.upload("/shared/a.png", b"\x89", overwrite=True)


SPECIALS: dict[str, Case] = {
    "addresses.state_by_postalcode": Case(
        lambda api: api.addresses.state_by_postalcode("77702"), "/addresses/state_by_postalcode/77702",
        {"id": 43, "state": "Texas", "state_code": "TX", "country_id": 1, "is_system_state": True},
        lambda it: (it.state_code, it.is_system_state), ("TX", True)),
    "customers.integration": Case(
        lambda api: api.customers.integration({"email": "a@b.example"}), "/customers/integration", {"id": 3},
        lambda it: it.id, 3, {"email": "a@b.example"}),
    "orders.set_status": Case(
        lambda api: api.orders.set_status(5, 3), "/orders/5/status", {"id": 5, "order_status_id": 3},
        lambda it: it.members["order_status_id"], 3, {"order_status_id": 3}),
    "orders.process_payment": Case(
        lambda api: api.orders.process_payment(5, card_id=41, customer_id=6, amount=Decimal("12.43"), cvv="123"),
        "/orders/5/process_payment", {"payment_declined": False, "response": "", "payment_processed": True},
        lambda it: (it.payment_processed, it.payment_declined, it.response), (True, False, ""),
        {"card_id": 41, "customer_id": 6, "amount": 12.43, "cvv": "123"}),
    "orders.process_payments": Case(
        lambda api: api.orders.process_payments(5), "/orders/5/process_payments", b"", lambda it: it.members, {},
        {"force_process_all": False}),
    "orders.integration": Case(
        lambda api: api.orders.integration({"order_number": "1"}), "/orders/integration", {"id": 3},
        lambda it: it.id, 3),
    "order_payments.decrypted": Case(
        lambda api: api.order_payments.decrypted(5), "/order_payments/5/decrypted", {"id": 5, "card_number": "4111"},
        lambda it: (it.reveal()["card_number"], "4111" in repr(it)), ("4111", False)),
    "order_payments.integration": Case(
        lambda api: api.order_payments.integration({"order_id": 1}), "/order_payments/integration", {"id": 3},
        lambda it: it.id, 3),
    "order_shipments.integration": Case(
        lambda api: api.order_shipments.integration({"order_id": 1}), "/order_shipments/integration", {"id": 3},
        lambda it: it.id, 3),
    "credit_cards.decrypted": Case(
        lambda api: api.credit_cards.decrypted(5), "/credit_cards/5/decrypted", {"id": 5, "number": "4111"},
        lambda it: it.reveal()["number"], "4111"),
    "carts.calculated": Case(
        lambda api: api.carts.calculated(5), "/carts/5/calculated", {"id": 5, "grand_total": 12.5},
        lambda it: (it.id, it.grand_total), (5, Decimal("12.5"))),
    "carts.set_shipping_estimation": Case(
        lambda api: api.carts.set_shipping_estimation(5, city="Beaumont", state_code="TX", postal_code="77701",
                                                      country_code="US"),
        "/carts/5/shipping_estimation", {"id": 5}, lambda it: it.id, 5,
        {"city": "Beaumont", "state_code": "TX", "postal_code": "77701", "country_code": "US"}),
    "carts.set_coupon_code": Case(
        lambda api: api.carts.set_coupon_code(5, "bigsavings"), "/carts/5/coupon_code", b"", lambda it: it.members, {},
        {"coupon_code": "bigsavings"}),
    "products.import_many": Case(
        lambda api: api.products.import_many([{"lookup_by_sku": True, "product": {"item_number": "A"}}]),
        "/products/importMany",
        {"total_errors": 0, "results": [{"line_item": 1, "status_code": 200, "entity_id": 77}]},
        lambda it: [(each.status_code, each.entity_id) for each in it.results], [(200, 77)],
        [{"lookup_by_sku": True, "product": {"item_number": "A"}}]),
    "products.integration": Case(
        lambda api: api.products.integration({"item_number": "1"}), "/products/integration", {"id": 3},
        lambda it: it.id, 3),
    "categories.rebuild_tree": Case(lambda api: api.categories.rebuild_tree(), "/categories/rebuild_tree"),
    "inventory.get": Case(
        lambda api: api.inventory.get(item_number="60PY2DR"), "/inventory", STOCK, lambda it: it.quantity, 23,
        query=(("item_number", "60PY2DR"),)),
    "inventory.add": Case(
        lambda api: api.inventory.add(3, product_id=62), "/inventory/add", STOCK, lambda it: it.quantity, 23,
        {"product_id": 62, "quantity": 3}),
    "inventory.remove": Case(
        lambda api: api.inventory.remove(3, gtin="400"), "/inventory/remove", STOCK, lambda it: it.product_id, 62,
        {"gtin": "400", "quantity": 3}),
    "inventory.set": Case(
        lambda api: api.inventory.set(23, variant_inventory_id=1), "/inventory/set", STOCK, lambda it: it.quantity, 23,
        {"variant_inventory_id": 1, "quantity": 23}),
    "inventory.settings": Case(
        lambda api: api.inventory.settings(), "/inventory/settings", SETTINGS,
        lambda it: it.remove_from_inventory_when, "Ordered"),
    "inventory.change_settings": Case(
        lambda api: api.inventory.change_settings({"track_inventory": False}), "/inventory/settings", SETTINGS,
        lambda it: it.track_inventory, True, {"track_inventory": False}),
    "email_templates.send": Case(
        lambda api: api.email_templates.send(5, order_id=100, merge_codes={"##A##": "1"}), "/email_templates/5/send",
        body={"order_id": 100, "merge_codes": {"##A##": "1"}}),
    "subscriptions.with_lookups": Case(
        lambda api: api.subscriptions.with_lookups(count=9), "/subscriptions",
        {"total_count": 1, "subscriptions": [{"id": 13, "cart_info": {"id": 3844}}]}, _ids, [13],
        query=(("count", "9"), ("includelookups", "1"))),
    "stores.active_catalog": Case(
        lambda api: api.stores.active_catalog(1), "/stores/1/active_catalog", CATALOG,
        lambda it: list(it.category_ids), [3, 1]),
    "stores.change_active_catalog": Case(
        lambda api: api.stores.change_active_catalog(1, root_category_id=3), "/stores/1/active_catalog", CATALOG,
        lambda it: it.root_category_id, 3, {"root_category_id": 3}),
    "stores.alert_emails": Case(
        lambda api: api.stores.alert_emails(3), "/stores/3/store_alert_email",
        {"total_count": 1, "store_alert_email": [{"id": 2, "store_id": 3, "email": "t@x.example"}]},
        lambda it: [each.email for each in it], ["t@x.example"]),
    "stores.add_alert_email": Case(
        lambda api: api.stores.add_alert_email(3, "t@x.example"), "/stores/3/store_alert_email",
        {"id": 5, "store_id": 3, "email": "t@x.example"}, lambda it: it.id, 5, {"email": "t@x.example"}),
    "files.upload": Case(_upload, "/upload"),
    "imports.file": Case(lambda api: api.imports.file(b"sku\n1\n", **IMPORT), "/import/file", b"", lambda it: it.id),
    "imports.fetch": Case(
        lambda api: api.imports.fetch("https://x.example/a.csv", **IMPORT), "/import/fetch", b"", lambda it: it.id,
        None,
        {"import_type": "Product", "log_errors_to_file": False, "import_email_address": "",
         "file_url": "https://x.example/a.csv",
         "mapping_info": [{"destination_column": "ItemID", "source_column": "sku"}]}),
    "imports.theme": Case(
        lambda api: api.imports.theme("Spring", "/themes/spring.zip"), "/themes/import",
        {"theme_id": 1234, "theme_name": "Spring_1"}, lambda it: (it.theme_id, it.theme_name), (1234, "Spring_1"),
        {"theme_name": "Spring", "file_path": "/themes/spring.zip"}),
}  # fmt: skip

CASES: dict[str, Case] = {}
for _kind in RESOURCES.values():
    CASES |= _generic(_kind)
CASES |= SPECIALS
