"""A store whose records change: lists that filter by time, reading by id, and faults between the two."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from commerce_async.clock import LoopClock
from commerce_async.errors import ThrottledOrMissingError
from commerce_async.http.client import Client
from commerce_async.http.pager import Page, Pager
from commerce_async.limits.steady import SteadyPolicy
from commerce_async.schema import Unreadable
from commerce_async.store import Batch, Failure, Filtering
from tests.sync.fake import FakeStore, Pages, order

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class HandClock(LoopClock):
    """A time of day that goes only when it is moved."""

    def __init__(self, now: datetime = NOON) -> None:
        self.time = now

    def wall(self) -> datetime:
        return self.time

    def move(self, **by: float) -> datetime:
        self.time += timedelta(**by)
        return self.time


class Shelf(Pages):
    """Orders by id, in pages of `size`; the token is the last id.

    Attributes:
        before_page: called with the cursor before each page is made; may raise, or change the orders.
        unclear: ids whose reading by id fails in a way that may be a throttle.
        hidden: ids that no list shows.
        broken: ids whose records cannot be read from a list.
        nameless: what the last page has beside, which cannot be read, and tells no id.
        on_get: called with the ids of each reading by id.
    """

    def __init__(self, clock: HandClock, by: str | None, *, size: int = 3) -> None:
        super().__init__([[]])
        self.clock = clock
        self.orders: dict[str, Any] = {}
        self.size = size
        self.before_page: Callable[[str], Any] = lambda _: None
        self.unclear: set[str] = set()
        self.hidden: set[str] = set()
        self.broken: set[str] = set()
        self.nameless: list[Unreadable] = []
        self.got: list[tuple[str, ...]] = []
        self.on_get: Callable[[Sequence[str]], Any] = lambda _: None
        self.read: list[str] = []
        if by is not None:
            self.filtering = Filtering(by=by)  # type: ignore[arg-type]

    def put(self, *ids: str, total: str = "1.00", store: str = "eu") -> None:
        for id in ids:
            made = order(id, total=total, at=self.clock.wall(), store=store)
            self.orders[id] = msgspec.structs.replace(made, placed_at=self.clock.wall())

    def drop(self, *ids: str) -> None:
        for id in ids:
            del self.orders[id]

    def list(self, *, since: datetime | None = None, resume: str | None = None) -> Pager[Any]:
        self.since.append(since)

        async def fetch(after: str) -> Page[Any]:
            self.before_page(after)
            found = [
                each
                for id, each in sorted(self.orders.items())
                if id > after and id not in self.hidden and (since is None or each.updated_at >= since)
            ]
            page = found[: self.size]
            last = page[-1].id if len(found) > self.size else None
            self.read += [each.id for each in page]
            bad = [each for each in page if each.id in self.broken]
            return Page(
                items=tuple(each for each in page if each not in bad),
                unreadable=(
                    *(Unreadable(id=each.id, reason="total: missing", raw=each.raw) for each in bad),
                    *(self.nameless if last is None else ()),
                ),
                next=last,
                token=last,
                sound=self.sound,
            )

        return Pager(fetch, start=resume or "", key=lambda item: item.id, token=resume)

    async def get_many(self, ids: Iterable[str], /, *, fresh: bool = False) -> Batch[Any]:
        asked = tuple(ids)
        self.got.append(asked)
        self.on_get(asked)
        known = [id for id in asked if id not in self.unclear]
        return Batch(
            items=tuple(self.orders[id] for id in known if id in self.orders),
            missing=tuple(id for id in known if id not in self.orders),
            failed=tuple(Failure(id, ThrottledOrMissingError("perhaps")) for id in asked if id in self.unclear),
        )


class Shop(FakeStore):
    """A store with one shelf of orders, by the hand clock."""

    def __init__(self, by: str | None = "changed", *, size: int = 3, clock: HandClock | None = None) -> None:
        super().__init__()
        self.clock = clock or HandClock()
        self.client = Client(
            "http://127.0.0.1:9",
            store="eu",
            judge=lambda *_: None,  # type: ignore[arg-type,return-value]
            policy=SteadyPolicy(),
            clock=self.clock,
        )
        self.shelf = self.orders = Shelf(self.clock, by, size=size)
