"""The families as a user sees them, the network replaced by a function: batches, lists, lost answers, pass-through."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from commerce_async.errors import (
    AuthError,
    CommerceError,
    DecodeError,
    MissingError,
    NetworkError,
    PagingError,
    RejectedError,
    TemporaryError,
    ThrottledOrMissingError,
    UnknownOutcomeError,
    UsageError,
)
from commerce_async.http.call import Call, Reply
from commerce_async.testing.clock import VirtualTimeLoop
from fastspring_async.api.accounts import existing_account
from fastspring_async.calls.families import AccountFilter, SubscriptionFilter
from fastspring_async.drafts import (
    AccountDraft,
    AddonDraft,
    ContactDraft,
    CouponDraft,
    DiscountDraft,
    ReturnDraft,
    ReturnItemDraft,
    SessionDraft,
    SessionItemDraft,
    SubscriptionDraft,
)
from tests.fastspring.fakes import reply, store

pytestmark = pytest.mark.anyio

Answer = Callable[[Call[Any]], Reply]


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return "asyncio", {"loop_factory": VirtualTimeLoop}


def sub(id: str, **more: object) -> dict[str, object]:
    return {"subscription": id, "state": "active", "active": True, **more}


def asked(call: Call[Any]) -> list[str]:
    return call.path.rsplit("/", 1)[1].split(",")


def losing(name: str, otherwise: Answer) -> Answer:
    """The answer to `name` is lost; every other call is answered."""

    def answer(call: Call[Any]) -> Reply:
        if call.operation == name:
            raise NetworkError("no complete reply", safe_to_retry=call.repeatable)
        return otherwise(call)

    return answer


# -- batches -------------------------------------------------------------------------------------------------


async def test_a_change_of_many_is_split_and_told_in_the_order_asked() -> None:
    def answer(call: Call[Any]) -> Reply:
        rows = [{"subscription": id, "action": "subscription.cancel", "result": "success"} for id in asked(call)]
        bad = {"subscription": "The subscription is already canceled"}
        rows = [{**row, "error": bad} if row["subscription"] == "s7" else row for row in reversed(rows)]
        return reply({"subscriptions": rows}, 400)

    shop, wall = store(answer)
    async with shop:
        batch = await shop.api.subscriptions.cancel([f"s{n}" for n in range(120)])
    assert [change.id for change in batch.items] == [f"s{n}" for n in range(120) if n != 7]
    assert [(failure.id, type(failure.error)) for failure in batch.failed] == [("s7", RejectedError)]
    assert sorted(len(asked(call)) for call in wall.calls) == [20, 50, 50]


@pytest.mark.parametrize(("now", "query"), [(True, (("billingPeriod", "0"),)), (False, ())])
async def test_a_cancellation_takes_effect_when_the_period_ends_unless_told_otherwise(now: bool, query: Any) -> None:
    shop, wall = store(lambda call: reply({"subscriptions": [{"subscription": "s"}]}))
    async with shop:
        await shop.api.subscriptions.cancel("s", now=now)
    assert (wall.calls[0].method, wall.calls[0].query) == ("DELETE", query)


async def test_a_charge_that_the_reply_leaves_out_has_an_unknown_outcome() -> None:
    shop, wall = store(lambda call: reply({"subscription": [{"subscription": "a", "result": "success"}]}))
    async with shop:
        batch = await shop.api.subscriptions.charge(["a", "b"])
    assert [item.id for item in batch.items] == ["a"]
    assert [(failure.id, type(failure.error)) for failure in batch.failed] == [("b", UnknownOutcomeError)]
    assert len(wall.calls) == 1


async def test_a_refused_chunk_does_not_hide_what_another_changed() -> None:
    def answer(call: Call[Any]) -> Reply:
        if "s0" in asked(call):
            return reply({"subscriptions": [{"subscription": id} for id in asked(call)]})
        return reply({"code": 401, "message": "Unauthorized"}, 401)

    shop, _ = store(answer)
    async with shop:
        batch = await shop.api.subscriptions.cancel([f"s{n}" for n in range(60)])
        assert (len(batch.items), {type(failure.error) for failure in batch.failed}) == (50, {AuthError})
        with pytest.raises(AuthError):
            await shop.api.subscriptions.cancel("s99")


async def test_a_return_is_found_by_any_name_of_its_order() -> None:
    rows = [
        {"return": "r1", "original": {"order": "o1", "reference": "REF-1"}, "result": "success"},
        {
            "action": "return.create",
            "return": "o2",
            "result": "error",
            "error": {"ITEMS_ERROR": "Missing"},
        },
    ]
    shop, wall = store(lambda call: reply({"returns": rows}, 400))
    items = [ReturnItemDraft(product="p", amount=Decimal("1.10"))]
    part = ReturnDraft(order="o2", reason="DISCOUNT", refund_type="PARTIAL", items=items)
    async with shop:
        batch = await shop.api.returns.create([ReturnDraft(order="REF-1", reason="OTHER"), part])
    assert [(item.id, item.orders[0]) for item in batch.items] == [("r1", "o1")]
    assert [(failure.id, failure.reason) for failure in batch.failed] == [("o2", "Missing")]
    assert b'"amount":1.10' in (wall.calls[0].body or b"")


async def test_links_into_accounts_are_kept_out_of_every_repr() -> None:
    row = {"account": "a", "url": "https://x.example/secret", "result": "success"}
    shop, _ = store(lambda call: reply({"accounts": [row]}))
    async with shop:
        batch = await shop.api.accounts.authenticate_many(["a"])
    assert batch.items[0].url == "https://x.example/secret"
    assert "secret" not in repr(batch)


# -- lost answers --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verb", "arguments", "done", "undone"),
    [
        ("cancel", {}, {"state": "canceled"}, {"state": "active"}),
        ("cancel", {"now": True}, {"state": "deactivated", "active": False}, {"state": "canceled"}),
        ("uncancel", {}, {"state": "active"}, {"state": "canceled"}),
    ],
)
async def test_a_lost_cancellation_is_settled_by_reading_the_subscriptions_back(
    verb: str, arguments: dict[str, Any], done: dict[str, object], undone: dict[str, object]
) -> None:
    rows = {"a": sub("a", **done), "b": sub("b", **undone), "c": {"subscription": "c", "price": [7]}}
    shop, wall = store(losing(f"subscriptions.{verb}", lambda call: reply([rows[id] for id in asked(call)])))
    async with shop:
        batch = await getattr(shop.api.subscriptions, verb)(["a", "b", "c"], **arguments)
    assert [(item.id, item.settled) for item in batch.items] == [("a", True)]
    errors = {failure.id: failure.error for failure in batch.failed}
    assert isinstance(errors["b"], TemporaryError)
    assert errors["b"].safe_to_retry
    assert type(errors["c"]) is UnknownOutcomeError
    assert [call.operation for call in wall.calls] == [f"subscriptions.{verb}", "subscriptions.get_many"]


async def test_a_lost_update_is_settled_only_by_what_can_be_compared() -> None:
    rows = {
        "a": sub("a", quantity=2, product={"product": "p"}, next=1704153600000),
        "b": sub("b", quantity=1),
        "c": sub("c", quantity=2),
    }
    shop, _ = store(losing("subscriptions.update", lambda call: reply([rows[id] for id in asked(call)])))
    bodies = [
        SubscriptionDraft(subscription="a", quantity=2, product="p", next=date(2024, 1, 2)),
        SubscriptionDraft(subscription="b", quantity=2),
        SubscriptionDraft(subscription="c", quantity=2, addons=[AddonDraft(product="x", quantity=1)]),
    ]
    async with shop:
        batch = await shop.api.subscriptions.update(bodies)
    assert [(item.id, item.settled) for item in batch.items] == [("a", True)]
    assert [(failure.id, type(failure.error)) for failure in batch.failed] == [
        ("b", UnknownOutcomeError),
        ("c", UnknownOutcomeError),
    ]
    assert "does not show so far" in batch.failed[0].reason


@pytest.mark.parametrize("verb", ["pause", "resume"])
@pytest.mark.parametrize("paused", [True, False])
async def test_a_lost_pause_or_resume_is_settled_by_reading_back(verb: str, paused: bool) -> None:
    shop, wall = store(losing(f"subscriptions.{verb}", lambda call: reply(sub("s", isPauseScheduled=paused))))
    arguments = {"periods": 2} if verb == "pause" else {}
    async with shop:
        if paused is (verb == "pause"):
            found = await getattr(shop.api.subscriptions, verb)("s", **arguments)
            assert found.is_pause_scheduled is paused
        else:
            with pytest.raises(TemporaryError, match="not carried out; it may be sent again"):
                await getattr(shop.api.subscriptions, verb)("s", **arguments)
    assert [call.method for call in wall.calls] == ["POST", "GET"]


async def test_if_reading_back_fails_too_the_outcome_is_unknown_and_says_what_to_check() -> None:
    def lost(call: Call[Any]) -> Reply:
        raise NetworkError("no complete reply", safe_to_retry=call.repeatable)

    shop, _ = store(lost)
    async with shop:
        with pytest.raises(UnknownOutcomeError, match="Read the subscription") as caught:
            await shop.api.subscriptions.pause("s", periods=1)
    assert any("reading it back failed" in note for note in caught.value.__notes__)
    assert isinstance(caught.value.__cause__, NetworkError)


CONTACT = ContactDraft(first="A", last="B", email="a@b.example")


@pytest.mark.parametrize(
    ("listed", "contact", "error"),
    [
        (["a"], {"first": "A", "last": "B"}, None),
        ([{"account": "a"}], {"first": "A", "last": "B"}, None),
        ([], {}, TemporaryError),
        (["a"], {"first": "Other", "last": "B"}, UnknownOutcomeError),
    ],
)
async def test_a_lost_account_is_looked_up_by_its_address_and_never_made_twice(
    listed: list[object], contact: dict[str, str], error: type[CommerceError] | None
) -> None:
    def found(call: Call[Any]) -> Reply:
        if call.path == "/accounts":
            assert ("email", "a@b.example") in call.query
            return reply({"action": "account.lookup", "result": "success", "accounts": listed})
        return reply({"accounts": [{"account": "a", "contact": contact}]})

    shop, wall = store(losing("accounts.create", found))
    async with shop:
        if error is None:
            made = await shop.api.accounts.create(AccountDraft(contact=CONTACT))
            assert (made.id, made.settled) == ("a", True)
        else:
            with pytest.raises(error):
                await shop.api.accounts.create(AccountDraft(contact=CONTACT))
    assert sum(call.method == "POST" for call in wall.calls) == 1


async def test_the_account_that_an_address_has_already_is_told() -> None:
    words = {"email": "email already exists, /accounts/Ab-1_c"}
    shop, _ = store(lambda call: reply({"action": "account.create", "result": "error", "error": words}, 400))
    async with shop:
        with pytest.raises(RejectedError) as caught:
            await shop.api.accounts.create(AccountDraft(contact=CONTACT))
    assert existing_account(caught.value) == "Ab-1_c"


@pytest.mark.parametrize("percent", [10, 20])
async def test_a_lost_coupon_is_compared_with_what_was_wanted(percent: int) -> None:
    def found(call: Call[Any]) -> Reply:
        if call.path.endswith("/codes"):
            return reply({"coupon": "c", "codes": ["ONE", "TWO"]})
        return reply({"coupon": "c", "limit": "5", "discount": {"type": "percent", "percent": percent}})

    shop, wall = store(losing("coupons.save", found))
    discount = DiscountDraft(type="percent", percent=Decimal(10))
    body = CouponDraft(coupon="c", limit=5, discount=discount, codes=["two", "one"])
    async with shop:
        if percent == 10:
            assert (await shop.api.coupons.save(body)).settled
        else:
            with pytest.raises(UnknownOutcomeError, match="does not show so far"):
                await shop.api.coupons.save(body)
    assert [call.method for call in wall.calls].count("POST") == 1


async def test_lost_deletes_are_settled_by_what_is_still_there() -> None:
    def gone(call: Call[Any]) -> Reply:
        if call.path.endswith("/codes"):
            return reply({"coupon": "c", "codes": []})
        return reply({"coupon": "c", "result": "error", "error": "Coupon not found"}, 400)

    shop, _ = store(losing("coupons.delete", losing("coupons.delete_codes", gone)))
    async with shop:
        assert (await shop.api.coupons.delete("c")).settled
        assert (await shop.api.coupons.delete_codes("c")).settled
    body = {"status": "NOT_FOUND", "timestamp": "x", "id": "1", "message": "Resource does not exist."}
    shop, _ = store(losing("quotes.delete", lambda call: reply(body, 404)))
    async with shop:
        assert (await shop.api.quotes.delete("q")).id == "q"
    shop, _ = store(losing("quotes.delete", lambda call: reply(b"", 404)))
    async with shop:
        with pytest.raises(UnknownOutcomeError):  # an empty 404 is no proof that it is gone
            await shop.api.quotes.delete("q")


# -- lists ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "members",
    [["a", "b"], [{"account": "a"}, {"account": "b"}], [{"id": "a"}, {"id": "b"}],
     [{"account": "a", "contact": {}}, "b"]],
    ids=["ids", "account objects", "id objects", "mixed"],
)  # fmt: skip
async def test_a_list_of_whatever_gives_whole_records_in_order(members: list[object]) -> None:
    def answer(call: Call[Any]) -> Reply:
        if call.path == "/accounts":
            return reply({"action": "account.lookup", "accounts": members})
        return reply([{"account": id, "contact": {"first": id}} for id in reversed(asked(call))])

    shop, _ = store(answer)
    async with shop:
        found = [account.key async for account in shop.api.accounts.search(order="o")]
        ids = [id async for id in shop.api.accounts.ids(AccountFilter(order="o"))]
    assert found == ids == ["a", "b"]


async def test_a_list_goes_on_while_there_is_a_next_page_and_ids_that_are_gone_are_told() -> None:
    def answer(call: Call[Any]) -> Reply:
        if call.path == "/accounts":
            page = int(dict(call.query)["page"])
            return reply({"accounts": [f"a{page}", f"b{page}", None], "nextPage": page + 1 if page < 3 else None})
        rows = [{"account": id, "contact": {}} for id in asked(call) if id != "b2"]
        gone = [{"account": "b2", "result": "error", "error": {"account": "account not found"}}]
        return reply({"accounts": rows + (gone if "b2" in asked(call) else [])})

    shop, _ = store(answer)
    async with shop:
        pages = [page async for page in shop.api.accounts.search().pages()]
    assert [[account.key for account in page.items] for page in pages] == [["a1", "b1"], ["a2"], ["a3", "b3"]]
    assert [page.missing for page in pages] == [(), ("b2",), ()]
    assert all(len(page.unreadable) == 1 for page in pages)  # the null


@pytest.mark.parametrize("words", [{"limit": "Not recognized"}, {"page": "No"}, "Pagination is not supported here"])
@pytest.mark.parametrize("status", [200, 400, 500])
async def test_a_list_whose_pages_are_refused_is_read_without_them(words: object, status: int) -> None:
    def answer(call: Call[Any]) -> Reply:
        if call.path != "/subscriptions":
            return reply([sub(id) for id in asked(call)])
        if "limit" in dict(call.query):
            return reply({"action": "subscription.getall", "result": "error", "error": words}, status)
        return reply({"action": "subscription.getall", "result": "success", "subscriptions": ["a", "b"]})

    shop, wall = store(answer)
    async with shop:
        pages = [page async for page in shop.api.subscriptions.search().pages()]
    assert [record.key for page in pages for record in page.items] == ["a", "b"]
    assert len(wall.calls) == 3


async def test_a_list_that_refuses_something_else_raises_it() -> None:
    body = {"action": "account.lookup", "result": "error", "error": {"custom": "Only one condition can be specified"}}
    shop, wall = store(lambda call: reply(body))
    async with shop:
        with pytest.raises(RejectedError, match="Only one condition"):
            await shop.api.accounts.search(custom="abcd")
    assert len(wall.calls) == 1


async def test_a_list_in_a_circle_ends() -> None:
    shop, _ = store(lambda call: reply({"accounts": [{"account": "a", "contact": {}}], "nextPage": 9}))
    async with shop:
        pages = [page async for page in shop.api.accounts.search(page=9).pages()]
        assert len(pages) == 1
        with pytest.raises(PagingError):
            async for _ in shop.api.accounts.search():
                pass


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: AccountFilter(email="a", custom="b").query(),
        lambda: AccountFilter(begin=date(2024, 2, 1), end=date(2024, 1, 1)).query(),
        lambda: SubscriptionFilter(event="created").query(),
        lambda: SubscriptionFilter(begin=date(2024, 1, 1)).query(),
        lambda: SubscriptionFilter(products=("a,b",)).query(),
    ],
)
def test_a_filter_that_the_vendor_would_refuse_or_ignore_is_refused_here(wrong: Callable[[], object]) -> None:
    with pytest.raises(UsageError):
        wrong()


def test_filters_are_sent_as_documented() -> None:
    assert AccountFilter(order="o", begin=date(2024, 1, 1)).query() == (("orderId", "o"), ("begin", "2024-01-01"))
    assert AccountFilter(refunds=True).query() == (("refunds", "true"),)
    filter = SubscriptionFilter(
        account="a", event="created", begin=date(2024, 1, 1), end=date(2024, 2, 1), status="trial"
    )
    assert filter.query() == (
        ("begin", "2024-01-01"), ("end", "2024-02-01"), ("accountId", "a"), ("event", "created"), ("status", "trial"),
    )  # fmt: skip


# -- what is sent --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("send", "fields"),
    [
        (lambda api: api.accounts.create(AccountDraft(contact=ContactDraft(first="A"), country="USA")),
         {"contact.last", "contact.email", "country"}),
        (lambda api: api.accounts.update("a", AccountDraft(lookup={"custom": "a b"})), {"lookup.custom"}),
        (lambda api: api.coupons.save(CouponDraft(coupon="", discount=DiscountDraft(type="flat"))),
         {"coupon", "discount.amount"}),
        (lambda api: api.returns.create([ReturnDraft(order="o", reason="BECAUSE", refund_type="PARTIAL")]),
         {"o.reason", "o.items"}),
        (lambda api: api.returns.create([ReturnDraft(order="o", reason="OTHER")] * 2), {"o"}),
        (lambda api: api.sessions.create(SessionDraft(items=[], expiration=9)), {"items", "expiration"}),
        (lambda api: api.subscriptions.update([SubscriptionDraft(subscription="s", quantity=0)]), {"s.quantity"}),
    ],
)  # fmt: skip
async def test_all_faults_of_a_body_are_told_at_once_and_nothing_is_sent(send: Any, fields: set[str]) -> None:
    shop, wall = store(lambda call: reply({}))
    async with shop:
        with pytest.raises(UsageError) as caught:
            await send(shop.api)
    assert set(caught.value.fields) == fields
    assert not wall.calls


async def test_money_is_sent_digit_for_digit_and_never_as_a_float() -> None:
    shop, wall = store(lambda call: reply({"id": "x"}))
    async with shop:
        item = SessionItemDraft(product="p", pricing={"price": {"USD": Decimal("10.10"), "JPY": Decimal("1E+3")}})
        await shop.api.sessions.create(SessionDraft(account="a", items=[item]))
        assert b'"USD":10.10,"JPY":1000' in (wall.calls[0].body or b"")
        for wrong in (9.99, Decimal("NaN"), Decimal("Infinity"), object()):
            with pytest.raises(UsageError):
                await shop.api.quotes.create({"items": [{"unitListPrice": wrong}]})
    assert len(wall.calls) == 1


async def test_a_webhooks_secret_is_in_no_error() -> None:
    body = {"error": {"hmacSecret": "hunter2 is too short", "url": None}, "result": "error"}
    shop, wall = store(lambda call: reply(body, 400))
    async with shop:
        with pytest.raises(RejectedError) as caught:
            await shop.api.webhook_keys.set("https://h.example/", "hunter2")
        with pytest.raises(UsageError):
            await shop.api.webhook_keys.set("https://h.example/", "x" * 101)
    assert "hunter2" not in str(caught.value)
    assert caught.value.fields == {"hmacSecret": "*** is too short"}
    assert len(wall.calls) == 1


# -- reading -------------------------------------------------------------------------------------------------


async def test_a_record_keeps_its_bytes_and_everything_in_it() -> None:
    body = b'{ "subscription":"s", "price": 9.90, "brandNew": {"x": 1.10} }'
    shop, _ = store(lambda call: reply(body))
    async with shop:
        found = await shop.api.subscriptions.get("s")
    assert (found.raw, found.members["brandNew"]) == (body, {"x": Decimal("1.10")})
    assert "brandNew" not in repr(found)


async def test_keys_with_spaces_and_dots_are_read() -> None:
    address = {"postal code": 93101, "address line 1": "801 Garden St.", "region custom": None}
    shop, _ = store(lambda call: reply({"account": "a", "address": address, "taxExemptionData": ""}))
    async with shop:
        account = await shop.api.accounts.get("a")
    assert account.address is not None
    assert (account.address.spaced_postal_code, account.address.spaced_line1) == (93101, "801 Garden St.")


async def test_entries_that_cannot_be_read_hide_no_other() -> None:
    rows = [{"beginPeriodDate": "2025-01-01", "order": "o"}, {"beginPeriodDate": {}}, {"error": "Locked"}]
    shop, _ = store(lambda call: reply(rows))
    async with shop:
        batch = await shop.api.subscriptions.entries("s")
    assert ([entry.order for entry in batch.items], len(batch.failed)) == (["o"], 2)
    shop, _ = store(lambda call: reply({"message": "not found", "params": []}, 400))
    async with shop:
        assert (await shop.api.subscriptions.entries("s")).missing == ("s",)


# -- the pass-through ----------------------------------------------------------------------------------------


class Coupon(msgspec.Struct):
    coupon: str
    limit: int | None = None


async def test_any_request_goes_through_the_same_pipeline() -> None:
    shop, wall = store(lambda call: reply({"coupon": "c", "limit": "5", "rate": 1.10}))
    async with shop:
        request = shop.api.request
        assert await request("get", "/coupons/c") == {"coupon": "c", "limit": "5", "rate": Decimal("1.10")}
        assert await request("GET", ("coupons", "c/d"), decode=Coupon) == Coupon("c", 5)
        query = {"n": 1, "f": True, "x": None}
        raw = await request("PUT", "/a/b%2Fc", query=query, json={"p": Decimal("1.10")}, decode=bytes)
        assert raw.startswith(b'{"coupon"')
    assert [(call.method, call.path, call.query, call.body) for call in wall.calls] == [
        ("GET", "/coupons/c", (), None),
        ("GET", "/coupons/c%2Fd", (), None),
        ("PUT", "/a/b%2Fc", (("n", "1"), ("f", "true")), b'{"p":1.10}'),
    ]
    assert [call.operation for call in wall.calls] == ["coupons.request", "coupons.request", "a.request"]


@pytest.mark.parametrize(
    "path",
    ["", "coupons", "//evil.example/x", "/a/../b", "/a/%2e%2e/b", "/a/./b", "/a//b", "/a/", "/a?x=1", "/a#b", "/a\nb",
     "https://evil.example/", (), ("a", ".."), ("a", ""), "/a/%0d%0ab"],
)  # fmt: skip
async def test_a_path_that_climbs_or_leaves_is_refused_before_sending(path: Any) -> None:
    shop, wall = store(lambda call: reply({}))
    async with shop:
        with pytest.raises(UsageError):
            await shop.api.request("GET", path)
        with pytest.raises(UsageError):
            await shop.api.request("PATCH", "/a")
        with pytest.raises(UsageError):
            await shop.api.request("POST", "/a", json=float("nan"))
        with pytest.raises(UsageError):
            await shop.api.request("GET", "/a", query={"x": object()})
    assert not wall.calls


@pytest.mark.parametrize(
    ("method", "path", "repeatable"),
    [
        ("GET", "/whatever", True),
        ("POST", "/whatever", False),
        ("DELETE", "/whatever", False),
        ("DELETE", "/subscriptions/a,b", False),
        ("DELETE", "/products/a", True),
        ("POST", "/subscriptions", False),
        ("POST", "/subscriptions/estimate", True),
        ("POST", "/events/e", True),
    ],
)
async def test_a_request_obeys_the_table_if_it_is_in_it(method: str, path: str, repeatable: bool) -> None:
    shop, wall = store(lambda call: reply({}))
    async with shop:
        await shop.api.request(method, path)
        await shop.api.request(method, path, idempotent=not repeatable)
    assert [call.repeatable for call in wall.calls] == [repeatable, not repeatable]


async def test_the_vendors_no_is_an_error_of_the_pass_through_too() -> None:
    no = {"coupon": "c", "action": "coupon.create", "result": "error", "error": "Invalid discount type amount"}
    shop, _ = store(lambda call: reply(no))
    async with shop:
        with pytest.raises(RejectedError, match="Invalid discount"):
            await shop.api.request("POST", "/coupons", json={})
    gone = {"products": [{"product": "a", "result": "error", "error": {"product": "Product not found"}}]}
    shop, _ = store(lambda call: reply(gone))
    async with shop:
        with pytest.raises(MissingError):
            await shop.api.request("GET", "/products/a")
    mixed = {"products": [{"product": "b"}, gone["products"][0]]}
    shop, _ = store(lambda call: reply(mixed))
    async with shop:
        assert await shop.api.request("GET", "/products/b,a") == mixed
    shop, _ = store(lambda call: reply(b"", 404))
    async with shop:
        with pytest.raises(ThrottledOrMissingError):
            await shop.api.request("GET", "/whatever")
    shop, _ = store(lambda call: reply({"coupon": []}))
    async with shop:
        with pytest.raises(DecodeError):
            await shop.api.request("GET", "/coupons/c", decode=Coupon)
