"""The id map: which product of one store is which of another. Inside somebody else's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection, delete, select

from commerce_async.sinks import tables
from commerce_async.sinks.bulk import chunks, upsert

_TABLE = tables.id_map


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """Two products that are the same.

    Attributes:
        sku: by which they were matched, if by it.
        matched_at: when (aware).
    """

    source_store: str
    source_id: str
    target_store: str
    target_id: str
    sku: str | None = None
    matched_at: datetime


def save(connection: Connection, matches: Sequence[Match]) -> None:
    """Keeps matches. The newest word holds: a product that was matched otherwise, on either side, is so no more."""
    latest = {(match.source_store, match.target_store, match.target_id): match for match in matches}
    latest = {(match.source_store, match.target_store, match.source_id): match for match in latest.values()}
    claimed: dict[tuple[str, str], list[str]] = {}
    for match in latest.values():
        claimed.setdefault((match.source_store, match.target_store), []).append(match.target_id)
    for (source_store, target_store), ids in claimed.items():
        forget(connection, source_store, target_store, ids)
    upsert(connection, _TABLE, [msgspec.structs.asdict(match) for match in latest.values()])


def find(connection: Connection, source_store: str, target_store: str) -> dict[str, Match]:
    """All matches from one store to another, by the source's id."""
    columns = [_TABLE.c[name] for name in Match.__struct_fields__]
    query = select(*columns).where(_TABLE.c.source_store == source_store, _TABLE.c.target_store == target_store)
    return {row["source_id"]: Match(**row) for row in connection.execute(query).mappings()}


def forget(connection: Connection, source_store: str, target_store: str, target_ids: Iterable[str]) -> None:
    """Lets go the matches with products of the target that are no more."""
    for ids in chunks(list(target_ids)):
        gone = delete(_TABLE).where(_TABLE.c.source_store == source_store, _TABLE.c.target_store == target_store)
        connection.execute(gone.where(_TABLE.c.target_id.in_(ids)))


__all__ = ["Match", "find", "forget", "save"]
