"""Records: all of them, once, exact, and each that cannot be read accounted for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import aclosing
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from commerce_async.errors import MissingError
from commerce_async.http.pager import Pager
from commerce_async.schema import Order
from commerce_async.sync import pull
from commerce_async.testing.conformance.base import NAME, STREAMS, Base, check, each_stream
from commerce_async.testing.emulator import Faults


class Reading(Base):
    """Lists, single records, batches."""

    @each_stream
    @check
    async def test_a_list_gives_every_record_once_and_says_that_it_is_complete(self, stream: str) -> None:
        async with self.scene() as scene:
            pager = scene.records(stream).list()
            ids = await _ids(pager)
            assert sorted(ids) == sorted(scene.truth(stream))
            assert pager.complete is True

    @each_stream
    @check
    async def test_a_list_that_shifts_loses_no_record_and_repeats_none(self, stream: str) -> None:
        async with self.scene(faults=Faults(shift=0.9)) as scene:
            before = set(scene.truth(stream))
            pager = scene.records(stream).list()
            ids = await _ids(pager)
            stayed = before & set(scene.truth(stream))
            assert len(ids) == len(set(ids))
            assert stayed <= set(ids) or pager.complete is False
            if not scene.emulator.ledger.faults["shift"]:
                pytest.skip("its emulator's lists never moved (faults.shift), so this has shown nothing")

    @each_stream
    @check
    async def test_a_list_goes_on_from_the_token_of_any_page(self, stream: str) -> None:
        async with self.scene() as scene:
            records = scene.records(stream)
            tokens: list[str] = []
            seen: list[set[str]] = [set()]
            async with aclosing(records.list().pages()) as pages:
                async for page in pages:
                    seen.append(seen[-1] | {record.id for record in page.items})
                    if page.next is not None:
                        assert page.token is not None
                        tokens.append(page.token)
            for token, known in list(zip(tokens, seen[1:], strict=False))[:2]:
                rest = await _ids(records.list(resume=token))
                assert known | set(rest) == set(scene.truth(stream))

    @each_stream
    @check
    async def test_a_record_is_whole_exact_and_carries_the_vendors_own_bytes(self, stream: str) -> None:
        async with self.scene() as scene:
            records = scene.records(stream)
            exact = getattr(scene.emulator, "order_total", None)
            for id in scene.truth(stream)[:5]:
                record = await records.get(id)
                assert (record.id, record.store, record.vendor) == (id, NAME, type(scene.store).vendor)
                assert msgspec.json.decode(record.raw)
                for where, value in _leaves(record, stream):
                    assert not isinstance(value, float), f"{where} is a float, which is not exact"
                    assert not isinstance(value, datetime) or value.tzinfo is not None, f"{where} has no timezone"
                if isinstance(record, Order) and exact is not None:
                    native = {str(id): id for id in scene.emulator.order_ids()}
                    assert record.total == Decimal(exact(native[id]))

    @each_stream
    @check
    async def test_a_record_that_is_not_there_is_missing(self, stream: str) -> None:
        async with self.scene() as scene:
            with pytest.raises(MissingError) as caught:
                await scene.records(stream).get(self.absent)
            assert caught.value.store == NAME

    @each_stream
    @check
    async def test_a_batch_accounts_for_every_id_in_the_order_asked(self, stream: str) -> None:
        async with self.scene() as scene:
            records = scene.records(stream)
            first, *_, last = scene.truth(stream)
            batch = await records.get_many([last, self.absent, first, last])
            assert [record.id for record in batch.items] == [last, first]
            assert batch.missing == (self.absent,)
            assert batch.failed == ()

    @each_stream
    @check
    async def test_what_cannot_be_read_is_set_aside_with_its_bytes_and_takes_nothing_with_it(self, stream: str) -> None:
        async with self.scene(broken=2, broken_products=2) as scene:
            good: list[str] = []
            bad: list[Any] = []
            async with aclosing(scene.records(stream).list().pages()) as pages:
                async for page in pages:
                    good += [record.id for record in page.items]
                    bad += page.unreadable
            assert len(bad) == 2
            assert all(each.reason and "\n" not in each.reason and each.raw for each in bad)
            assert sorted([*good, *(str(each.id) for each in bad)]) == sorted(scene.truth(stream))

    @check
    async def test_a_sync_takes_all_of_it_and_a_second_one_changes_nothing(self, tmp_path: Path) -> None:
        async with self.scene() as scene:
            streams = [stream for stream in STREAMS if hasattr(scene.store, stream)]
            for new in (True, False):
                report = await pull([scene.store], into=f"sqlite:///{tmp_path}/shop.db", streams=streams, full=True)
                assert report.complete
                for each in report.streams:
                    count = len(scene.truth(each.stream))
                    assert (each.new, each.unchanged) == ((count, 0) if new else (0, count))


async def _ids(pager: Pager[Any]) -> list[str]:
    return [record.id async for record in pager]


def _leaves(value: object, where: str) -> Iterator[tuple[str, object]]:
    if isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from _leaves(getattr(value, name), f"{where}.{name}")
    elif isinstance(value, Mapping):
        for key, member in cast("Mapping[object, object]", value).items():
            yield from _leaves(member, f"{where}.{key}")
    elif isinstance(value, tuple):
        for number, member in enumerate(cast("tuple[object, ...]", value)):
            yield from _leaves(member, f"{where}[{number}]")
    else:
        yield where, value
