"""Calls, records, waiting and quota over time, as an SVG of four panels on one axis, and as a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from math import ceil
from typing import Final

import msgspec

from commerce_async.sync.html_report.markup import Markup, join, tag
from commerce_async.sync.series import Series, Slice

_WIDTH: Final = 720
_LEFT: Final = 46
_RIGHT: Final = 8
_CALLS: Final = (24, 120)  # top and height of each panel
_RECORDS: Final = (176, 60)
_WAITING: Final = (268, 34)
_QUOTA: Final = (334, 72)
_AXIS: Final = 424
_HEIGHT: Final = 432


class Bin(msgspec.Struct, frozen=True, kw_only=True):
    """What the streams of one store did between two times.

    Attributes:
        calls, records: by stream.
        waiting: how many calls waited for a permit, on average.
        paused: part of the time for which the account was paused, 0 to 1.
        used, limit: of the quota, when most was used; None if unknown.
    """

    calls: Mapping[str, int]
    records: Mapping[str, int]
    throttled: int
    waiting: float
    paused: float
    used: float | None
    limit: float | None

    @property
    def share(self) -> float | None:
        """Part of the quota in use."""
        return None if self.used is None or not self.limit else min(1.0, self.used / self.limit)


class Plot(msgspec.Struct, frozen=True, kw_only=True):
    """The streams of one store in one run, on one axis.

    Attributes:
        every: seconds of a bin.
        period: seconds for which the limit holds; 0 for a limit of calls at once.
    """

    every: float
    period: float | None
    streams: tuple[str, ...]
    bins: tuple[Bin, ...]


def plot_of(series: Mapping[str, Series]) -> Plot:
    """Lays the streams' series upon each other.

    Args:
        series: by stream; all of one run.
    """
    began = min(one.began for one in series.values())
    every = max(one.every for one in series.values())
    merged = {stream: one.laid_out(began, every) for stream, one in series.items()}
    length = max(map(len, merged.values()))
    bins = tuple(
        _bin({stream: slices[index] for stream, slices in merged.items() if index < len(slices)}, every)
        for index in range(length)
    )
    period = next((one.period for one in series.values() if one.period is not None), None)
    return Plot(every=every, period=period, streams=tuple(series), bins=bins)


def _bin(slices: Mapping[str, Slice], every: float) -> Bin:
    fullest = max(slices.values(), key=lambda part: (part.used is not None, part.share))
    return Bin(
        calls={stream: part.calls for stream, part in slices.items()},
        records={stream: part.records for stream, part in slices.items()},
        throttled=sum(part.throttled for part in slices.values()),
        waiting=sum(part.waited for part in slices.values()) / every,
        paused=min(1.0, max(part.paused for part in slices.values()) / every),
        used=fullest.used,
        limit=fullest.limit,
    )


class _Tops(msgspec.Struct, frozen=True, kw_only=True):
    """The highest of each panel."""

    calls: int
    records: int
    waiting: float


def svg(plot: Plot, name: str) -> Markup:
    """The picture.

    Args:
        name: what it is of, for those who cannot see it.
    """
    tops = _Tops(
        calls=max((sum(one.calls.values()) for one in plot.bins), default=0),
        records=max((sum(one.records.values()) for one in plot.bins), default=0),
        waiting=max((one.waiting for one in plot.bins), default=0.0),
    )
    return tag(
        "svg",
        tag("title", name),
        tag("desc", summary(plot)),
        _panel(_CALLS, f"Calls per {_span(plot.every)}", f"{tops.calls or 1:,}"),
        _panel(_RECORDS, f"Records per {_span(plot.every)}", f"{tops.records:,}" if tops.records else ""),
        _panel(_WAITING, "Calls waiting for their turn, on average", f"{tops.waiting:.1f}" if tops.waiting else ""),
        _panel(_QUOTA, f"Quota in use{_limit(plot)}", "100 %"),
        *(_marks(plot, index, tops) for index in range(len(plot.bins))),
        _quota(plot),
        _axis(plot),
        viewBox=f"0 0 {_WIDTH} {_HEIGHT}",
        role="img",
        class_="plot",
    )


def summary(plot: Plot) -> str:
    """What the picture shows, in a sentence."""
    calls = sum(sum(one.calls.values()) for one in plot.bins)
    records = sum(sum(one.records.values()) for one in plot.bins)
    throttled = sum(one.throttled for one in plot.bins)
    waited = sum(one.waiting for one in plot.bins) * plot.every
    shares = [one.share for one in plot.bins if one.share is not None]
    quota = f"; at most {max(shares):.0%} of the quota in use" if shares else ""
    throttles = f"{throttled:,} throttled" if throttled else "none throttled"
    rate = records / (plot.every * max(1, len(plot.bins)))
    read = f" for {records:,} records, {rate:,.0f} a second" if records else ""
    return f"{calls:,} calls{read}; {throttles}, {waited:,.1f} s of waiting{quota}."


def _x(plot: Plot, index: float) -> float:
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * index / max(1, len(plot.bins))


def _panel(place: tuple[int, int], title: str, top: str) -> Markup:
    y, height = place
    return join(
        [
            tag("text", title, x=_LEFT, y=y - 8, class_="panel"),
            tag("line", x1=_LEFT, x2=_WIDTH - _RIGHT, y1=y, y2=y, class_="grid"),
            tag("line", x1=_LEFT, x2=_WIDTH - _RIGHT, y1=y + height, y2=y + height, class_="base"),
            tag("text", top, x=_LEFT - 6, y=y + 4, class_="tick end"),
            tag("text", "0", x=_LEFT - 6, y=y + height + 3, class_="tick end"),
        ]
    )


def _marks(plot: Plot, index: int, tops: _Tops) -> Markup:
    one = plot.bins[index]
    left, right = _x(plot, index), _x(plot, index + 1)
    width = max(0.5, right - left - (1 if right - left > 3 else 0))
    marks = [tag("title", _words(plot, index))]
    if one.paused:
        y, height = _CALLS
        marks.append(_rect(left, y, (right - left) * one.paused, height, "paused"))
    for place, figures, top in ((_CALLS, one.calls, tops.calls), (_RECORDS, one.records, tops.records)):
        y = float(sum(place))
        for number, stream in enumerate(plot.streams):
            height = place[1] * figures.get(stream, 0) / max(1, top)
            y -= height
            marks.append(_rect(left, y, width, height, f"s{number}"))
    if one.throttled:
        middle = (left + right) / 2
        marks.append(tag("path", d=f"M{middle - 4:.1f} {_CALLS[0]}h8l-4 8z", class_="throttle"))
    if one.waiting and tops.waiting:
        height = _WAITING[1] * one.waiting / tops.waiting
        marks.append(_rect(left, sum(_WAITING) - height, width, height, "waiting"))
    marks.append(_rect(left, _CALLS[0], right - left, sum(_QUOTA) - _CALLS[0], "hit"))
    return tag("g", *marks)


def _rect(x: float, y: float, width: float, height: float, kind: str) -> Markup:
    if not height:
        return Markup("")
    return tag("rect", x=f"{x:.1f}", y=f"{y:.1f}", width=f"{width:.1f}", height=f"{height:.1f}", class_=kind)


def _quota(plot: Plot) -> Markup:
    """A line, with a gap where nothing is known for long."""
    y, height = _QUOTA
    d, last = "", -99
    for index, one in enumerate(plot.bins):
        if one.share is None:
            continue
        d += f"{'L' if index - last <= 8 else 'M'}{_x(plot, index + 0.5):.1f} {y + height * (1 - one.share):.1f}"
        d += "h.1" if index - last > 8 else ""  # a point alone is seen as well
        last = index
    return tag("path", d=d, class_="quota") if d else Markup("")


def _axis(plot: Plot) -> Markup:
    length = plot.every * len(plot.bins)
    step = _step(length)
    labels: list[Markup] = []
    for number in range(int(length / step) + 1):
        at = number * step
        x = _x(plot, at / plot.every)
        labels.append(tag("text", _span(at), x=f"{x:.1f}", y=_AXIS, class_="tick end" if x > 690 else "tick middle"))
    return join(labels)


def _step(length: float) -> float:
    """A round number of seconds, six of which are enough."""
    for step in (0.25, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 43200):
        if length / step <= 8:
            return step
    return 86400.0 * ceil(length / 86400 / 8)


def _words(plot: Plot, index: int) -> str:
    return "\n".join(f"{head}: {cell}" for head, cell in zip(heads(plot), row(plot, index), strict=True) if cell)


def heads(plot: Plot) -> list[str]:
    """The columns of the same as a table."""
    each = [f"{what} {stream}" for what in ("calls for", "records of") for stream in plot.streams]
    return ["from – to", *each, "throttled", "calls waiting", "paused", "quota"]


def row(plot: Plot, index: int) -> list[str]:
    """One bin as cells; empty for none."""
    one = plot.bins[index]
    return [
        f"{_span(index * plot.every)} – {_span((index + 1) * plot.every)}",
        *(
            f"{count:,}" if (count := figures.get(stream, 0)) else ""
            for figures in (one.calls, one.records)
            for stream in plot.streams
        ),
        f"{one.throttled:,}" if one.throttled else "",
        f"{one.waiting:.1f}" if one.waiting else "",
        f"{one.paused:.0%}" if one.paused else "",
        f"{one.used:,.4g} of {one.limit:,.4g}" if one.used is not None and one.limit else "",
    ]


def rows(plot: Plot) -> Iterator[Sequence[str]]:
    """All bins in which something happened."""
    for index in range(len(plot.bins)):
        cells = row(plot, index)
        if any(cells[1:]):
            yield cells


def _limit(plot: Plot) -> str:
    limits = [one.limit for one in plot.bins if one.limit]
    if not limits:
        return ""
    fewest, most = min(limits), max(limits)
    number = f"{most:,.4g}" if most - fewest < 0.05 else f"{fewest:,.3g} to {most:,.3g}"
    if not plot.period:
        return f" (of {number} calls at once)"
    return f" (of {number} calls per {_span(plot.period)})"


def _span(seconds: float) -> str:
    """`0.25 s`, `90 s` as `1:30 min`, `2:05 h`."""
    if seconds < 60:
        return f"{seconds:g} s"
    whole = timedelta(seconds=round(seconds))
    minutes, rest = divmod(int(whole.total_seconds()), 60)
    if minutes < 60:
        return f"{minutes}:{rest:02} min"
    return f"{minutes // 60}:{minutes % 60:02} h"


__all__ = ["Bin", "Plot", "heads", "plot_of", "rows", "summary", "svg"]
