"""store.api.products: create, update, delete. Every product accounted for, whatever the reply looks like."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from commerce_async.errors import (
    AuthError,
    NetworkError,
    RejectedError,
    ServerError,
    TemporaryError,
    UnknownOutcomeError,
    UsageError,
)
from commerce_async.http.call import Call, Reply
from commerce_async.store import Batch
from commerce_async.testing.clock import VirtualTimeLoop
from fastspring_async.drafting.writes import LARGEST_BODY, upserts
from fastspring_async.drafts import DescriptionDraft, FileDraft, PricingDraft, ProductDraft, Written
from tests.fastspring.fakes import reply, store

pytestmark = pytest.mark.anyio

Answer = Callable[[Call[Any]], Reply]


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return "asyncio", {"loop_factory": VirtualTimeLoop}


def draft(path: str, **changes: Any) -> ProductDraft:
    return ProductDraft(product=path, display={"en": path.title()}, **changes)


def posted(call: Call[Any]) -> list[str]:
    return [member["product"] for member in msgspec.json.decode(call.body or b"")["products"]]


def done(path: str, action: str = "product.create", **more: object) -> dict[str, object]:
    return {"product": path, "action": action, "result": "success", **more}


def refused(path: str, **error: str) -> dict[str, object]:
    return {"product": path, "error": error}


def gone(path: str) -> dict[str, object]:
    return {"action": "products.delete", "product": path, "result": "error", "error": {"product": "Not found"}}


def lost(call: Call[Any]) -> Reply:
    raise NetworkError("no complete reply", safe_to_retry=call.repeatable)


def story(*answers: Answer) -> Answer:
    """One answer after the other."""
    left = list(answers)
    return lambda call: left.pop(0)(call)


def shown(batch: Batch[Written]) -> tuple[list[str], tuple[str, ...], list[tuple[str, str]]]:
    return [item.id for item in batch.items], batch.missing, [(each.id, each.reason) for each in batch.failed]


THREE = [draft("one"), draft("two"), draft("three")]


@pytest.mark.parametrize("status", [200, 400, 500])
@pytest.mark.parametrize(
    "body",
    [
        {"products": [done("three"), done("one"), done("two", result="error", error={"interval": "must be"})]},
        {"products": [done("one"), done("three")], "errors": [refused("two", interval="must be")]},
        {"errors": [refused("two", interval="must be")], "products": [done("three"), done("one")]},
        [done("one"), done("two", error={"interval": "must be"}), done("three")],
        {"products": ["one", refused("two", interval="must be"), done("three", "product.updated")]},
        {"products": [done("one"), {**done("two"), "result": "error", "error": "must be"}, done("three")]},
    ],
)
async def test_each_product_has_its_own_outcome_in_every_shape_of_reply(body: object, status: int) -> None:
    shop, wall = store(lambda _call: reply(body, status))
    async with shop:
        batch = await shop.api.products.create(THREE)
    assert shown(batch) == (["one", "three"], (), [("two", "must be")])
    assert isinstance(batch.failed[0].error, RejectedError)
    assert batch.failed[0].error.fields in ({"interval": "must be"}, {})
    assert (wall.calls[0].method, wall.calls[0].path, len(wall.calls)) == ("POST", "/products", 1)


@pytest.mark.parametrize(
    ("body", "created"),
    [
        ({"products": [done("one")]}, True),
        (done("one", **{"created.id": "kyCJ"}), True),
        (done("one", "product.update", **{"updated.id": "kyCJ"}), False),
        ({"products": [done("one", "product.updated")]}, False),
        ({"products": [{"product": "one"}]}, None),
        ([done("one")], True),
        ({"products": done("one")}, True),
        ({"products": [{"action": "product.create", "result": "success"}]}, True),
    ],
)
async def test_a_product_alone_is_read_in_every_shape_of_reply(body: object, created: bool | None) -> None:
    shop, _ = store(lambda _call: reply(body))
    async with shop:
        batch = await shop.api.products.create(draft("one"))
    assert [(item.id, item.created) for item in batch.items] == [("one", created)]
    if isinstance(body, dict) and ("created.id" in body or "updated.id" in body):
        assert (batch.items[0].created_id or batch.items[0].updated_id) == "kyCJ"


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"errors": [refused("one", display="display is required")]}, {"display": "display is required"}),
        (
            {**done("one", "product.update"), "result": "error", "error": {"visibility": "Field was not recognized"}},
            {"visibility": "Field was not recognized"},
        ),
        ({"products": [{**done("one"), "error": {"image": "image not found"}}]}, {"image": "image not found"}),
    ],
)
async def test_a_refusal_has_the_vendors_words_by_field(body: object, status: int, fields: dict[str, str]) -> None:
    shop, _ = store(lambda _call: reply(body, status))
    async with shop:
        batch = await shop.api.products.update([ProductDraft(product="one", sku="S")])
    assert not batch.items
    assert not batch.missing
    assert isinstance(batch.failed[0].error, RejectedError)
    assert batch.failed[0].error.fields == fields


async def test_an_answer_that_is_an_error_as_a_whole_is_the_outcome_of_all() -> None:
    shop, _ = store(lambda _call: reply({"message": "unreadable", "params": []}, 400))
    async with shop:
        batch = await shop.api.products.create(THREE)
    assert shown(batch) == ([], (), [(name, "unreadable") for name in ("one", "two", "three")])


async def test_a_product_of_which_the_reply_says_nothing_is_of_unknown_outcome() -> None:
    shop, wall = store(lambda _call: reply({"products": [done("one"), done("other")]}))
    async with shop:
        batch = await shop.api.products.create([draft("one"), draft("two")])
    assert [item.id for item in batch.items] == ["one"]
    assert isinstance(batch.failed[0].error, UnknownOutcomeError)
    assert "does not speak of" in batch.failed[0].reason
    assert len(wall.calls) == 1


async def test_nothing_is_sent_if_one_draft_has_a_fault() -> None:
    shop, wall = store(lambda _call: reply({}))
    async with shop:
        with pytest.raises(UsageError) as caught:
            await shop.api.products.create([draft("one"), ProductDraft(product="NO"), draft("two", format="paper")])
    assert caught.value.fields.keys() == {"NO.product", "NO.display", "two.format"}
    assert not wall.calls


async def test_no_drafts_are_no_calls() -> None:
    shop, wall = store(lambda _call: reply({}))
    async with shop:
        assert await shop.api.products.create([]) == Batch(())
        assert await shop.api.products.delete([]) == Batch(())
    assert not wall.calls


async def test_an_update_sends_only_what_is_set() -> None:
    shop, wall = store(lambda _call: reply(done("one", "product.update")))
    async with shop:
        await shop.api.products.update(
            ProductDraft(product="one", pricing=PricingDraft(price={"USD": Decimal("9.90")}))
        )
    assert wall.calls[0].body == b'{"products":[{"product":"one","pricing":{"price":{"USD":9.90}}}]}'


async def test_at_most_300_products_are_in_one_call_and_the_order_is_kept() -> None:
    shop, wall = store(lambda call: reply({"products": [done(path) for path in reversed(posted(call))]}))
    drafts = [draft(f"product-{n}") for n in range(650)]
    async with shop:
        batch = await shop.api.products.create(drafts)
    assert [item.id for item in batch.items] == [each.product for each in drafts]
    assert [len(posted(call)) for call in wall.calls] == [300, 300, 50]


def test_a_body_is_bounded() -> None:
    long = DescriptionDraft(full={"en": "x" * (LARGEST_BODY // 3)})
    writes = upserts([draft(f"product-{n}", description=long) for n in range(5)], create=True)
    assert [len(write.ids) for write in writes] == [2, 2, 1]
    assert all(len(write.call.body or b"") <= LARGEST_BODY + 20 for write in writes)


async def test_a_part_that_fails_does_not_take_the_others_with_it() -> None:
    def answer(call: Call[Any]) -> Reply:
        paths = posted(call)
        return reply(b"", 500) if "product-0" in paths else reply({"products": [done(path) for path in paths]})

    shop, _ = store(answer)
    async with shop:
        batch = await shop.api.products.create([draft(f"product-{n}") for n in range(301)])
    assert [item.id for item in batch.items] == ["product-300"]
    assert len(batch.failed) == 300
    assert isinstance(batch.failed[0].error, ServerError)


async def test_wrong_credentials_are_raised() -> None:
    shop, _ = store(lambda _call: reply(b"", 401))
    async with shop:
        for write in (shop.api.products.create(THREE), shop.api.products.delete(["one"])):
            with pytest.raises(AuthError):
                await write


async def test_a_store_that_is_not_open_says_so() -> None:
    shop, _ = store(lambda _call: reply({}))
    del shop.client._transport  # type: ignore[attr-defined]  # the fake is always usable
    shop.client._transport = type("Shut", (), {"usable": _shut})()  # type: ignore[assignment]
    with pytest.raises(UsageError, match="async with"):
        await shop.api.products.create(draft("one"))


def _shut(_self: object) -> None:
    raise UsageError("use it in `async with`")


# -- lost answers --------------------------------------------------------------------------------------------


async def test_an_upsert_is_sent_again_after_a_lost_answer() -> None:
    shop, wall = store(story(lost, lambda _call: reply(done("one", "product.update"))))
    async with shop:
        batch = await shop.api.products.create([draft("one")])
    assert shown(batch) == (["one"], (), [])
    assert wall.calls[0].body == wall.calls[1].body


async def test_a_draft_with_a_new_file_is_never_sent_twice_and_keeps_no_other_from_it() -> None:
    file = FileDraft(display="a.zip", url="https://x.example.com/a.zip")

    def answer(call: Call[Any]) -> Reply:
        sent = [posted(each)[0] for each in wall.calls]
        return lost(call) if sent.count(sent[-1]) == 1 else reply({"products": [done(sent[-1])]})

    shop, wall = store(answer)
    async with shop:
        batch = await shop.api.products.create([draft("filed", fulfillments=(file,)), draft("plain")])
    assert [item.id for item in batch.items] == ["plain"]
    assert isinstance(batch.failed[0].error, UnknownOutcomeError)
    assert "new file" in batch.failed[0].reason
    assert sorted(posted(call)[0] for call in wall.calls) == ["filed", "plain", "plain"]


async def test_a_file_that_is_there_already_may_be_named_twice() -> None:
    file = FileDraft(fulfillment="one_file_0", status="DISABLED")
    shop, wall = store(story(lost, lambda _call: reply(done("one", "product.update"))))
    async with shop:
        batch = await shop.api.products.update(ProductDraft(product="one", fulfillments=(file,)))
    assert [item.id for item in batch.items] == ["one"]
    assert len(wall.calls) == 2


async def test_a_throttled_write_goes_out_again_whatever_it_is() -> None:
    file = FileDraft(display="a.zip", url="https://x.example.com/a.zip")
    shop, wall = store(story(lambda _call: reply(b"", 429), lambda _call: reply(done("one"))))
    async with shop:
        batch = await shop.api.products.create(draft("one", fulfillments=(file,)))
    assert [item.id for item in batch.items] == ["one"]
    assert len(wall.calls) == 2


async def test_answers_that_stay_lost_are_told_for_each_product() -> None:
    shop, wall = store(lost)
    async with shop:
        batch = await shop.api.products.create(THREE)
    assert [each.id for each in batch.failed] == ["one", "two", "three"]
    assert all(isinstance(each.error, TemporaryError) and each.error.safe_to_retry for each in batch.failed)
    assert len(wall.calls) == 4


# -- delete --------------------------------------------------------------------------------------------------


def deleted(path: str) -> dict[str, object]:
    return done(path, "products.delete")


async def test_what_a_delete_did_to_each_is_told_in_order() -> None:
    locked = {**gone("locked"), "error": {"product": "has subscriptions"}}
    shop, wall = store(lambda _call: reply({"products": [locked, deleted("a-b"), gone("nope"), deleted("c-d")]}, 400))
    async with shop:
        batch = await shop.api.products.delete(["c-d", "nope", "a-b", "locked", "c-d"])
    assert shown(batch) == (["c-d", "a-b"], ("nope",), [("locked", "has subscriptions")])
    assert (wall.calls[0].method, wall.calls[0].path) == ("DELETE", "/products/c-d,nope,a-b,locked")
    assert not any(item.settled for item in batch.items)


async def test_many_deletes_are_cut_as_reads_are() -> None:
    def answer(call: Call[Any]) -> Reply:
        return reply({"products": [deleted(path) for path in call.path.rsplit("/", 1)[1].split(",")]})

    shop, wall = store(answer)
    ids = [f"product-{n}" for n in range(120)]
    async with shop:
        batch = await shop.api.products.delete(ids)
    assert [item.id for item in batch.items] == ids
    assert [call.path.count(",") + 1 for call in wall.calls] == [50, 50, 20]


@pytest.mark.parametrize("status", [200, 400, 404])
async def test_not_found_after_a_lost_answer_is_success_and_marked_so(status: int) -> None:
    shop, _ = store(story(lost, lambda _call: reply({"products": [gone("a-b"), deleted("c-d")]}, status)))
    async with shop:
        batch = await shop.api.products.delete(["a-b", "c-d"])
    assert [(item.id, item.settled) for item in batch.items] == [("a-b", True), ("c-d", False)]
    assert not batch.missing


@pytest.mark.parametrize("status", [400, 404])
async def test_not_found_as_a_whole_after_a_lost_answer_is_success_too(status: int) -> None:
    nothing = {"action": "products.delete", "result": "error", "error": {"product": "Not found"}}
    shop, _ = store(story(lost, lambda _call: reply(nothing, status)))
    async with shop:
        batch = await shop.api.products.delete("a-b")
    assert [(item.id, item.settled) for item in batch.items] == [("a-b", True)]


async def test_a_server_failure_counts_as_a_lost_answer() -> None:
    shop, _ = store(story(lambda _call: reply(b"", 502), lambda _call: reply({"products": [gone("a-b")]})))
    async with shop:
        batch = await shop.api.products.delete("a-b")
    assert [item.settled for item in batch.items] == [True]


async def test_not_found_after_a_throttle_is_missing_since_nothing_was_carried_out() -> None:
    shop, _ = store(story(lambda _call: reply(b"", 429), lambda _call: reply({"products": [gone("a-b")]}, 400)))
    async with shop:
        batch = await shop.api.products.delete(["a-b"])
    assert (batch.items, batch.missing) == ((), ("a-b",))


async def test_products_named_like_an_endpoint_can_be_deleted() -> None:
    shop, wall = store(lambda _call: reply({"products": [deleted("price"), gone("price")]}))
    async with shop:
        batch = await shop.api.products.delete("price")
    assert [item.id for item in batch.items] == ["price"]
    assert wall.calls[0].path == "/products/price,price"


@pytest.mark.parametrize("wrong", ["a,b", "", "..", "a\n"])
async def test_an_id_that_cannot_stand_in_a_url_is_refused_before_anything_is_sent(wrong: str) -> None:
    shop, wall = store(lambda _call: reply({}))
    async with shop:
        with pytest.raises(UsageError):
            await shop.api.products.delete(["good", wrong])
    assert not wall.calls


async def test_a_callers_own_hooks_see_deletes_too() -> None:
    seen: list[str] = []
    shop, _ = store(lambda _call: reply({"products": [deleted("a-b")]}), hooks=(lambda event: seen.append(event.kind),))
    async with shop:
        await shop.api.products.delete("a-b")
    assert seen[0] == "call"
    assert seen[-1] == "done"
