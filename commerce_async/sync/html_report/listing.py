"""The changes: a list that can be searched."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from commerce_async.sinks.differing import Difference
from commerce_async.sync.html_report.changes import SYNCED, WHATS, Change, Changes
from commerce_async.sync.html_report.markup import Child, Markup, tag


def section(changes: Changes, since: str) -> Markup:
    """The part of the page.

    Args:
        since: since when, in words.
    """
    listed = len(changes.listed)
    heading = tag("h2", "Changes")
    if not changes.total:
        return tag("section", heading, tag("p", f"No changes {since}."))
    numbers = {
        what: sum(count for (_, _, kind), count in changes.counts.items() if kind == what) for what in changes.kinds
    }
    words = [f"{number:,} {what}" for what, number in numbers.items() if number or what in SYNCED]
    told = f"{changes.total:,} {plural(changes.total, 'change')} {since}: {', '.join(words)}."
    if listed < changes.total:
        told += f" Only the {changes.order} {listed:,} are listed; {changes.whole} has them all."
    return tag(
        "section",
        heading,
        tag("p", told, id="told"),
        _form(changes),
        tag(
            "table",
            tag("caption", f"{changes.sorted}; times are UTC."),
            tag("thead", tag("tr", (tag("th", head, scope="col") for head in _HEADS))),
            tag("tbody", map(_row, changes.listed)),
            id="changes",
            class_="changes",
        ),
    )


_HEADS: Final = ("when", "store", "stream", "what", "id", "sku or reference", "name, and what differs")


def _form(changes: Changes) -> Markup:
    places = sorted({(change.store, change.stream) for change in changes.listed})
    where = [tag("option", "everywhere", value="")]
    where += [tag("option", f"{store} · {stream}", value=_place(store, stream)) for store, stream in places]
    what = [tag("option", "everything", value="")]
    what += [tag("option", one, value=one) for one in WHATS if any(change.what == one for change in changes.listed)]
    return tag(
        "form",
        tag("label", "search", tag("input", type="search", name="words", autocomplete="off"), class_="wide"),
        tag("label", "where", tag("select", where, name="where")),
        tag("label", "what", tag("select", what, name="what")),
        tag("output", id="shown", class_="soft small"),
        id="filter",
        role="search",
        hidden=True,  # of no use without the script, which shows it
    )


def _place(store: str, stream: str) -> str:
    return f"{store}/{stream}"


def _row(change: Change) -> Markup:
    return tag(
        "tr",
        tag("td", f"{change.at:%Y-%m-%d %H:%M:%S}", class_="when"),
        tag("td", change.store),
        tag("td", change.stream),
        tag("td", change.what, class_=change.what),
        tag("td", change.id, class_="id"),
        tag("td", change.number, class_="id"),
        tag("td", *_told(change), class_="name"),
        data_where=_place(change.store, change.stream),
        data_what=change.what,
    )


def _told(change: Change) -> Iterator[Child]:
    """The name, and below it what differs."""
    yield change.name
    if change.note:
        yield tag("p", change.note, class_="soft small")
    if change.differs is None:
        return
    fields = [tag("li", *_difference(each)) for each in change.differs.fields]
    if change.differs.more:
        fields.append(tag("li", f"and {change.differs.more:,} more", class_="soft"))
    yield tag("ul", fields or [tag("li", "only in the vendor's own JSON", class_="soft")], class_="fields")


def _difference(one: Difference) -> Iterator[Child]:
    yield tag("b", f"{one.field}: ")
    if one.old is None and one.new is None:
        yield tag("span", "not told", class_="soft")
        return
    yield tag("span", "(none)", class_="soft") if one.old is None else tag("del", one.old)
    yield " → "
    yield tag("span", "(none)", class_="soft") if one.new is None else tag("ins", one.new)


def shown_time(at: datetime) -> str:
    """To the second."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def plural(number: int, word: str) -> str:
    """One change, two changes."""
    return word if number == 1 else f"{word}s"


__all__ = ["plural", "section", "shown_time"]
