"""What a stream's calls did over time: recorded while it runs, in so few figures that they fit beside its report."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from commerce_async.clock import Clock
from commerce_async.http.client import Client
from commerce_async.http.trace import Event
from commerce_async.sync.report import StreamReport

MOST: Final = 180  # slices; when they are used up, each two become one of twice the length
_FINEST: Final = 0.25  # seconds of a slice, to begin with


class Slice(msgspec.Struct, array_like=True):
    """What happened between two times.

    Attributes:
        calls: requests on the wire; `throttled`: replies that were throttles.
        waited: seconds that calls waited for permits in it, added up over calls.
        paused: seconds of it for which a throttle had paused the account.
        used, limit: the account's use of its limit when that was highest; None if no reply came.
    """

    calls: int = 0
    throttled: int = 0
    waited: float = 0.0
    paused: float = 0.0
    used: float | None = None
    limit: float | None = None

    def add(self, other: Slice) -> None:
        """Takes in the slice behind this one."""
        self.calls += other.calls
        self.throttled += other.throttled
        self.waited += other.waited
        self.paused += other.paused
        if other.share > self.share or self.used is None:
            self.used, self.limit = other.used, other.limit

    @property
    def share(self) -> float:
        """Part of the limit in use, 0 to 1; 0 if unknown."""
        return min(1.0, self.used / self.limit) if self.used is not None and self.limit else 0.0


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """The slices of one stream in one run.

    Attributes:
        began: of the first slice.
        every: seconds of each.
        period: seconds for which the limit holds; 0 if it is a number of calls at once.
    """

    began: datetime
    every: float
    period: float | None
    slices: list[Slice]


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
        self._zero = clock.now() - (clock.wall() - began).total_seconds()
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
            part.waited, part.paused = round(part.waited, 3), round(part.paused, 3)
            part.used = None if part.used is None else round(part.used, 2)
            part.limit = None if part.limit is None else round(part.limit, 2)
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


__all__ = ["MOST", "RecordedReport", "Recorder", "Series", "Slice"]
