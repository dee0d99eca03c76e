"""One rule takes every family's reply apart: wrappings, and the vendor's ten ways to say no."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commerce_async.errors import CommerceError, RejectedError
from commerce_async.http.call import Call, Outcome
from commerce_async.schema.lenient import untyped
from commerce_async.testing.clock import VirtualTimeLoop
from fastspring_async.operations import OPERATIONS, Asks
from fastspring_async.verdict import judge
from fastspring_async.wire import KINDS, Kind
from tests.fastspring.fakes import call, json, reply, store
from tests.fastspring.operations_kit import CASES
from tests.fastspring.wire_samples import RICH

pytestmark = pytest.mark.anyio

FAMILIES = ["accounts", "coupons", "returns", "subscriptions", "orders", "products", "events"]
STATUSES = [200, 400, 404, 405, 409, 500]


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return "asyncio", {"loop_factory": VirtualTimeLoop}


def ids(kind: Kind, body: object) -> list[object]:
    records: list[Any] = [untyped(raw) for raw in kind.unwrap(json(body)).records]
    return [record if isinstance(record, str) else record.get(kind.names[0], record.get("id")) for record in records]


@pytest.mark.parametrize("family", FAMILIES)
def test_each_record_comes_once_out_of_every_wrapping(family: str) -> None:
    kind = KINDS[family]
    name, plural = kind.names[0], kind.plural
    one, two = {name: "a", "x": 1}, {name: "b"}
    said = {"action": "x", "result": "success"}
    assert ids(kind, {**one, **said}) == ["a"]
    assert ids(kind, {plural: [one, two]}) == ["a", "b"]
    assert ids(kind, {**one, **said, plural: [one]}) == ["a"]
    assert ids(kind, [one, two]) == ["a", "b"]
    assert ids(kind, {name: [one, two]}) == ["a", "b"]
    assert ids(kind, {name: one}) == ["a"]
    assert ids(kind, {"id": "a", "x": 1}) == ["a"]
    assert ids(kind, {**said, plural: ["a", "b"]}) == ["a", "b"]
    assert ids(kind, {plural: one}) == ["a"]
    assert ids(kind, {"errors": [{name: "a", "error": {name: "No"}}]}) == ["a"]
    assert ids(kind, {plural: [one], "errors": [{name: "b", "error": {}}]}) == ["a", "b"]
    assert ids(kind, {plural: []}) == []


def test_a_list_embedded_as_hal_knows_its_next_page() -> None:
    kind = KINDS["quotes"]
    body: dict[str, Any] = {
        "_embedded": {"quotes": [{"id": "q"}]},
        "_links": {"next": {"href": "https://x/q?page=3&s=1"}},
    }
    assert (ids(kind, body), kind.unwrap(json(body)).next_page) == (["q"], 3)
    paged = {**body, "page": {"number": 0, "totalPages": 2, "totalElements": 9}}
    assert (kind.unwrap(json(paged)).next_page, kind.unwrap(json(paged)).total) == (1, 9)
    assert kind.unwrap(json({**paged, "page": {"number": 1, "totalPages": 2}})).next_page is None
    assert ids(kind, {"_links": {"self": {"href": "https://x/q"}}}) == []
    assert ids(kind, {"_embedded": {}}) == []


def refusals(family: str, words: str) -> dict[str, object]:
    """The ways E1 to E8 and E10 to refuse one thing."""
    kind = KINDS[family]
    name, plural = kind.names[0], kind.plural
    item = {"action": f"{name}.get", name: "a", "result": "error", "error": {name: words}}
    return {
        "E1": item,
        "E2": {plural: [item]},
        "E3": {"errors": [{name: "a", "error": {name: words}}]},
        "E4": {**item, "error": words},
        "E5": {plural: [{**item, "result": "success"}]},
        "E5 hybrid": {**item, plural: [{**item, "result": "success"}]},
        "E6": {"message": words, "params": []},
        "E7": {"status": "BAD_REQUEST", "timestamp": "27-12-2024 05:30:57", "id": "1", "message": words, "errors": []},
        "E8": {"code": 400, "message": words},
        "E10": [item],
    }


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("way", list(refusals("orders", "")))
@pytest.mark.parametrize(("words", "outcome"), [("Not found", Outcome.MISSING), ("Locked", Outcome.REJECTED)])
def test_a_refusal_of_one_thing_is_told_in_the_vendors_words_however_written(
    family: str, way: str, words: str, outcome: Outcome
) -> None:
    for status in [400] if way in ("E6", "E7", "E8") else STATUSES:
        if status == 404:
            continue  # a 404 with the vendor's own words is missing, whatever they are
        verdict = judge(call(f"{family}.get"), reply(refusals(family, words)[way], status))
        assert (verdict.outcome, words in verdict.message) == (outcome, True), status


@pytest.mark.parametrize("row", OPERATIONS, ids=lambda row: row.name)
def test_no_operation_takes_the_vendors_no_for_a_yes(row: Any) -> None:
    kind = row.kind
    for way in ("E1", "E4", "E6", "E7"):
        body: Any = refusals("orders", "Locked")[way]
        if "order" in body:
            body = {**{key: value for key, value in body.items() if key != "order"}, kind.names[0]: "a"}
        for status in (200, 400):
            verdict = judge(call(row.name), reply(body, status))
            each = row.asks is Asks.EACH and kind.unwrap(json(body)).records
            assert verdict.outcome is (Outcome.OK if each else Outcome.REJECTED), (way, status)


@pytest.mark.parametrize("row", OPERATIONS, ids=lambda row: row.name)
@pytest.mark.parametrize("body", [b"", b"<html>404</html>", b"{}", {"message": "Not Found"}])
def test_an_empty_or_foreign_404_may_be_a_throttle_for_every_operation(row: Any, body: object) -> None:
    asked: Call[Any] = Call(row.name, row.method, "/x", lambda _reply: None)
    verdict = judge(asked, reply(body, 404))
    assert (verdict.outcome, verdict.ambiguous) == (Outcome.THROTTLED, True)
    assert judge(asked, reply(b"", 429, retry_after="7")).wait == 7.0


def test_an_error_beside_records_counts_unless_the_records_tell_which_it_is_about() -> None:
    ok, bad = {"subscription": "a"}, {"subscription": "b", "error": {"subscription": "Locked"}}
    head = {"action": "x", "result": "error"}
    listed = judge(call("subscriptions.search"), reply({**head, "error": {"limit": "No"}, "subscriptions": ["a"]}))
    assert (listed.outcome, dict(listed.fields)) == (Outcome.REJECTED, {"limit": "No"})
    mixed = reply({**head, "subscriptions": [ok, bad]})
    assert judge(call("subscriptions.cancel"), mixed).outcome is Outcome.OK
    vague = reply({**head, "error": "Busy", "subscriptions": [ok]})
    assert judge(call("subscriptions.cancel"), vague).outcome is Outcome.REJECTED
    assert judge(call("subscriptions.get"), vague).outcome is Outcome.REJECTED


async def test_errors_in_a_list_of_their_own_reach_the_things_that_they_are_about() -> None:
    rows = [{"subscription": "b", "error": {"subscription": "Locked"}}, {"subscription": "c", "error": {}}]
    shop, _ = store(lambda _call: reply({"subscriptions": [{"subscription": "a"}], "errors": rows}))
    async with shop:
        batch = await shop.api.subscriptions.cancel(["a", "b", "c"])
    assert [item.id for item in batch.items] == ["a"]
    told = [(failure.id, failure.reason, type(failure.error)) for failure in batch.failed]
    assert told == [("b", "Locked", RejectedError), ("c", "result: error", RejectedError)]


def test_a_failing_server_that_names_what_was_asked_has_not_said_that_it_was_done() -> None:
    echo = {"subscriptions": [{"subscription": "a"}]}
    assert judge(call("subscriptions.charge"), reply(echo, 500)).outcome is Outcome.TEMPORARY
    assert judge(call("subscriptions.get_many"), reply(echo, 400)).outcome is Outcome.OK  # seen in live clients


@pytest.mark.parametrize("name", [row.name for row in OPERATIONS if row.asks in (Asks.ONE, Asks.NEW)])
async def test_a_call_about_one_thing_raises_what_the_vendor_says(name: str) -> None:
    case = CASES[name]
    kind = next(row.kind for row in OPERATIONS if row.name == name)
    body = {"action": "x", kind.names[0]: "a", "result": "error", "error": {"thing": "The thing is locked"}}
    shop, wall = store(lambda _call: reply(body))
    async with shop:
        try:
            result = await case.run(shop.api)
            error: CommerceError = result.failed[0].error
        except CommerceError as raised:
            error = raised
    assert isinstance(error, RejectedError)
    assert (error.message, error.fields) == ("The thing is locked", {"thing": "The thing is locked"})
    assert len(wall.calls) == 1


@pytest.mark.parametrize("family", ["accounts", "returns", "subscriptions", "coupons"])
@pytest.mark.parametrize("status", [200, 400, 404, 500])
async def test_an_id_that_is_not_there_is_missing_and_hides_no_other(family: str, status: int) -> None:
    kind = KINDS[family]
    name = kind.names[0]

    def answer(call: Call[Any]) -> Any:
        rows: list[object] = []
        for id in call.path.split("/")[-1].split(","):
            gone = {"action": "x", name: id, "result": "error", "error": {name: f"{name} not found"}}
            rows.append(gone if id == "no" else {name: id})
        return reply({kind.plural: rows} if len(rows) > 1 else rows[0], status if "no" in call.path else 200)

    shop, _ = store(answer)
    async with shop:
        batch = await getattr(shop.api, family).get_many(["b", "no", "a", "b"])
    assert ([item.key for item in batch.items], batch.missing, batch.failed) == (["b", "a"], ("no",), ())


# -- whatever comes ------------------------------------------------------------------------------------------

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "a", "0", "not found", "1_000", "2024-01-01", "error", "success", "\u00a0€ 1,00"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["id", "a", "error", "result", "errors", "message", "status", "code", "params", "_embedded", "_links",
         "subscription", "subscriptions", "account", "accounts", "codes deleted", "postal code", "created.id"]),
        inner, max_size=4), max_leaves=6)  # fmt: skip

CHANGES = st.sampled_from(["drop", "null", "", "value", "nest"])


def places(value: object, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [at] if at else []
    if isinstance(value, dict):
        return found + [place for key in value for place in places(value[key], (*at, key))]
    if isinstance(value, list):
        return found + [place for n, member in enumerate(value) for place in places(member, (*at, n))]
    return found


def mutate(document: Any, place: tuple[Any, ...], change: str, value: object) -> None:
    *path, last = place
    try:
        for step in path:
            document = document[step]
        if change == "drop":
            del document[last]
        else:
            old = document[last]
            document[last] = {"null": None, "": "", "value": value, "nest": {"id": old, "error": None}}[change]
    except (KeyError, IndexError, TypeError):
        return  # an earlier change took the place away


JSON_CASES = [name for name, case in CASES.items() if not isinstance(case.reply, bytes)]


@pytest.mark.parametrize("name", JSON_CASES)
def test_a_mutated_reply_gives_a_record_a_failure_or_a_typed_error_and_drops_nothing(name: str) -> None:
    case = CASES[name]
    body = RICH.get(name, case.reply)
    whole = msgspec.json.decode(json(body))
    spots = places(whole)

    @settings(max_examples=20, deadline=None)
    @given(
        st.lists(st.tuples(st.sampled_from(spots), CHANGES, VALUES), min_size=1, max_size=3), st.sampled_from(STATUSES)
    )
    def check(changes: list[tuple[tuple[Any, ...], str, object]], status: int) -> None:
        document = msgspec.json.decode(json(body))
        for place, change, value in changes:
            mutate(document, place, change, value)

        async def run() -> None:
            shop, wall = store(lambda _call: reply(document, status))
            async with shop:
                try:
                    result = await case.run(shop.api)
                except CommerceError:
                    return
                except StopAsyncIteration:
                    return
            accounted(name, result)
            assert wall.calls

        loop = VirtualTimeLoop()
        try:
            loop.run_until_complete(run())
        finally:
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()
            asyncio.set_event_loop(None)

    check()


def accounted(name: str, result: Any) -> None:
    """A batch about one id has that id in exactly one of its three places."""
    if (
        hasattr(result, "missing")
        and hasattr(result, "failed")
        and name.split(".")[1] not in ("entries", "list", "jobs")
    ):
        assert len(result.items) + len(result.missing) + len(result.failed) == 1
