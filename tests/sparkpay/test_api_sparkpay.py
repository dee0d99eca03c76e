"""Reading through `store.api`: lists with the vendor's metadata, names that are checked, and what stays secret."""

from __future__ import annotations

import pickle
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from commerce_async.errors import AuthError, DecodeError, MissingError, RejectedError, ServerError, UsageError
from commerce_async.http.call import Call, Reply
from commerce_async.secrets import Secret
from commerce_async.testing.clock import VirtualTimeLoop
from sparkpay_async.api import Api, Metadata, ReadOnly, Resource
from sparkpay_async.calls import specials
from sparkpay_async.kinds import RESOURCES
from sparkpay_async.query import declared as q
from sparkpay_async.verdict import VendorError, judge, vendor_error
from sparkpay_async.wire import read_rows
from tests.sparkpay.api_kit import error, reply, store
from tests.sparkpay.fakes import FakeShop

pytestmark = pytest.mark.anyio
HOST = "https://shop.example.com/api/v1"


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return "asyncio", {"loop_factory": VirtualTimeLoop}


def api(**lists: dict[int, Any]) -> tuple[Api, FakeShop]:
    shop = FakeShop(**lists)
    return Api(shop, page_size=3), shop


# -- lists ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["products", "items", "whatever_it_is_called"])
async def test_a_page_has_the_vendors_metadata_whatever_the_array_is_called(key: str) -> None:
    body = {
        "total_count": 12,
        "next_page": f"{HOST}/products?page=3",
        "previous_page": f"{HOST}/products?page=1",
        key: [{"id": 1}, {"id": 2, "price": "cheap"}],
    }
    sp, wall = store(lambda call: reply(body))
    async with sp:
        page = await sp.api.products.page(2, count=5)
    assert page.metadata == Metadata(
        total_count=12, next_page=f"{HOST}/products?page=3", previous_page=f"{HOST}/products?page=1"
    )
    assert [each.id for each in page.items] == [1]
    assert [each.id for each in page.unreadable] == ["2"]
    assert wall.calls[0].query == (("page", "2"), ("count", "5"))


def test_links_that_are_not_there_in_any_spelling_are_none() -> None:
    for spelled in ({}, {"next_page": None, "previous_page": None}, {"next_page": "", "previous_page": ""}):
        rows = read_rows(reply({"total_count": 0, **spelled, "xs": []}).body, ("products",))
        assert (rows.next, rows.previous) == (None, None)


async def test_the_page_after_the_last_is_empty_and_a_missing_list_is_not() -> None:
    sp, _ = store(lambda call: error(404, "NotFound", ""))
    async with sp:
        assert (await sp.api.products.page(9)).items == ()
        assert [each async for each in sp.api.products.list(page=9)] == []
        with pytest.raises(MissingError):
            await sp.api.products.page()
        with pytest.raises(MissingError):
            await sp.api.products.list()


async def test_a_list_carries_condition_order_fields_and_nested_lists_to_every_page() -> None:
    calls, shop = api(products={n: {"id": n, "price": n} for n in range(1, 8)})
    pager = calls.products.list(
        where=(q.Product.price >= 1) & (q.Product.item_name == "x"),
        sort=(q.Product.price.desc(), "item_name"),
        fields=(q.Product.price, "variants"),
        expand="categories",
    )
    assert len([each async for each in pager]) == 7
    asked = "sort=-price,item_name&fields=id,price,variants&expand=categories&price=gte:1&item_name=eq:x"
    assert shop.calls[0] == f"/products?count=3&{asked}"
    assert all("price=gte:1" in call for call in shop.calls)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"sort": "prise"}, "did you mean price"),
        ({"sort": ("-nothing_like_it",)}, "no field"),
        ({"fields": ("id", "prise")}, "did you mean price"),
        ({"expand": "variant"}, "no nested list 'variant'"),
        ({"where": q.Category.name == "x"}, "Product is asked"),
        ({"sort": q.Category.name}, "Product is asked"),
        ({"filters": [("price", "between", "1")]}, "no operator"),
        ({"filters": [("name", "eq", "a AND b")]}, "AND or OR"),
        ({"filters": [("prise", "eq", "5")]}, "did you mean price"),
        ({"filters": [("height", "eq", "5")]}, "cannot be filtered"),
        ({"filters": [("price", "gt", "5"), ("price", "lt", "9")]}, "given twice"),
        ({"filters": [("id", "gt", "5")], "where": q.Product.price > 5}, "either where or filters"),
        ({"filters": [("item_name", "eq", "x" * 2_040)]}, "characters long"),
        ({"fields": ["long_description_1"] * 120}, "characters long"),
        ({"where": q.Product.id.in_(range(100, 200)), "fields": ["long_description_1"] * 60}, "characters long"),
        ({"count": 0}, "count"),
        ({"page": 0}, "page"),
        ({"resume": "x"}, "resume"),
        ({"resume": 7}, "resume"),
    ],
)
async def test_what_the_server_would_ignore_without_a_word_is_refused_here(asked: Any, words: str) -> None:
    calls, shop = api(products={})
    with pytest.raises(UsageError, match=words):
        calls.products.list(**asked)
    assert shop.calls == []


@pytest.mark.parametrize("fresh", [True, False])
async def test_fresh_reads_say_so_and_others_do_not(fresh: bool) -> None:
    calls, shop = api(products={1: {"id": 1}})
    products = calls.products
    await products.get(1, fresh=fresh)
    await products.page(fresh=fresh)
    await products.select_many([1], fresh=fresh)
    [each async for each in products.list(fresh=fresh)]
    [each async for each in products.walk(fresh=fresh)]
    assert len(shop.headers) == 5
    assert all((("Cache-Control", "no-cache") in headers) is fresh for headers in shop.headers)


async def test_the_length_of_a_query_leaves_room_for_later_pages_and_a_walk_is_refused_at_its_beginning() -> None:
    calls, shop = api(products={})
    for length in (1_900, 2_048):
        filters = [("item_name", "eq", "x" * (length - len("count=3&item_name=eq:")))]
        if length < 2_000:
            assert await calls.products.list(filters=filters) is not None
            continue
        for ask in (calls.products.list, calls.products.walk):
            with pytest.raises(UsageError, match="characters long"):
                ask(filters=filters)
    assert len(shop.calls) == 1


async def test_nested_lists_take_sort_and_fields_of_their_own_records() -> None:
    calls, shop = api()
    other: Any = q.Product.price
    with pytest.raises(UsageError, match="did you mean image_file"):
        calls.products.nested(5, "pictures", fields="image_fil")
    with pytest.raises(UsageError, match="ProductPicture is asked"):
        calls.products.nested(5, "pictures", of=calls.product_pictures, sort=other)
    picture = q.ProductPicture
    with pytest.raises(MissingError):
        await calls.products.nested(5, "pictures", sort=picture.sort_order.desc(), fields=(picture.image_file,))
    assert shop.calls == ["/products/5/pictures?sort=-sort_order&fields=id,image_file"]


async def test_fields_of_what_calls_its_id_otherwise_have_that_id() -> None:
    calls, shop = api(customer_association={})
    await calls.customer_association.list(fields="parent_customer_id")
    assert "fields=id,customer_association_id,parent_customer_id" in shop.calls[0]


async def test_select_many_and_get_take_fields_and_nested_lists() -> None:
    calls, shop = api(products={1: {"id": 1}, 2: {"id": 2}})
    batch = await calls.products.select_many(["2", 1, 1, 9], fields="price", expand=("variants",))
    await calls.products.get(1, fields=(q.Product.price,), expand="variants")
    assert ([each.id for each in batch.items], batch.missing) == ([2, 1], ("9",))
    assert shop.calls == [
        "/products/select_many?ids=2,1,9&fields=id,price&expand=variants",
        "/products/1?fields=id,price&expand=variants",
    ]


async def test_nested_lists_are_read_as_what_they_are() -> None:
    sp, wall = store(lambda call: reply({"total_count": 2, "custom_fields": [{"name": "a"}, {"name": "a"}]}))
    async with sp:
        fields = [each async for each in sp.api.products.nested(5, "custom_fields", sort="name")]
        assert [each.name for each in fields] == ["a", "a"]
        with pytest.raises(UsageError, match="no nested list 'items'; there are: variants"):
            sp.api.products.nested(5, "items")
        with pytest.raises(UsageError, match="not an id"):
            sp.api.products.nested("x", "variants")
    assert wall.calls[0].path == "/products/5/custom_fields"
    assert wall.calls[0].query == (("sort", "name"),)


# -- what there is --------------------------------------------------------------------------------------------


def test_every_resource_is_there_by_attribute_and_by_name() -> None:
    calls, _ = api()
    for name in RESOURCES:
        assert getattr(calls, name).kind.name == name
        assert isinstance(calls.resource(name), Resource)
    assert len(RESOURCES) >= 71
    with pytest.raises(UsageError, match="no resource 'produkte'"):
        calls.resource("produkte")


def test_a_resource_is_made_when_it_is_first_used_and_kept() -> None:
    calls: Any = api()[0]
    assert not {*RESOURCES} & {*vars(calls)}
    assert calls.products is calls.products
    assert {*vars(calls)} & {*RESOURCES} == {"products"}
    assert {*RESOURCES} <= {*dir(calls)}
    with pytest.raises(AttributeError, match=r"no resource 'product'; did you mean products\?"):
        calls.product  # noqa: B018  the attribute itself


@pytest.mark.parametrize("name", ["stores", "sessions", "affiliates"])
def test_a_verb_that_the_vendor_lacks_is_not_there_to_be_called(name: str) -> None:
    found = getattr(api()[0], name)
    assert isinstance(found, ReadOnly)
    assert not {"create", "update", "delete", "create_or_update"} & set(dir(found))


# -- what stays secret ----------------------------------------------------------------------------------------


async def test_what_was_decrypted_shows_itself_to_reveal_only() -> None:
    sp, wall = store(lambda call: reply({"id": 5, "card_number": "4111111111111111"}))
    async with sp:
        card = await sp.api.credit_cards.decrypted(5)
    assert card.reveal()["card_number"] == "4111111111111111"
    assert "4111" not in repr(card) + str(card) + f"{card}"
    with pytest.raises(TypeError):
        pickle.dumps(card)
    assert wall.calls[0].headers == (("Cache-Control", "no-cache, no-store"),)


async def test_what_cannot_be_read_of_a_card_is_not_told() -> None:
    sp, _ = store(lambda call: reply(b'["4111111111111111"]'))
    async with sp:
        with pytest.raises(DecodeError) as caught:
            await sp.api.credit_cards.decrypted(5)
    assert "4111" not in str(caught.value)


async def test_a_cvv_is_in_the_body_and_nowhere_else() -> None:
    sp, wall = store(lambda call: error(409, "Conflict", "declined"))
    async with sp:
        with pytest.raises(RejectedError) as caught:
            await sp.api.orders.process_payment(5, card_id=1, customer_id=2, cvv=Secret("987"))
    assert b'"cvv":"987"' in (wall.calls[0].body or b"")
    assert "987" not in str(caught.value) + repr(caught.value.__dict__)


# -- arguments of the specials --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "run",
    [
        lambda api: api.inventory.get(),
        lambda api: api.inventory.get(product_id=1, item_number="x"),
        lambda api: api.inventory.add(-1, product_id=1),
        lambda api: api.inventory.set(True, product_id=1),
        lambda api: api.inventory.add("5", product_id=1),
        lambda api: api.inventory.change_settings({}),
        lambda api: api.inventory.change_settings({"track": True}),
        lambda api: api.products.import_many([]),
        lambda api: api.email_templates.send(1),
        lambda api: api.stores.change_active_catalog(1),
        lambda api: api.files.upload("/a/", b"x"),
        lambda api: api.files.upload("/a/b", "text"),
        lambda api: api.files.upload('/a/"b', b"x"),
        lambda api: api.files.upload("/a/b", b"x", type="x\r\nEvil: 1"),
        lambda api: api.imports.file(b"", import_type="Product", columns={}),
        lambda api: api.orders.set_status("x", 1),
        lambda api: api.orders.process_payment(1, card_id=1, customer_id=1, amount=1.5),
        lambda api: api.addresses.state_by_postalcode(""),
        lambda api: api.request("FETCH", "/products"),
        lambda api: api.request("GET", "products"),
        lambda api: api.request("GET", "/products/../admin"),
        lambda api: api.request("GET", "/products", query={"x": object()}),
        lambda api: api.request("GET", "/products", query={"x": Decimal("NaN")}),
        lambda api: api.request("GET", "/products", headers={"X-AC-Auth-Token": "mine"}),
        lambda api: api.request("GET", "/products", headers={"X-A: b\r\nX-C": "d"}),
        lambda api: api.request("GET", "/products", headers={"X-A": "b\r\nX-C: d"}),
    ],
)
async def test_arguments_that_cannot_be_meant_are_refused_before_anything_is_sent(run: Any) -> None:
    sp, wall = store(lambda call: reply({}))
    async with sp:
        with pytest.raises(UsageError):
            await run(sp.api)
    assert wall.calls == []


async def test_a_request_of_a_callers_own_takes_headers_and_gives_the_whole_reply() -> None:
    sp, wall = store(lambda _call: reply({"id": 1}, 201, x_new="yes"))
    async with sp:
        got = await sp.api.request(
            "POST", "/products", json={}, headers={"X-Trace": "a b"}, query={"price": Decimal("1E+2")}, decode=Reply
        )
    assert (got.status, got.headers["x-new"], got.body) == (201, "yes", b'{"id":1}')
    assert wall.calls[0].headers == (("X-Trace", "a b"),)
    assert wall.calls[0].query == (("price", "100"),)


async def test_an_import_with_faults_is_not_sent_and_names_them_by_line_and_field() -> None:
    sp, wall = store(lambda _call: reply({"total_errors": 0}))
    lines: list[dict[str, object]] = [
        {"lookup_by_sku": True, "product": {"item_number": "A", "prise": 5, "price": 9.5}},
        {"lookup_by_sku": "yes", "manufacturer": {"name": "Nike"}, "products": {}},
        {"product": {}, "category": {"name": 3}},
    ]
    async with sp:
        with pytest.raises(UsageError) as refused:
            await sp.api.products.import_many(lines)
        assert not wall.calls
        assert {field: words.split(";")[0].split(":")[0] for field, words in refused.value.fields.items()} == {
            "[0].product.prise": "is no field of products",
            "[0].product.price": "is a float, which is not exact",
            "[1].lookup_by_sku": "expected True or False",
            "[1].products": "is no part of a line",
            "[1].product": "is missing",
            "[2].product": "products",
            "[2].category.name": "expected text, got int",
        }
        line = {"product": {"item_name": "A", "price": "5.10"}, "category": {"name": "B"}}
        await sp.api.products.import_many([line])
    assert msgspec.json.decode(wall.calls[0].body or b"") == [
        {"product": {"item_name": "A", "price": 5.1}, "category": {"name": "B"}}
    ]


def test_a_body_in_parts_has_json_first_and_then_the_file_byte_for_byte() -> None:
    type, body = specials.multipart({"a": Decimal("1.50")}, "mug ü.png", b"\r\n--x\x00", "image/png")
    boundary = type.removeprefix("multipart/form-data; boundary=").encode()
    head, told, file, end = body.split(b"--" + boundary)
    assert (head, end) == (b"", b"--\r\n")
    assert told.endswith(b'Content-Type: application/json\r\n\r\n{"a":1.50}\r\n')
    assert file.endswith(b"Content-Type: image/png\r\n\r\n\r\n--x\x00\r\n")
    assert 'filename="mug ü.png"'.encode() in file


# -- errors ---------------------------------------------------------------------------------------------------


async def test_the_vendors_error_object_is_in_the_typed_error() -> None:
    sp, _ = store(lambda call: error(409, "Conflict", "The field 'name' is required."))
    async with sp:
        with pytest.raises(RejectedError, match="The field 'name' is required") as caught:
            await sp.api.categories.create({"name": "x"}, look_first=False)
    told = vendor_error(caught.value)
    assert told == VendorError(status_code=409, message="Conflict", details="The field 'name' is required.")
    assert vendor_error(pickle.loads(pickle.dumps(caught.value))) == told


def test_an_error_without_the_vendors_object_has_none() -> None:
    assert vendor_error(MissingError("x")) is None


@pytest.mark.parametrize(
    "words",
    [
        'The INSERT statement conflicted with the FOREIGN KEY constraint "FK_x".',
        "Violation of UNIQUE KEY constraint 'IX_x'. Cannot insert duplicate key in object 'dbo.x'.",
        "String or binary data would be truncated.",
        "Conversion failed when converting the varchar value 'x' to data type int.",
        "Input string was not in a correct format.",
        "Object reference not set to an instance of an object.",
        "System.InvalidCastException: Specified cast is not valid.",
        "Cannot insert the value NULL into column 'name'",
        "The conversion of a varchar data type to a datetime data type resulted in an out-of-range value.",
    ],
)
async def test_data_at_fault_is_told_from_a_server_in_trouble(words: str) -> None:
    sp, wall = store(lambda call: error(500, "Internal Error", f"Regions Class - Base POST failed - {words}"))
    async with sp:
        with pytest.raises(RejectedError):
            await sp.api.products.update(5, {"price": 1})
    assert len(wall.calls) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>constraint</html>",
        b'{"details": "Timeout expired. FOREIGN KEY constraint"}',
        b'{"details": "Transaction was deadlocked on lock resources"}',
        b'{"details": "Regions Class - Base POST failed"}',
        b'["FOREIGN KEY constraint"]',
    ],
)
async def test_a_server_in_trouble_is_asked_again_a_few_times(body: bytes) -> None:
    sp, wall = store(lambda call: reply(body, 500))
    async with sp:
        with pytest.raises(ServerError):
            await sp.api.products.update(5, {"price": 1})
    assert len(wall.calls) == 4


@pytest.mark.parametrize("status", [502, 503, 504])
async def test_only_a_500_can_be_datas_fault(status: int) -> None:
    sp, _ = store(lambda call: error(status, "", "FOREIGN KEY constraint"))
    async with sp:
        with pytest.raises(ServerError):
            await sp.api.products.update(5, {"price": 1})


async def test_a_token_that_is_not_accepted_is_an_auth_error_and_not_missing() -> None:
    sp, wall = store(lambda call: error(401, "Unauthorized", "Invalid or missing access token."))
    async with sp:
        with pytest.raises(AuthError):
            await sp.api.products.delete(5)
    assert len(wall.calls) == 1


@pytest.mark.parametrize("status", [400, 401, 404, 409, 429, 500])
@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe", b"<html>", b"[" * 5000, b'{"details":{"a":1},"message":7}', b"null"]
)
def test_no_body_of_an_error_breaks_the_verdict(status: int, body: bytes) -> None:
    call: Call[Any] = Call("x", "GET", "/x", lambda it: None)
    told = Reply(status=status, headers={}, body=body, received=reply().received)
    assert judge(call, told).outcome is judge(call, error(status, "", "")).outcome
