"""Whether a draft says anything that a record does not say already, each value read as the server reads it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, cast

from commerce_async.schema.money import money
from commerce_async.schema.values import instant_iso

# The server keeps times in steps of 1/300 s.
_STEP: Final = timedelta(milliseconds=10)
# What the vendor calls a nested list in a record, where that is not its name.
_ALIASES: Final = {"additional_emails": "customer_additional_emails"}
_WORDS: Final = {"true": True, "false": False, "1": True, "0": False}


def differing(draft: Mapping[str, Any], record: Mapping[str, Any]) -> dict[str, Any]:
    """The members of a draft that say something else than the record.

    Args:
        draft: what is wanted.
        record: the server's, as plain objects with fractions as `Decimal`.
    """
    return {name: value for name, value in draft.items() if not same(name, value, member(record, name))}


def member(record: Mapping[str, Any], name: str) -> Any:
    """A member of the server's record by the name that drafts have for it."""
    return record[name] if name in record else record.get(_ALIASES.get(name, name))


def same(field: str, wanted: Any, found: Any) -> bool:
    """Whether two values of a field mean the same.

    "None" is null or "", and 0 too where the field is an id; flags are true and false or 1 and 0; numbers and times
    are compared by value, however they are written. Of objects only the members that are wanted count; the order of
    a list does not.
    """
    if is_none(field, wanted) or is_none(field, found):
        return is_none(field, wanted) and is_none(field, found)
    if isinstance(wanted, bool) or isinstance(found, bool):
        flag = _flag(wanted)
        return flag is not None and flag == _flag(found)
    if isinstance(wanted, date):
        return _same_time(wanted, found)
    if isinstance(wanted, Mapping):
        members = cast("Mapping[str, Any]", wanted)
        return isinstance(found, Mapping) and not differing(members, cast("Mapping[str, Any]", found))
    if isinstance(wanted, list | tuple):
        return isinstance(found, list) and _same_list(field, cast("Sequence[Any]", wanted), cast("list[Any]", found))
    if isinstance(wanted, str) and isinstance(found, str):
        return wanted == found or (field.endswith(("_at", "_date")) and _same_time(wanted, found))
    number = _number(wanted)
    return number is not None and number == _number(found)


def names_all(wanted: Any, found: Any, id_field: str) -> bool:
    """Whether the rows wanted are those that are there, each named by its id: then it does not matter how the server
    takes rows that it gets for a record that has some."""
    theirs = {str(id) for row in found or () if (id := _id(row, id_field))}
    ours = [_id(row, id_field) for row in wanted or ()]
    return None not in ours and len(set(ours)) == len(ours) and {str(id) for id in ours} == theirs


def _id(row: Any, id_field: str) -> Any:
    return cast("Mapping[str, Any]", row).get(id_field) if isinstance(row, Mapping) else None


def is_none(field: str, value: Any) -> bool:
    """Whether the value is one of the vendor's ways to say "none"."""
    return value is None or value == "" or (field.endswith("_id") and not isinstance(value, bool) and value in (0, "0"))


def _flag(value: Any) -> bool | None:
    return _WORDS.get(str(value).strip().lower()) if isinstance(value, bool | int | str) else None


def _number(value: Any) -> Decimal | None:
    try:
        return None if isinstance(value, bool) else money(value)
    except ValueError:
        return None


def _same_time(wanted: str | date, found: Any) -> bool:
    mine, theirs = _moment(wanted), _moment(found)
    return mine is not None and theirs is not None and abs(mine - theirs) < _STEP


def _moment(value: Any) -> datetime | None:
    if isinstance(value, date) and not isinstance(value, datetime):
        value = value.isoformat()
    if isinstance(value, datetime):
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    try:
        return instant_iso(value)
    except ValueError:
        return None


def _same_list(field: str, wanted: Sequence[Any], found: list[Any]) -> bool:
    left = list(found)
    for each in wanted:
        place = next((n for n, other in enumerate(left) if same(field, each, other)), None)
        if place is None:
            return False
        del left[place]
    return not left
