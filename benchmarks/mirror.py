"""Mirrors a catalog onto an empty store of the other vendor, both ways, and counts what the emulators' ledgers saw.

First everything is created. Then the unchanged catalog is mirrored again, which must write nothing. Then 1 % of the
source's products are edited, one to four fields each, and the plan must name exactly those, field by field, old and
new; what is expected is made from the edits, not from the plan. The emulators run in another process, limits off;
journal and id map are in SQLite.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections import Counter
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

import msgspec

from benchmarks import servers
from benchmarks.figures import bar, machine, table
from commerce_async.schema import Price, Product, Text
from commerce_async.sinks import Sink
from commerce_async.store import Store
from commerce_async.sync import Plan, apply, plan
from fastspring_async import FastSpring
from sparkpay_async import SparkPay

Way: TypeAlias = Literal["FastSpring to Spark Pay", "Spark Pay to FastSpring"]
WAYS: Final[tuple[Way, ...]] = ("FastSpring to Spark Pay", "Spark Pay to FastSpring")

_VENDORS: Final = {"FastSpring": "fastspring", "Spark Pay": "sparkpay"}

# What each edit is called in the words of the target's vendor. Both keep texts of a product under such names.
_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "fastspring": {
        "name": "display.en",
        "description": "description.full.en",
        "price": "pricing.price.USD",
        "sku": "sku",
    },
    "sparkpay": {"name": "item_name", "description": "long_description_1", "price": "price", "sku": "item_number"},
}


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One plan or one apply.

    Attributes:
        reads, writes: calls of both stores, as the emulators counted them.
        shops_cpu: CPU seconds of the emulators.
    """

    name: str
    items: int
    seconds: float
    cpu: float
    shops_cpu: float
    reads: int
    writes: int


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """One way.

    Attributes:
        products: of the source.
        again: the plan's counts when nothing had changed.
        again_writes: calls that the mirror of the unchanged catalog wrote with.
        edited: products that were edited, and fields in all.
        wrong: what the plan says otherwise than the edits do, a line each.
        left: what is to write after everything.
    """

    way: Way
    products: int
    steps: tuple[Step, ...]
    again: dict[str, int]
    again_writes: int
    edited: tuple[int, int]
    wrong: tuple[str, ...]
    left: dict[str, int]


async def run(products: int, folder: Path, ways: Sequence[Way] = WAYS) -> list[Result]:
    """Measures each way, on emulators of its own.

    Args:
        products: of the source.
        folder: where the databases go.
    """
    return [await _one(way, products, folder / f"mirror-{number}.db") for number, way in enumerate(ways)]


class _World:
    """The source, the target, and what they count."""

    def __init__(self, shops: servers.Shops, source: Store, target: Store) -> None:
        self.shops = shops
        self.source, self.target = source, target
        self.steps: list[Step] = []

    @asynccontextmanager
    async def step(self, name: str) -> AsyncGenerator[list[int]]:
        """Measures what is done inside; the number of its items is to be appended."""
        items: list[int] = []
        before, shops_cpu = self._calls(), self.shops.cpu()
        wall, cpu = time.perf_counter(), time.process_time()
        yield items
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        calls = self._calls() - before
        writes = sum(count for route, count in calls.items() if not route.startswith("GET "))
        self.steps.append(
            Step(
                name=name,
                items=sum(items),
                seconds=wall,
                cpu=cpu,
                shops_cpu=self.shops.cpu() - shops_cpu,
                reads=calls.total() - writes,
                writes=writes,
            )
        )

    def _calls(self) -> Counter[str]:
        return sum(self.shops.routes().values(), Counter[str]())

    async def plan(self, name: str, sink: Sink) -> Plan:
        async with self.step(f"plan, {name}") as items:
            found = await plan(self.source, self.target, id_map=sink)
            items.append(len(found.items))
        return found

    async def apply(self, name: str, found: Plan, sink: Sink) -> None:
        async with self.step(f"apply, {name}") as items:
            done = await apply(found, self.target, journal=sink)
            items.append(len(done.results))
        if not done.complete:
            bad = [result for result in done.results if result.error]
            raise RuntimeError(f"{name}: {len(bad)} items failed, such as {bad[0]}")


async def _one(way: Way, products: int, database: Path) -> Result:
    source, target = (_VENDORS[name] for name in way.split(" to "))
    own = {source: {"products": products}, target: {"products": 0}}
    with servers.Shops(own, orders=0) as shops:
        async with _stores(shops) as stores, Sink(f"sqlite:///{database}") as sink:
            world = _World(shops, stores[source], stores[target])
            await _tidied(stores[source])
            await world.apply("all new", await world.plan("all new", sink), sink)
            same = await world.plan("unchanged", sink)
            await world.apply("unchanged", same, sink)
            edits = await _edited(stores[source], await _read(stores[target]), target, max(4, products // 100))
            changed = await world.plan("1 % edited", sink)
            await world.apply("1 % edited", changed, sink)
            left = await plan(stores[source], stores[target], id_map=sink)
    unchanged = world.steps[2:4]
    return Result(
        way=way,
        products=same.source.read,
        steps=tuple(world.steps),
        again=_counts(same),
        again_writes=sum(step.writes for step in unchanged),
        edited=(len(edits), sum(map(len, edits.values()))),
        wrong=tuple(_wrong(changed, edits)),
        left=_counts(left),
    )


@asynccontextmanager
async def _stores(shops: servers.Shops) -> AsyncGenerator[dict[str, FastSpring | SparkPay]]:
    settings = shops.settings["sparkpay"]
    async with servers.sparkpay(settings) as shop:
        categories = await shop.api.categories.list(count=1)
    mine = {**settings, "default_category_id": categories.items[0].id, "digital_type": "Download"}
    async with servers.fastspring(shops.settings["fastspring"]) as eu, servers.sparkpay(mine) as us:
        yield {"fastspring": eu, "sparkpay": us}


async def _read(store: FastSpring | SparkPay) -> dict[str, Product]:
    """Every product, by SKU."""
    return {each.sku or "": each async for each in store.products.list()}


async def _write(store: FastSpring | SparkPay, changes: Sequence[tuple[Product, Product]]) -> None:
    """Somebody's edits: each product, and as it is wanted."""
    change = await store.product_writes.changer()
    done = await store.product_writes.write([change(wanted, before=before) for before, wanted in changes])
    if bad := [each for each in done if each.outcome != "updated"]:
        raise RuntimeError(f"{len(bad)} edits failed, such as {bad[0]}")


async def _tidied(store: FastSpring | SparkPay) -> None:
    """Gives every product a SKU of its own and prices in whole cents: of the generated ones some have neither."""
    seen: set[str] = set()
    changes: list[tuple[Product, Product]] = []
    async for each in store.products.list():
        sku = each.sku if each.sku and each.sku not in seen else f"OWN-{each.id}"
        prices = tuple(msgspec.structs.replace(price, amount=round(price.amount, 2)) for price in each.prices)
        if sku != each.sku or prices != each.prices:
            changes.append((each, msgspec.structs.replace(each, sku=sku, prices=prices)))
        seen.add(sku)
    if changes:
        await _write(store, changes)


# -- edits ------------------------------------------------------------------------------------------------------------

Edits: TypeAlias = dict[str, dict[str, tuple[Any, Any]]]
"""By the source's id: fields in the words of the target, with old and new."""


async def _edited(source: FastSpring | SparkPay, there: Mapping[str, Product], vendor: str, number: int) -> Edits:
    """Edits so many products of the source, evenly spread, one to four fields of each in turn.

    Args:
        there: the target's products by SKU.
        vendor: the target's.
    """
    held = [each for each in (await _read(source)).values() if _plain(each)]
    chosen = [held[at * len(held) // number] for at in range(number)]
    edits: Edits = {}
    wanted: list[tuple[Product, Product]] = []
    for at, product in enumerate(chosen):
        fields = ("name", "price", "description", "sku")[: 1 + at % 4]
        after = product
        for field in fields:
            after = _CHANGES[field](after, at)
        wanted.append((product, after))
        before = there[product.sku or ""]
        edits[product.id] = {_WORDS[vendor][field]: (_value(before, field), _value(after, field)) for field in fields}
    await _write(source, wanted)
    return edits


def _plain(product: Product) -> bool:
    """Whether it has all four fields in the way that the edits change them."""
    return all(_value(product, field) for field in _CHANGES)


def _value(product: Product, field: str) -> str | None:
    """The field as both vendors' drafts spell it."""
    text = product.texts.get("en") or product.texts.get("") or Text()
    if field == "price":
        return next((f"{each.amount:f}" for each in product.prices if _regular(each)), None)
    return product.sku if field == "sku" else getattr(text, field)


def _regular(price: Price) -> bool:
    return price == Price(currency="USD", amount=price.amount)


def _named(product: Product, at: int) -> Product:
    return msgspec.structs.replace(_texts(product, name=f"Renamed {at}"), name=f"Renamed {at}")


def _dearer(product: Product, at: int) -> Product:
    prices = tuple(
        msgspec.structs.replace(each, amount=Decimal("1000.25") + at) if _regular(each) else each
        for each in product.prices
    )
    return msgspec.structs.replace(product, prices=prices)


def _described(product: Product, at: int) -> Product:
    return _texts(product, description=f"Described anew, {at} – “so”.")


def _numbered(product: Product, at: int) -> Product:
    return msgspec.structs.replace(product, sku=f"NEW-{at}")


def _texts(product: Product, **parts: str) -> Product:
    language = "en" if "en" in product.texts else ""
    texts = {**product.texts, language: msgspec.structs.replace(product.texts[language], **parts)}
    return msgspec.structs.replace(product, texts=texts)


_CHANGES: Final = {"name": _named, "price": _dearer, "description": _described, "sku": _numbered}


def _wrong(found: Plan, edits: Edits) -> list[str]:
    """Where the plan is not what was edited."""
    wrong: list[str] = []
    named: set[str | None] = set()
    for item in found.items:
        if item.action == "unchanged":
            continue
        named.add(item.source_id)
        told = {each.field: (each.old, each.new) for each in item.change.fields} if item.change else {}
        expected = edits.get(item.source_id or "", {})
        if item.action != "update" or _amounts(told) != _amounts(expected):
            wrong.append(f"{item.source_id}: {item.action} {told}, and edited was {expected}")
    wrong += [f"{id}: it is not in the plan" for id in edits if id not in named]
    return wrong


def _amounts(fields: Mapping[str, tuple[Any, Any]]) -> dict[str, tuple[Any, Any]]:
    """Amounts by their value: 9.5 and 9.50 are one."""
    return {
        name: (Decimal(old), Decimal(new)) if "price" in name else (old, new) for name, (old, new) in fields.items()
    }


def _counts(found: Plan) -> dict[str, int]:
    return {name: number for name, number in found.counts.items() if number}


def show(results: Sequence[Result]) -> None:
    """Prints the figures, and the bars."""
    for result in results:
        table(
            f"{result.way}, {result.products:,} products",
            ["", "items", "seconds", "items/s", "CPU s", "emulators' CPU s", "reads", "writes"],
            [
                [
                    step.name,
                    step.items,
                    f"{step.seconds:.1f}",
                    f"{step.items / step.seconds:.0f}",
                    f"{step.cpu:.1f}",
                    f"{step.shops_cpu:.1f}",
                    step.reads,
                    step.writes,
                ]
                for step in result.steps
            ],
        )
        products, fields = result.edited
        whole = result.again == {"unchanged": result.products}
        bar(f"mirror of the unchanged catalog: 0 writes ({result.again_writes}); plan: {result.again}",
            reached=whole and not result.again_writes)  # fmt: skip
        bar(f"the plan for the edits names exactly those {products:,} products, {fields:,} fields, old and new",
            reached=not result.wrong)  # fmt: skip
        for line in result.wrong[:5]:
            print(f"  {line}")
        print(f"After everything: {result.left}.")


def main() -> None:
    """Runs from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--products", type=int, default=20_000, help="of the source")
    parser.add_argument("--way", choices=WAYS, action="append", help="only this one")
    parser.add_argument("--quick", action="store_true", help="1000 products")
    options = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        number = 1000 if options.quick else options.products
        show(asyncio.run(run(number, Path(folder), options.way or WAYS)))


if __name__ == "__main__":
    main()
