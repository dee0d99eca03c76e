"""The intent log: what an apply is about to write, noted before it does. Inside somebody else's transaction.

An intent is `begun` in a transaction that is committed before anything is sent, and settled after the answer. Found
`begun` by a later run, nobody knows whether the write was carried out: look at the target before writing again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection, delete, func, select

from commerce_async.sinks import tables
from commerce_async.sinks.bulk import chunks, upsert

_TABLE = tables.intents
_SETTLED = ("plan", "item", "action", "state", "at", "note")

BEGUN = "begun"


class Intent(msgspec.Struct, frozen=True, kw_only=True):
    """One write of one item.

    Attributes:
        plan: names the plan that is applied; with `item`, the key.
        item: what names the item within it.
        action: `create`, `update`, `delete`.
        state: `begun`, then what became of it, such as `created`, `failed` or `unknown`.
        body: JSON of what is sent, if it is to be kept.
        at: when it came into this state (aware).
        note: one line for people, such as the error.
    """

    plan: str
    item: str
    action: str
    state: str = BEGUN
    body: str | None = None
    at: datetime
    note: str | None = None


def save(connection: Connection, intents: Sequence[Intent]) -> None:
    """Notes intents that begin, or what became of them. One that is there keeps its place in the log.

    An intent without a body leaves the one that is there.
    """
    rows = [msgspec.structs.asdict(intent) for intent in intents]
    upsert(connection, _TABLE, [row for row in rows if row["body"] is not None], key=("plan", "item"))
    bare = [{name: row[name] for name in _SETTLED} for row in rows if row["body"] is None]
    upsert(connection, _TABLE, bare, key=("plan", "item"))


def of_plan(connection: Connection, plan: str, states: Collection[str] | None = None) -> list[Intent]:
    """The plan's intents in the order in which they began.

    Args:
        states: only those in one of these.
    """
    columns = [_TABLE.c[name] for name in Intent.__struct_fields__]
    query = select(*columns).where(_TABLE.c.plan == plan).order_by(_TABLE.c.id)
    if states is not None:
        query = query.where(_TABLE.c.state.in_(states))
    return [Intent(**row) for row in connection.execute(query).mappings()]


def tidy(connection: Connection, most: int) -> None:
    """Lets go what became of older plans, unless one may still have to go on.

    Args:
        most: so many of the newest plans are kept.
    """
    newest = select(_TABLE.c.plan).group_by(_TABLE.c.plan).order_by(func.max(_TABLE.c.id).desc()).limit(most)
    old = select(_TABLE.c.plan).distinct().where(_TABLE.c.plan.not_in(newest))
    open_ = select(_TABLE.c.plan).where(_TABLE.c.state.in_((BEGUN, "unknown")))
    forget(connection, connection.execute(old.where(_TABLE.c.plan.not_in(open_))).scalars().all())


def forget(connection: Connection, plans: Iterable[str]) -> None:
    """Lets go the intents of plans that are done with."""
    for some in chunks(list(plans)):
        connection.execute(delete(_TABLE).where(_TABLE.c.plan.in_(some)))


__all__ = ["BEGUN", "Intent", "forget", "of_plan", "save", "tidy"]
