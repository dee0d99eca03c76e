"""Carries a plan out: each item only if the target is as the plan found it, and none twice.

Before a batch is written its items stand in the journal as intended, and after it with their outcome. An item that
is found there as intended, failed or of unknown outcome may have been carried out, or a part of it: the target is
read, and only what is still missing is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from datetime import timedelta
from typing import Final, Literal

import anyio
import msgspec

from commerce_async.errors import UsageError
from commerce_async.limits.base import Lane
from commerce_async.schema import Product, Written
from commerce_async.sinks import Sink
from commerce_async.sinks.differing import LONGEST, bounded
from commerce_async.store import Store
from commerce_async.sync.finding import find_created
from commerce_async.sync.hooks import NO_HOOKS, Hooks
from commerce_async.sync.journal import DONE, Entry, Journal, Link, Linked, State, Told, journal_of
from commerce_async.sync.judging import CHANGED, OUTCOMES, Judge, Outcome, Result, Step, result_of
from commerce_async.sync.matching import Key, Match, key_of
from commerce_async.sync.planning import writes_of
from commerce_async.sync.plans import Item, Plan, fingerprint
from commerce_async.sync.reading import products_of
from commerce_async.sync.turns import turn

BATCH: Final = 200
"""Items that are read, noted and written together."""

MAX_DELETES: Final = 20

STALE: Final = timedelta(minutes=10)
"""A plan that is older is not relied upon for what the target does not have: its list is read again."""

_FINE: Final = frozenset({"created", "updated", "deleted", "unchanged", "vetoed"})


class Applied(msgspec.Struct, kw_only=True):
    """What became of a plan.

    Attributes:
        counts: items by outcome; those that the plan found unchanged are not among them.
        results: one per create, update and delete of the plan, in its order.
        calls: requests on the wire.
    """

    plan: str
    source: str
    target: str
    counts: dict[str, int]
    results: list[Result]
    calls: int = 0

    @property
    def complete(self) -> bool:
        """Whether every item was carried out, or vetoed."""
        return all(result.outcome in _FINE for result in self.results)


async def apply(
    plan: Plan,
    target: Store,
    *,
    journal: Journal | Sink | None = None,
    match: Match | None = None,
    hooks: Hooks = NO_HOOKS,
    max_deletes: int = MAX_DELETES,
    on_result: Callable[[Result], None] | None = None,
) -> Applied:
    """Carries a plan out. Called again with the same plan and journal, it goes on where it stopped.

    Each product is read again before it is written, and left alone if it is not as the plan found it; unchanged items
    are neither read nor written. What fails for one is told in its result. Other applies of this process to the same
    account wait for each other, batch by batch, and those of the same plan from beginning to end.

    Args:
        target: the open store that the plan is for.
        journal: where intents, outcomes and the id map are kept: an open `Sink`, or another `Journal`; in memory by
            default, from which nothing can go on.
        match: the function that the plan was made with, if it was one; by it creates that an interrupted run may have
            carried out are found.
        hooks: callbacks that may change or veto an item.
        max_deletes: the brake: with more deletes in the plan nothing is written.
        on_result: told of each item.

    Raises:
        UsageError: the plan is another store's, or has more deletes than allowed. Nothing was written.
        CommerceError: the store could not be reached at all. What was done stands in the journal.
        LockedError: another process works on the journal's database. Nothing was written.
        SinkError: the journal could not be written. What it lacks is read from the target the next time.
    """
    _check(plan, target, max_deletes)
    key = None if plan.match == "function" and match is None else key_of(match or _match_of(plan))
    work = _Apply(plan, target, journal_of(journal), hooks, on_result or _silent)
    # The log of a plan is read once: a second run of it begins when the first has ended, and finds its outcomes there.
    async with turn(f"plan {plan.id}"), journal.lock_together("apply") if isinstance(journal, Sink) else nullcontext():
        await work.run(key)
    return work.applied()


def _check(plan: Plan, target: Store, most: int) -> None:
    if (target.name, target.vendor) != (plan.target.name, plan.target.vendor):
        raise UsageError(
            f"the plan is for {plan.target.name} ({plan.target.vendor}), not for {target.name} ({target.vendor})"
        )
    check_deletes(plan, most)


def check_deletes(plan: Plan, most: int) -> None:
    """The brake.

    Raises:
        UsageError: the plan has more deletes than that.
    """
    deletes = sum(item.action == "delete" for item in plan.items)  # counts are for people
    if deletes > most:
        raise UsageError(
            f"the plan deletes {deletes} products of {plan.target.name}, and at most {most} may go; "
            "nothing was written: allow more (--max-deletes), or plan without them (--no-deletes)"
        )


def _match_of(plan: Plan) -> Literal["sku", "id"]:
    if plan.match == "id":
        return "id"
    return "sku"


def _silent(_: Result) -> None:
    pass


class _Apply:
    """One call of `apply`."""

    def __init__(
        self, plan: Plan, target: Store, journal: Journal, hooks: Hooks, tell: Callable[[Result], None]
    ) -> None:
        self._plan = plan
        self._store = target.with_options(lane=Lane.BULK)
        self._writes = writes_of(self._store)
        self._journal = journal
        self._hooks = hooks
        self._tell = tell
        self._turn = turn(target.client.account)
        self._found: dict[int, Result] = {}
        self._mains: set[str] = set()  # products of which a variation stays

    def applied(self) -> Applied:
        """What became of the plan."""
        results = [self._found[number] for number in sorted(self._found)]
        counts = {name: sum(each.outcome == name for each in results) for name in OUTCOMES}
        return Applied(
            plan=self._plan.id,
            source=self._plan.source.name,
            target=self._plan.target.name,
            counts=counts,
            results=results,
            calls=self._store.client.stats.calls,
        )

    async def run(self, key: Key | None) -> None:
        """Goes through the plan: creates and updates in its order, then deletes."""
        await self._link()
        log = await self._journal.entries(self._plan.id)
        steps = list(self._steps(log))
        writes = [step for step in steps if step.item.action != "delete"]
        if writes:
            judge: Judge | None = None
            doubtful = {step.number: (step.item, log[step.number]) for step in writes if step.open}
            creates = {number: each for number, each in doubtful.items() if each[0].action == "create"}
            places = await find_created(self._store, creates, self._untried(writes), self._key(key))
            for batch in _batches(writes):
                async with self._turn:
                    if judge is None or any(step.item.action == "create" for step in batch):
                        # It knows what is taken, and until now others had their turn.
                        judge = Judge(await self._writes.changer(), self._hooks)
                    await self._write(batch, judge, places)
        for batch in _batches([step for step in steps if step.item.action == "delete"]):
            async with self._turn:
                await self._delete(batch)

    def _key(self, key: Key | None) -> Key | None:
        return None if self._plan.match == "id" else key

    def _untried(self, writes: Sequence[Step]) -> Mapping[int, Item]:
        """Creates whose product somebody else may have made since the plan: not every vendor can be asked for a SKU."""
        if self._store.client.clock.wall() - self._plan.made_at < STALE:
            return {}
        return {step.number: step.item for step in writes if step.item.action == "create" and not step.open}

    async def _link(self) -> None:
        """Notes which products belong together, so that one that is renamed is still itself."""
        pairs = [
            Link(item.source_id, item.target_id, item.key)
            for item in self._plan.items
            if item.action in ("unchanged", "update") and item.source_id is not None and item.target_id is not None
        ]
        known = await self._journal.id_map(self._plan.source.name, self._plan.target.name)
        new = tuple(link for link in pairs if known.get(link.source_id) != link.target_id)
        if new:
            linked = msgspec.structs.replace(self._linked(new), found_at=self._plan.made_at)
            await self._journal.note(self._plan.id, (), linked)

    def _linked(self, links: Iterable[Link] = (), gone: Iterable[str] = ()) -> Linked:
        source, target = self._plan.source.name, self._plan.target.name
        return Linked(source=source, target=target, links=tuple(links), gone=tuple(gone))

    def _steps(self, log: Mapping[int, Entry]) -> Iterator[Step]:
        """The items that are to be written and are not yet."""
        for number, item in enumerate(self._plan.items):
            if item.action not in ("create", "update", "delete"):
                continue
            entry = log.get(number)
            if entry is not None and entry.state in DONE:
                outcome: Outcome = _OF_STATE[entry.state]
                self._end(number, result_of(item, outcome, entry.note, at=entry.target_id, earlier=True))
            else:
                begun = entry is not None and entry.state != "conflict"
                ours = begun and item.action == "create" and entry is not None and entry.target_id is not None
                yield Step(number=number, item=item, open=begun, ours=ours)

    # -- a batch -------------------------------------------------------------------------------------------------

    async def _write(self, batch: Sequence[Step], judge: Judge, places: Mapping[int, str | None]) -> None:
        at = {step.number: step.item.target_id or places.get(step.number) for step in batch}
        target = await self._read(id for id in at.values() if id is not None)
        for step in batch:
            place = at[step.number]
            if place is not None and place in target.failed:
                step.end("failed", target.failed[place], at=place)
            elif step.open and step.item.action == "create" and step.number not in places:
                step.end("unknown", f"it may have been made: look for {step.item.key}, then plan again")
            else:
                await judge.judge(step, None if place is None else target.there.get(place))
        due = [step for step in batch if step.change is not None and step.result is None]
        await self._intend(due)
        written = await self._writes.write([step.change for step in due if step.change is not None]) if due else ()
        await self._settle(batch, due, written)

    async def _delete(self, batch: Sequence[Step]) -> None:
        target = await self._read(step.item.target_id for step in batch if step.item.target_id is not None)
        for step in batch:
            place = step.item.target_id or ""
            now = target.there.get(place)
            if place in target.failed:
                step.end("failed", target.failed[place], at=place)
            elif now is None:
                step.end("deleted", earlier=step.open)
            elif fingerprint(now) != step.item.base:
                step.end("conflict", CHANGED)
            elif not await self._hooks.may_delete(now):
                step.end("vetoed")
            if step.result is not None and now is not None and now.parent_id:
                self._mains.add(now.parent_id)
        for step in batch:
            if step.result is None and step.item.target_id in self._mains:
                step.end("conflict", "a variation of it stays, and would go with it: plan again")
        due = [step for step in batch if step.result is None]
        await self._intend(due)
        written = await self._writes.delete([step.item.target_id or "" for step in due]) if due else ()
        await self._settle(batch, due, written)

    async def _read(self, ids: Iterable[str]) -> _Now:
        wanted = list(ids)
        if not wanted:
            return _Now(there={}, failed={})
        batch = await products_of(self._store).get_many(wanted, fresh=True)
        return _Now(
            there={product.id: product for product in batch.items},
            failed={failure.id: f"it could not be read: {failure.reason}" for failure in batch.failed},
        )

    async def _intend(self, due: Sequence[Step]) -> None:
        entries = [
            Entry(
                item=step.number,
                action=step.item.action,
                target_id=step.change.id if step.change else None,
                sku=step.wanted.sku if step.wanted else None,
                told=self._told(step),
            )
            for step in due
        ]
        if entries:
            await self._journal.note(self._plan.id, entries)

    async def _settle(self, batch: Sequence[Step], due: Sequence[Step], written: Sequence[Written]) -> None:
        """Notes the outcomes, and tells them."""
        for step, each in zip(due, written, strict=True):
            step.result = _of_written(step, each)
        ended = [(step, step.result) for step in batch if step.result is not None]
        sent = {step.number for step in due}
        noted = [(step, result) for step, result in ended if step.number in sent or result.outcome in DONE]
        entries = [_entry(step, result, self._told(step)) for step, result in noted]
        links = [
            Link(result.source_id, result.target_id, result.key)
            for _, result in noted
            if result.outcome in DONE and result.action != "delete" and result.source_id and result.target_id
        ]
        gone = [result.target_id for _, result in noted if result.outcome == "deleted" and result.target_id]
        if entries:
            with anyio.CancelScope(shield=True):  # what is known is kept, also when interrupted
                await self._journal.note(self._plan.id, entries, self._linked(links, gone))
        for step, result in ended:
            self._end(step.number, result)

    def _told(self, step: Step) -> Told:
        item, change = step.item, step.change or step.item.change
        told = Told(to=self._plan.target.name, key=item.key, name=_in_short(item.name))
        if change is None or change.action != "update":
            return told
        fields = bounded((each.field, each.old, each.new) for each in change.fields)
        return msgspec.structs.replace(told, fields=fields)

    def _end(self, number: int, result: Result) -> None:
        self._found[number] = result
        self._tell(result)


_OF_STATE: Final[Mapping[State, Outcome]] = {
    "created": "created", "updated": "updated", "deleted": "deleted", "unchanged": "unchanged",
}  # fmt: skip


class _Now(msgspec.Struct, frozen=True):
    """Products of the target as they are now."""

    there: dict[str, Product]
    failed: dict[str, str]


def _of_written(step: Step, written: Written) -> Result:
    result = result_of(step.item, written.outcome, written.error, at=written.id)
    return msgspec.structs.replace(result, temporary=written.temporary)


def _in_short(name: str | None) -> str | None:
    return name if name is None or len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"


def _entry(step: Step, result: Result, told: Told) -> Entry:
    state = result.outcome
    if state == "vetoed":  # never noted: nothing was sent
        raise UsageError(f"item {step.number}: {state} is no state of the journal")
    sku = step.wanted.sku if step.wanted else None
    return Entry(
        item=step.number,
        action=step.item.action,
        state=state,
        target_id=result.target_id,
        sku=sku,
        note=result.error,
        told=told,
    )


def _batches(steps: Sequence[Step]) -> Iterator[Sequence[Step]]:
    for begin in range(0, len(steps), BATCH):
        yield steps[begin : begin + BATCH]
