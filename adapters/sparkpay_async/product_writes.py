"""Writing products in the common schema: `store.product_writes`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from functools import partial
from typing import Any, Final, TypeVar

from commerce_async.errors import (
    AuthError,
    CommerceError,
    ConfigError,
    MissingError,
    RejectedError,
    TemporaryError,
    UnknownOutcomeError,
    UsageError,
)
from commerce_async.schema import Product, ProductChange, Written
from commerce_async.store import Changer
from sparkpay_async import calls, kinds
from sparkpay_async.comparing import same
from sparkpay_async.kinds import Identified, Kind
from sparkpay_async.mapping import Defaults, Known, Shop, sendable, to_change
from sparkpay_async.mapping.bodies import check_body
from sparkpay_async.mapping.changes import KINDS, TABLES
from sparkpay_async.reading import Sends, pager
from sparkpay_async.vacant import FIELD, Vacant
from sparkpay_async.writing import Saved, Sending, Writer

W = TypeVar("W", bound=Identified)
T = TypeVar("T")

MOST_AT_ONCE: Final = 64
"""Products written side by side. The limiter spaces their calls; more would only wait in memory."""

# What names a row besides its id. A price has no natural key at the vendor, but one row per condition.
_NAMED_BY: Final[Mapping[str, tuple[str, ...]]] = {
    "variants": ("product_id", "variant_group_id", "description"),
    "variant_inventory": ("product_id", "item_number", "description"),  # several may have one SKU
    "pricing": (
        "product_id", "variant_inventory_id", "customer_type_id", "starting_quantity", "start_date", "end_date",
    ),
    "pictures": ("product_id", "image_file"),
}  # fmt: skip


class ProductWriting:
    """Writes products (`commerce_async.store.ProductWrites`).

    Args:
        defaults: what a new product gets where the wanted one does not say.
        page_size: records per page where lists are read.
    """

    def __init__(self, client: Sending, shop: Shop, defaults: Defaults, page_size: int) -> None:
        self._client = client
        self._shop = shop
        self._defaults = defaults
        self._page_size = page_size

    async def changer(self) -> Changer:
        """What tells how a product would be written; reads the statuses, categories and variant groups of now.

        What it is given as `before` must have its `raw`, else it raises UsageError.

        Raises:
            ConfigError: a default of the store's options is none of the shop's.
            CommerceError: they could not be read.
        """
        statuses = await _whole(self._client, kinds.PRODUCT_STATUSES, self._page_size)
        categories = await _whole(self._client, kinds.CATEGORIES, self._page_size)
        groups = await _whole(self._client, kinds.VARIANT_GROUPS, self._page_size)
        for name, id, there in (
            ("default_status_id", self._defaults.status_id, statuses),
            ("default_category_id", self._defaults.category_id, categories),
        ):
            if id is not None and id not in there:
                raise ConfigError(f"{name}: the shop has none with the id {id}")
        known = Known(
            shop=self._shop,
            defaults=self._defaults,
            statuses=statuses,
            categories={id: (each.name or "").strip() for id, each in categories.items()},
            groups={id: name for id, each in groups.items() if (name := (each.name or "").strip())},
        )

        def change(wanted: Product, /, *, before: Product | None) -> ProductChange:
            return to_change(wanted, before, known)

        return change

    async def write(self, changes: Sequence[ProductChange], /) -> Sequence[Written]:
        """Carries out creates and updates, many at once within the budget.

        SKUs of creates are looked for first, many at once. A product that has one already is completed if it is as
        wanted, so that carrying a create out again after a crash makes no second one; else it is a `conflict`. Without
        a SKU it is made anew, and looked up by its name if the answer is lost. Rows of variants, prices and pictures go
        along with a new product, else they follow it, one call each.

        Returns:
            One entry per change, in their order. `failed` with an `id`: the product is there, but not all of it.

        Raises:
            AuthError: the vendor does not accept the credentials, and nothing was written.
        """
        skus = (
            sku for each in changes if each.action == "create" and isinstance(sku := each.body.get(FIELD), str) and sku
        )
        return await _Run(self._client, Vacant(self._client, skus)).all(changes, _Run.write)

    async def delete(self, ids: Sequence[str], /) -> Sequence[Written]:
        """Deletes products; one that is not there counts as deleted. Returns and raises as `write`."""
        return await _Run(self._client, Vacant(self._client, ())).all(ids, _Run.delete)


async def _whole(client: Sends, kind: Kind[W], page_size: int) -> dict[int, W]:
    first = calls.listing(kind, calls.query(count=page_size), fresh=True)
    async with aclosing(pager(client, kind, first).pages()) as pages:
        return {record.id: record async for page in pages for record in page.items}


class _Part(Exception):
    """Never leaves this module: an error, and the product that is there all the same."""

    def __init__(self, id: int, error: CommerceError) -> None:
        super().__init__()
        self.id = id
        self.error = error


class _Run:
    """One call of `write` or `delete`.

    Attributes:
        wrote: whether the vendor carried out anything so far, or may have.
        refused: what the vendor said of the credentials.
    """

    def __init__(self, client: Sending, vacant: Vacant) -> None:
        self._client = client
        self._vacant = vacant
        self._writers: dict[str, Writer[Any]] = {}
        self._skus: set[str] = set()
        self.wrote = False
        self.refused: list[AuthError] = []

    async def all(self, jobs: Sequence[T], work: Callable[[_Run, T], Awaitable[Written]]) -> list[Written]:
        """Does all the jobs, some at once; one entry for each, in their order."""
        found: dict[int, Written] = {}
        queue = iter(enumerate(jobs))

        async def some() -> None:
            for number, job in queue:
                found[number] = await work(self, job)

        async with asyncio.TaskGroup() as group:
            for _ in range(min(MOST_AT_ONCE, len(jobs))):
                group.create_task(some())
        if self.refused and not self.wrote:
            raise self.refused[0]
        return [found[number] for number in range(len(jobs))]

    async def delete(self, id: str) -> Written:
        """Deletes a product."""
        try:
            await self._delete("products", int(calls.id_text(id)))
        except CommerceError as error:
            return self._failed(id, error, id)
        return Written(key=id, outcome="deleted", id=id)

    async def write(self, change: ProductChange) -> Written:
        """Carries out one change."""
        if change.faults:
            words = "; ".join(f"{field}: {fault}" for field, fault in change.faults.items())
            return Written(key=change.key, outcome="failed", id=change.id, error=words)
        try:
            return await self._carry_out(change)
        except _Part as part:
            return self._failed(
                change.key, part.error, str(part.id), f"product {part.id} is there, but not all of it: "
            )
        except CommerceError as error:
            return self._failed(change.key, error, change.id)

    def _failed(self, key: str, error: CommerceError, id: str | None, words: str = "") -> Written:
        unknown = isinstance(error, UnknownOutcomeError)
        self.wrote |= unknown
        if isinstance(error, AuthError):
            self.refused.append(error)
        return Written(
            key=key,
            outcome="unknown" if unknown else "failed",
            id=id,
            error=f"{words}{error}",
            temporary=isinstance(error, TemporaryError),
        )

    async def _carry_out(self, change: ProductChange) -> Written:
        if change.action == "unchanged":
            return Written(key=change.key, outcome="unchanged", id=change.id)
        check_body(change.body, new=change.action == "create")
        own = {name: value for name, value in change.body.items() if name not in TABLES}
        nested = {name: change.body[name] for name in TABLES if name in change.body}
        if change.action == "create":
            return await self._create(change.key, own, nested)
        id = int(calls.id_text(change.id))
        for table in ("pricing", "pictures", "variant_inventory", "variants"):
            for row in nested.get(table, {}).get("delete", ()):
                await self._delete(_resource(table), row)
        if own:
            await self._writer(kinds.PRODUCTS).update(id, sendable(kinds.PRODUCTS, own, new=False))
            self.wrote = True
        await self._rest(id, nested, None, frozenset())
        return Written(key=change.key, outcome="updated", id=str(id))

    async def _create(self, key: str, own: dict[str, Any], nested: Mapping[str, Any]) -> Written:
        draft = sendable(kinds.PRODUCTS, own, new=True)
        nested = {**nested, "variants": await self._grouped(nested.get("variants", {}))}
        along = {name: rows for name in TABLES if (rows := _bare(name, nested.get(name, {}).get("create", ())))}
        writer = self._writer(kinds.PRODUCTS)
        if sku := draft.get("item_number"):
            if sku in self._skus:
                raise UsageError(f"item_number {sku}: another product of the same call has it")
            self._skus.add(sku)
            await self._vacant.look(sku)
            free = partial(self._vacant.has, sku)
            saved = await writer.create_or_update(draft, FIELD, once=along, change=False, free=free)
            if saved.action == "unchanged" and saved.fields:
                return _conflict(key, sku, saved)
        else:
            saved = await writer.create({**draft, **along}, by=("item_name",))
        self.wrote = True
        if saved.settled and saved.fields:
            return _doubtful(key, saved)
        made = saved.record if saved.action == "created" and not saved.settled else None
        await self._rest(saved.record.id, nested, made, frozenset(along), ours=saved.action == "created")
        return Written(key=key, outcome=saved.action, id=str(saved.record.id))

    # -- rows of nested tables -------------------------------------------------------------------------------

    async def _rest(
        self, id: int, nested: Mapping[str, Any], made: Any, along: frozenset[str], *, ours: bool = False
    ) -> None:
        """Brings the nested tables about, those first to which others refer.

        Args:
            made: the new product as the reply has it; rows that it shows are there.
            along: the tables of which rows went along with it. If they do not show, they are looked up.
            ours: whether the product was just made, so that whatever rows it has are of this change.
        """
        try:
            nested = {**nested, "variants": await self._grouped(nested.get("variants", {}))}
            ids: dict[str, list[int]] = {"variants": [], "variant_inventory": []}
            for table in TABLES:
                rows = nested.get(table, {})
                for row in rows.get("update", ()):
                    await self._update(table, row)
                shown = list(getattr(made, table, None) or ())
                fresh = made is not None and table not in along
                ids[table] = [
                    await self._row(table, _resolved({**row, "product_id": id}, ids), shown, fresh=fresh, ours=ours)
                    for row in rows.get("create", ())
                ]
        except CommerceError as error:
            raise _Part(id, error) from error

    async def _row(self, table: str, row: dict[str, Any], shown: list[Any], *, fresh: bool, ours: bool) -> int:
        """The id of a new row, which is made if it does not show.

        Args:
            fresh: the product was just made, so that nothing else can have made the row.
            ours: what is there in place of the row is changed; else it is somebody else's, and left alone.
        """
        draft = sendable(KINDS[table], row, new=True)
        for each in shown:
            if all(same(name, value, getattr(each, name, None)) for name, value in draft.items()):
                shown.remove(each)
                return each.id
        by = _NAMED_BY[table]
        writer = self._writer(KINDS[table])
        draft = dict.fromkeys(by) | draft
        if fresh:
            saved = await writer.create(draft, look_first=False, by=by)
        else:
            saved = await writer.create_or_update(draft, by, change=ours)
            if saved.action == "unchanged" and saved.fields:
                words = f"{KINDS[table].name}: record {saved.record.id} is there by now, and differs in "
                raise RejectedError(f"{words}{', '.join(saved.fields[:5])}: plan again")
        self.wrote = True
        return saved.record.id

    async def _update(self, table: str, row: Mapping[str, Any]) -> None:
        kind = KINDS[table]
        await self._writer(kind).update(row["id"], sendable(kind, row, new=False))
        self.wrote = True

    async def _delete(self, resource: str, id: int) -> None:
        try:
            await self._writer(kinds.RESOURCES[resource]).delete(id)
        except MissingError:
            return  # as it was to be
        self.wrote = True

    async def _grouped(self, rows: Mapping[str, Any]) -> dict[str, Any]:
        """The rows with ids of their groups; a group that the shop does not have is made."""
        made: list[dict[str, Any]] = []
        for row in rows.get("create", ()):
            if (name := row.get("variant_group")) is not None:
                saved = await self._writer(kinds.VARIANT_GROUPS).create_or_update({"name": name}, "name")
                made.append({**row, "variant_group_id": saved.record.id})
                del made[-1]["variant_group"]
            else:
                made.append(row)
        return {**rows, "create": made}

    def _writer(self, kind: Kind[W]) -> Writer[W]:
        return self._writers.setdefault(kind.name, Writer(self._client, kind))


def _conflict(key: str, sku: str, saved: Saved[Any]) -> Written:
    id = str(saved.record.id)
    words = f"product {id} has the SKU {sku}, and differs in {', '.join(saved.fields[:5])}: plan again"
    return Written(key=key, outcome="conflict", id=id, error=words)


def _doubtful(key: str, saved: Saved[Any]) -> Written:
    words = f"its answer was lost, and product {saved.record.id}, which shows by now, differs in "
    error = f"{words}{', '.join(saved.fields[:5])}: look whether it is the one that was made"
    return Written(key=key, outcome="unknown", error=error)


def _resource(table: str) -> str:
    return KINDS[table].name


def _bare(table: str, rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The rows that can go along with a new product: those that refer to no other new row."""
    free = [row for row in rows if not any(isinstance(value, dict) for value in row.values())]
    return [] if table == "variant_inventory" else [_nested_row(table, row) for row in free]


def _nested_row(table: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as it is sent within its product."""
    found = sendable(KINDS[table], {**row, "product_id": 1}, new=True)
    return {name: value for name, value in found.items() if name != "product_id"}


def _resolved(row: dict[str, Any], ids: Mapping[str, list[int]]) -> dict[str, Any]:
    """A row with the ids of what it refers to."""
    found = dict(row)
    if isinstance(place := row.get("variant_inventory_id"), dict):
        found["variant_inventory_id"] = ids["variant_inventory"][place["new"]]
    if "variants" in row:
        found["variants"] = [
            {"id": each["id"] if "id" in each else ids["variants"][each["new"]]} for each in row["variants"]
        ]
    return found
