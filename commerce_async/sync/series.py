"""What a stream's calls did over time: recorded while it runs, in so few figures that they fit beside its report."""

from __future__ import annotations

from datetime import datetime
from math import ceil
from typing import Final

import msgspec

from commerce_async.clock import Clock
from commerce_async.http.client import Client
from commerce_async.http.trace import Event
from commerce_async.sync.report import StreamReport

MOST: Final = 180  # slices; when they are used up, each two become one of twice the length
_FINEST: Final = 0.25  # seconds of a slice, to begin with
_ROUNDING: Final = 1e-6  # of a slice


class Slice(msgspec.Struct, array_like=True):
    """What happened between two times.

    Attributes:
        calls: requests on the wire; `throttled`: replies that were throttles.
        waited: seconds that calls waited for permits in it, added up over calls.
        paused: seconds of it for which a throttle had paused the account.
        used, limit: the account's use of its limit when that was highest; None if no reply came.
        records: records that were committed.
    """

    calls: int = 0
    throttled: int = 0
    waited: float = 0.0
    paused: float = 0.0
    used: float | None = None
    limit: float | None = None
    records: int = 0

    def add(self, other: Slice) -> None:
        """Takes in the slice behind this one, or beside it."""
        self.calls += other.calls
        self.records += other.records
        self.throttled += other.throttled
        self.waited += other.waited
        self.paused += other.paused
        if other.share > self.share or self.used is None:
            self.used, self.limit = other.used, other.limit

    @property
    def share(self) -> float:
        """Part of the limit in use, 0 to 1; 0 if unknown."""
        return min(1.0, self.used / self.limit) if self.used is not None and self.limit else 0.0


class Series(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The slices of one stream in one run.

    Attributes:
        began: when the run did.
        every: seconds of each slice.
        period: seconds for which the limit holds; 0 if it is a number of calls at once.
        first: how many slices in which nothing happened are left out before the first one here.
    """

    began: datetime
    every: float
    period: float | None
    slices: list[Slice]
    first: int = 0

    def seconds(self, began: datetime) -> float:
        """How long after `began` the last slice ends."""
        return self._offset(began) + len(self.slices) * self.every

    def laid_out(self, began: datetime, every: float) -> list[Slice]:
        """The same as slices from another time on, none of them shorter than here."""
        found = [Slice() for _ in range(ceil(self.seconds(began) / every - _ROUNDING))]
        begin = self._offset(began)
        for number, part in enumerate(self.slices):
            found[int((begin + number * self.every) / every + _ROUNDING)].add(part)
        return found

    def trimmed(self) -> Series:
        """The same without the slices before anything happened."""
        empty = next((number for number, part in enumerate(self.slices) if part != Slice()), 0)
        return msgspec.structs.replace(self, slices=self.slices[empty:], first=self.first + empty)

    def _offset(self, began: datetime) -> float:
        return (self.began - began).total_seconds() + self.first * self.every


def merged(*series: Series | None) -> Series | None:
    """What several recorded beside each other, such as the units of one stream, in at most `MOST` slices."""
    found = [one for one in series if one is not None]
    if not found:
        return None
    began, every = min(one.began for one in found), max(one.every for one in found)
    length = max(one.seconds(began) for one in found)
    while length > every * MOST:
        every *= 2
    slices = [Slice() for _ in range(ceil(length / every - _ROUNDING))]
    for one in found:
        for part, other in zip(slices, one.laid_out(began, every), strict=False):
            part.add(other)
    for part in slices:
        part.paused = min(part.paused, every)  # they may have been paused at the same time
        _round(part)
    period = next((one.period for one in found if one.period is not None), None)
    return Series(began=began, every=every, period=period, slices=slices)


class RecordedReport(StreamReport, kw_only=True):
    """A stream's report as it is kept in `sync_runs`."""

    series: Series | None = None


class Recorder:
    """A trace hook that adds a client's figures up over time.

    Args:
        clock: the client's.
        began: when the run began, for all its streams alike, so that their slices lie upon each other.
    """

    def __init__(self, clock: Clock, began: datetime) -> None:
        self._clock = clock
        self._began = began
        # By a clock that is behind the one that began the run, nothing happens before it.
        self._zero = clock.now() - max(0.0, (clock.wall() - began).total_seconds())
        self._every = _FINEST
        self._slices: list[Slice] = []
        self._paused_until = 0.0
        self._period: float | None = None
        self._calls = self._throttled = 0
        self.client: Client | None = None  # whose figures; it is derived with this hook, so it comes later

    def __call__(self, event: Event) -> None:
        """Takes one step of a call."""
        now = self._clock.now() - self._zero
        if event.kind == "wait":
            self._spread("waited", now - event.seconds, now)
        elif event.kind == "throttle":
            until = now + event.seconds
            self._spread("paused", max(now, self._paused_until), until)
            self._paused_until = max(self._paused_until, until)
        if event.kind in ("attempt", "throttle", "done", "failed") and self.client is not None:
            self._sample(self.client, now)

    def count(self, records: int) -> None:
        """Takes a page that was committed."""
        self._slice(self._clock.now() - self._zero).records += records

    def report(self, report: StreamReport) -> RecordedReport:
        """The report with what was recorded."""
        return RecordedReport(**msgspec.structs.asdict(report), series=self.series())

    def series(self) -> Series:
        """What was recorded until now."""
        now = self._clock.now() - self._zero
        if self.client is not None:
            self._sample(self.client, now)
        self._slice(now)
        past = self._slices[: int(now / self._every) + 1]  # a pause may reach into the future
        for part in past:
            _round(part)
        return Series(began=self._began, every=self._every, period=self._period, slices=past)

    def _sample(self, client: Client, now: float) -> None:
        """By the client's figures and not by the events, so that the sums are the report's."""
        part, stats, state = self._slice(now), client.stats, client.limiter.snapshot()
        part.calls += stats.calls - self._calls
        part.throttled += stats.throttled - self._throttled
        self._calls, self._throttled = stats.calls, stats.throttled
        self._period = state.period
        share = state.used / state.limit if state.limit else 0.0
        if part.used is None or min(1.0, share) > part.share:
            part.used, part.limit = state.used, state.limit

    def _spread(self, field: str, begin: float, end: float) -> None:
        begin = max(begin, 0.0)
        if end <= begin:
            return
        self._slice(end)
        while begin < end:
            index = int(begin / self._every)
            edge = min(end, (index + 1) * self._every)
            part = self._slices[index]
            setattr(part, field, getattr(part, field) + edge - begin)
            begin = edge if edge > begin else end

    def _slice(self, at: float) -> Slice:
        """The slice of a time, which may make the others longer."""
        while at >= self._every * MOST:
            self._fold()
        index = max(0, int(at / self._every))
        while len(self._slices) <= index:
            self._slices.append(Slice())
        return self._slices[index]

    def _fold(self) -> None:
        for first, second in zip(self._slices[::2], self._slices[1::2], strict=False):
            first.add(second)
        self._slices = self._slices[::2]
        self._every *= 2


def _round(part: Slice) -> None:
    part.waited, part.paused = round(part.waited, 3), round(part.paused, 3)
    part.used = None if part.used is None else round(part.used, 2)
    part.limit = None if part.limit is None else round(part.limit, 2)


__all__ = ["MOST", "RecordedReport", "Recorder", "Series", "Slice", "merged"]
