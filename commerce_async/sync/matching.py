"""Which product of one store is which of another. Pure."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Literal, TypeAlias

import msgspec

from commerce_async.errors import UsageError
from commerce_async.schema import Product

Key: TypeAlias = Callable[[Product], str | None]
Match: TypeAlias = Literal["sku", "id"] | Key
"""By what products are matched: their SKU, their id, or what a function gives; None where it cannot tell."""


class Sides(msgspec.Struct, frozen=True):
    """What the two sides are called in messages.

    Attributes:
        key: what products are matched by, in words.
    """

    source: str
    target: str
    key: str


class Pairs(msgspec.Struct, frozen=True):
    """Every product of both sides, in exactly one place.

    Attributes:
        found: of each product of the source that can be placed, the target's id; None where the target has none.
        stuck: products of the source that cannot be placed, and why.
        extra: ids of the target that the source does not have.
        unclear: ids of the target of which nothing tells whether the source has them, and why.
    """

    found: dict[str, str | None]
    stuck: dict[str, str]
    extra: tuple[str, ...]
    unclear: dict[str, str]


def key_of(match: Match) -> Key:
    """The function that gives a product's key.

    Raises:
        UsageError: neither a function nor a way that there is.
    """
    if callable(match):
        return match
    if match == "sku":
        return lambda product: (product.sku or "").strip() or None
    if match == "id":
        return lambda product: product.id
    raise UsageError(f"match: expected sku, id or a function, got {match!r}")


def words_of(match: Match) -> str:
    """What products are matched by, in words."""
    return "key" if callable(match) else match


def pair(
    source: Mapping[str, str | None], target: Mapping[str, str | None], known: Mapping[str, str], sides: Sides
) -> Pairs:
    """Matches two sides: first by ids that are known to belong together, then by key. A doubled key is never guessed.

    Args:
        source, target: the key of each id.
        known: ids of the target by ids of the source, from earlier; those of products that are gone do not count.
    """
    found: dict[str, str | None] = {}
    stuck: dict[str, str] = {}
    taken: dict[str, str] = {}
    for id in source:
        at = known.get(id)
        if at is None or at not in target:
            continue
        if at in taken:
            stuck[id] = f"the id map has both it and {taken[at]} as {at} of {sides.target}"
        else:
            found[id], taken[at] = at, id
    mine = _by_key((id, key) for id, key in source.items() if id not in found and id not in stuck)
    theirs = _by_key((id, key) for id, key in target.items() if id not in taken)
    held = Counter(target[at] for at in taken)
    alike = _alike(mine, theirs, sides)
    for key, ids in mine.items():
        places = theirs.get(key, [])
        if reason := _reason(key, ids, places, held, sides) or alike.get(key):
            stuck |= dict.fromkeys(ids, reason)
        else:
            found[ids[0]] = places[0] if places else None
    extra, unclear = _left(mine, theirs, sides)
    unclear |= {id: alike[key] for key, ids in theirs.items() if key in alike for id in ids if id not in unclear}
    return Pairs(
        {id: found[id] for id in source if id in found}, stuck, tuple(id for id in extra if id not in unclear), unclear
    )


def _alike(
    mine: Mapping[str | None, list[str]], theirs: Mapping[str | None, list[str]], sides: Sides
) -> dict[str | None, str]:
    """Keys that only one side has, and that differ only in case, spaces or spelling from one that only the other has.

    To make one and delete the other would make a second product where the vendor takes them for the same, and lose
    one where a person does.
    """
    there: dict[str, list[str]] = {}
    for key in theirs:
        if key is not None and key not in mine:
            there.setdefault(folded(key), []).append(key)
    found: dict[str | None, str] = {}
    for key in mine:
        if key is not None and key not in theirs and (others := there.get(folded(key))):
            words = f"{sides.source} writes its {sides.key} {key}, and {sides.target} {others[0]}: write both alike"
            found |= dict.fromkeys((key, *others), words)
    return found


def folded(key: str) -> str:
    """The key as a person reads it."""
    return " ".join(unicodedata.normalize("NFKC", key).casefold().split())


def _by_key(entries: Iterable[tuple[str, str | None]]) -> dict[str | None, list[str]]:
    found: dict[str | None, list[str]] = {}
    for id, key in entries:
        found.setdefault(key or None, []).append(id)
    return found


def _reason(
    key: str | None, ids: list[str], places: list[str], held: Mapping[str | None, int], sides: Sides
) -> str | None:
    """Why products of the source with that key cannot be placed; None if the one there is can."""
    if key is None:
        return f"it has no {sides.key} to match it by"
    if len(ids) > 1:
        return _doubled(key, ids, sides.source, sides.key)
    if len(places) > 1:
        return _doubled(key, places, sides.target, sides.key)
    if not places and held.get(key):
        return f"{sides.target} has its {sides.key} {key} on a product that the id map has as another"
    return None


def _left(
    mine: Mapping[str | None, list[str]], theirs: Mapping[str | None, list[str]], sides: Sides
) -> tuple[tuple[str, ...], dict[str, str]]:
    extra: list[str] = []
    unclear: dict[str, str] = {}
    for key, ids in theirs.items():
        if key is None:
            unclear |= dict.fromkeys(ids, f"it has no {sides.key}: nothing tells whether {sides.source} has it")
        elif len(ids) > 1:
            unclear |= dict.fromkeys(ids, _doubled(key, ids, sides.target, sides.key))
        elif key not in mine:
            extra += ids
        elif len(mine[key]) > 1:
            unclear |= dict.fromkeys(ids, _doubled(key, mine[key], sides.source, sides.key))
    return tuple(extra), unclear


def _doubled(key: str, ids: list[str], store: str, word: str) -> str:
    shown = ", ".join(ids[:3]) + (", …" if len(ids) > 3 else "")
    return f"{len(ids)} products of {store} have the {word} {key}: {shown}"
