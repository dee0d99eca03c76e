"""The id map and the intent log, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from commerce_async.sinks import Sink, intents, matches
from commerce_async.sinks.intents import Intent
from commerce_async.sinks.matches import Match

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/shop.db" if request.param == "sqlite" else request.getfixturevalue("postgres")


def match(source: str, target: str, *, to: str = "us", at: datetime = NOW) -> Match:
    return Match(source_store="eu", source_id=source, target_store=to, target_id=target, sku="S", matched_at=at)


def intent(
    item: str, state: str = "begun", *, plan: str = "p1", body: str | None = None, note: str | None = None
) -> Intent:
    return Intent(plan=plan, item=item, action="create", state=state, body=body, at=NOW, note=note)


async def save(sink: Sink, *found: Match) -> None:
    await sink.transaction(lambda connection: matches.save(connection, found))


async def known(sink: Sink, to: str = "us") -> dict[str, str]:
    found = await sink.read(lambda connection: matches.find(connection, "eu", to))
    return {id: match.target_id for id, match in found.items()}


async def test_matches_are_kept_per_pair_of_stores(url: str) -> None:
    async with Sink(url) as sink:
        await save(sink, match("1", "a"), match("2", "b"), match("1", "x", to="de"))
        assert await known(sink) == {"1": "a", "2": "b"}
        assert await known(sink, "de") == {"1": "x"}
        found = await sink.read(lambda connection: matches.find(connection, "eu", "us"))
        assert found["1"] == match("1", "a")


async def test_the_newest_match_holds_on_both_sides(url: str) -> None:
    async with Sink(url) as sink:
        await save(sink, match("1", "a"), match("2", "b"))
        await save(sink, match("1", "b", at=NOW + timedelta(days=1)))
        assert await known(sink) == {"1": "b"}
        await save(sink, match("3", "c"), match("4", "c"))
        assert await known(sink) == {"1": "b", "4": "c"}


async def test_the_matches_of_what_is_no_more_are_let_go(url: str) -> None:
    async with Sink(url) as sink:
        await save(sink, match("1", "a"), match("2", "b"), match("1", "a", to="de"))
        await sink.transaction(lambda connection: matches.forget(connection, "eu", "us", ["a"]))
        assert await known(sink) == {"2": "b"}
        assert await known(sink, "de") == {"1": "a"}


async def test_intents_keep_their_order_and_body_while_their_state_goes_on(url: str) -> None:
    begun = [intent(item, body='{"sku": "é"}') for item in ("z", "a", "m")]
    async with Sink(url) as sink:
        await sink.transaction(lambda connection: intents.save(connection, begun))
        await sink.transaction(lambda c: intents.save(c, [intent("a", "created"), intent("other", plan="p2")]))
        await sink.transaction(lambda c: intents.save(c, [intent("m", "failed", note="sku: taken")]))
        found = await sink.read(lambda connection: intents.of_plan(connection, "p1"))
        assert [(one.item, one.state, one.body) for one in found] == [
            ("z", "begun", '{"sku": "é"}'), ("a", "created", '{"sku": "é"}'), ("m", "failed", '{"sku": "é"}'),
        ]  # fmt: skip
        left = await sink.read(lambda connection: intents.of_plan(connection, "p1", ["begun", "failed"]))
        assert [(one.item, one.note) for one in left] == [("z", None), ("m", "sku: taken")]


async def test_the_intents_of_a_plan_that_is_done_with_are_let_go(url: str) -> None:
    async with Sink(url) as sink:
        await sink.transaction(lambda c: intents.save(c, [intent("a"), intent("a", plan="p2")]))
        await sink.transaction(lambda connection: intents.forget(connection, ["p1"]))
        assert await sink.read(lambda connection: intents.of_plan(connection, "p1")) == []
        assert len(await sink.read(lambda connection: intents.of_plan(connection, "p2"))) == 1
