"""Limits kept, nothing left behind, and nothing sent that must not be."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from commerce_async.errors import CommerceError, DeadlineError, UsageError
from commerce_async.limits.base import Lane
from commerce_async.store import ProvidesProbe
from commerce_async.testing.conformance.base import NAME, Base, check
from commerce_async.testing.emulator import Faults

_HOSTILE = ("", ".", "..", "../orders", "a/b", "a?b=c", "a#b", "%2e%2e", "a\nb", "a b", "é", "\ud800", "x" * 3000)


class Manners(Base):
    """What a vendor, and the rest of the program, may expect of a store."""

    @check
    async def test_calls_at_once_stay_within_the_limit(self) -> None:
        async with self.scene(limited=True) as scene:
            records, id = scene.records(scene.some), scene.truth(scene.some)[0]
            found = await asyncio.gather(*(records.get(id) for _ in range(self.burst)))
            ledger, stats = scene.emulator.ledger, scene.store.client.stats
            assert {each.id for each in found} == {id}
            assert ledger.throttled <= self.tolerated
            assert ledger.calls == stats.calls
            assert ledger.throttled == stats.throttled
            if not self.limited:
                pytest.skip("`limited` is empty: no limit was there to be kept")

    @check
    async def test_what_is_cancelled_leaves_no_task_no_permit_and_a_store_that_works(self) -> None:
        async with self.scene() as scene:
            records, id = scene.records(scene.some), scene.truth(scene.some)[0]
            await records.get(id)
            scene.emulator.faults = Faults(latency=5.0)
            tasks = [asyncio.ensure_future(records.get(id)) for _ in range(5)]
            tasks.append(asyncio.ensure_future(_all(records.list())))
            await asyncio.sleep(0.05)
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
            assert all(isinstance(each, asyncio.CancelledError) for each in ended)
            limiter = scene.store.client.limiter
            assert (limiter.snapshot().in_flight, limiter.waiting) == (0, 0)
            assert asyncio.all_tasks() == {asyncio.current_task()}
            scene.emulator.faults = Faults()
            assert (await records.get(id)).id == id

    @check
    async def test_a_list_that_is_left_early_leaves_no_task(self) -> None:
        async with self.scene() as scene:
            pages = scene.records(scene.some).list().pages()
            async for _page in pages:
                break
            await pages.aclose()
            assert asyncio.all_tasks() == {asyncio.current_task()}

    @check
    async def test_a_deadline_holds(self) -> None:
        async with self.scene(faults=Faults(latency=30.0)) as scene:
            records: Any = getattr(scene.store.with_options(deadline=0.05), scene.some)
            loop = asyncio.get_running_loop()
            begun = loop.time()
            with pytest.raises(DeadlineError):
                await records.get(scene.truth(scene.some)[0])
            assert loop.time() - begun < 5.0

    @check
    async def test_before_it_is_open_and_after_it_is_closed_nothing_is_sent(self) -> None:
        async with self.scene() as scene:
            id = scene.truth(scene.some)[0]
            store = self.store.from_settings(NAME, scene.settings)
            with pytest.raises(UsageError):
                await getattr(store, scene.some).get(id)
            async with store:
                await getattr(store, scene.some).get(id)
            with pytest.raises(UsageError):
                await getattr(store, scene.some).get(id)
            with pytest.raises(UsageError):
                await store.__aenter__()
            assert asyncio.all_tasks() == {asyncio.current_task()}
            assert scene.emulator.ledger.calls == store.client.stats.calls

    @check
    async def test_a_derived_store_has_its_own_options_and_shares_session_and_limit(self) -> None:
        async with self.scene() as scene:
            derived = scene.store.with_options(lane=Lane.BULK, timeout=7.0)
            assert type(derived) is type(scene.store)
            assert (derived.name, derived.client.options.lane, derived.client.options.timeout) == (NAME, Lane.BULK, 7.0)
            assert derived.client.limiter is scene.store.client.limiter
            assert scene.store.client.options.lane is Lane.INTERACTIVE
            await getattr(derived, scene.some).get(scene.truth(scene.some)[0])
            assert derived.client.stats.calls == scene.emulator.ledger.calls
            with pytest.raises(UsageError, match="tiemout"):
                scene.store.with_options(tiemout=1)

    @check
    async def test_an_id_of_a_users_reaches_no_other_endpoint(self) -> None:
        async with self.scene() as scene:
            records = scene.records(scene.some)
            await records.get(scene.truth(scene.some)[0])
            usual = set(scene.emulator.ledger.by_route)
            for id in _HOSTILE:
                with pytest.raises(CommerceError):
                    await records.get(id)
            assert set(scene.emulator.ledger.by_route) == usual
            assert scene.emulator.ledger.writes == 0

    @check
    async def test_a_probe_is_cheap_and_tells_the_limit(self) -> None:
        async with self.scene() as scene:
            if not isinstance(scene.store, ProvidesProbe):
                pytest.skip(f"{type(scene.store).__name__} has no probe")
            probe = await scene.store.probe()
            assert scene.emulator.ledger.calls <= 2
            assert probe.limit
            assert probe.seconds >= 0


async def _all(pager: Any) -> None:
    async for _ in pager:
        pass
