"""The log behind /events: a generated past, and what has happened since. Unprocessed until acknowledged."""

from __future__ import annotations

import heapq
from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from itertools import islice
from typing import Any, NamedTuple, cast

from fastspring_async.emulator.accounts import CREATED
from fastspring_async.emulator.numbers import Ids
from fastspring_async.emulator.options import History

_SUBJECTS = ("account", "order", "product", "subscription")


class Event(NamedTuple):
    """Something that happened. Events are in the order of their times (ms since 1970), then of their numbers.

    `make` writes its data down, with objects for accounts, orders and subscriptions.
    """

    created: int
    number: int
    type: str
    live: bool
    make: Callable[[], dict[str, Any]]


Draw = Callable[[int, int], Event]
"""Makes the generated event of that number at that time."""


class Events:
    """Events by time and by id.

    Args:
        history: the generated past.
        until: its end, in ms.
        draw: what happened in the generated past.
    """

    def __init__(self, seed: int, history: History, until: int, draw: Draw) -> None:
        self.ids = Ids(seed, "event")
        self._history, self._draw = history, draw
        self._span = history.span // timedelta(milliseconds=1)
        self._start = until - self._span
        group = max(1, history.group)
        self._group = group if history.same_ms > 0 else 1
        self._period = max(group, round(group / history.same_ms)) if history.same_ms > 0 else 1
        self._later: list[tuple[int, int]] = []
        self._events: dict[int, Event] = {}
        self._processed: set[int] = set()
        self._unprocessed: set[int] = set()

    @property
    def count(self) -> int:
        return self._history.events + len(self._events)

    def add(self, created: int, kind: str, live: bool, make: Callable[[], dict[str, Any]]) -> Event:
        """Something happens: the event. It may be of any time."""
        event = Event(created, CREATED + len(self._events), kind, live, make)
        self._events[event.number] = event
        insort(self._later, (created, event.number))
        return event

    def get(self, identity: str) -> Event | None:
        """The event with this id."""
        number = self.ids.number(identity)
        if number is None or (number >= self._history.events and number not in self._events):
            return None
        return self._event(number)

    def processed(self, number: int) -> bool:
        """Whether it was acknowledged."""
        if number < self._history.processed:
            return number not in self._unprocessed
        return number in self._processed

    def mark(self, number: int, processed: bool = True) -> bool:
        """Acknowledges it, or takes that back: whether anything changed."""
        if self.processed(number) == processed:
            return False
        (self._processed.add if processed else self._processed.discard)(number)
        (self._unprocessed.discard if processed else self._unprocessed.add)(number)
        return True

    def page(
        self, begin: int, end: int, *, processed: bool | None, newest_first: bool, size: int
    ) -> tuple[list[Event], bool]:
        """The first so many events of [begin, end) in ms, and whether there are more. `processed` None takes all."""
        low, high = (bisect_left(range(self._history.events), at, key=self._created) for at in (begin, end))
        first, last = (bisect_left(self._later, (at, 0)) for at in (begin, end))
        generated, later = range(low, high), self._later[first:last]
        if newest_first:
            generated, later = generated[::-1], later[::-1]
        old = ((self._created(number), number) for number in generated if self._wanted(number, processed))
        new = (each for each in later if self._wanted(each[1], processed))
        merged: Iterable[tuple[int, int]] = heapq.merge(old, new, reverse=newest_first)
        found = [self._event(number) for _, number in islice(merged, size + 1)]
        return found[:size], len(found) > size

    def all(self) -> Iterator[Event]:
        """Every event, the generated past first."""
        yield from (self._event(number) for number in range(self._history.events))
        yield from self._events.values()

    def _wanted(self, number: int, processed: bool | None) -> bool:
        return processed is None or self.processed(number) == processed

    def _event(self, number: int) -> Event:
        return self._events[number] if number >= CREATED else self._draw(number, self._created(number))

    def _created(self, number: int) -> int:
        """In ms. Of each period of so many events, the first few share the millisecond of the first."""
        place = number % self._period
        leader = number - place if place < self._group else number
        return self._start + leader * self._span // max(1, self._history.events)


def collapsed(data: dict[str, Any]) -> dict[str, Any]:
    """The same data as shops without expansion get it: ids for accounts, orders, products and subscriptions."""
    return {name: _collapse(name, value) for name, value in data.items()}


def _collapse(name: str, value: Any) -> Any:
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        identity = members.get(name, members.get("id")) if name in _SUBJECTS else None
        return identity if isinstance(identity, str) else collapsed(members)
    if isinstance(value, list):
        return [_collapse("", each) for each in cast("list[Any]", value)]
    return value


def spaced(data: Any) -> Any:
    """The same with accounts' addresses as live webhooks have them: keys with spaces."""
    if isinstance(data, list):
        return [spaced(each) for each in cast("list[Any]", data)]
    if not isinstance(data, dict):
        return data
    members = cast("dict[str, Any]", data)
    if "lookup" not in members:
        return {name: spaced(value) for name, value in members.items()}
    address = cast("dict[str, Any]", members.get("address") or {})
    return members | {"address": {_SPACED.get(name, name): value for name, value in address.items()}}


_SPACED = {
    "addressLine1": "address line 1",
    "addressLine2": "address line 2",
    "postalCode": "postal code",
    "regionCustom": "region custom",
}
