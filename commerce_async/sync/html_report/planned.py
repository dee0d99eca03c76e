"""A plan as a page: what it would do, field by field."""

from __future__ import annotations

from typing import Final

from commerce_async.sinks.differing import bounded
from commerce_async.sync.html_report import listing, page
from commerce_async.sync.html_report.changes import Change, Changes, What
from commerce_async.sync.html_report.listing import shown_time
from commerce_async.sync.html_report.markup import Markup, table, tag
from commerce_async.sync.plans import Item, Plan

_KINDS: Final[tuple[What, ...]] = ("create", "update", "delete", "cannot")


def render(plan: Plan, most: int) -> str:
    """The document.

    Args:
        most: how many items to list.
    """
    names = f"{plan.source.name} to {plan.target.name}"
    return page.document(
        f"Plan: {names}",
        tag(
            "header",
            tag("h1", f"Plan: {names}"),
            tag("p", ", ".join(f"{number:,} {action}" for action, number in plan.counts.items()), class_="lead"),
            tag("p", f"Made {shown_time(plan.made_at)}. {_read(plan)}", class_="soft small"),
        ),
        tag("main", _notes(plan), listing.section(_changes(plan, most), "in this plan"), _losses(plan)),
    )


def _read(plan: Plan) -> str:
    sides = (f"{side.name} ({side.vendor}): {side.read:,} products" for side in (plan.source, plan.target))
    by = "a function" if plan.match == "function" else plan.match
    return f"{'; '.join(sides)}; matched by {by}."


def _notes(plan: Plan) -> Markup | None:
    return tag("section", (tag("p", note) for note in plan.notes)) if plan.notes else None


def _losses(plan: Plan) -> Markup | None:
    if not plan.losses:
        return None
    rows = [(loss.field, f"{loss.count:,}", loss.example, loss.reason) for loss in plan.losses]
    heads = ("field", "products", "such as", "reason")
    what = tag("h2", f"What {plan.target.name} has no place for")
    return tag("section", what, tag("div", table(heads, rows), class_="scroll", tabindex=0))


def _changes(plan: Plan, most: int) -> Changes:
    items = [item for action in _KINDS for item in plan.items if item.action == action]
    counts: dict[tuple[str, str, What], int] = {
        (plan.target.name, "plan", action): plan.counts.get(action, 0) for action in _KINDS
    }
    listed = [_change(plan, item) for item in items[:most]]
    return Changes(
        listed=listed,
        counts={place: count for place, count in counts.items() if count},
        kinds=_KINDS,
        sorted="As in the plan",
        order="first",
        whole="the plan's file",
    )


def _change(plan: Plan, item: Item) -> Change:
    what: What = "cannot" if item.action == "unchanged" else item.action  # what is unchanged is not listed
    fields = item.change.fields if item.change and item.action == "update" else None
    return Change(
        at=plan.made_at,
        store=plan.target.name,
        stream="plan",
        what=what,
        id=item.target_id or item.source_id or "",
        number=item.key,
        name=item.name,
        differs=None if fields is None else bounded((each.field, each.old, each.new) for each in fields),
        note="; ".join(f"{each.field}: {each.reason}" for each in item.reasons) or None,
    )


__all__ = ["render"]
