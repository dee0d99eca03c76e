"""What an apply is about to write and what became of it, kept so that one that was interrupted goes on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, Literal, Protocol, TypeAlias

import msgspec
from sqlalchemy import Connection

from commerce_async.sinks import Sink, intents, matches
from commerce_async.sinks.differing import Differences

State: TypeAlias = Literal["begun", "created", "updated", "deleted", "unchanged", "conflict", "failed", "unknown"]

DONE: Final = frozenset({"created", "updated", "deleted", "unchanged"})
"""States in which an item is carried out. In `conflict` nothing was sent; any other leaves open what the target has."""


class Told(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is told of an item to people.

    Attributes:
        to: the target's name.
        fields: of an update, what it changes; bounded.
    """

    to: str
    key: str
    name: str | None = None
    fields: Differences = Differences()


PLANS: Final = 20
"""Plans of which a database keeps what became of every item, besides those in which something is open."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One item of a plan in the log.

    Attributes:
        item: its number in the plan.
        action: `create`, `update` or `delete`.
        state: `begun` until its outcome is known.
        target_id: of the product in the target, once it is known.
        sku: that was written; by it a create of unknown outcome is looked for.
        note: one line.
        told: for people.
    """

    item: int
    action: str
    state: State = "begun"
    target_id: str | None = None
    sku: str | None = None
    note: str | None = None
    told: Told | None = None


class Link(msgspec.Struct, frozen=True):
    """One product in two stores."""

    source_id: str
    target_id: str
    key: str | None = None


class Linked(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of the id map together with outcomes.

    Attributes:
        gone: ids of the target that are no more.
        found_at: when the links were found, if not now: what was noted since is newer, and stays.
    """

    source: str
    target: str
    links: tuple[Link, ...] = ()
    gone: tuple[str, ...] = ()
    found_at: datetime | None = None


class Journal(Protocol):
    """Keeps the log of plans and the id map. Each method is one transaction."""

    async def entries(self, plan: str) -> Mapping[int, Entry]:
        """What the log has of a plan, by item."""
        ...

    async def note(self, plan: str, entries: Sequence[Entry], linked: Linked | None = None) -> None:
        """Notes intents or outcomes, and what they change in the id map. What the log has of an item is replaced."""
        ...

    async def id_map(self, source: str, target: str) -> Mapping[str, str]:
        """Ids of the target by ids of the source."""
        ...


class MemoryJournal:
    """A journal that ends with the process: nothing can go on from it, but within one run nothing is written twice."""

    def __init__(self) -> None:
        self._entries: dict[str, dict[int, Entry]] = {}
        self._ids: dict[tuple[str, str], dict[str, str]] = {}

    async def entries(self, plan: str) -> Mapping[int, Entry]:
        """What the log has of a plan, by item."""
        return dict(self._entries.get(plan, {}))

    async def note(self, plan: str, entries: Sequence[Entry], linked: Linked | None = None) -> None:
        """Notes intents or outcomes, and what they change in the id map."""
        self._entries.setdefault(plan, {}).update({entry.item: entry for entry in entries})
        if linked is None:
            return
        ids = self._ids.setdefault((linked.source, linked.target), {})
        moved = {link.target_id for link in linked.links} | set(linked.gone)
        for id in [id for id, at in ids.items() if at in moved]:
            del ids[id]
        ids.update({link.source_id: link.target_id for link in linked.links})

    async def id_map(self, source: str, target: str) -> Mapping[str, str]:
        """Ids of the target by ids of the source."""
        return dict(self._ids.get((source, target), {}))


class _Kept(msgspec.Struct):
    """What the log keeps of an item beside its state."""

    target_id: str | None = None
    sku: str | None = None
    told: Told | None = None


_KEPT: Final = msgspec.json.Decoder(_Kept)


class SinkJournal:
    """A journal in a database: an apply that was interrupted goes on, also in another process."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._tidied = False

    async def entries(self, plan: str) -> Mapping[int, Entry]:
        """What the log has of a plan, by item.

        Raises:
            SinkError: the database refused.
        """
        found = await self._sink.read(lambda connection: intents.of_plan(connection, plan))
        return {int(each.item): _entry(each) for each in found}

    async def note(self, plan: str, entries: Sequence[Entry], linked: Linked | None = None) -> None:
        """Notes intents or outcomes, and what they change in the id map.

        Raises:
            SinkError: the database refused; nothing of it is noted.
        """
        now = datetime.now(UTC)

        def save(connection: Connection) -> None:
            if not self._tidied:
                intents.tidy(connection, PLANS)
            intents.save(connection, [_intent(plan, entry, now) for entry in entries])
            if linked is not None:
                matches.forget(connection, linked.source, linked.target, linked.gone)
                matches.save(connection, _matches(connection, linked, now))

        await self._sink.transaction(save)
        self._tidied = True

    async def id_map(self, source: str, target: str) -> Mapping[str, str]:
        """Ids of the target by ids of the source.

        Raises:
            SinkError: the database refused.
        """
        found = await self._sink.read(lambda connection: matches.find(connection, source, target))
        return {id: match.target_id for id, match in found.items()}


def _intent(plan: str, entry: Entry, now: datetime) -> intents.Intent:
    return intents.Intent(
        plan=plan,
        item=str(entry.item),
        action=entry.action,
        state=entry.state,
        body=msgspec.json.encode(_Kept(entry.target_id, entry.sku, entry.told)).decode(),
        at=now,
        note=entry.note,
    )


def _entry(intent: intents.Intent) -> Entry:
    kept = _KEPT.decode(intent.body) if intent.body else _Kept()
    state = msgspec.convert(intent.state, State)
    return Entry(
        item=int(intent.item),
        action=intent.action,
        state=state,
        target_id=kept.target_id,
        sku=kept.sku,
        note=intent.note,
        told=kept.told,
    )


def _matches(connection: Connection, linked: Linked, now: datetime) -> list[matches.Match]:
    found_at = linked.found_at
    newer: set[tuple[str, str]] = set()
    if found_at is not None:
        for match in matches.find(connection, linked.source, linked.target).values():
            if match.matched_at > found_at:
                newer |= {("source", match.source_id), ("target", match.target_id)}
    return [
        matches.Match(
            source_store=linked.source,
            source_id=link.source_id,
            target_store=linked.target,
            target_id=link.target_id,
            sku=link.key,
            matched_at=found_at or now,
        )
        for link in linked.links
        if newer.isdisjoint({("source", link.source_id), ("target", link.target_id)})
    ]


def journal_of(place: Journal | Sink | None) -> Journal:
    """The journal in that place; in memory if there is none."""
    if place is None:
        return MemoryJournal()
    return SinkJournal(place) if isinstance(place, Sink) else place
