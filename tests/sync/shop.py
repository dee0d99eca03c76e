"""A shop without a network whose products can be read and written, with a log of both."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any, ClassVar

import msgspec

from commerce_async.errors import UsageError
from commerce_async.http.pager import Page, Pager
from commerce_async.schema import (
    FieldChange,
    NotCarried,
    Price,
    Product,
    ProductChange,
    Stock,
    Unreadable,
    Written,
)
from commerce_async.store import Batch, Failure
from tests.sync.fake import FakeStore

PAGE = 10


class CrashError(BaseException):
    """The process ends here."""


def product(
    id: str, *, store: str = "eu", sku: str | None = "", name: str = "Mug", price: str = "9.90", **more: Any
) -> Product:
    return Product(
        store=store,
        vendor="shop",
        id=id,
        raw=b'{"id": "%s"}' % id.encode(),
        sku=f"SKU-{id}" if sku == "" else sku,
        name=name,
        prices=(Price(currency="EUR", amount=Decimal(price)),) if price else (),
        **more,
    )


class Catalog:
    """Products by id; the cursor of its list is a number of products."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.sound = True
        self.unreadable: list[Unreadable] = []
        self.unreadable_ids: set[str] = set()

    def list(self, *, since: Any = None, resume: str | None = None) -> Pager[Product]:
        if resume is not None and not resume.isdigit():
            raise UsageError(f"not a token of this list: {resume!r}")
        return Pager(self._fetch, start=int(resume or 0), key=lambda item: item.id, token=resume)

    async def _fetch(self, start: int) -> Page[Product]:
        self.shop.step("list")
        items = list(self.shop.held.values())[start : start + PAGE]
        last = start + PAGE >= len(self.shop.held)
        return Page(
            items=tuple(items),
            next=None if last else start + PAGE,
            token=None if last else str(start + PAGE),
            unreadable=tuple(self.unreadable) if last else (),
            sound=self.sound,
        )

    async def get(self, id: str, /, *, fresh: bool = False) -> Product:
        raise NotImplementedError

    async def get_many(self, ids: Iterable[str], /, *, fresh: bool = False) -> Batch[Product]:
        wanted = list(dict.fromkeys(ids))
        self.shop.step("get_many")
        self.shop.asked.append((wanted, fresh))
        held = self.shop.held
        failed = [id for id in wanted if id in self.unreadable_ids]
        return Batch(
            items=tuple(held[id] for id in wanted if id in held and id not in failed),
            missing=tuple(id for id in wanted if id not in held),
            failed=tuple(Failure(id, UsageError("broken")) for id in failed),
        )


class Writes:
    """Writes name, SKU and prices; the shop has no place for stock, and demands a name."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop

    async def changer(self) -> Any:
        self.shop.step("changer")
        return changed

    async def write(self, changes: Sequence[ProductChange], /) -> Sequence[Written]:
        return [self._one(change) for change in changes]

    def _one(self, change: ProductChange) -> Written:
        self.shop.step("write")
        if (fate := self.shop.fates.pop(change.key, None)) is not None and not fate.carried_out:
            return fate.written
        there = next(
            (each for each in self.shop.held.values() if each.sku and each.sku == change.body.get("sku")), None
        )
        if change.action == "create" and there is not None:
            same = all(_draft(there)[name] == value for name, value in change.body.items())
            return Written(key=change.key, outcome="unchanged" if same else "conflict", id=there.id)
        id = change.id or self.shop.new_id()
        before = self.shop.held.get(id)
        body = {name: value for name, value in change.body.items() if name != "prices"}
        prices = tuple(
            Price(currency=code, amount=Decimal(value)) for code, value in change.body.get("prices", {}).items()
        )
        given = {**body, "prices": prices} if "prices" in change.body else body
        base = before or Product(store=self.shop.name, vendor="shop", id=id, raw=b"")
        self.shop.held[id] = msgspec.structs.replace(base, raw=b'{"id": "%s", "new": 1}' % id.encode(), **given)
        self.shop.written.append((change.action, change.key, id))
        self.shop.step("wrote")
        if fate is not None:
            return fate.written
        return Written(key=change.key, outcome="created" if before is None else "updated", id=id)

    async def delete(self, ids: Sequence[str], /) -> Sequence[Written]:
        found: list[Written] = []
        for id in ids:
            self.shop.step("delete")
            if self.shop.held.pop(id, None) is not None:
                self.shop.written.append(("delete", id, id))
            self.shop.step("deleted")
            found.append(Written(key=id, outcome="deleted", id=id))
        return found


class Fate(msgspec.Struct):
    """What a write is answered with, and whether it was carried out all the same."""

    written: Written
    carried_out: bool = False


class Shop(FakeStore):
    vendor: ClassVar[str] = "shop"

    def __init__(self, name: str = "us", items: Iterable[Product] = ()) -> None:
        super().__init__(name)
        self.held = {item.id: msgspec.structs.replace(item, store=name) for item in items}
        self.products: Any = Catalog(self)
        self.product_writes = Writes(self)
        self.written: list[tuple[str, str, str]] = []
        self.asked: list[tuple[list[str], bool]] = []
        self.steps: list[str] = []
        self.fates: dict[str, Fate] = {}
        self.crash_at: int | None = None
        self.on_step: Callable[[str], None] = lambda _: None
        self._last = 1000

    def new_id(self) -> str:
        self._last += 1
        return str(self._last)

    def step(self, name: str) -> None:
        """One boundary at which the process may end."""
        self.steps.append(name)
        self.on_step(name)

    @property
    def content(self) -> list[tuple[str | None, str | None, tuple[Price, ...]]]:
        """What it sells, whatever the ids."""
        return sorted(((each.sku, each.name, each.prices) for each in self.held.values()), key=str)


def changed(wanted: Product, /, *, before: Product | None) -> ProductChange:
    new, old = _draft(wanted), _draft(before) if before else {}
    body = {name: value for name, value in new.items() if value != old.get(name)}
    lost = [NotCarried("stock", "the shop keeps none")] if wanted.stock else []
    faults = {} if wanted.name else {"name": "must not be empty"}
    action: Any = "create" if before is None else "update" if body else "unchanged"
    return ProductChange(
        action=action,
        key=wanted.sku or wanted.name or wanted.id,
        id=before.id if before else None,
        body=body,
        fields=tuple(_fields(body, old)),
        not_carried=tuple(lost),
        faults=faults if action != "unchanged" else {},
    )


def _draft(item: Product) -> dict[str, Any]:
    return {
        "sku": item.sku,
        "name": item.name,
        "prices": {price.currency: f"{price.amount:f}" for price in item.prices},
    }


def _fields(body: dict[str, Any], old: dict[str, Any]) -> Iterator[FieldChange]:
    for name, value in body.items():
        if name == "prices":
            before = old.get("prices", {})
            yield from (FieldChange(f"prices.{code}", before.get(code), new) for code, new in value.items()
                        if before.get(code) != new)  # fmt: skip
        else:
            yield FieldChange(name, old.get(name), value)


__all__ = ["CrashError", "Fate", "Shop", "Stock", "changed", "product"]
