"""Carrying a plan out: what is written, what is left alone, and that nothing is ever written twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import msgspec
import pytest

from commerce_async.errors import LockedError, UsageError
from commerce_async.schema import Product, ProductChange, Written
from commerce_async.sinks import Sink
from commerce_async.sync.applying import STALE, Result, apply
from commerce_async.sync.hooks import Hooks
from commerce_async.sync.journal import Entry, Linked, MemoryJournal, SinkJournal
from commerce_async.sync.matching import Match
from commerce_async.sync.planning import plan
from commerce_async.sync.plans import Plan
from tests.sync.shop import CrashError, Fate, Shop, Writes, changed, product

pytestmark = pytest.mark.anyio


def world() -> tuple[Shop, Shop]:
    """Two creates, two updates, one delete, one that is unchanged."""
    eu = Shop("eu", [product("a"), product("b", name="Cup"), product("c", name="Jug"), product("d"), product("e")])
    us = Shop(
        "us",
        [
            product("1", sku="SKU-a"),
            product("2", sku="SKU-b"),
            product("3", sku="SKU-c", price="1.00"),
            product("9", sku="OLD"),
        ],
    )
    return eu, us


class Unhurried(Writes):
    """Looks for all SKUs of a call first, as a vendor is asked for many at once, or for none; makes products later."""

    def __init__(self, shop: Shop, *, asks: bool = True) -> None:
        super().__init__(shop)
        self._asks = asks

    async def write(self, changes: Sequence[ProductChange], /) -> Sequence[Written]:
        there = {each.sku for each in self.shop.held.values()} if self._asks else set[str | None]()
        await anyio.sleep(0.01)
        found: list[Written] = []
        for change in changes:
            if change.action != "create":
                found.append(self._one(change))
            elif change.body.get("sku") in there:
                found.append(Written(key=change.key, outcome="conflict"))
            else:
                id = self.shop.new_id()
                self.shop.held[id] = product(id, store=self.shop.name, sku=change.body["sku"], name=change.body["name"])
                self.shop.written.append(("create", change.key, id))
                found.append(Written(key=change.key, outcome="created", id=id))
        return found


def outcomes(results: Sequence[Result]) -> dict[str, str]:
    return {result.key: result.outcome for result in results}


async def test_afterwards_the_target_is_as_the_source_and_a_second_plan_is_empty() -> None:
    eu, us = world()
    journal = MemoryJournal()
    done = await apply(await plan(eu, us), us, journal=journal)
    assert us.content == eu.content
    assert done.complete
    assert {name: number for name, number in done.counts.items() if number} == {
        "created": 2,
        "updated": 2,
        "deleted": 1,
    }
    assert Counter(action for action, _, _ in us.written) == {"create": 2, "update": 2, "delete": 1}
    again = await plan(eu, us, id_map=journal)
    assert again.empty
    assert again.counts["unchanged"] == 5
    us.written.clear()
    us.asked.clear()
    await apply(again, us, journal=journal)
    assert (us.written, us.asked) == ([], [])


async def test_unchanged_items_are_neither_read_nor_written() -> None:
    eu, us = world()
    await apply(await plan(eu, us), us)
    assert sorted(id for ids, _ in us.asked for id in ids) == ["2", "3", "9"]
    assert all(fresh for _, fresh in us.asked)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/shop.db" if request.param == "sqlite" else request.getfixturevalue("postgres")


async def test_the_id_map_follows_creates_matches_and_deletes(url: str) -> None:
    eu, us = world()
    async with Sink(url) as sink:
        await apply(await plan(eu, us), us, journal=sink)
        assert await SinkJournal(sink).id_map("eu", "us") == {"a": "1", "b": "2", "c": "3", "d": "1001", "e": "1002"}
        eu.held["d"] = msgspec.structs.replace(eu.held["d"], sku="RENAMED")
        del eu.held["a"]
        found = await plan(eu, us, id_map=sink)
        assert found.counts | {"unchanged": 0} == {"create": 0, "update": 1, "delete": 1, "unchanged": 0, "cannot": 0}
        await apply(found, us, journal=sink)
        assert us.held["1001"].sku == "RENAMED"
        assert await SinkJournal(sink).id_map("eu", "us") == {"b": "2", "c": "3", "d": "1001", "e": "1002"}


async def test_an_item_whose_target_changed_underneath_is_reported_and_the_rest_goes_on() -> None:
    eu, us = world()
    found = await plan(eu, us)
    us.held["2"] = msgspec.structs.replace(us.held["2"], name="Edited")
    del us.held["3"]
    us.held["9"] = msgspec.structs.replace(us.held["9"], name="Edited")
    done = await apply(found, us)
    assert outcomes(done.results) == {
        "SKU-b": "conflict", "SKU-c": "conflict", "SKU-d": "created", "SKU-e": "created", "OLD": "conflict",
    }  # fmt: skip
    errors = {result.key: result.error for result in done.results if result.error}
    assert errors["SKU-b"] == errors["OLD"] == "the target changed since the plan was made: plan again"
    assert errors["SKU-c"] == "it is not in the target any more: plan again"
    assert us.held["2"].name == us.held["9"].name == "Edited"
    assert not done.complete


async def test_what_differs_only_in_its_raw_json_has_not_changed() -> None:
    eu, us = world()
    found = await plan(eu, us)
    us.held["2"] = msgspec.structs.replace(us.held["2"], raw=b'{ "id" : "2" }')
    assert outcomes((await apply(found, us)).results)["SKU-b"] == "updated"


async def test_more_deletes_than_the_brake_allows_and_nothing_is_written() -> None:
    eu, us = Shop("eu", [product("a")]), Shop("us", [product(f"{n}") for n in range(4)])
    found = await plan(eu, us)
    with pytest.raises(UsageError, match="deletes 4 products of us, and at most 3 may go; nothing was written"):
        await apply(found, us, max_deletes=3)
    assert us.written == []
    assert (await apply(found, us, max_deletes=4)).counts["deleted"] == 4


async def test_the_brake_goes_by_the_items_and_not_by_the_plan_s_figures() -> None:
    eu, us = world()
    found = await plan(eu, us)
    found.counts["delete"] = 0
    with pytest.raises(UsageError, match="deletes 1 products"):
        await apply(found, us, max_deletes=0)
    assert us.written == []


async def test_two_applies_at_once_make_nothing_twice_though_their_logs_are_apart() -> None:
    eu, us = world()
    us.product_writes = Unhurried(us)
    found, other = await plan(eu, us), await plan(eu, us)
    async with anyio.create_task_group() as group:
        group.start_soon(apply, found, us)
        group.start_soon(apply, other, us)
    assert Counter(action for action, _, _ in us.written)["create"] == 2
    assert us.content == eu.content


async def test_the_same_plan_twice_at_once_is_carried_out_once_and_its_log_says_so() -> None:
    eu, us = Shop("eu", [product("a"), product("b")]), Shop("us", [product("2", sku="SKU-b", name="Cup")])
    us.product_writes = Unhurried(us, asks=False)
    found, journal = await plan(eu, us), MemoryJournal()
    assert (found.counts["create"], found.counts["update"]) == (1, 1)
    done: list[Result] = []
    async with anyio.create_task_group() as group:
        for _ in range(2):
            group.start_soon(partial(apply, found, us, journal=journal, on_result=done.append))
    assert Counter(action for action, _, _ in us.written) == {"create": 1, "update": 1}
    assert [(each.outcome, each.earlier) for each in done] == [
        ("created", False), ("updated", False), ("created", True), ("updated", True),
    ]  # fmt: skip
    assert {entry.state for entry in (await journal.entries(found.id)).values()} == {"created", "updated"}


async def test_what_is_taken_is_asked_when_it_is_one_s_turn() -> None:
    class ByPath(Unhurried):
        """A vendor that goes by paths, and puts what is written over what has the path."""

        async def changer(self) -> Any:
            taken = {each.sku for each in self.shop.held.values()}

            def change(wanted: Product, /, *, before: Product | None) -> ProductChange:
                made = changed(wanted, before=before)
                clash = before is None and wanted.sku in taken
                return msgspec.structs.replace(made, faults={"path": "is another's"} if clash else made.faults)

            return change

    us = Shop("us")
    us.product_writes = ByPath(us, asks=False)
    eu, uk = Shop("eu", [product("a")]), Shop("uk", [product("a", store="uk", name="Cup")])
    plans = [await plan(each, us, deletes=False) for each in (eu, uk)]
    done: list[Result] = []
    async with anyio.create_task_group() as group:
        for each in plans:
            group.start_soon(partial(apply, each, us, on_result=done.append))
    assert [(each.outcome, each.error) for each in done] == [("created", None), ("conflict", "path: is another's")]
    assert [action for action, _, _ in us.written] == ["create"]


async def test_an_apply_with_a_database_holds_its_lock_together_with_others_of_this_process(url: str) -> None:
    eu, us = world()
    uk = Shop("uk", us.held.values())
    async with Sink(url) as sink, Sink(url) as other:
        found = await plan(eu, us)
        async with other.lock():
            with pytest.raises(LockedError):
                await apply(found, us, journal=sink)
            assert us.written == []
        async with anyio.create_task_group() as group:
            group.start_soon(partial(apply, found, us, journal=sink))
            group.start_soon(partial(apply, await plan(eu, uk), uk, journal=sink))
        assert us.content == uk.content == eu.content
        async with sink.lock("mine"):  # a caller's own
            assert (await apply(await plan(eu, us), us, journal=sink)).complete


async def test_of_an_old_plan_a_create_whose_sku_is_there_by_now_is_a_conflict() -> None:
    eu, us = world()
    us.product_writes = Unhurried(us, asks=False)
    found = await plan(eu, us)
    found.made_at -= STALE
    us.held["77"] = product("77", store="us", sku="SKU-d", name="Theirs")
    us.held["78"] = msgspec.structs.replace(eu.held["e"], id="78", store="us")
    done = await apply(found, us)
    assert outcomes(done.results)["SKU-d"] == "conflict"
    assert next(each.error for each in done.results if each.key == "SKU-d") == (
        "product 77 of the target has its key by now: plan again"
    )
    assert outcomes(done.results)["SKU-e"] == "created"  # it is as wanted
    assert not any(action == "create" for action, _, _ in us.written)


async def test_a_plan_for_another_store_is_refused() -> None:
    eu, us = world()
    with pytest.raises(UsageError, match=r"the plan is for us \(shop\), not for eu \(shop\)"):
        await apply(await plan(eu, us), eu)


async def test_a_product_that_is_gone_already_counts_as_deleted() -> None:
    eu, us = world()
    found = await plan(eu, us)
    del us.held["9"]
    assert outcomes((await apply(found, us)).results)["OLD"] == "deleted"
    assert "delete" not in us.steps


async def test_callbacks_may_change_or_veto_each_item_before_it_is_written() -> None:
    eu, us = world()
    found = await plan(eu, us)

    async def create(wanted: Product) -> Product | None:
        return None if wanted.sku == "SKU-d" else msgspec.structs.replace(wanted, name="Own")

    def update(wanted: Product, before: Product) -> Product | None:
        return None if before.id == "2" else before

    done = await apply(found, us, hooks=Hooks(create=create, update=update, delete=lambda each: each.sku != "OLD"))
    assert outcomes(done.results) == {
        "SKU-b": "vetoed", "SKU-c": "unchanged", "SKU-d": "vetoed", "SKU-e": "created", "OLD": "vetoed",
    }  # fmt: skip
    assert [(action, key) for action, key, _ in us.written] == [("create", "SKU-e")]
    assert us.held["1001"].name == "Own"
    assert done.complete


async def test_what_fails_for_one_is_told_in_its_result_and_tried_again_by_the_next_run() -> None:
    eu, us = world()
    found, journal = await plan(eu, us), MemoryJournal()
    us.fates["SKU-b"] = Fate(Written(key="SKU-b", outcome="failed", id="2", error="busy", temporary=True))
    us.products.unreadable_ids = {"3"}
    done = await apply(found, us, journal=journal)
    results = {result.key: result for result in done.results}
    assert (results["SKU-b"].outcome, results["SKU-b"].error, results["SKU-b"].temporary) == ("failed", "busy", True)
    assert (results["SKU-c"].outcome, results["SKU-c"].error) == ("failed", "it could not be read: broken")
    us.products.unreadable_ids = set()
    again = await apply(found, us, journal=journal)
    assert again.complete
    assert us.content == eu.content
    assert Counter(us.written).most_common(1)[0][1] == 1
    assert {result.key for result in again.results if result.earlier} == {"SKU-d", "SKU-e", "OLD"}


@pytest.mark.parametrize("carried_out", [False, True])
@pytest.mark.parametrize("key", ["SKU-b", "SKU-d"])
async def test_a_lost_answer_is_settled_by_the_next_run_and_nothing_is_written_twice(
    key: str, carried_out: bool
) -> None:
    eu, us = world()
    found, journal = await plan(eu, us), MemoryJournal()
    us.fates[key] = Fate(Written(key=key, outcome="unknown", error="the answer was lost"), carried_out)
    first = await apply(found, us, journal=journal)
    assert outcomes(first.results)[key] == "unknown"
    second = await apply(found, us, journal=journal)
    assert second.complete
    assert us.content == eu.content
    assert Counter(written[1] for written in us.written)[key] == 1


async def test_a_create_of_unknown_outcome_that_nothing_identifies_is_left_to_a_person() -> None:
    eu, us = Shop("eu", [product("a", sku=None)]), Shop("us")
    found, journal = await plan(eu, us, match="id"), MemoryJournal()
    us.fates["Mug"] = Fate(Written(key="Mug", outcome="unknown", error="lost"))
    await apply(found, us, journal=journal)
    done = await apply(found, us, journal=journal)
    assert done.results[0].outcome == "unknown"
    assert done.results[0].error == "it may have been made: look for a, then plan again"
    assert us.written == []


async def test_a_create_of_unknown_outcome_is_not_repeated_while_the_list_has_gaps() -> None:
    eu, us = Shop("eu", [product("a")]), Shop("us", [product("1", sku="SKU-x")])
    found, journal = await plan(eu, us, deletes=False), MemoryJournal()
    us.fates["SKU-a"] = Fate(Written(key="SKU-a", outcome="unknown", error="lost"))
    await apply(found, us, journal=journal)
    us.products.sound = False
    assert (await apply(found, us, journal=journal)).results[0].outcome == "unknown"
    assert us.written == []
    us.products.sound = True
    assert (await apply(found, us, journal=journal)).results[0].outcome == "created"


async def test_a_create_is_not_adopted_from_a_product_whose_id_is_its_sku() -> None:
    eu, us = Shop("eu", [product("a", sku="7")]), Shop("us", [product("7", sku="OTHER")])
    found, journal = await plan(eu, us, deletes=False), MemoryJournal()
    us.fates["7"] = Fate(Written(key="7", outcome="unknown", error="lost"))
    await apply(found, us, journal=journal)
    await apply(found, us, journal=journal)
    assert us.held["7"].sku == "OTHER"
    assert len(us.held) == 2


async def test_an_interrupted_update_that_somebody_else_went_over_is_a_conflict() -> None:
    eu, us = world()
    found, journal = await plan(eu, us), MemoryJournal()
    us.fates["SKU-b"] = Fate(Written(key="SKU-b", outcome="unknown", id="2", error="lost"), carried_out=True)
    await apply(found, us, journal=journal)
    us.held["2"] = msgspec.structs.replace(us.held["2"], prices=())
    done = await apply(found, us, journal=journal)
    assert outcomes(done.results)["SKU-b"] == "conflict"


async def test_a_failed_update_of_what_somebody_else_set_since_is_a_conflict() -> None:
    eu, us = world()
    found, journal = await plan(eu, us), MemoryJournal()
    us.fates["SKU-b"] = Fate(Written(key="SKU-b", outcome="failed", id="2", error="busy"))
    await apply(found, us, journal=journal)
    us.held["2"] = msgspec.structs.replace(us.held["2"], name="Edited")  # the very field that the plan is about
    assert outcomes((await apply(found, us, journal=journal)).results)["SKU-b"] == "conflict"
    assert us.held["2"].name == "Edited"


async def test_what_may_be_the_create_s_product_in_another_spelling_is_left_to_a_person() -> None:
    eu, us = Shop("eu", [product("a", sku="Mug")]), Shop("us")
    found, journal = await plan(eu, us), MemoryJournal()
    us.fates["Mug"] = Fate(Written(key="Mug", outcome="unknown", error="lost"), carried_out=True)
    await apply(found, us, journal=journal)
    us.held["1001"] = msgspec.structs.replace(us.held["1001"], sku="MUG")  # as the shop keeps it
    assert [each.outcome for each in (await apply(found, us, journal=journal)).results] == ["unknown"]
    assert len(us.held) == 1


async def test_an_old_plan_does_not_undo_what_a_newer_one_matched(tmp_path: Path) -> None:
    eu, us = (
        Shop("eu", [product("a"), product("b")]),
        Shop("us", [product("1", sku="SKU-a"), product("2", sku="SKU-b")]),
    )
    async with Sink(f"sqlite:///{tmp_path}/shop.db") as sink:
        old = await plan(eu, us)
        us.held |= {"1": msgspec.structs.replace(us.held["1"], sku="SKU-b"), "2": product("2", store="us", sku="SKU-a")}
        await apply(await plan(eu, us), us, journal=sink)
        await apply(old, us, journal=sink)
        assert await SinkJournal(sink).id_map("eu", "us") == {"a": "2", "b": "1"}


async def test_a_create_whose_sku_appeared_in_the_meantime_is_a_conflict_every_time() -> None:
    eu, us = Shop("eu", [product("a"), product("b")]), Shop("us")
    found, journal = await plan(eu, us), MemoryJournal()
    us.held["7"] = product("7", sku="SKU-a", name="Somebody's")
    for _ in range(2):
        done = await apply(found, us, journal=journal)
        assert outcomes(done.results) == {"SKU-a": "conflict", "SKU-b": "created"}
        assert done.results[0].target_id == "7"
        assert us.held["7"].name == "Somebody's"
    assert await journal.id_map("eu", "us") == {"b": "1001"}
    del us.held["7"]
    assert (await apply(found, us, journal=journal)).complete


async def test_a_log_in_a_database_knows_of_conflicts_failures_and_what_is_unknown(url: str) -> None:
    eu, us = Shop("eu", [product(id) for id in "abcd"]), Shop("us")
    found = await plan(eu, us)
    us.held["7"] = product("7", sku="SKU-a", name="Somebody's “é”")
    us.fates["SKU-b"] = Fate(Written(key="SKU-b", outcome="failed", id="77", error="a “café” – busy", temporary=True))
    us.fates["SKU-c"] = Fate(Written(key="SKU-c", outcome="unknown", error="lost"), carried_out=True)
    async with Sink(url) as sink:
        await apply(found, us, journal=sink)
        log = await SinkJournal(sink).entries(found.id)
        assert [log[number].state for number in range(4)] == ["conflict", "failed", "unknown", "created"]
        assert (log[1].target_id, log[1].sku, log[1].note) == ("77", "SKU-b", "a “café” – busy")
        assert await SinkJournal(sink).id_map("eu", "us") == {"d": "1002"}
    async with Sink(url) as sink:
        done = await apply(found, us, journal=sink)
        assert [each.outcome for each in done.results] == ["conflict", "created", "created", "created"]
        assert [each.earlier for each in done.results] == [False, False, True, True]
        assert Counter(us.written).most_common(1)[0][1] == 1


async def test_what_an_interrupted_create_finds_under_its_sku_is_only_taken_if_it_is_as_wanted() -> None:
    eu, us = Shop("eu", [product("a")]), Shop("us")
    found, journal = await plan(eu, us), MemoryJournal()
    us.fates["SKU-a"] = Fate(Written(key="SKU-a", outcome="unknown", error="lost"))
    await apply(found, us, journal=journal)
    us.held["7"] = product("7", sku="SKU-a", name="Somebody's")
    assert outcomes((await apply(found, us, journal=journal)).results) == {"SKU-a": "conflict"}
    assert us.written == []


async def test_where_products_go_by_their_ids_another_id_with_the_sku_is_somebody_else_s(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def by_path(wanted: Product, /, *, before: Product | None) -> ProductChange:
        change = changed(wanted, before=before)
        return msgspec.structs.replace(change, key=before.id if before else f"path-{wanted.sku}")

    async def changer() -> Any:
        return by_path

    eu, us = Shop("eu", [product("a"), product("b")]), Shop("us")
    us.product_writes = Unhurried(us, asks=False)
    monkeypatch.setattr(us.product_writes, "changer", changer)
    found, journal = await plan(eu, us), MemoryJournal()
    await journal.note(
        found.id, [Entry(item=number, action="create", sku=f"SKU-{id}") for number, id in enumerate("ab")]
    )
    us.held["elsewhere"] = product("elsewhere", store="us", sku="SKU-a", name="Somebody's")
    us.held["path-SKU-b"] = product("path-SKU-b", store="us", sku="SKU-b", name="half of it")
    done = await apply(found, us, journal=journal)
    assert outcomes(done.results) == {"SKU-a": "conflict", "SKU-b": "created"}  # of its own path the vendor decides


async def test_a_create_whose_sku_a_callback_changed_is_found_again_by_that_sku() -> None:
    eu, us = Shop("eu", [product("a")]), Shop("us")
    found, journal = await plan(eu, us), MemoryJournal()
    hooks = Hooks(create=lambda wanted: msgspec.structs.replace(wanted, sku="OWN"))
    us.fates["OWN"] = Fate(Written(key="OWN", outcome="unknown", error="lost"), carried_out=True)
    await apply(found, us, journal=journal, hooks=hooks)
    done = await apply(found, us, journal=journal, hooks=hooks)
    assert done.complete
    assert len(us.held) == 1


class Crashing:
    """A journal that is one more place at which the process may end."""

    def __init__(self, inner: Any, shop: Shop) -> None:
        self.inner = inner
        self.shop = shop

    async def entries(self, plan: str) -> Mapping[int, Entry]:
        return await self.inner.entries(plan)

    async def note(self, plan: str, entries: Sequence[Entry], linked: Linked | None = None) -> None:
        self.shop.step("note")
        await self.inner.note(plan, entries, linked)
        self.shop.step("noted")

    async def id_map(self, source: str, target: str) -> Mapping[str, str]:
        return await self.inner.id_map(source, target)


def crash_at(number: int) -> Callable[[str], None]:
    left = number

    def step(_: str) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise CrashError

    return step


async def boundaries(match: Match, batch: int, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr("commerce_async.sync.applying.BATCH", batch)
    eu, us = world()
    found = await plan(eu, us, match=match)
    us.steps.clear()
    await apply(found, us, journal=Crashing(MemoryJournal(), us), match=match)
    return len(us.steps)


async def interrupted(found: Plan, us: Shop, journal: Any, at: int, match: Match) -> None:
    us.on_step = crash_at(at)
    with pytest.raises(CrashError):
        await apply(found, us, journal=Crashing(journal, us), match=match)
    us.on_step = lambda _: None


@pytest.mark.parametrize("batch", [1, 2, 200])
@pytest.mark.parametrize("match", ["sku", lambda each: each.sku])
async def test_interrupted_at_any_boundary_and_run_again_everything_is_written_once(
    match: Match, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for at in range(1, await boundaries(match, batch, monkeypatch) + 1):
        eu, us = world()
        found, journal = await plan(eu, us, match=match), MemoryJournal()
        await interrupted(found, us, journal, at, match)
        done = await apply(found, us, journal=journal, match=match)
        assert us.content == eu.content, f"boundary {at}"
        assert done.complete, f"boundary {at}: {done.results}"
        assert max(Counter(us.written).values()) == 1, f"boundary {at}: {us.written}"
        assert Counter(action for action, _, _ in us.written) == {"create": 2, "update": 2, "delete": 1}
        assert (await journal.id_map("eu", "us")).keys() == eu.held.keys()
        assert (await plan(eu, us, id_map=journal)).empty


async def test_interrupted_twice_and_then_planned_anew_nothing_is_made_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    total = await boundaries("sku", 2, monkeypatch)
    for at in range(1, total + 1):
        eu, us = world()
        found, journal = await plan(eu, us), MemoryJournal()
        await interrupted(found, us, journal, at, "sku")
        us.on_step = crash_at(at)
        with suppress(CrashError):
            await apply(found, us, journal=Crashing(journal, us))
        us.on_step = lambda _: None
        done = await apply(await plan(eu, us, id_map=journal), us, journal=journal)
        assert done.complete
        assert us.content == eu.content
        assert max(Counter(us.written).values()) == 1


async def test_interrupted_in_a_database_the_next_process_goes_on(url: str, tmp_path: Path) -> None:
    eu, us = world()
    found = await plan(eu, us)
    found.save(tmp_path / "plan.json")
    async with Sink(url) as sink:
        await interrupted(found, us, SinkJournal(sink), 8, "sku")
    written = len(us.written)
    assert 0 < written < 5
    async with Sink(url) as sink:
        done = await apply(Plan.load(tmp_path / "plan.json"), us, journal=sink)
        assert done.complete
        assert us.content == eu.content
        assert max(Counter(us.written).values()) == 1
        us.steps.clear()
        third = await apply(Plan.load(tmp_path / "plan.json"), us, journal=sink)
        assert us.steps == []
        assert all(result.earlier for result in third.results)
