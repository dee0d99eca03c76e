"""Writes as the vendor describes them: POST that also updates, partial PUT, DELETE, and what is refused."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any

import pytest

from sparkpay_async.emulator import Quirks
from sparkpay_async.emulator.values import micros
from tests.sparkpay.emulated_sparkpay import running

pytestmark = pytest.mark.anyio

RESOURCES = """
addresses customers customer_association customer_types customer_payment_methods profiles users carts cart_items
orders order_items order_addresses order_statuses order_payments order_shipments quotes subscriptions wishlists
credit_cards products categories product_variants manufacturers attributes attribute_groups product_statuses
product_pictures product_pricing product_inactive_in_store shipping_rate_adjustments notifications variant_groups
variant_inventory product_lists product_reviews price_calculators price_calculator_rules
price_calculator_rule_modifiers blogs blog_categories blog_posts links pages adcodes coupon_codes discount_actions
discount_methods discount_rules drips email_templates gift_certificates gift_certificate_transactions mailing_lists
custom_fields custom_field_values payment_methods regions shipping_providers shipping_provider_services
custom_shipping_methods store_locations tax_rates url_redirects warehouses blacklisted_ips external_image_whitelist
stores sessions microstores webhooks
"""
READ_ONLY = {"stores", "sessions", "affiliates"}


async def test_there_is_every_resource_of_the_vendors_list() -> None:
    async with running(products=1, orders=1) as shop:
        assert set(shop.emulator.world.tables) == {*RESOURCES.split()} | {"affiliates"}


async def test_every_resource_creates_finds_changes_and_deletes_its_records() -> None:
    async with running() as shop:
        await shop.post("carts", {"customer_id": shop.some_id("customers")})
        for name in sorted({*RESOURCES.split()} - READ_ONLY):
            table = shop.table(name)
            before = max(table.ids(), default=0)
            body = shop.fitting(name)
            status, new = await shop.post(name, body)
            assert status == 201, (name, new)
            assert new["id"] > before
            assert set(table.shape.blank) <= set(new), name
            assert await shop.get(f"{name}/{new['id']}", expand=",".join(n for n in table.nested if n in body)) == (
                200,
                new,
            )
            _, found = await shop.get(name, id=f"eq:{new['id']}")
            assert [record["id"] for record in found[table.key]] == [new["id"]]
            status, same = await shop.post(name, body | {"id": new["id"]})
            assert (status, same["id"]) == (200, new["id"]), name
            status, put = await shop.put(f"{name}/{new['id']}", {})
            assert (status, put["id"]) == (200, new["id"])
            assert (await shop.get(f"{name}/{new['id']}/filled"))[0] == 200
            assert await shop.delete(f"{name}/{new['id']}") == 204
            assert (await shop.get(f"{name}/{new['id']}"))[0] == 404
            assert await shop.delete(f"{name}/{new['id']}") == 404
            assert (await shop.put(f"{name}/{new['id']}", {}))[0] == 404


async def test_what_can_only_be_read_refuses_writes() -> None:
    async with running() as shop:
        for name in sorted(READ_ONLY):
            assert (await shop.post(name, {"name": "x"}))[0] == 405
        assert (await shop.put(f"stores/{shop.some_id('stores')}", {"name": "x"}))[0] == 405


async def test_put_changes_only_what_is_sent_and_the_time_of_the_change() -> None:
    async with running() as shop:
        id = shop.emulator.product_ids()[4]
        _, before = await shop.get(f"products/{id}")
        status, after = await shop.put(
            f"products/{id}", {"price": Decimal("7.1234"), "id": 5, "created_at": "2001-01-01"}
        )
        assert status == 200
        changed = {name for name in after if after[name] != before[name]}
        assert changed == {"price", "updated_at"}
        assert after["price"] == Decimal("7.1234")
        assert (micros(after["updated_at"]) or 0) > (micros(before["updated_at"]) or 0)
        _, page = await shop.get("products", updated_at=f"gte:{after['updated_at']}")
        assert [record["id"] for record in page["products"]] == [id]


async def test_a_created_record_is_found_by_any_of_its_fields_at_once() -> None:
    async with running() as shop:
        _, first = await shop.post("products", shop.draft(item_number="MUG-1"))
        assert (await shop.get("products", item_number="eq:mug-1"))[1]["total_count"] == 1
        _, second = await shop.post("products", shop.draft(item_number="MUG-1"))
        _, page = await shop.get("products", item_number="MUG-1", sort="-id")
        assert [record["id"] for record in page["products"]] == [second["id"], first["id"]]
        await shop.put(f"products/{first['id']}", {"item_number": "MUG-2"})
        assert (await shop.get("products", item_number="MUG-1"))[1]["total_count"] == 1
        old = shop.emulator.product(shop.emulator.product_ids()[0])
        _, page = await shop.get("products", item_name=f"eq:{old['item_name']}")
        assert [record["id"] for record in page["products"]] == [old["id"]]


async def test_values_are_kept_as_the_field_has_them() -> None:
    async with running() as shop:
        sent = shop.draft(is_hidden=True, is_kit=1, height=12, weight="1.5", gtin=123, eta_date="", nonsense="x")
        _, new = await shop.post("products", sent)
        assert (new["is_hidden"], new["is_kit"], new["height"], new["gtin"]) == (1, True, "12", "123")
        assert (new["weight"], new["price"], new["eta_date"]) == (Decimal("1.5"), Decimal("5.25"), None)
        assert "nonsense" not in new


@pytest.mark.parametrize(
    "wrong",
    [
        {"price": "cheap"},
        {"price": [1]},
        {"is_kit": "maybe"},
        {"eta_date": "tomorrow"},
        {"item_name": ["x"]},
        {"product_status_id": 1.5},
        {"item_name": ""},
        {"primary_category_id": None},
    ],
)
async def test_missing_and_malformed_fields_are_a_409_and_nothing_is_created(wrong: dict[str, Any]) -> None:
    async with running() as shop:
        count = shop.emulator.product_count
        status, error = await shop.post("products", shop.draft(**wrong))
        assert (status, error["status_code"], error["message"]) == (409, 409, "Conflict")
        assert next(iter(wrong)) in error["details"]
        assert shop.emulator.product_count == count
        assert shop.emulator.ledger.writes == 0


@pytest.mark.parametrize("body", [b"{not json", [1], "text"])
async def test_a_body_that_is_no_object_is_a_400(body: Any) -> None:
    async with running() as shop:
        assert (await shop.post("products", body))[0] == 400


async def test_a_reference_to_nothing_is_a_500_in_the_databases_words() -> None:
    async with running() as shop:
        status, error = await shop.post("products", shop.draft(primary_category_id=999_999))
        assert (status, error["message"]) == (500, "Internal Server Error")
        assert error["details"].startswith("Products Class - Base POST failed - CommandText: Products_Insert")
        assert (await shop.post("product_variants", {"product_id": 0, "variant_group_id": 7}))[0] == 500
        assert (await shop.post("products", shop.draft(primary_category_id=0)))[0] == 201
        assert (await shop.post("products", shop.draft(categories=[{"id": 999_999}])))[0] == 500
        shop.emulator.quirks = Quirks(missing_reference="409")
        assert (await shop.post("products", shop.draft(primary_category_id=999_999)))[0] == 409


async def test_nested_arrays_are_written_with_their_record_or_not_at_all() -> None:
    async with running() as shop:
        category = shop.some_id("categories")
        nested = {
            "variants": [{"variant_group_id": 7, "description": "Blue"}, {"variant_group_id": 7, "description": "Red"}],
            "pictures": [{"image_file": "/a.jpg", "is_primary": True}],
            "categories": [{"id": category}],
            "custom_fields": [{"name": "Care", "value": "Hand wash"}],
            "child_products": [{"id": shop.emulator.product_ids()[0]}],
        }
        _, new = await shop.post("products", shop.draft(**nested))
        assert [row["description"] for row in new["variants"]] == ["Blue", "Red"]
        assert {row["product_id"] for row in new["variants"]} == {new["id"]}
        _, filled = await shop.get(f"products/{new['id']}/filled")
        assert {name: filled[name] for name in nested} == {name: new[name] for name in nested}
        assert filled["categories"][0]["is_primary"] is True
        assert filled["variant_inventory"] == filled["pricing"] == []
        combination = {"product_id": new["id"], "variants": [{"id": new["variants"][0]["id"]}], "item_number": "B-1"}
        _, sold = await shop.post("variant_inventory", combination)
        assert [row["description"] for row in sold["variants"]] == ["Blue"]
        _, listed = await shop.get("product_variants", product_id=f"eq:{new['id']}")
        assert listed["variants"] == new["variants"]
        count = shop.emulator.product_count
        bad = shop.draft(variants=[{"variant_group_id": 7, "price_adjustment": "much"}])
        assert (await shop.post("products", bad))[0] == 409
        assert shop.emulator.product_count == count


async def test_generated_children_can_be_changed_moved_and_deleted() -> None:
    async with running(orders=20) as shop:
        order = next(each for each in map(shop.emulator.order, shop.emulator.order_ids()) if len(each["items"]) > 1)
        first, second = order["items"][:2]
        await shop.put(f"order_items/{first['id']}", {"quantity": 99})
        assert await shop.delete(f"order_items/{second['id']}") == 204
        _, page = await shop.get(f"orders/{order['id']}/items")
        ids = [item["id"] for item in order["items"] if item["id"] != second["id"]]
        assert [(row["id"]) for row in page["items"]] == ids
        assert page["items"][0]["quantity"] == 99
        other = shop.emulator.order_ids()[-1]
        await shop.put(f"order_items/{first['id']}", {"order_id": other})
        assert first["id"] in [item["id"] for item in (await shop.get(f"orders/{other}/items"))[1]["items"]]
        assert first["id"] not in [item["id"] for item in (await shop.get(f"orders/{order['id']}/items"))[1]["items"]]
        _, every = await shop.get("order_items", count=1_000)
        assert second["id"] not in [item["id"] for item in every["items"]]
        assert [item["id"] for item in every["items"]] == sorted(item["id"] for item in every["items"])


async def test_what_belongs_to_a_record_goes_with_it() -> None:
    async with running() as shop:
        _, new = await shop.post("products", shop.draft(pictures=[{"image_file": "/a.jpg"}]))
        picture = new["pictures"][0]["id"]
        assert await shop.delete(f"products/{new['id']}") == 204
        assert (await shop.get(f"product_pictures/{picture}"))[0] == 404


async def test_a_shipment_with_a_name_that_the_order_has_is_updated() -> None:
    async with running(orders=20) as shop:
        order = next(each for each in map(shop.emulator.order, shop.emulator.order_ids()) if each["items"])
        line = order["items"][0]
        body = {
            "order_id": order["id"],
            "shipment_name": "By hand",
            "items": [{"id": line["id"], "quantity_shipped": 1}],
        }
        status, shipment = await shop.post("order_shipments", body)
        assert status == 201
        assert shipment["items"][0]["item_nr"] == line["item_number"]
        status, again = await shop.post("order_shipments", body | {"tracking_numbers": "1Z"})
        assert (status, again["id"], again["tracking_numbers"]) == (200, shipment["id"], "1Z")


async def test_only_custom_payment_methods_can_be_written() -> None:
    async with running() as shop:
        assert (await shop.post("payment_methods", {"name": "Cash", "payment_type": "CreditCard"}))[0] == 409
        assert (await shop.put(f"payment_methods/{shop.some_id('payment_methods')}", {"name": "x"}))[0] == 409


async def test_the_ledger_counts_writes_and_names_their_endpoints() -> None:
    async with running() as shop:
        _, new = await shop.post("products", shop.draft(variants=[{"variant_group_id": 7}]))
        await shop.put(f"products/{new['id']}.json", {"price": 1})
        await shop.delete(f"products/{new['id']}")
        await shop.delete(f"products/{new['id']}")
        ledger = shop.emulator.ledger
        assert ledger.writes == 3
        assert ledger.by_route["POST /api/v1/products"] == ledger.by_route["PUT /api/v1/products/{id}"] == 1
        assert ledger.by_route["DELETE /api/v1/products/{id}"] == 2


async def test_a_write_to_a_store_of_200_000_orders_costs_little() -> None:
    async with running(products=100, orders=200_000) as shop:
        id = shop.emulator.order_ids()[100_000]
        line = {"product_id": shop.emulator.product_ids()[0], "item_name": "Mug"}
        started, item = time.process_time(), line
        for _ in range(20):
            await shop.put(f"orders/{id}", {"admin_comments": "seen"})
            _, item = await shop.post("order_items", line | {"order_id": id})
        _, page = await shop.get("order_items", order_id=f"eq:{id}")
        _, late = await shop.get("orders", sort="id", page=1_900, expand="items")
        assert time.process_time() - started < 2.0
        assert page["items"][-1]["id"] == item["id"]
        assert len(late["orders"]) == 100


async def test_orders_come_with_their_lines_payments_and_shipments() -> None:
    async with running() as shop:
        customer = shop.some_id("customers")
        _, address = await shop.post("order_addresses", {"customer_id": customer, "city": "Reno", "postal_code": 89501})
        assert address["postal_code"] == "89501"
        body: dict[str, Any] = {
            "customer_id": customer,
            "order_status_id": shop.some_id("order_statuses"),
            "order_shipping_address_id": address["id"],
            "order_billing_address_id": address["id"],
            "items": [{"product_id": shop.some_id("products"), "quantity": 2, "price": "4.9999"}],
            "payments": [{"customer_id": customer, "amount": 10}],
            "custom_fields": [{"name": "PO", "value": "7"}],
        }
        status, order = await shop.post("orders", body)
        assert (status, order["order_type"], bool(order["ordered_at"])) == (201, "Order", True)
        _, filled = await shop.get(f"orders/{order['id']}/filled")
        assert filled == order | {"shipments": []}
        assert (order["items"][0]["price"], order["payments"][0]["order_id"]) == (Decimal("4.9999"), order["id"])
        for name in ("order_shipping_address_id", "customer_id", "order_status_id"):
            assert (await shop.post("orders", body | {name: 99_999_999}))[0] == 500
            assert (await shop.post("orders", body | {name: None}))[0] == 409
