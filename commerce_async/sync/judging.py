"""What is written for one item of a plan, given the target's product as it is now."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

import msgspec

from commerce_async.errors import UsageError
from commerce_async.schema import Product, ProductChange
from commerce_async.store import Changer
from commerce_async.sync.hooks import Hooks
from commerce_async.sync.plans import Item, fingerprint

Outcome: TypeAlias = Literal["created", "updated", "deleted", "unchanged", "conflict", "vetoed", "failed", "unknown"]
OUTCOMES: Final[tuple[Outcome, ...]] = (
    "created", "updated", "deleted", "unchanged", "conflict", "vetoed", "failed", "unknown",
)  # fmt: skip
CHANGED: Final = "the target changed since the plan was made: plan again"

_json = msgspec.json.Encoder(order="sorted")  # in which what a plan's file gave equals what was just made


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one item of the plan.

    Attributes:
        outcome: `conflict`: the target changed underneath, and it was left alone. `vetoed`: by a callback. `unknown`:
            the answer was lost; the next run of the same plan reads what became of it.
        error: one line.
        temporary: whether a failed one may go through later as it is.
        earlier: whether it was carried out by an earlier run that was interrupted.
    """

    key: str
    action: str
    outcome: Outcome
    source_id: str | None = None
    target_id: str | None = None
    error: str | None = None
    temporary: bool = False
    earlier: bool = False


class Step(msgspec.Struct, kw_only=True):
    """One item on its way.

    Attributes:
        open: whether an earlier run may have carried it out.
        ours: of one that is open: whether what the target has is surely of that run.
        wanted: the product as it is written, callbacks heard; None for a delete.
        change: what is written; None for a delete.
        result: what became of it, once that is known.
    """

    number: int
    item: Item
    open: bool = False
    ours: bool = False
    wanted: Product | None = None
    change: ProductChange | None = None
    result: Result | None = None

    def end(self, outcome: Outcome, error: str | None = None, *, at: str | None = None, earlier: bool = False) -> None:
        """Notes what became of it without a write."""
        self.result = result_of(self.item, outcome, error, at=at, earlier=earlier)


class Judge:
    """Decides what is written for an item, given the target's product as it is now."""

    def __init__(self, change: Changer, hooks: Hooks) -> None:
        self._change = change
        self._hooks = hooks

    async def judge(self, step: Step, now: Product | None) -> None:
        """Sets the step's change, or its result if nothing is to be written."""
        item = step.item
        if item.change is None or item.wanted is None:  # a plan is checked when it is read
            raise UsageError(f"item {step.number}: a {item.action} without what it takes")
        if item.action == "update" and now is None:
            return step.end("conflict", "it is not in the target any more: plan again")
        if item.action == "update" and not step.open and now is not None and fingerprint(now) != item.base:
            return step.end("conflict", CHANGED)
        wanted = await self._hooks.wanted(item.wanted, None if item.action == "create" else now)
        if wanted is None:
            return step.end("vetoed")
        due = item.change if wanted is item.wanted else None
        if item.action == "create" and now is not None and not step.ours:
            there = self._change(wanted, before=now)
            if there.action == "unchanged":
                return step.end("created", at=now.id, earlier=True)
            # Where the vendor names products by their ids, one with another id is none that this create has begun.
            if not step.open or there.key == now.id != item.change.key:
                return step.end("conflict", f"product {now.id} of the target has its key by now: plan again")
            now = None  # the vendor's write tells a part of ours from somebody else's
        if now is None:
            fresh = self._change(wanted, before=None)
            due = fresh if due is None or fresh.faults else due
        elif due is None or (step.open and fingerprint(now) != item.base):
            due = self._change(wanted, before=now)
            if step.open and not _within(due, item.change):
                return step.end("conflict", CHANGED)
        if due.action == "unchanged":
            at = None if now is None else now.id
            done: Outcome = "unchanged" if not step.open else "created" if item.action == "create" else "updated"
            return step.end(done, at=at, earlier=step.open)
        if due.faults:
            words = "; ".join(f"{field}: {reason}" for field, reason in due.faults.items())
            return step.end("conflict" if now is None else "failed", words)
        step.wanted, step.change = wanted, due
        return None


def _within(rest: ProductChange, planned: ProductChange) -> bool:
    """Whether what is left to do is a part of what was planned, and still has what the plan found there; anything else
    is somebody else's change."""
    if planned.action == "create":
        return True
    held = {each.field: _json.encode(each.old) for each in planned.fields}
    return all(held.get(each.field) == _json.encode(each.old) for each in rest.fields)


def result_of(
    item: Item, outcome: Outcome, error: str | None = None, *, at: str | None = None, earlier: bool = False
) -> Result:
    return Result(
        key=item.key,
        action=item.action,
        outcome=outcome,
        source_id=item.source_id,
        target_id=at or item.target_id,
        error=error,
        earlier=earlier,
    )
