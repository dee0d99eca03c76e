"""What mirrors and pushes wrote, from their log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, func, select

from commerce_async.sinks import tables
from commerce_async.sync.html_report.changes import Change, What
from commerce_async.sync.journal import Told

STREAM: Final = "writes"

_TABLE: Final = tables.intents
_WHATS: Final[Mapping[str, What]] = {"created": "created", "updated": "updated", "deleted": "deleted"}
_LEFT_OUT: Final = "unchanged"  # somebody else had done it


class _Body(msgspec.Struct):
    target_id: str | None = None
    told: Told | None = None


_read: Final = msgspec.json.Decoder(_Body)


def counts(connection: Connection, since: datetime | None) -> Iterator[tuple[str, What, int]]:
    """How many items there are by store and kind: of the last plan of each store, or since then."""
    for plan, store in _plans(connection, since):
        query = select(_TABLE.c.state, func.count()).where(_of(plan, since)).group_by(_TABLE.c.state)
        for state, count in connection.execute(query):
            yield store, _WHATS.get(state, "not written"), count


def rows(connection: Connection, since: datetime | None, most: int) -> Iterator[Change]:
    """The items, of each plan the newest."""
    for plan, store in _plans(connection, since):
        query = select(_TABLE).where(_of(plan, since)).order_by(_TABLE.c.at.desc(), _TABLE.c.id.desc()).limit(most)
        for row in connection.execute(query).mappings():
            yield _change(row, store)


def _of(plan: str, since: datetime | None) -> ColumnElement[bool]:
    wanted = and_(_TABLE.c.plan == plan, _TABLE.c.state != _LEFT_OUT)
    return wanted if since is None else and_(wanted, _TABLE.c.at >= since)


def _plans(connection: Connection, since: datetime | None) -> Iterator[tuple[str, str]]:
    """Plans and the stores that they are for; without a time, the last of each store."""
    newest = select(_TABLE.c.plan, func.min(_TABLE.c.id), func.max(_TABLE.c.at).label("at")).group_by(_TABLE.c.plan)
    seen: set[str] = set()
    for plan, id, _ in connection.execute(newest.order_by(func.max(_TABLE.c.id).desc())).all():
        body = connection.execute(select(_TABLE.c.body).where(_TABLE.c.id == id)).scalar_one()
        told = _told(body).told
        if told is not None and (since is not None or told.to not in seen):
            seen.add(told.to)
            yield plan, told.to


def _told(body: str | None) -> _Body:
    try:
        return _read.decode(body) if body else _Body()
    except msgspec.MsgspecError:  # of another version
        return _Body()


def _change(row: Mapping[Any, Any], store: str) -> Change:
    body = _told(row["body"])
    told = body.told
    what: What = _WHATS.get(row["state"], "not written")
    note = None if what != "not written" else f"{row['action']}: {row['state']}"
    return Change(
        at=row["at"],
        store=store,
        stream=STREAM,
        what=what,
        id=body.target_id or "",
        number=told.key if told else None,
        name=told.name if told else None,
        differs=told.fields if told and row["action"] == "update" else None,
        note=f"{note}: {row['note']}" if note and row["note"] else note,
    )


__all__ = ["STREAM", "counts", "rows"]
