"""The one rule by which a reply is taken apart, whatever it is wrapped in.

FastSpring answers with a flat object, with a plural key that holds a list, with both at once, or with a bare array;
an error stands in an item, in a list of errors, or in place of everything, under many statuses.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Any, cast

import msgspec

from commerce_async.schema.lenient import untyped
from fastspring_async.wire.base import Item, Refusal

_PAGE = re.compile(r"[?&]page=(\d{1,9})\b", re.ASCII)


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
        fault: the vendor's error for the whole reply; its `form`. Records may stand beside it.
        flat: whether the one record is the whole body, and not a member of a list.
    """

    records: list[msgspec.Raw]
    next_page: int | None = None
    total: int | None = None
    fault: Refusal | None = None
    form: Form | None = None
    flat: bool = False


class _Head(msgspec.Struct):
    """What may stand around the records. Each kind adds `records` and `flat`, under its own names."""

    action: Any = None
    result: Any = None
    error: Any = None
    errors: Any = None
    message: Any = None
    params: Any = msgspec.UNSET
    status: Any = None
    code: Any = msgspec.UNSET
    timestamp: Any = msgspec.UNSET
    id: Any = msgspec.UNSET
    nextPage: Any = None
    total: Any = None
    page: Any = None
    links: Any = msgspec.field(name="_links", default=None)
    embedded: msgspec.Raw | msgspec.UnsetType = msgspec.field(name="_embedded", default=msgspec.UNSET)


class _KindHead(_Head):
    records: list[msgspec.Raw] | None = None
    flat: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_RAWS = msgspec.json.Encoder()


class Kind:
    """One kind of object: what it is called in replies.

    Attributes:
        plural: the key that holds the list.
        names: the keys that hold an object's id, the best one first. The first is also the key of one that stands
            alone, and now and then (charges of subscriptions) the key of the list.
    """

    def __init__(self, plural: str, *names: str) -> None:
        self.plural = plural
        self.names = names

    @cached_property
    def _decoder(self) -> msgspec.json.Decoder[_KindHead]:
        fields: list[Any] = [("records", list[msgspec.Raw] | None, msgspec.field(name=self.plural, default=None))]
        if self.names[0] != "id":
            spelt = msgspec.field(name=self.names[0], default=msgspec.UNSET)
            fields.append(("flat", msgspec.Raw | msgspec.UnsetType, spelt))
        head = msgspec.defstruct(f"_{self.plural.title()}", fields, bases=(_KindHead,))
        return cast("msgspec.json.Decoder[_KindHead]", msgspec.json.Decoder(head))

    def __repr__(self) -> str:
        return f"Kind({self.plural!r})"

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
        if head.embedded is not msgspec.UNSET:
            return self._embedded(head, bytes(head.embedded))
        items = _error_items(head.errors)
        if head.records or items:
            fault = _refused(head)
            records = [*(head.records or ()), *items] if items else head.records or []
            return Envelope(records, _count(head.nextPage), _count(head.total), fault, fault and Form.RESULT)
        if head.flat is not msgspec.UNSET:
            return _alone(body, bytes(head.flat))
        fault, form = _fault(head)
        if fault is None and "id" in self.names and head.id not in (msgspec.UNSET, None, ""):
            return Envelope([msgspec.Raw(body.strip())], flat=True)
        empty = (
            isinstance(head.links, dict) or _count(head.total) == 0
        )  # links alone, or a null that is told to be none
        if fault is None and head.records is None and not empty:
            raise ValueError(f"expected {self.plural!r}, an array or an error")
        return Envelope([], _count(head.nextPage), _count(head.total), fault, form)

    def _forgiving(self, body: bytes) -> _KindHead:
        """The same for a list key that holds one object, one id or null members in place of a list."""
        members = _MEMBERS.decode(body)
        listed = bytes(members.pop(self.plural, msgspec.Raw(b"null")))
        head = self._decoder.decode(_RAWS.encode(members))
        value = untyped(listed)
        head.records = None if value is None else [msgspec.Raw(listed)] if value not in ("", {}) else []
        return head

    def _embedded(self, head: _KindHead, inside: bytes) -> Envelope:
        """`{"_embedded": {"quotes": […]}, "_links": …, "page": …}`, as the vendor's newer lists come."""
        found = self._decoder.decode(inside) if untyped(inside) else _KindHead()
        page: object = head.page
        told = cast("dict[str, object]", page) if isinstance(page, dict) else {}
        return Envelope(found.records or [], _next_link(head.links, told), _count(told.get("totalElements")))


PRODUCTS = Kind("products", "product", "id")
ORDERS = Kind("orders", "order", "id")
EVENTS = Kind("events", "event", "id")
ACCOUNTS = Kind("accounts", "account", "id")
COUPONS = Kind("coupons", "coupon", "id")
RETURNS = Kind("returns", "return", "id")
SESSIONS = Kind("sessions", "session", "id")
SUBSCRIPTIONS = Kind("subscriptions", "subscription", "id")
QUOTES = Kind("quotes", "id")
INVOICES = Kind("invoices", "id")
JOBS = Kind("jobs", "id")
WEBHOOK_KEYS = Kind("webhooks", "url")

KINDS: dict[str, Kind] = {
    kind.plural: kind
    for kind in (
        PRODUCTS, ORDERS, EVENTS, ACCOUNTS, COUPONS, RETURNS, SESSIONS, SUBSCRIPTIONS, QUOTES, INVOICES, JOBS,
        WEBHOOK_KEYS,
    )
} | {"offers": PRODUCTS, "data": JOBS, "checkouts": SESSIONS, "webhook_keys": WEBHOOK_KEYS}  # fmt: skip
"""By family, which is the part of an operation's name before the dot."""


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
    rows = [cast("dict[str, object]", member) for member in members]
    # Whatever stands in this list is an error, also one without words.
    return [msgspec.Raw(_RAWS.encode(row if row["error"] else {**row, "result": "error"})) for row in rows]


def _alone(body: bytes, named: bytes) -> Envelope:
    """A reply that is one object, or has a list (or the object) under the name of one."""
    if named[:1] in (b"[", b"{") and (inside := untyped(named)):
        return Envelope(_LIST.decode(named) if isinstance(inside, list) else [msgspec.Raw(named)])
    return Envelope([msgspec.Raw(body.strip())], flat=True)


def _refused(head: _Head) -> Refusal | None:
    """The error that `result` and `error` tell."""
    if head.error is None and head.result in (None, "success"):
        return None
    result = None if head.result is None else str(head.result)
    try:
        Item(result=result, error=head.error).refused("", b"")
    except Refusal as refusal:
        return refusal
    return None


def _fault(head: _Head) -> tuple[Refusal | None, Form | None]:
    """The error that a whole reply is, and how it is written."""
    if refusal := _refused(head):
        own = head.action is not None or head.result is not None or isinstance(head.error, dict)
        return refusal, Form.RESULT if own else Form.OTHER
    if not isinstance(head.message, str):
        return None, None
    framed = isinstance(head.status, str) or not (head.params is head.code is head.timestamp is msgspec.UNSET)
    if head.id is not msgspec.UNSET and not framed:
        return None, None  # an object with a message of its own
    if isinstance(head.status, str) and head.status.strip().startswith("2"):
        return None, None  # "status": "200", the vendor's word for success
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


def _next_link(links: object, page: dict[str, object]) -> int | None:
    """The number of the next page, from a link named "next" or from the number and count of pages."""
    number, pages = _count(page.get("number")), _count(page.get("totalPages"))
    if number is not None and pages is not None:
        return number + 1 if number + 1 < pages else None
    link = cast("dict[str, object]", links).get("next") if isinstance(links, dict) else None
    href = cast("dict[str, object]", link).get("href") if isinstance(link, dict) else link
    found = _PAGE.search(href) if isinstance(href, str) else None
    return int(found[1]) if found else None


def _count(value: object) -> int | None:
    """A page number or total that may come as text; None for anything that is no whole number."""
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit() and len(value) < 16:
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
