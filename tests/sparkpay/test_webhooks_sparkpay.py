"""Webhooks: addresses that nobody can guess, registering as often as wanted, and what is received and answered."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from decimal import Decimal
from itertools import pairwise
from typing import Any

import aiohttp
import msgspec
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from commerce_async.errors import ConfigError, DecodeError, MissingError, NetworkError, UsageError
from commerce_async.http.receiving import Incoming
from commerce_async.secrets import Secret
from commerce_async.store import Batch, Failure
from commerce_async.testing.clock import VirtualTimeLoop
from commerce_async.testing.emulator import Plan
from sparkpay_async import SparkPay, wire
from sparkpay_async.emulator import SparkPayEmulator
from sparkpay_async.webhooks import (
    NOTICES,
    QUESTIONS,
    Addresses,
    Answer,
    Claim,
    Notice,
    Question,
    Receiver,
    aiohttp_handler,
    asgi_app,
    new_secret,
    parse_notice,
    parse_question,
    register,
    unregister,
)
from sparkpay_async.webhooks.addresses import checked_keys, event_at

pytestmark = pytest.mark.anyio

SECRET = "a secret of good length"
OTHER = "another secret, as long"
ADDRESSES = Addresses("https://h.example/sparkpay", SECRET)
JSON = msgspec.json.encode


def path(event_type: str, secret: str = SECRET) -> str:
    return Addresses("https://h.example/sparkpay", secret).url(event_type).removeprefix("https://h.example")


class Desk:
    """A handler that notes what it got, and fails if it is told to."""

    def __init__(self) -> None:
        self.got: list[Notice] = []
        self.failed: list[tuple[Claim, Exception]] = []
        self.error: Exception | None = None
        self.takes = 0.0

    async def __call__(self, notice: Notice) -> None:
        await asyncio.sleep(self.takes)
        if self.error is not None:
            raise self.error
        self.got.append(notice)

    async def note(self, claim: Claim, error: Exception) -> None:
        self.failed.append((claim, error))


class Api:
    """Records by id; every call is noted."""

    def __init__(self, **records: dict[int, Any]) -> None:
        self.records = records
        self.calls: list[tuple[float, str, list[int]]] = []
        self.broken: set[int] = set()
        self.error: Exception | None = None
        self._name = ""

    def resource(self, name: str) -> Api:
        self._name = name
        return self

    async def select_many(self, ids: Iterable[int], *, fresh: bool = False) -> Batch[Any]:
        assert fresh
        name, wanted = self._name, list(ids)
        self.calls.append((asyncio.get_running_loop().time(), name, wanted))
        await asyncio.sleep(0.1)
        if self.error is not None:
            raise self.error
        there = self.records.get(name, {})
        return Batch(
            items=tuple(there[id] for id in wanted if id in there and id not in self.broken),
            missing=tuple(str(id) for id in wanted if id not in there),
            failed=tuple(Failure(str(id), DecodeError("price: no")) for id in wanted if id in self.broken),
        )


def orders(*ids: int) -> Api:
    return Api(orders={id: wire.Order(id=id, grand_total=Decimal(id)) for id in ids})


async def post(receiver: Receiver, event_type: str, body: object, **changes: Any) -> Answer:
    data = body if isinstance(body, bytes) else JSON(body)

    async def chunks() -> AsyncIterator[bytes]:
        for at in range(0, len(data), 1000):
            yield data[at : at + 1000]

    told: dict[str, Any] = {"method": "POST", "path": path(event_type), "headers": {}, "chunks": chunks()}
    return await receiver.receive(Incoming(**(told | changes)))


def virtually(work: Any) -> None:
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        runner.run(work)


# -- addresses ------------------------------------------------------------------------------------------------


def test_every_event_has_an_address_of_its_own_that_a_restart_does_not_change() -> None:
    events = [*NOTICES, *QUESTIONS]
    urls = {ADDRESSES.url(each) for each in events}
    assert len(urls) == len(events) == 30
    assert urls == {Addresses("https://h.example/sparkpay/", Secret(SECRET)).url(each) for each in events}
    assert urls.isdisjoint(Addresses("https://h.example/sparkpay", OTHER).url(each) for each in events)
    assert all(SECRET not in url for url in urls)
    for event_type in events:
        assert event_at(path(event_type), checked_keys(SECRET)) == event_type
        assert event_at("/any/where" + path(event_type) + "/", checked_keys(SECRET)) == event_type


def test_the_address_of_one_event_opens_no_other() -> None:
    good = path("NewOrder")
    token = good.rpartition("/")[2]
    for wrong in (
        f"/sparkpay/OrderUpdated/{token}", f"/sparkpay/neworder/{token}", f"/sparkpay/NewOrder/{token[:-1]}",
        f"/sparkpay/NewOrder/{token}0", "/sparkpay/NewOrder/", "/sparkpay/NewOrder", "/", "", f"/{token}",
        "/sparkpay/NewOrder/ünï\ud800", f"/sparkpay/Nothing/{token}", path("NewOrder", OTHER),
    ):  # fmt: skip
        assert event_at(wrong, checked_keys(SECRET)) is None, wrong
    assert event_at(f"/sparkpay/NewOrder/{token.upper()}", checked_keys(SECRET)) == "NewOrder"


def test_while_a_secret_is_replaced_both_are_accepted() -> None:
    for secret in (SECRET, OTHER):
        assert event_at(path("NewOrder", secret), checked_keys([OTHER, Secret(SECRET)])) == "NewOrder"


def test_tokens_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []

    def compare(a: bytes, b: bytes) -> bool:
        compared.append((a, b))
        return a == b

    monkeypatch.setattr("sparkpay_async.webhooks.addresses.hmac.compare_digest", compare)
    assert event_at(path("NewOrder"), checked_keys([SECRET, OTHER, new_secret()])) == "NewOrder"
    assert len(compared) == 3  # and does not tell which secret matched


@pytest.mark.parametrize("secret", ["", "short", [], [SECRET, "short"], Secret("short")])
def test_a_secret_that_could_be_guessed_is_refused(secret: Any) -> None:
    with pytest.raises(ConfigError) as error:
        Receiver(Desk(), secret=secret, fetch=False)
    assert "short" not in str(error.value).replace("shorter", "")


@pytest.mark.parametrize(
    "base",
    ["", "h.example/x", "http://h.example/x", "ftp://h.example", "https://", "https://h.example/?a=1", "https://u@h/",
     "https://h.example/#x", "https://h.example:port/", "https://h.ex\nample/"],
)  # fmt: skip
def test_an_address_that_would_show_itself_to_others_is_refused(base: str) -> None:
    with pytest.raises(ConfigError, match="base_url"):
        Addresses(base, SECRET)


def test_no_secret_shows() -> None:
    receiver = Receiver(Desk(), secret=SECRET, fetch=False)
    assert SECRET not in repr(vars(receiver)) + repr(vars(ADDRESSES)) + repr(ADDRESSES)
    assert len({new_secret() for _ in range(50)}) == 50


def test_an_event_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UsageError, match="no event 'OrderPlace'"):
        ADDRESSES.url("OrderPlace")


# -- bodies ---------------------------------------------------------------------------------------------------


def test_a_notice_says_what_changed_in_typed_records() -> None:
    body = {"order": {"id": 7}, "old_status": {"id": 1, "name": "New"}, "new_status": {"id": 2, "is_shipped": True}}
    claim = parse_notice("OrderStatusChanged", JSON(body))
    assert (claim.resource, claim.id) == ("orders", 7)
    assert claim.old_status is not None
    assert claim.old_status.name == "New"
    assert claim.new_status is not None
    assert claim.new_status.is_shipped
    assert claim.old_email is None
    body = {"old_email": "a@example.com", "new_email": "b@example.com", "customer": {"id": "8"}}
    claim = parse_notice("CustomerEmailUpdated", JSON(body))
    assert (claim.resource, claim.id, claim.old_email, claim.new_email) == (
        "customers", 8, "a@example.com", "b@example.com",
    )  # fmt: skip
    item = {"product_id": 9, "inventory": 3, "product": {"id": 9, "price": 1.50}, "product_status": {"id": 4}}
    claim = parse_notice("ProductStatusChanged", JSON({"item": item}))
    assert (claim.resource, claim.id) == ("products", 9)
    assert claim.item is not None
    assert claim.item.product is not None
    assert claim.item.product.price == Decimal("1.5")
    assert claim.posted() == claim.item.product


@pytest.mark.parametrize("event_type", NOTICES)
def test_every_notice_names_its_record(event_type: str) -> None:
    subject = NOTICES[event_type]
    for member in subject.members:
        claim = parse_notice(event_type, b"\xef\xbb\xbf " + JSON({member: {subject.id_field: 5, "id": 5}}))
        assert (claim.resource, claim.id) == (subject.resource, 5)


@pytest.mark.parametrize(
    "body",
    [b"", b"x", b"[]", b"5", b"null", b"{}", b"\xff", b"[" * 5000, b"{" * 5000, b'{"order":5}', b'{"order":{}}',
     b'{"order":{"id":0}}', b'{"order":{"id":-1}}', b'{"order":{"id":"../1"}}', b'{"order":{"id":1.5}}',
     b'{"order":{"id":true}}', b'{"order":{"id":1},"x":}', b'{"customer":{"id":1}}',
     b'{"order":{"id":99999999999999999999}}'],
)  # fmt: skip
def test_a_body_that_is_of_no_such_event_is_a_decode_error(body: bytes) -> None:
    with pytest.raises(DecodeError):
        parse_notice("NewOrder", body)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.text(max_size=10),
    lambda each: st.lists(each, max_size=3) | st.dictionaries(st.sampled_from(["id", "order", "item", "x"]), each),
    max_leaves=8,
)


@given(st.sampled_from([*NOTICES]), st.binary(max_size=40) | JSON_VALUES.map(JSON))
def test_any_body_is_a_claim_or_a_decode_error(event_type: str, body: bytes) -> None:
    try:
        claim = parse_notice(event_type, body)
    except DecodeError:
        return
    assert claim.id > 0
    for read in ("old_status", "new_status", "old_email", "new_email", "item"):
        with suppress(DecodeError):
            getattr(claim, read)
    assert claim.members


def test_a_question_is_read_with_exact_amounts() -> None:
    question = parse_question("ValidateCart", b'{"cart":{"id":3,"subtotal":10.10},"gift_message":null}')
    cart = question.read("cart", wire.Cart)
    assert cart is not None
    assert str(cart.subtotal) == str(question.members["cart"]["subtotal"]) == "10.10"
    assert question.read("gift_message", str) is None
    with pytest.raises(DecodeError, match="cart cannot be read"):
        question.read("cart", str)


# -- receiving: who may come in ---------------------------------------------------------------------------------


async def never() -> AsyncIterator[bytes]:
    raise AssertionError("the body was read")
    yield b""


async def test_without_the_token_no_byte_of_the_body_is_read() -> None:
    receiver = Receiver(Desk(), secret=SECRET, fetch=False)
    for wrong in (path("NewOrder", OTHER), "/", "/sparkpay/NewOrder/" + "0" * 64):
        assert (await post(receiver, "NewOrder", b"", path=wrong, chunks=never())).status == 404
    assert (await post(receiver, "NewOrder", b"", method="GET", chunks=never())).status == 405
    length = {"content-length": "99999999999999999999"}
    assert (await post(receiver, "NewOrder", b"", headers=length, chunks=never())).status == 413


async def test_a_body_over_the_limit_is_413_and_one_at_the_limit_is_not() -> None:
    desk, body = Desk(), JSON({"order": {"id": 1, "admin_comments": "x" * 3000}})
    receiver = Receiver(desk, secret=SECRET, fetch=False, max_body=len(body))
    assert (await post(receiver, "NewOrder", body)).status == 200
    assert (await post(receiver, "NewOrder", body + b" ")).status == 413
    assert len(desk.got) == 1


async def test_bad_bodies_get_400_and_one_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk()
    receiver = Receiver(desk, secret=SECRET, fetch=False, on_failed=desk.note)
    for bad in (
        b"nonsense",
        b"{}",
        b'{"order":{"id":1,"x":1e99999999999999999999}}',
        b'{"order":{"id":"a\nb"}}',
        b'{"order":{"id":"a\\nb"}}',
    ):
        caplog.clear()
        assert (await post(receiver, "NewOrder", bad)).status == 400
        (line,) = caplog.messages
        assert line.startswith("a webhook for NewOrder was refused: ")
        assert "\n" not in line
        assert path("NewOrder").rpartition("/")[2] not in line
    assert (desk.got, desk.failed) == ([], [])


async def test_a_mark_in_front_and_a_text_cut_within_an_emoji_lose_no_notice() -> None:
    desk = Desk()
    receiver = Receiver(desk, secret=SECRET, fetch=False)
    for front in (b"", b"\xef\xbb\xbf"):
        assert (await post(receiver, "NewOrder", front + rb'{"order":{"id":1,"comments":"cut \ud83d"}}')).status == 200
    assert [notice.members["order"]["comments"] for notice in desk.got] == ["cut \ufffd"] * 2


async def test_events_without_a_handler_are_404() -> None:
    receiver = Receiver(secret=SECRET)
    assert (await post(receiver, "NewOrder", {"order": {"id": 1}})).status == 404
    assert (await post(receiver, "GetTax", {})).status == 404


def test_what_is_posted_is_trusted_only_if_that_is_asked_for() -> None:
    with pytest.raises(ConfigError, match="give api="):
        Receiver(Desk(), secret=SECRET)
    with pytest.raises(ConfigError, match="reads_per_second"):
        Receiver(Desk(), secret=SECRET, api=orders(), reads_per_second=0)
    with pytest.raises(ConfigError, match="'NewOrder' is no event that takes an answer"):
        Receiver(secret=SECRET, answers={"NewOrder": Desk()})  # type: ignore[dict-item]  # wrong on purpose


# -- receiving: notices -----------------------------------------------------------------------------------------


async def test_the_handler_gets_the_record_as_the_store_has_it_and_not_as_posted() -> None:
    desk, api = Desk(), orders(7)
    receiver = Receiver(desk, secret=SECRET, api=api)
    forged = {"order": {"id": 7, "grand_total": 0.01, "billing_first_name": 5}}
    assert await post(receiver, "NewOrder", forged) == Answer(200)
    (notice,) = desk.got
    assert (notice.event_type, notice.fetched, notice.resource, notice.id) == ("NewOrder", True, "orders", 7)
    assert notice.record == wire.Order(id=7, grand_total=Decimal(7))
    assert notice.raw == JSON(forged)


async def test_with_fetch_off_the_handler_gets_the_record_as_posted() -> None:
    desk = Desk()
    receiver = Receiver(desk, secret=SECRET, fetch=False, on_failed=desk.note)
    assert (await post(receiver, "NewOrder", {"order": {"id": 7, "grand_total": 5}})).status == 200
    (notice,) = desk.got
    posted = b'{"id":7,"grand_total":5}'
    assert (notice.fetched, notice.record) == (False, wire.Order(id=7, grand_total=Decimal(5), raw=posted))
    assert (await post(receiver, "ProductStatusChanged", {"item": {"product_id": 7}})).status == 500
    assert "no more" in str(desk.failed[0][1])


@pytest.mark.parametrize("how", ["missing", "broken", "down", "handler"])
async def test_a_notice_that_is_not_handled_is_never_lost_silently(how: str, caplog: pytest.LogCaptureFixture) -> None:
    desk, api = Desk(), orders(7)
    expected = {"missing": MissingError, "broken": DecodeError, "down": NetworkError, "handler": RuntimeError}[how]
    if how == "missing":
        api.records.clear()
    api.broken = {7} if how == "broken" else set()
    api.error = NetworkError("no connection") if how == "down" else None
    desk.error = RuntimeError("no") if how == "handler" else None
    receiver = Receiver(desk, secret=SECRET, api=api, on_failed=desk.note)
    assert (await post(receiver, "NewOrder", {"order": {"id": 7}})).status == 500
    ((claim, error),) = desk.failed
    assert (claim.event_type, claim.resource, claim.id, claim.members) == (
        "NewOrder",
        "orders",
        7,
        {"order": {"id": 7}},
    )
    assert isinstance(error, expected)
    (line,) = caplog.messages
    assert line.startswith("NewOrder of orders 7 was not handled")
    assert (caplog.records[0].exc_info is not None) == (how == "handler")
    assert desk.got == []


async def test_a_failure_handler_that_fails_is_logged_too(caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk()
    desk.error = RuntimeError("no")

    async def worse(_claim: Claim, _error: Exception) -> None:
        raise RuntimeError("worse")

    receiver = Receiver(desk, secret=SECRET, api=orders(7), on_failed=worse)
    assert (await post(receiver, "NewOrder", {"order": {"id": 7}})).status == 500
    assert caplog.messages == ["NewOrder of orders 7 was not handled", "on_failed failed on NewOrder of orders 7"]


def test_a_slow_handler_is_not_cut_off_and_the_vendor_does_not_wait_for_it() -> None:
    async def work() -> None:
        desk, loop = Desk(), asyncio.get_running_loop()
        desk.takes = 60
        receiver = Receiver(desk, secret=SECRET, api=orders(7, 8), on_failed=desk.note)
        begun = loop.time()
        assert (await post(receiver, "NewOrder", {"order": {"id": 7}})).status == 202
        assert loop.time() - begun < 3
        await receiver.settled()
        assert [each.id for each in desk.got] == [7]
        desk.error = RuntimeError("no")
        assert (await post(receiver, "NewOrder", {"order": {"id": 8}})).status == 202
        await receiver.settled()
        assert [claim.id for claim, _ in desk.failed] == [8]

    virtually(work())


def test_a_caller_that_hangs_up_does_not_stop_the_handler() -> None:
    async def work() -> None:
        desk = Desk()
        desk.takes = 1
        receiver = Receiver(desk, secret=SECRET, api=orders(7))
        request = asyncio.ensure_future(post(receiver, "NewOrder", {"order": {"id": 7}}))
        await asyncio.sleep(0.5)
        request.cancel()
        await receiver.settled()
        assert [each.id for each in desk.got] == [7]

    virtually(work())


def test_what_a_program_that_stops_cuts_off_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def work() -> None:
        desk = Desk()
        desk.takes = 60
        receiver = Receiver(desk, secret=SECRET, api=orders(7))
        assert (await post(receiver, "NewOrder", {"order": {"id": 7}})).status == 202

    virtually(work())
    assert caplog.messages == ["NewOrder of orders 7 was cut off"]


def test_five_thousand_forged_bodies_cause_one_read_a_second_and_nothing_else() -> None:
    async def work() -> None:
        desk, api, loop = Desk(), orders(), asyncio.get_running_loop()
        receiver = Receiver(desk, secret=SECRET, api=api, on_failed=desk.note, most=800)
        begun = loop.time()
        posts = [post(receiver, "NewOrder", {"order": {"id": id}}) for id in range(1, 5001)]
        answers = await asyncio.gather(*posts)
        statuses = [each.status for each in answers]
        assert loop.time() - begun < 3
        assert statuses.count(503) == 4200
        await receiver.settled()
        assert desk.got == []
        assert len(desk.failed) == 800
        times = [time for time, _, _ in api.calls]
        assert len(times) <= 9  # 800 of them, 100 in a call
        assert all(later - earlier > 0.99 for earlier, later in pairwise(times))

    virtually(work())


def test_events_about_one_record_share_a_read_that_begins_after_all_of_them() -> None:
    async def work() -> None:
        desk, api, loop = Desk(), orders(7), asyncio.get_running_loop()
        receiver = Receiver(desk, secret=SECRET, api=api)
        first = asyncio.ensure_future(post(receiver, "NewOrder", {"order": {"id": 7}}))
        await asyncio.sleep(0.05)  # its read is on its way, and may be older than what comes now
        came = loop.time()
        later = [
            post(receiver, type, {"order": {"id": 7}}) for type in ("OrderPlaced", "NewValidOrder", "OrderUpdated")
        ]
        assert {each.status for each in await asyncio.gather(first, *later)} == {200}
        assert [ids for _, _, ids in api.calls] == [[7], [7]]
        assert api.calls[1][0] > came
        assert len(desk.got) == 4

    virtually(work())


def test_each_resource_has_its_turn() -> None:
    async def work() -> None:
        desk = Desk()
        api = Api(
            orders={id: wire.Order(id=id) for id in range(1, 301)}, products={1: wire.Product(id=1)},
        )  # fmt: skip
        receiver = Receiver(desk, secret=SECRET, api=api, reads_per_second=10)
        posts = [post(receiver, "OrderUpdated", {"order": {"id": id}}) for id in range(1, 301)]
        await asyncio.gather(*posts, post(receiver, "ProductUpdated", {"product": {"id": 1}}))
        assert [name for _, name, _ in api.calls] == ["orders", "products", "orders", "orders"]
        assert len(desk.got) == 301

    virtually(work())


# -- receiving: questions -----------------------------------------------------------------------------------------


async def test_a_question_gets_the_handlers_json_with_exact_amounts() -> None:
    asked: list[Question] = []

    async def tax(question: Question) -> Mapping[str, object]:
        asked.append(question)
        return {"items": [{"cart_item_id": 1, "tax_amount": Decimal("0.10")}], "shipping_tax_amount": Decimal(0)}

    receiver = Receiver(secret=SECRET, answers={"GetTax": tax})
    answer = await post(receiver, "GetTax", {"items": [{"cart_item_id": 1}], "shipping_total": 5})
    assert answer.status == 200
    assert answer.content_type == "application/json"
    assert answer.body == b'{"items":[{"cart_item_id":1,"tax_amount":0.10}],"shipping_tax_amount":0}'
    assert asked[0].members["shipping_total"] == 5
    assert (await post(receiver, "GetTax", b"[]")).status == 400


@pytest.mark.parametrize("wrong", [{"tax_amount": 0.1}, {"tax_amount": object()}, RuntimeError("no")])
async def test_an_answer_that_cannot_be_given_is_500_and_logged(wrong: Any, caplog: pytest.LogCaptureFixture) -> None:
    async def tax(_question: Question) -> Mapping[str, object]:
        if isinstance(wrong, Exception):
            raise wrong
        return wrong

    receiver = Receiver(secret=SECRET, answers={"GetTax": tax})
    assert (await post(receiver, "GetTax", {})).status == 500
    assert len(caplog.records) == 1
    assert caplog.messages[0].startswith("GetTax was not answered")


def test_an_answer_that_comes_too_late_is_not_waited_for_nor_its_handler_cut_off(
    caplog: pytest.LogCaptureFixture,
) -> None:
    done: list[str] = []

    async def authorize(question: Question) -> Mapping[str, object]:
        await asyncio.sleep(10)
        done.append(question.event_type)
        return {"approved": True}

    async def work() -> None:
        receiver = Receiver(secret=SECRET, answers={"AuthorizingPayment": authorize})
        begun = asyncio.get_running_loop().time()
        assert (await post(receiver, "AuthorizingPayment", {"order_payment": {}})).status == 504
        assert asyncio.get_running_loop().time() - begun < 3
        await receiver.settled()

    virtually(work())
    assert done == ["AuthorizingPayment"]
    assert caplog.messages == ["the answer to AuthorizingPayment took over 2 s, and was not given"]


# -- both servers, against the emulator ---------------------------------------------------------------------------


@asynccontextmanager
async def served(receiver: Receiver, base: str = "/sparkpay") -> AsyncGenerator[str]:
    app = web.Application()
    app.router.add_route("*", base + "/{event}/{token}", aiohttp_handler(receiver))
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}{base}"
    finally:
        await runner.cleanup()
        await receiver.settled()


@asynccontextmanager
async def shop() -> AsyncGenerator[tuple[SparkPayEmulator, SparkPay]]:
    async with (
        SparkPayEmulator(products=5, orders=5, window=None) as emulator,
        SparkPay(**emulator.settings()) as store,
    ):
        yield emulator, store


async def test_what_happens_in_the_shop_reaches_the_handler_with_the_record_as_it_is() -> None:
    desk = Desk()
    async with shop() as (emulator, store):
        receiver = Receiver(desk, secret=SECRET, api=store.api, on_failed=desk.note, reads_per_second=100)
        async with served(receiver) as url:
            await register(store.api, Addresses(url, SECRET), NOTICES)
            id = emulator.insert_order()
            emulator.edit_product(emulator.product_ids()[0], product_status_id=2)
            customer = await store.api.customers.create({"email": "a@example.com", "store_id": 1})
            await store.api.customers.update(customer.id, {"email": "b@example.com"})
            await emulator.hooks.settled()
    assert desk.failed == []
    got = {each.event_type: each for each in desk.got}
    assert {"NewOrder", "OrderPlaced", "ProductUpdated", "CustomerCreated", "CustomerUpdated"} <= got.keys()
    assert (got["NewOrder"].id, type(got["NewOrder"].record)) == (id, wire.Order)
    email = got["CustomerEmailUpdated"]
    assert isinstance(email.record, wire.Customer)
    assert (email.old_email, email.new_email, email.record.email) == ("a@example.com", "b@example.com", "b@example.com")
    status = got["ProductStatusChanged"]
    assert isinstance(status.record, wire.Product)
    assert status.item is not None
    assert (status.record.product_status_id, status.item.product_status_id) == (2, 2)
    assert {each.status for each in emulator.hooks.deliveries} == {200}


async def test_a_forged_notice_causes_one_read_that_goes_past_the_cache() -> None:
    desk = Desk()
    async with shop() as (emulator, store):
        receiver = Receiver(desk, secret=SECRET, api=store.api, on_failed=desk.note)
        async with served(receiver) as url, aiohttp.ClientSession() as session:
            before = emulator.ledger.by_route.copy()
            body = JSON({"order": {"id": 999_999, "grand_total": 1}})
            async with session.post(Addresses(url, SECRET).url("NewOrder"), data=body) as response:
                assert response.status == 500
            assert emulator.ledger.by_route - before == {"GET /api/v1/orders/select_many": 1}
            for method, at, status in (("GET", "NewOrder", 405), ("POST", "x", 404)):
                address = Addresses(url, SECRET).url("NewOrder").replace("NewOrder", at)
                async with session.request(method, address) as response:
                    assert response.status == status
    assert desk.got == []
    assert isinstance(desk.failed[0][1], MissingError)


async def test_an_asgi_server_gets_the_same_answers() -> None:
    desk = Desk()

    async def tax(_question: Question) -> Mapping[str, object]:
        return {"items": []}

    app = asgi_app(Receiver(desk, secret=SECRET, api=orders(7), answers={"GetTax": tax}))

    async def call(at: str, body: bytes, *, whole: bool = True) -> list[Any]:
        sent: list[Any] = []
        coming = [{"type": "http.request", "body": body[:9], "more_body": True}]
        coming.append({"type": "http.request", "body": body[9:]} if whole else {"type": "http.disconnect"})

        async def receive() -> Any:
            return coming.pop(0)

        async def send(message: Any) -> None:
            sent.append(message)

        await app({"type": "http", "method": "POST", "path": at, "headers": []}, receive, send)
        return sent

    start, _ = await call(path("NewOrder"), JSON({"order": {"id": 7}}))
    assert start["status"] == 200
    start, body = await call(path("GetTax"), b'{"items":   []}')
    assert (start["status"], dict(start["headers"])[b"content-type"], body["body"]) == (
        200, b"application/json", b'{"items":[]}',
    )  # fmt: skip
    assert (await call(path("NewOrder", OTHER), b"{}"))[0]["status"] == 404
    assert await call(path("NewOrder"), b'{"order":{"id":7}}', whole=False) == []
    assert len(desk.got) == 1


async def test_an_asgi_server_that_stops_waits_for_what_is_in_hand() -> None:
    desk, sent = Desk(), list[str]()
    desk.takes = 0.05
    receiver = Receiver(desk, secret=SECRET, api=orders(7), answer_within=0.001)
    coming = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    assert (await post(receiver, "NewOrder", {"order": {"id": 7}})).status == 202

    async def receive() -> Any:
        return coming.pop(0)

    async def send(message: Any) -> None:
        sent.append(message["type"])

    await asgi_app(receiver)({"type": "lifespan"}, receive, send)
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert len(desk.got) == 1


async def test_with_a_fallback_a_notice_that_was_not_handled_comes_a_second_time() -> None:
    async with shop() as (emulator, store):
        bad, good = Desk(), Desk()
        bad.error = RuntimeError("no")
        first = Receiver(bad, secret=SECRET, api=store.api, on_failed=bad.note)
        second = Receiver(good, secret=SECRET, api=store.api)
        async with served(first) as url, served(second, "/again") as again:
            await register(store.api, Addresses(url, SECRET), "NewOrder", fallback=Addresses(again, SECRET))
            id = emulator.insert_order()
            await emulator.hooks.settled()
        assert [claim.id for claim, _ in bad.failed] == [each.id for each in good.got] == [id]


# -- registering --------------------------------------------------------------------------------------------------


def hooks(emulator: SparkPayEmulator) -> dict[int, tuple[str, str]]:
    table = emulator.table("webhooks")
    return {id: (hook["event_type"], hook["url"]) for id in table.ids() if (hook := table.get(id))}


async def test_registering_again_changes_nothing() -> None:
    async with shop() as (emulator, store):
        made = await register(store.api, ADDRESSES, ["NewOrder", "GetTax", "NewOrder"], cache_length="Short")
        assert [(each.event_type, each.action) for each in made] == [("NewOrder", "created"), ("GetTax", "created")]
        there = hooks(emulator)
        assert there == {each.id: (each.event_type, ADDRESSES.url(each.event_type)) for each in made}
        again = await register(store.api, ADDRESSES, ["NewOrder", "GetTax"], cache_length="Short")
        assert [(each.id, each.action) for each in again] == [(each.id, "unchanged") for each in made]
        assert hooks(emulator) == there
        assert ADDRESSES.url("NewOrder") not in repr(again)


async def test_what_differs_is_changed_what_is_double_removed_and_what_is_others_left_alone() -> None:
    async with shop() as (emulator, store):
        old = Addresses(ADDRESSES.base_url, OTHER)
        foreign = Addresses("https://h.example/other", SECRET)
        (first,) = await register(store.api, old, "NewOrder")
        (theirs,) = await register(store.api, foreign, "NewOrder")
        (of_two,) = await register(store.api, old, "NewOrder", store_id=2)
        hand = await store.api.webhooks.create({"event_type": "NewOrder", "url": "https://h.example/sparkpay/by-hand"})
        twin = await store.api.webhooks.create({"event_type": "NewOrder", "url": old.url("NewOrder")}, look_first=False)
        (done,) = await register(store.api, ADDRESSES, "NewOrder", on_failure="Error")
        assert (done.id, done.action, done.removed) == (first.id, "updated", (twin.id,))
        there = hooks(emulator)
        assert there.keys() == {first.id, theirs.id, of_two.id, hand.id}
        assert there[first.id] == ("NewOrder", ADDRESSES.url("NewOrder"))
        assert there[of_two.id] == ("NewOrder", old.url("NewOrder"))
        assert (emulator.table("webhooks").get(first.id) or {})["failure_type"] == "Error"
        assert set(await unregister(store.api, ADDRESSES, "GetTax")) == set()
        assert set(await unregister(store.api, ADDRESSES)) == {first.id, of_two.id}
        assert hooks(emulator).keys() == {theirs.id, hand.id}


async def test_many_that_register_at_once_make_one_webhook_though_answers_are_lost() -> None:
    async with shop() as (emulator, store):
        emulator.plans.append(Plan(fault="lose_answer", method="POST", path="/webhooks$"))
        done = await asyncio.gather(*(register(store.api, ADDRESSES, ["NewOrder", "GetTax"]) for _ in range(5)))
        assert len(hooks(emulator)) == 2
        assert sorted(each.action for some in done for each in some) == ["created"] * 2 + ["unchanged"] * 8


async def test_wrong_events_and_options_are_refused_before_anything_is_sent() -> None:
    async with shop() as (emulator, store):
        for events, options in ((["NewOrder", "Nothing"], {}), ("NewOrder", {"on_failure": "Fallback"}),
                                ("NewOrder", {"cache_length": "1h"})):  # fmt: skip
            wrong: Any = options
            with pytest.raises(UsageError):
                await register(store.api, ADDRESSES, events, **wrong)
        with pytest.raises(UsageError):
            await unregister(store.api, ADDRESSES, "Nothing")
        assert emulator.ledger.by_route == {}


async def test_no_log_line_has_an_address(caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk()
    with caplog.at_level(logging.DEBUG):
        async with shop() as (emulator, store):
            receiver = Receiver(desk, secret=SECRET, api=store.api)
            async with served(receiver) as url:
                await register(store.api, Addresses(url, SECRET), "NewOrder")
                emulator.insert_order()
                await emulator.hooks.settled()
    token = ADDRESSES.url("NewOrder").rpartition("/")[2]
    ours = [each.getMessage() for each in caplog.records if each.name.startswith(("commerce_async", "sparkpay_async"))]
    assert ours
    assert len(desk.got) == 1
    assert not [line for line in ours if token in line]
