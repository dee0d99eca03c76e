"""Products, offers and orders of the emulator as they are written (FastSpring: /products, /orders)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from commerce_async.testing.emulator import Faults
from fastspring_async.emulator import Dialect
from tests.fastspring.emulated import shop

pytestmark = pytest.mark.anyio

NEW: dict[str, Any] = {
    "product": "new-tool",
    "display": {"en": "New Tool"},
    "pricing": {"interval": "month", "intervalLength": 1, "price": {"USD": Decimal("14.95"), "EUR": Decimal("10.99")}},
}


def without(draft: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {name: value for name, value in {**draft, **changes}.items() if value is not None}


async def test_a_posted_product_can_be_read_listed_and_priced():
    async with shop() as it:
        created = {"product": "new-tool", "action": "product.create", "result": "success"}
        assert await it.post("/products", {"products": [NEW]}) == (200, {"products": [created]})
        _, body = await it.get("/products/new-tool")
        assert body["products"][0]["pricing"]["price"] == NEW["pricing"]["price"]
        assert body["products"][0]["display"] == {"en": "New Tool"}
        assert (await it.get("/products"))[1]["products"] == it.emulator.product_ids()
        assert it.emulator.product_ids()[0] == "new-tool"
        _, prices = await it.get("/products/price/new-tool", country="DE")
        assert prices["products"][0]["pricing"]["DE"]["price"] == Decimal("13.08")  # 10.99 and 19 % tax
        assert (it.writes, it.emulator.ledger.by_route["POST /products"]) == (1, 1)


async def test_posting_a_known_path_changes_the_members_given_and_keeps_the_others():
    async with shop() as it:
        path = it.emulator.product_ids()[1]
        before = it.emulator.product(path)
        update = {"product": path, "sku": "S-1", "pricing": {"price": {"USD": 5}}}
        _, body = await it.post("/products", {"products": [update]})
        assert body == {"products": [{"product": path, "action": "product.update", "result": "success"}]}
        after = it.emulator.product(path)
        assert after["sku"] == "S-1"
        assert after["pricing"] == {**before["pricing"], "price": {"USD": 5}}
        assert after["display"] == before["display"]
        assert it.emulator.world.executed["product.update", path] == 1


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"product": None}, "product", "product is required"),
        ({"product": "No_Such"}, "product", "product must be alphanumeric"),
        ({"product": "ab"}, "product", "product must be alphanumeric"),
        ({"display": None}, "display", "display is required"),
        ({"display": {"de": "Neu"}}, "display", "display is required"),
        ({"pricing": {"interval": "month"}}, "interval", "intervalLength must be specified"),
        ({"pricing": {"intervalLength": 1}}, "intervalLength", "interval must be specified"),
        ({"pricing": {"trial": 7}}, "trial", "interval and intervalLength must be specified"),
        ({"pricing": {"renew": "auto"}}, "renew", "interval and intervalLength must be specified"),
        ({"pricing": {"trial": 7, "interval": "month"}}, "trial", "intervalLength must be specified"),
        ({"pricing": {"discountDuration": 1, "interval": "adhoc"}}, "discountDuration", "quantityDiscounts must"),
        ({"pricing": {"discountReason": {"en": "x"}}}, "discountReason", "quantityDiscounts must be specified"),
        ({"pricing": {"quantityDiscounts": {"10": 25, "30": {"USD": 5}}}}, "quantityDiscounts", "Mixed values"),
        ({"attributes": {"key": "x" * 4001}}, "attributes", "attributes are too long"),
        ({"parent": "no-such-product"}, "parent", "Product not found"),
        ({"fulfillments": [{"type": "file"}]}, "fulfillments", "url and display are required"),
    ],
)
async def test_a_faulty_product_is_refused_in_the_documented_shape_and_changes_nothing(
    changes: dict[str, Any], field: str, message: str
):
    async with shop() as it:
        draft = without(NEW, **changes)
        status, body = await it.post("/products", {"products": [draft]})
        assert status == 400
        (error,) = body["errors"]
        assert error["product"] == draft.get("product")
        assert error["error"][field].startswith(message)
        assert (it.writes, it.emulator.product_count) == (0, 30)


async def test_good_products_of_a_batch_are_stored_beside_the_faulty_ones():
    async with shop(dialect=Dialect(product_errors="items", product_error_status=200)) as it:
        status, body = await it.post("/products", {"products": [without(NEW, display=None, product="bad-one"), NEW]})
        assert status == 200
        bad, good = body["products"]
        assert (bad["product"], bad["result"], bad["error"]) == ("bad-one", "error", {"display": "display is required"})
        assert (good["product"], good["result"]) == ("new-tool", "success")
        assert it.writes == 1


@pytest.mark.parametrize("name", ["visibility", "quotable", "taxcodeDescription"])
async def test_members_that_are_only_for_reading_are_refused_inside_a_200_unless_ignored(name: str):
    async with shop() as it:
        status, body = await it.post("/products", {"products": [{**NEW, name: {}}]})
        assert status == 200
        assert body["products"][0]["error"] == {name: "Field was not recognized"}
        assert it.writes == 0
        it.emulator.dialect.unknown_fields = "ignored"
        assert (await it.post("/products", {"products": [{**NEW, name: {}}]}))[1]["products"][0]["result"] == "success"
        assert name != "visibility" or name not in it.emulator.product("new-tool")


async def test_the_newer_answer_names_the_product_in_a_key_with_a_dot():
    async with shop(dialect=Dialect(created_id=True, updated_word="updated")) as it:
        _, first = await it.post("/products", {"products": [NEW]})
        assert first["products"][0]["created.id"] == "new-tool"
        _, second = await it.post("/products", {"products": [NEW]})
        assert second["products"][0]["updated.id"] == "new-tool"
        assert second["products"][0]["action"] == "product.updated"


async def test_more_than_300_products_or_no_list_of_them_are_refused():
    async with shop() as it:
        drafts = [{**NEW, "product": f"tool-{n}"} for n in range(301)]
        assert (await it.post("/products", {"products": drafts}))[0] == 400
        assert (await it.post("/products", {"products": drafts[:300]}))[0] == 200
        assert it.writes == 300
        for body in (b"{", b"[]", {"products": {}}, {"products": [1]}):
            assert await it.post("/products", body) == (400, {"message": "unreadable", "params": []})


async def test_deleting_a_product_deletes_its_variations_and_an_unknown_one_is_an_error_in_its_place():
    async with shop() as it:
        await it.post("/products", {"products": [NEW, {**NEW, "product": "new-tool-pro", "parent": "new-tool"}]})
        status, body = await it.delete("/products/new-tool,nope")
        assert status == 400
        assert body["products"] == [
            {"action": "products.delete", "result": "success", "product": "new-tool"},
            {"action": "products.delete", "product": "nope", "result": "error", "error": {"product": "Not found"}},
        ]
        assert it.emulator.product_count == 30
        assert "error" in (await it.get("/products/new-tool-pro"))[1]["products"][0]
        assert (await it.delete(f"/products/{it.emulator.product_ids()[0]}"))[0] == 200
        assert it.emulator.product_count == len(it.emulator.product_ids()) == 29


async def test_a_deleted_product_can_be_created_again():
    async with shop() as it:
        path = it.emulator.product_ids()[0]
        await it.delete(f"/products/{path}")
        _, body = await it.post("/products", {"products": [{**NEW, "product": path}]})
        assert body["products"][0]["action"] == "product.create"
        assert it.emulator.product_count == len(it.emulator.product_ids()) == 30
        assert it.emulator.product(path)["display"] == {"en": "New Tool"}


async def test_offers_are_replaced_by_type_and_show_in_the_product():
    async with shop() as it:
        path, other = it.emulator.product_ids()[:2]
        offer = {"type": "upsell", "display": {"en": "More"}, "items": [other]}
        _, body = await it.post(f"/products/offers/{path}", {"products": [{"product": path, "offers": [offer]}]})
        assert body["products"][0] == {"product": path, "action": "products.offers.create", "result": "success"}
        _, body = await it.get(f"/products/offers/{path}", type="upsell")
        assert body["products"][0]["offers"] == [offer]
        assert offer in it.emulator.product(path)["offers"]
        assert (await it.get(f"/products/offers/{path}", type="addon"))[1]["products"][0]["offers"] == []
        assert (await it.get(f"/products/offers/{path}", type="x"))[0] == 400
        assert (await it.post(f"/products/offers/{path}", {"offers": [{"type": "x"}]}))[0] == 400


# -- orders ------------------------------------------------------------------------------------------------------


async def test_tags_and_attributes_are_added_to_an_order():
    async with shop() as it:
        order = it.emulator.order_id(7)
        product = it.emulator.order(order)["items"][0]["product"]
        for key in ("a", "b"):
            body = {"order": order, "tags": {key: "1"}, "items": [{"product": product, "attributes": {key: "2"}}]}
            answer = await it.post("/orders", {"orders": [body]})
            assert answer == (200, {"orders": [{"order": order, "action": "order.update", "result": "success"}]})
        _, after = await it.get(f"/orders/{order}")
        assert after["tags"].items() >= {"a": "1", "b": "1"}.items()
        assert after["items"][0]["attributes"].items() >= {"a": "2", "b": "2"}.items()
        assert it.writes == 2


async def test_an_unknown_order_or_product_is_refused_and_the_others_are_changed():
    async with shop() as it:
        order = it.emulator.order_id(7)
        wanted = [
            {"order": order, "tags": {"a": "1"}},
            {"order": "nope"},
            {"tags": {}},
            {"order": order, "items": [{"product": "no-such", "attributes": {}}]},
        ]
        status, body = await it.post("/orders", {"orders": wanted})
        assert status == 400
        good, unknown, nameless, strange = body["orders"]
        assert good["result"] == "success"
        assert (unknown["order"], unknown["error"]) == ("[1]", {"order": "Not found"})
        assert (nameless["order"], nameless["error"]) == ("[2]", {"order": "Not found"})
        assert strange["error"] == {"items.no-such": "Product is not specified as a valid item in the order"}
        assert it.writes == 1


async def test_a_write_whose_answer_is_lost_was_carried_out_once():
    async with shop(faults=Faults(lose_answer=1.0)) as it:
        with pytest.raises(OSError):
            await it.post("/products", {"products": [NEW]})
        it.emulator.faults.lose_answer = 0.0
        assert it.emulator.world.executed == {("product.create", "new-tool"): 1}
        assert it.writes == it.emulator.ledger.by_route["POST /products"] == 1


async def test_a_write_that_fails_before_it_began_changed_nothing():
    async with shop(faults=Faults(server_error=1.0)) as it:
        assert (await it.post("/products", {"products": [NEW]}))[0] == 500
        assert (it.writes, it.emulator.product_count) == (0, 30)
