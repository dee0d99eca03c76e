"""Writes: carried out once, also when the answer is lost; for stores that write products."""

from __future__ import annotations

import msgspec
import pytest

from commerce_async.schema import Product
from commerce_async.store import ProductWrites, WritesProducts
from commerce_async.testing.conformance.base import Base, Scene, check
from commerce_async.testing.emulator import Plan

_KEY = "conformance-1"


class Writing(Base):
    """Products in the common schema, written."""

    def new_product(self, like: Product) -> Product:
        """A product that the vendor takes as new; by default another of the kind of one that it has."""
        return msgspec.structs.replace(like, id=_KEY, sku=_KEY, name="Conformance", variants=(), parent_id=None)

    @pytest.mark.parametrize("fault", ["", "lose_answer"])
    @check
    async def test_a_product_is_created_once_even_if_the_answer_is_lost(self, fault: str) -> None:
        async with self.scene() as scene:
            writes = _writes(scene)
            wanted = self.new_product(await _some(scene))
            change = (await writes.changer())(wanted, before=None)
            assert change.action == "create"
            before = len(scene.truth("products"))
            if fault:
                scene.emulator.plans += [Plan(fault="lose_answer", method=each) for each in ("POST", "PUT")]
            (written,) = await writes.write([change])
            assert written.outcome in (("created", "unknown") if fault else ("created",)), written.error
            assert len(scene.truth("products")) == before + 1
            assert scene.emulator.ledger.faults["lose_answer"] == (1 if fault else 0)

    @check
    async def test_what_is_as_wanted_is_not_written(self) -> None:
        async with self.scene() as scene:
            changer = await _writes(scene).changer()
            there = await _some(scene)
            change = changer(there, before=there)
            assert change.action == "unchanged"
            assert scene.emulator.ledger.writes == 0

    @check
    async def test_a_product_that_is_not_there_counts_as_deleted(self) -> None:
        async with self.scene() as scene:
            writes = _writes(scene)
            id = (await _some(scene)).id
            (first,) = await writes.delete([id])
            (again,) = await writes.delete([id])
            assert (first.outcome, again.outcome) == ("deleted", "deleted")
            assert id not in scene.truth("products")


def _writes(scene: Scene) -> ProductWrites:
    if not isinstance(scene.store, WritesProducts):
        pytest.skip(f"{type(scene.store).__name__} writes no products")
    return scene.store.product_writes


async def _some(scene: Scene) -> Product:
    return await scene.records("products").get(scene.truth("products")[0])
