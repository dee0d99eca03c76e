"""The one rule by which a reply is taken apart, whatever it is wrapped in.

FastSpring answers with a flat object, with a plural key that holds a list, with both at once, or with a bare array;
an error stands in an item, in a list of errors, or in place of everything, under many statuses.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, cast

import msgspec

from commerce_async.schema.lenient import untyped
from fastspring_async.wire.base import Item, Refusal


class Form(Enum):
    """How an error of a whole reply is written, which tells how sure it is to be FastSpring's own."""

    RESULT = "action, result, error"
    MESSAGE = "message, params"
    STATUS = "status, message"
    OTHER = "code, message"


@dataclass(frozen=True, slots=True)
class Envelope:
    """A reply taken apart.

    Attributes:
        records: the objects (or ids) it holds, each as its own bytes.
        next_page: the number of the page behind this one; None at the end.
        total: how many there are in all; None if that is not told.
        fault: why there are none, if the vendor says so; its `form`.
    """

    records: list[msgspec.Raw]
    next_page: int | None = None
    total: int | None = None
    fault: Refusal | None = None
    form: Form | None = None


class _Head(msgspec.Struct):
    action: Any = None
    result: Any = None
    error: Any = None
    errors: Any = None
    message: Any = None
    params: Any = msgspec.UNSET
    status: Any = None
    nextPage: Any = None
    total: Any = None


class _Products(_Head):
    records: list[msgspec.Raw] | None = msgspec.field(name="products", default=None)
    flat: msgspec.Raw | msgspec.UnsetType = msgspec.field(name="product", default=msgspec.UNSET)


class _Orders(_Head):
    records: list[msgspec.Raw] | None = msgspec.field(name="orders", default=None)
    flat: msgspec.Raw | msgspec.UnsetType = msgspec.field(name="order", default=msgspec.UNSET)


_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_RAWS = msgspec.json.Encoder()


class Kind:
    """One kind of object: what it is called in replies.

    Attributes:
        plural: the key that holds the list.
        names: the keys that hold an object's id, the best one first.
    """

    def __init__(self, plural: str, names: tuple[str, ...], head: type[_Products] | type[_Orders]) -> None:
        self.plural = plural
        self.names = names
        self._decoder = msgspec.json.Decoder(head)

    def unwrap(self, body: bytes) -> Envelope:
        """Takes a reply apart.

        Raises:
            ValueError: not JSON, or neither an object nor an array.
        """
        if body.lstrip()[:1] == b"[":
            return Envelope(_LIST.decode(body))
        try:
            head = self._decoder.decode(body)
        except msgspec.ValidationError:
            head = self._forgiving(body)
        if head.records:
            return Envelope(head.records, next_page=_count(head.nextPage), total=_count(head.total))
        if items := _error_items(head.errors):
            return Envelope(items)
        if head.flat is not msgspec.UNSET:
            return Envelope([msgspec.Raw(body.strip())])
        fault, form = _fault(head)
        if fault is None and head.records is None:
            raise ValueError(f"expected {self.plural!r}, an array or an error")
        return Envelope([], next_page=_count(head.nextPage), total=_count(head.total), fault=fault, form=form)

    def _forgiving(self, body: bytes) -> _Products | _Orders:
        """The same for a list key that holds one object, one id or null members in place of a list."""
        members = _MEMBERS.decode(body)
        listed = bytes(members.pop(self.plural, msgspec.Raw(b"null")))
        head = self._decoder.decode(_RAWS.encode(members))
        value = untyped(listed)
        head.records = None if value is None else [msgspec.Raw(listed)] if value not in ("", {}) else []
        return head


PRODUCTS = Kind("products", ("product", "id"), _Products)
ORDERS = Kind("orders", ("order", "id"), _Orders)


def refusal_of(raw: msgspec.Raw, kind: Kind) -> Refusal | None:
    """The error that one record of a reply is, if it is one."""
    data = bytes(raw)
    try:
        members = untyped(data)
    except (ValueError, RecursionError):
        return None
    if not isinstance(members, dict):
        return None
    known = cast("dict[str, Any]", members)
    result, id = known.get("result"), next((known[name] for name in kind.names if known.get(name)), "")
    item = Item(result=None if result is None else str(result), error=known.get("error"))
    try:
        item.refused(str(id), data)
    except Refusal as refusal:
        return refusal
    return None


def _error_items(errors: object) -> list[msgspec.Raw]:
    """`{"errors": [{"product": …, "error": …}]}`: items under another name. Other lists of errors are not."""
    if not isinstance(errors, list):
        return []
    members = cast("list[object]", errors)
    if not all(isinstance(member, dict) and "error" in member for member in members):
        return []
    return [msgspec.Raw(_RAWS.encode(member)) for member in members]


def _fault(head: _Head) -> tuple[Refusal | None, Form | None]:
    """The error that a whole reply is, and how it is written."""
    result = None if head.result is None else str(head.result)
    try:
        Item(result=result, error=head.error).refused("", b"")
    except Refusal as refusal:
        own = head.action is not None or result is not None or isinstance(head.error, dict)
        return refusal, Form.RESULT if own else Form.OTHER
    if not isinstance(head.message, str):
        return None, None
    details = _named(head.errors)
    if isinstance(head.status, str):
        return Refusal({"": f"{head.message} ({head.status})", **details}), Form.STATUS
    return Refusal({"": head.message, **details}), Form.OTHER if head.params is msgspec.UNSET else Form.MESSAGE


def _named(errors: object) -> dict[str, object]:
    """`[{"field": …, "message": …}]` by field."""
    if not isinstance(errors, list):
        return {}
    members = [cast("dict[str, object]", member) for member in cast("list[object]", errors) if isinstance(member, dict)]
    return {str(member["field"]): member.get("message") for member in members if member.get("field")}


def _count(value: object) -> int | None:
    """A page number or total that may come as text; None for anything that is no whole number."""
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit() and len(value) < 16:
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
