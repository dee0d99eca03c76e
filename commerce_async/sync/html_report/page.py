"""The page: one HTML document that needs nothing else."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Final

import msgspec

from commerce_async import __version__
from commerce_async.sync.html_report import chart, listing
from commerce_async.sync.html_report.changes import Changes
from commerce_async.sync.html_report.gathering import LastRun
from commerce_async.sync.html_report.listing import plural, shown_time
from commerce_async.sync.html_report.markup import Markup, table, tag
from commerce_async.sync.report import StreamReport
from commerce_async.sync.status import RunStatus, StreamStatus

_STATES: Final = {
    "complete": "complete",
    "incomplete": "incomplete: some may be missing",
    "failed": "failed",
    "stopped": "stopped; the next run goes on",
    "running": "running, or cut off",
}


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the page tells.

    Attributes:
        since: what the changes are listed since, if not since the beginning of each stream's last run.
    """

    into: str
    at: datetime
    streams: Sequence[StreamStatus]
    last: Sequence[LastRun]
    runs: Sequence[RunStatus]
    changes: Changes
    since: datetime | None


def render(found: Found) -> str:
    """The document."""
    return document(
        f"Sync report: {found.into}",
        _header(found),
        tag("main", _streams(found), _plots(found), listing.section(found.changes, _since(found)), _runs(found)),
    )


def document(title: str, header: Markup, main: Markup) -> str:
    """A page with the style and the script."""
    style, script = _file("page.css"), _file("page.js")
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; base-uri 'none'; form-action 'none'"
    )
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        # Nothing but the two pieces below may act, whatever else were to get in.
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", title),
        tag("style", style),
    )
    parts = (
        header,
        main,
        tag("footer", tag("p", f"commerce-async {__version__}. This page is one file; it loads nothing.")),
        tag("script", script),
    )
    return f"<!doctype html>\n{tag('html', head, tag('body', parts), lang='en')}\n"


@cache
def _file(name: str) -> Markup:
    return Markup(files("commerce_async.sync.html_report").joinpath(name).read_text(encoding="utf-8"))


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _header(found: Found) -> Markup:
    states = [run.state for run in found.last]
    whole = sum(state == "complete" for state in states)
    words = f"{whole} of {len(states)} streams complete" if states else "no stream has been synced yet"
    total = found.changes.total
    return tag(
        "header",
        tag("h1", "Sync report"),
        tag("p", tag("code", found.into)),
        tag("p", f"{words}; {total:,} {plural(total, 'change')} {_since(found)}.", class_="lead"),
        tag("p", f"Written {shown_time(found.at)}.", class_="soft small"),
    )


def _since(found: Found) -> str:
    return f"since {shown_time(found.since)}" if found.since else "in the last runs"


def _streams(found: Found) -> Markup:
    standing = {(stream.store, stream.stream): stream for stream in found.streams}
    cards = [_card(run, standing.get((run.store, run.stream))) for run in found.last]
    return tag("section", tag("h2", "Streams, as their last runs left them"), tag("div", cards, class_="cards"))


def _card(run: LastRun, standing: StreamStatus | None) -> Markup:
    return tag(
        "article",
        tag(
            "header",
            tag("h3", f"{run.store} · {run.stream}"),
            tag("span", _STATES.get(run.state, run.state), class_=f"state {run.state}"),
        ),
        tag("p", _words(run), class_="soft small"),
        _figures(run.report),
        _notes(run, standing),
        class_="card",
        data_store=run.store,
        data_stream=run.stream,
    )


def _words(run: LastRun) -> str:
    words = f"Began {shown_time(run.started_at)}"
    if run.report is None:
        return f"{words}. What it read is not noted yet."
    limit = f"what changed since {shown_time(run.report.since)}" if run.report.since else "everything"
    resumed = ", going on from an earlier run" if run.report.resumed else ""
    return f"{words}, took {run.report.seconds:,.1f} s, read {limit}{resumed}."


_FIGURES: Final = (
    ("read", "read"),
    ("new", "new"),
    ("changed", "changed"),
    ("unchanged", "unchanged"),
    ("gone", "gone"),
    ("quarantined", "quarantined"),
    ("missing", "listed, then not there"),
    ("calls", "calls"),
    ("hits", "from the cache"),
    ("throttled", "throttled"),
    ("retried", "sent again"),
)
_ONLY_IF_ANY: Final = frozenset({"missing", "hits", "retried"})


def _figures(report: StreamReport | None) -> Markup | None:
    if report is None:
        return None
    items = [
        tag(
            "div",
            tag("dt", words),
            tag("dd", f"{number:,}"),
            class_="figure" if number else "figure zero",
            data_name=name,
        )
        for name, words in _FIGURES
        if (number := getattr(report, name) or 0) or name not in _ONLY_IF_ANY
    ]
    items.append(tag("div", tag("dt", "waited"), tag("dd", f"{report.waited:,.1f} s")))
    return tag("dl", items)


def _notes(run: LastRun, standing: StreamStatus | None) -> list[Markup]:
    report, notes = run.report, list[Markup]()
    if report and report.error:
        notes.append(tag("p", f"Failed: {report.error}", class_="error"))
    if report and report.gone_refused:
        words = f"{_rows(report.gone_refused)} not met, too many to mark them gone without your word (--max-gone)."
        notes.append(tag("p", words, class_="error"))
    if report and report.unconfirmed:
        words = f"{_rows(report.unconfirmed)} not met, and the vendor did not clearly say that it has it no more."
        notes.append(tag("p", words))
    if standing:
        gone = f", {standing.gone:,} marked gone" if standing.gone else ""
        held = f", {standing.quarantined:,} in quarantine" if standing.quarantined else ""
        notes.append(
            tag(
                "p",
                f"In the database: {standing.rows:,} {plural(standing.rows, 'row')}{gone}{held}.",
                class_="soft small",
            )
        )
        if standing.watermark:
            notes.append(tag("p", f"Complete up to {shown_time(standing.watermark)}.", class_="soft small"))
    return notes


def _rows(number: int) -> str:
    return f"{number:,} {plural(number, 'row')} {'was' if number == 1 else 'were'}"


def _plots(found: Found) -> Markup | None:
    runs: dict[tuple[str, str], list[LastRun]] = {}
    for run in found.last:
        if run.report and run.report.series:
            runs.setdefault((run.store, run.run), []).append(run)
    if not runs:
        return None
    return tag("section", tag("h2", "Calls, records and quota over time"), *map(_plot, runs.values()))


def _plot(runs: Sequence[LastRun]) -> Markup:
    series = {run.stream: run.report.series for run in runs if run.report and run.report.series}
    plot = chart.plot_of(series)
    name = f"{runs[0].store}, from {shown_time(runs[0].started_at)}"
    return tag(
        "figure",
        tag("h3", name),
        tag("p", chart.summary(plot), class_="soft small"),
        _legend(plot),
        tag("div", chart.svg(plot, name), class_="scroll", tabindex=0, role="group", aria_label=f"{name}: plot"),
        tag(
            "details",
            tag("summary", "The same as a table"),
            tag("div", table(chart.heads(plot), chart.rows(plot)), class_="scroll"),
        ),
    )


def _legend(plot: chart.Plot) -> Markup:
    marks = [(f"s{number}", stream) for number, stream in enumerate(plot.streams)]
    if any(one.throttled for one in plot.bins):
        marks.append(("throttle", "throttled by the vendor"))
    if any(one.paused for one in plot.bins):
        marks.append(("paused", "paused after a throttle"))
    if any(one.waiting for one in plot.bins):
        marks.append(("waiting", "calls waiting"))
    return tag("ul", (tag("li", _mark(kind), words) for kind, words in marks), class_="legend")


def _mark(kind: str) -> Markup:
    shape = (
        tag("path", d="M1 2h10l-5 9z", class_=kind)
        if kind == "throttle"
        else tag("rect", width=12, height=12, rx=2, class_=kind)
    )
    return tag("svg", shape, viewBox="0 0 12 12", aria_hidden="true")


def _runs(found: Found) -> Markup | None:
    if not found.runs:
        return None
    heads = ("began", "store", "stream", "state", "read", "new", "changed", "gone", "error")
    rows = [
        (
            f"{run.started_at:%Y-%m-%d %H:%M:%S}",
            run.store,
            run.stream,
            _STATES.get(run.state, run.state),
            *(f"{number:,}" for number in (run.read, run.new, run.changed, run.gone)),
            run.error or "",
        )
        for run in found.runs
    ]
    return tag(
        "section", tag("h2", "Runs, the latest first"), tag("div", table(heads, rows), class_="scroll", tabindex=0)
    )


__all__ = ["Found", "document", "render"]
