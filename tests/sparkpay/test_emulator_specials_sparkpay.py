"""Endpoints that only one resource has."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest

from sparkpay_async.emulator import Quirks
from tests.sparkpay.emulated_sparkpay import Shop, running

pytestmark = pytest.mark.anyio


async def test_stock_is_read_added_to_taken_from_and_set() -> None:
    async with running() as shop:
        id = shop.emulator.product_ids()[3]
        product = shop.emulator.product(id)
        status, stock = await shop.get("inventory", product_id=id)
        assert status == 200
        assert stock == {
            "product_id": id,
            "variant_inventory_id": None,
            "item_number": product["item_number"],
            "item_name": product["item_name"],
            "gtin": product["gtin"],
            "quantity": product["quantity_on_hand"],
        }
        at = product["quantity_on_hand"]
        for how, quantity, expected in (("add", 3, at + 3), ("remove", 5, at - 2), ("set", 10, 10)):
            _, stock = await shop.post(f"inventory/{how}", {"item_name": product["item_name"], "quantity": quantity})
            assert stock["quantity"] == expected
        assert (await shop.get(f"products/{id}"))[1]["quantity_on_hand"] == 10


async def test_stock_of_a_combination_is_found_by_its_own_number() -> None:
    async with running(products=60) as shop:
        id = shop.some_id("variant_inventory")
        row = shop.table("variant_inventory").get(id) or {}
        _, stock = await shop.post("inventory/add", {"item_number": row["item_number"], "quantity": 2})
        assert (stock["variant_inventory_id"], stock["quantity"]) == (id, row["inventory"] + 2)
        assert stock["product_id"] == row["product_id"]


async def test_stock_of_nothing_or_of_no_number_is_refused() -> None:
    async with running() as shop:
        assert (await shop.get("inventory"))[0] == 400
        assert (await shop.post("inventory/add", {"quantity": 1}))[0] == 400
        assert (await shop.post("inventory/add", {"product_id": shop.emulator.product_ids()[0]}))[0] == 400
        assert (await shop.get("inventory", item_number="no such"))[0] == 404
        _, settings = await shop.get("inventory/settings")
        assert settings["track_inventory"] is True
        assert (await shop.put("inventory/settings", {"track_inventory": False}))[1]["track_inventory"] is False
        assert (await shop.get("inventory/settings"))[1]["track_inventory"] is False


async def test_the_status_endpoint_changes_an_order_and_mails() -> None:
    async with running() as shop:
        id, status = shop.emulator.order_ids()[0], shop.some_id("order_statuses")
        old = shop.emulator.order(id)["order_status_id"]
        code, order = await shop.put(f"orders/{id}/status", {"order_status_id": status})
        assert (code, order["order_status_id"], order["previous_order_status_id"]) == (200, status, old)
        assert (await shop.put(f"orders/{id}/status", {"order_status_id": 9_999}))[0] == 409
        assert (await shop.put("orders/1/status", {"order_status_id": status}))[0] == 404


async def test_a_card_pays_an_order_or_is_declined() -> None:
    async with running() as shop:
        order = shop.emulator.order(shop.emulator.order_ids()[0])
        card = {"customer_id": order["customer_id"], "card_type": "Visa", "last_four": "1111"}
        _, good = await shop.post("credit_cards", card)
        _, bad = await shop.post("credit_cards", card | {"last_four": "0002"})
        path = f"orders/{order['id']}/process_payment"
        _, reply = await shop.post(path, {"card_id": good["id"], "customer_id": order["customer_id"], "amount": 12.43})
        assert reply == {"payment_declined": False, "response": "", "payment_processed": True}
        _, reply = await shop.post(path, {"card_id": bad["id"]})
        assert (reply["payment_declined"], reply["payment_processed"]) == (True, False)
        _, page = await shop.get(f"orders/{order['id']}/payments")
        paid, declined = page["payments"][-2:]
        assert (str(paid["amount"]), paid["is_approved"]) == ("12.43", True)
        assert (declined["amount"], declined["is_declined"]) == (order["grand_total"], True)
        assert (await shop.post(path, {"card_id": 99}))[0] == 409
        assert (await shop.post(f"orders/{order['id']}/process_payments", {"force_process_all": True}))[0] == 200
        assert all(row["is_approved"] for row in (await shop.get(f"orders/{order['id']}/payments"))[1]["payments"])


async def test_only_a_token_with_the_scope_reads_what_is_encrypted() -> None:
    async with running() as shop:
        _, card = await shop.post("credit_cards", {"customer_id": shop.some_id("customers"), "card_type": "Visa"})
        assert (await shop.get(f"credit_cards/{card['id']}/decrypted"))[0] == 403
        tokens = shop.emulator.oauth.issue("orders,decrypt")
        shop.session.headers["X-AC-Auth-Token"] = tokens["access_token"]
        status, found = await shop.get(f"credit_cards/{card['id']}/decrypted")
        assert (status, found["card_number"]) == (200, "4111111111111111")


async def test_the_category_tree_is_not_rebuilt_until_asked() -> None:
    async with running() as shop:
        root = shop.some_id("categories")
        name = (shop.table("categories").get(root) or {})["name"]
        _, new = await shop.post("categories", {"name": "Mugs", "parent_category_id": root})
        assert new["lookup_path"] == ""
        await shop.put(f"categories/{root}", {"name": "Apparel"})
        child = next(
            each for id in shop.table("categories").ids()
            if (each := shop.table("categories").get(id) or {})["parent_category_id"] == root and each["lookup_path"]
        )  # fmt: skip
        assert child["lookup_path"].startswith(name)
        assert (await shop.post("categories/rebuild_tree", None))[0] == 204
        assert (await shop.get(f"categories/{new['id']}"))[1]["lookup_path"] == "Apparel > Mugs"
        assert (await shop.get(f"categories/{child['id']}"))[1]["lookup_path"].startswith("Apparel > ")


async def test_the_category_tree_may_take_time() -> None:
    async with running(quirks=Quirks(rebuild_seconds=0.05)) as shop:
        _, new = await shop.post("categories", {"name": "Mugs"})
        await shop.post("categories/rebuild_tree", None)
        assert (await shop.get(f"categories/{new['id']}"))[1]["lookup_path"] == ""
        await asyncio.sleep(0.1)
        assert (await shop.get(f"categories/{new['id']}"))[1]["lookup_path"] == "Mugs"


async def test_import_many_tells_each_line() -> None:
    async with running() as shop:
        lines = [
            {"product": shop.draft(item_number="NEW-1", price=1), "manufacturer": {"name": "Kiln"}},
            {"lookup_by_sku": True, "product": {"item_number": "NEW-1", "price": 2}},
            {"lookup_by_sku": True, "product": {"item_number": "NEW-2"}},
            {"product": shop.draft(), "category": {"name": "Cups"}},
        ]
        status, reply = await shop.post("products/importMany", lines)
        assert status == 200
        assert [row["status_code"] for row in reply["results"]] == [200, 200, 409, 200]
        assert (reply["total_errors"], [row["line_item"] for row in reply["results"]]) == (1, [0, 1, 2, 3])
        first = shop.emulator.product(reply["results"][0]["entity_id"])
        assert (reply["results"][1]["entity_id"], first["price"]) == (first["id"], 2)
        maker = shop.table("manufacturers").get(first["manufacturer_id"]) or {}
        assert maker["name"] == "Kiln"
        assert (await shop.post("products/importMany", {"product": {}}))[0] == 400


async def test_integration_routes_find_records_without_ids() -> None:
    async with running() as shop:
        body: dict[str, Any] = {
            "item_number": "Z-1", "item_name": "Cup", "price": 1, "primary_category_name": "Cups",
            "product_status": "In Stock", "taxable": False,
        }  # fmt: skip
        status, new = await shop.post("products/integration", body)
        assert (status, new["is_non_taxable"], new["product_status_id"]) == (201, 1, 1)
        assert (await shop.get("categories", name="eq:Cups"))[1]["total_count"] == 1
        status, same = await shop.post("products/integration", body | {"price": 2})
        assert (status, same["id"], same["price"]) == (200, new["id"], 2)
        order = {"order_number": "Z-9", "customer_email": "z@example.com", "order_status": "Shipped", "grand_total": 5}
        status, placed = await shop.post("orders/integration", order)
        assert status == 201, placed
        assert (await shop.post("orders/integration", order))[0] == 200
        assert (await shop.get(f"customers/{placed['customer_id']}"))[1]["email"] == "z@example.com"
        payment = {"order_number": "Z-9", "payment_ref_num": "77", "amount": 5}
        assert (await shop.post("order_payments/integration", payment))[0] == 201
        assert (await shop.post("order_payments/integration", payment))[0] == 200
        shipment = {"order_number": "Z-9", "tracking_numbers": "1Z9"}
        assert (await shop.post("order_shipments/integration", shipment))[0] == 201
        assert (await shop.post("order_shipments/integration", shipment | {"order_number": "none"}))[0] == 409
        assert (await shop.post("customers/integration", {"email": "z@example.com", "company": "Z"}))[0] == 200


async def test_files_come_in_two_parts() -> None:
    def parts(told: bytes, content: bytes) -> aiohttp.MultipartWriter:
        writer = aiohttp.MultipartWriter("form-data")
        for name, part in (("json", told), ("file", content)):
            writer.append(part).set_content_disposition("form-data", name=name)
        return writer

    async with running() as shop:
        told = b'{"destination": "/images/a.jpg", "overwrite": false}'
        assert (await shop.post("upload", parts(told, b"\x00jpg")))[0] == 204
        assert shop.emulator.specials.uploads.files == {"/images/a.jpg": b"\x00jpg"}
        assert (await shop.post("upload", parts(told, b"")))[0] == 409
        assert (await shop.post("upload", parts(b"{}", b"")))[0] == 400
        rules = b'{"import_type": "Product", "mapping_info": [{"destination_column": "Cost", "source_column": "C"}]}'
        assert (await shop.post("import/file", parts(rules, b"C\n1")))[0] == 204
        fetch: dict[str, Any] = {
            "import_type": "Product",
            "file_url": "https://example.com/a.csv",
            "mapping_info": [{}],
        }
        assert (await shop.post("import/fetch", fetch))[0] == 204
        assert (await shop.post("import/fetch", fetch | {"file_url": ""}))[0] == 400
        assert [each.get("csv") for each in shop.emulator.specials.uploads.imports] == [b"C\n1", None]


async def test_mails_states_and_store_settings() -> None:
    async with running() as shop:
        template, store = shop.some_id("email_templates"), shop.some_id("stores")
        assert (await shop.post(f"email_templates/{template}/send", {"email_address": "a@example.com"}))[0] == 204
        assert shop.emulator.specials.sent[-1]["email_template_id"] == template
        assert (await shop.post(f"email_templates/{template}/send", {}))[0] == 409
        assert (await shop.get("addresses/state_by_postalcode/77702"))[1]["state_code"] == "TX"
        assert (await shop.get("addresses/state_by_postalcode/H2X"))[0] == 404
        _, catalog = await shop.put(f"stores/{store}/active_catalog", {"root_category_id": 3, "category_ids": [3, 1]})
        assert (await shop.get(f"stores/{store}/active_catalog"))[1] == catalog
        assert (catalog["root_category_id"], catalog["category_ids"]) == (3, [3, 1])
        _, alert = await shop.put(f"stores/{store}/store_alert_email", {"email": "a@example.com"})
        _, page = await shop.get(f"stores/{store}/store_alert_email")
        assert page == {"total_count": 1, "store_alert_email": [alert]}
        await _unknown(shop)


async def _unknown(shop: Shop) -> None:
    for method, path in (("GET", "gadgets"), ("POST", "gadgets"), ("GET", "inventory/gadgets"), ("PUT", "themes/1")):
        status, error = await shop.call(method, path, None if method == "GET" else {})
        assert (status, error["message"]) == (404, "NotFound"), path


@pytest.mark.parametrize("to", [{"email_address": "a@b.example"}, {"customer_id": 7}, {"order_id": 100}])
async def test_an_e_mail_goes_to_an_address_a_customer_or_the_customer_of_an_order(to: dict[str, Any]) -> None:
    async with running() as shop:
        id = shop.some_id("email_templates")
        assert (await shop.post(f"email_templates/{id}/send", to))[0] == 204
        assert (await shop.post(f"email_templates/{id}/send", {"merge_codes": {}}))[0] == 409
        assert shop.emulator.specials.sent == [to | {"email_template_id": id}]


async def test_a_cart_needs_no_customer_and_its_own_endpoints_know_which_carts_there_are() -> None:
    async with running() as shop:
        status, cart = await shop.post("carts", {"name": "a guest's"})
        assert (status, bool(cart["customer_id"])) == (201, False)
        assert (await shop.put(f"carts/{cart['id']}/coupon_code", {"coupon_code": "x"}))[1]["coupon_code"] == "x"
        for path in ("shipping_estimation", "coupon_code"):
            assert (await shop.put(f"carts/99999/{path}", {}))[0] == 404
        assert (await shop.get("carts/99999/calculated"))[0] == 404
        assert (await shop.post("themes/import", {"theme_name": "x"}))[0] == 400
