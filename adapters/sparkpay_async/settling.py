"""How a record is found again by what names it, and whether a lost write may be sent again. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final, TypeAlias, cast
from urllib.parse import quote

import msgspec

from commerce_async.errors import CommerceError, FinalError, UnknownOutcomeError, UsageError
from commerce_async.schema.lenient import untyped
from sparkpay_async.calls.querying import Query, conjoined, is_name
from sparkpay_async.comparing import is_none, member, names_all, same
from sparkpay_async.kinds import RESOURCES, Kind, is_id

Key: TypeAlias = tuple[tuple[str, Any], ...]
"""Fields and values that together name a record."""

# Said by whatever stands before the shop, which may still be at work.
_OF_A_GATEWAY: Final = frozenset({408, 502, 503, 504})
_LONG: Final = 900  # characters of a query for one text: two such fit
_MOST_A_CHARACTER: Final = 12  # as %F0%9F%98%80
MOST_AT_ONCE: Final = 25
"""Texts that are asked for in one call. More would be a longer time between asking and writing."""

_ADDRESSES: Final = frozenset({"email", "email_address"})
# Names that a shop keeps, but for case, space and length; others it may make anew, such as addresses of pages.
_KEPT: Final = frozenset({"item_number", *_ADDRESSES})
_CUT: Final = 20  # characters; a shop that cuts a name does not cut it shorter
_WORDS: Final = re.compile(r"\b(?:and|or)\b", re.IGNORECASE)


class AmbiguousError(FinalError):
    """A record, or more than one, has what was to name another. The message has their ids, and so has `ids`."""

    def __init__(self, message: str, *, ids: Iterable[int] = (), **context: Any) -> None:
        super().__init__(message, **context)
        self.ids = tuple(ids)


class Match(msgspec.Struct, frozen=True):
    """A record that a key names.

    Attributes:
        members: all of it, as plain objects with fractions as `Decimal`.
        raw: its JSON.
    """

    id: int
    members: Mapping[str, Any]
    raw: bytes


def natural_key(kind: Kind[Any], draft: Mapping[str, Any]) -> Key | None:
    """What names the record besides its id: the kind's natural key. None if it has none, or the draft lacks a part.

    A parent may be lacking: that is the root.
    """
    key = tuple((name, draft[name]) for name in kind.natural if name in draft)
    lacking = {name for name in kind.natural if is_none(name, draft.get(name)) and not name.startswith("parent_")}
    return None if lacking else key or None


def named_key(kind: Kind[Any], draft: Mapping[str, Any], by: str | Iterable[str] | None) -> Key:
    """What the caller says names the record; by default its id, or else the kind's natural key.

    Raises:
        UsageError: the draft lacks such a field or has "none" in it, or nothing names the record.
    """
    if by is None:
        by = (id_name(kind),) if draft.get(id_name(kind)) is not None else kind.natural
    names = (by,) if isinstance(by, str) else tuple(by)
    if not names:
        raise UsageError(
            f"by: nothing names a record of {kind.name} but its id; give the draft one, or name the fields"
        )
    for name in names:
        if not is_name(name):
            raise UsageError(f"by: {name[:40]!r} is not a field's name")
        if name not in draft:
            raise UsageError(f"by: the draft has no {name}")
    if all(is_none(name, draft[name]) for name in names):
        raise UsageError(f"by: the draft has no value in {' and '.join(names)}")
    return tuple((name, draft[name]) for name in names)


def lookups(kind: Kind[Any], field: str, texts: Iterable[str]) -> Iterator[tuple[tuple[str, ...], Query]]:
    """Filters that let the records with any of the texts pass, so many texts at once as a query takes.

    Texts that the server cannot be asked for as they are, are left out.
    """
    some: list[str] = []
    filters: list[str] = []
    for text in texts:
        if _filter(field, text) != (field, one := f"eq:{text}"):
            continue
        if filters and (len(filters) == MOST_AT_ONCE or len(quote(" OR ".join((*filters, one)))) > _LONG):
            yield tuple(some), ((field, " OR ".join(filters)),)
            some, filters = [], []
        some.append(text)
        filters.append(one)
    if some:
        yield tuple(some), ((field, " OR ".join(filters)),)


def lookup(kind: Kind[Any], key: Key) -> Query:
    """Filters that let every record with that key pass, and as few others as the server's filters can do.

    Raises:
        UsageError: nothing of the key can be filtered by.
    """
    found = tuple(pair for name, value in key if name not in kind.barred and (pair := _filter(name, value)))
    if not found:
        names = " and ".join(name for name, _ in key)
        raise UsageError(f"{kind.name} cannot be looked up by {names}: Spark Pay cannot be asked for such a value")
    return found


def _filter(name: str, value: Any) -> tuple[str, str] | None:
    if is_none(name, value):
        return None  # it has several spellings, and the server can be asked for one at a time
    if isinstance(value, bool):
        return name, f"eq:{'true' if value else 'false'}"
    if isinstance(value, datetime):
        return name, f"eq:{value.astimezone(UTC).isoformat().removesuffix('+00:00')}Z"
    if isinstance(value, date):
        return name, f"eq:{value.isoformat()}"
    if isinstance(value, Decimal):
        return name, f"eq:{value:f}"
    text = str(value)
    if name.endswith(("_at", "_date")):
        return None  # the server keeps times in coarser steps than they are written in
    if len(quote(text)) > _LONG:
        # The whole would not fit into a query: ask for what begins alike, and compare the rest here.
        text = text.strip()[: _LONG // _MOST_A_CHARACTER].strip()
        if not conjoined(text):
            return name, f"like:{text}"
    if text == text.strip() and not conjoined(text):
        return name, f"eq:{text}"
    # Nothing can be escaped: ask for the longest piece that is no conjunction, and compare the rest here.
    piece = max((part.strip() for part in _WORDS.split(text)), key=len)
    return (name, f"like:{piece}") if piece else None


def has(key: Key, members: Mapping[str, Any], *, loosely: bool = False) -> bool:
    """Whether a record has that key. Space around a text does not count, nor does the case of an e-mail address.

    Args:
        loosely: no text's case counts, since there are shops that keep another than they were given.
    """
    return all(same(name, _bare(name, value, loosely), _bare(name, members.get(name), loosely)) for name, value in key)


def _bare(name: str, value: Any, loosely: bool) -> Any:
    if not isinstance(value, str):
        return value
    return value.strip().casefold() if loosely or name in _ADDRESSES else value.strip()


def may_have(key: Key, members: Mapping[str, Any]) -> bool:
    """Whether a reply can be about the record that was sent with that key; a mixed up connection gives another's."""
    for name, value in key:
        found = members.get(name)
        if is_none(name, value) or is_none(name, found):
            continue
        if name in _KEPT:
            mine, theirs = _coarse(value), _coarse(found)
            if mine != theirs and not (len(theirs) >= _CUT and mine.startswith(theirs)):
                return False
        elif name.endswith("_id") and not same(name, value, found):
            return False
    return True


def id_name(kind: Kind[Any]) -> str:
    """What the vendor calls the id of a kind's records."""
    return kind.id_field or "id"


def is_by_id(kind: Kind[Any], key: Key) -> bool:
    """Whether the key is the id alone."""
    return len(key) == 1 and key[0][0] == id_name(kind)


def refuse_rows(kind: Kind[Any], there: Match, changes: Mapping[str, Any]) -> None:
    """Lets no rows pass that are records of their own and could come on top of those there are, at every call anew.

    Raises:
        UsageError: there are such; `fields` says which.
    """
    faults: dict[str, str] = {}
    for name in changes.keys() & kind.nested.keys():
        of = RESOURCES.get(kind.nested[name])
        if of is not None and not names_all(changes[name], member(there.members, name), id_name(of)):
            faults[name] = (
                "differ from those that are there, and Spark Pay does not say whether rows replace these or come on "
                f"top: write them through api.{of.name}, or name by its id each that is there and no other"
            )
    if faults:
        raise UsageError(f"{kind.name}: nothing was sent; record {there.id} is there with other rows", fields=faults)


def match(kind: Kind[Any], raw: bytes) -> Match | None:
    """A list's record, if it has an id."""
    try:
        value = untyped(raw)
    except (ValueError, RecursionError):
        return None
    members = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
    id = str(members.get(id_name(kind), members.get("id")))
    return Match(int(id), members, raw) if is_id(id) else None


def lock_key(base_url: str, kind: Kind[Any], key: Key) -> tuple[str, ...]:
    """Under which calls about the same record wait for each other: coarser than `has`, never finer.

    What is none does not count: one draft says that there is no parent, and another says nothing of it.
    """
    told = ((name, value) for name, value in sorted(key, key=lambda pair: pair[0]) if not is_none(name, value))
    words = (f"{name}={_coarse(value)}" for name, value in told)
    return base_url.lower(), kind.name, *words


def _coarse(value: Any) -> str:
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, int | Decimal):
        return f"{Decimal(value).normalize():f}"
    return str(value).strip().casefold()


def may_go_again(lost: UnknownOutcomeError) -> bool:
    """Whether a write that does not show may be sent again: only if the shop itself said that it failed.

    After a timeout or a connection that was cut it may still be at work, and nothing would stop a second record.
    """
    return bool(lost.vendor) and lost.status not in _OF_A_GATEWAY


def still_unknown(lost: UnknownOutcomeError, words: str) -> UnknownOutcomeError:
    """The same error, with what looking it up showed."""
    error = UnknownOutcomeError(
        f"{lost.message} {words}",
        store=lost.store,
        operation=lost.operation,
        method=lost.method,
        path=lost.path,
        status=lost.status,
        vendor=lost.vendor,
        attempts=lost.attempts,
    )
    error.__cause__ = lost.__cause__
    return error


def shown(key: Key) -> str:
    """A key in words, for errors."""
    return " and ".join(
        f"{name} {value[:60]!r}" if isinstance(value, str) else f"{name} {value}" for name, value in key
    )


def ambiguous(kind: Kind[Any], key: Key, matches: Iterable[Match]) -> AmbiguousError:
    """The error for a key that several records have."""
    ids = sorted(each.id for each in matches)
    listed = ", ".join(map(str, ids[:20])) + (", …" if len(ids) > 20 else "")
    return AmbiguousError(
        f"{len(ids)} records of {kind.name} have {shown(key)}: ids {listed}; name one by its id", ids=ids
    )


def taken(kind: Kind[Any], key: Key, matches: Iterable[Match]) -> AmbiguousError:
    """The error for a new record that would not be made, but change the one that has its key."""
    ids = sorted(each.id for each in matches)
    return AmbiguousError(
        f"{kind.name}: record {', '.join(map(str, ids))} has {shown(key)} already, and Spark Pay would change it; "
        "use create_or_update, or another name",
        ids=ids,
    )


def noted(lost: CommerceError, error: CommerceError) -> None:
    """Adds to a lost answer that looking it up failed as well."""
    lost.add_note(f"looking it up failed too: {error}")


def elsewhere(kind: Kind[Any], wanted: Key, key: Key, matches: Iterable[Match]) -> AmbiguousError:
    """The error for a draft whose id names one record, or none, and its other key another."""
    ids = sorted(each.id for each in matches)
    return AmbiguousError(
        f"{kind.name}: the draft has id {wanted[0][1]}, but {shown(key)} is record {', '.join(map(str, ids))}", ids=ids
    )
