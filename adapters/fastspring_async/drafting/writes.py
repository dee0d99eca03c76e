"""The requests that write products and orders, each with the ids it speaks of.

Whether one may go out again after its answer was lost stands in `fastspring_async.operations`: all of these may, since
they set values by path or id. The one exception is made here: a draft with a new file, which would be added twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple, TypeVar

from commerce_async.errors import UsageError
from commerce_async.http.call import Call
from fastspring_async import calls
from fastspring_async.drafting.check import check
from fastspring_async.drafting.encode import encoded
from fastspring_async.drafting.order import OrderDraft, check_order
from fastspring_async.drafting.product import Draft, ProductDraft
from fastspring_async.drafting.results import Written, decoder
from fastspring_async.operations import request
from fastspring_async.wire import ORDERS, PRODUCTS, Answers, Kind

D = TypeVar("D", bound=Draft)

MOST_PRODUCTS: Final = 300
"""Products that one POST may carry. FastSpring: Create and update products."""

MOST_ORDERS: Final = 50
"""Orders that one POST carries; the vendor names no limit."""

LARGEST_BODY: Final = 1_000_000
"""Bytes of a POST; the vendor names no limit."""

_ENDPOINTS: Final = frozenset({"price", "offers"})


class Write(NamedTuple):
    """A request, and the ids that its answer must speak of.

    `removes` is True for a delete, whose ids are meant to be missing afterwards.
    """

    ids: tuple[str, ...]
    call: Call[Answers[Written]]
    removes: bool = False


def upserts(drafts: Iterable[ProductDraft], *, create: bool) -> list[Write]:
    """The requests that create or update products. FastSpring: /products, Create, Update.

    Raises:
        UsageError: there are faults; `.fields` has all of them, by product and field.
    """
    listed = list(drafts)
    bodies = _bodies(listed, ProductDraft, lambda draft: check(draft, create=create), nulls=not create)
    operation = f"products.{'create' if create else 'update'}"
    writes: list[Write] = []
    for repeatable in (True, False):  # apart, so that a file takes the right to be sent again from no other product
        mine = {draft.product: bodies[draft.product] for draft in listed if draft.repeatable is repeatable}
        writes += [_post(operation, PRODUCTS, part, repeatable=repeatable) for part in _parts(mine, most=MOST_PRODUCTS)]
    return writes


def order_updates(drafts: Iterable[OrderDraft]) -> list[Write]:
    """The requests that update tags and item attributes. FastSpring: /orders, Update order tags and attributes.

    Raises:
        UsageError: there are faults; `.fields` has all of them, by order and field.
    """
    bodies = _bodies(list(drafts), OrderDraft, check_order, nulls=False)
    return [_post("orders.update", ORDERS, part, repeatable=True) for part in _parts(bodies, most=MOST_ORDERS)]


def deletions(ids: str | Iterable[str]) -> list[Write]:
    """The requests that delete products. FastSpring: /products, Delete.

    Raises:
        UsageError: an id that cannot stand in a URL.
    """
    return [
        Write(part, request("products.delete", decoder(PRODUCTS, part), ids=_segments(part)), removes=True)
        for part in calls.chunks([ids] if isinstance(ids, str) else ids)
    ]


def _segments(ids: tuple[str, ...]) -> tuple[str, ...]:
    """`price` and `offers` alone would be other endpoints; named twice, they are a list of ids."""
    return ids * 2 if len(ids) == 1 and ids[0] in _ENDPOINTS else ids


def _bodies(
    drafts: Sequence[D], kind: type[D], check: Callable[[D], Mapping[str, str]], *, nulls: bool
) -> dict[str, bytes]:
    """Each draft as JSON by its id, if none has a fault."""
    faults: dict[str, str] = {}
    bodies: dict[str, bytes] = {}
    for number, draft in enumerate(drafts):
        if not isinstance(draft, kind):
            faults[f"[{number}]"] = f"expected {kind.__name__}, got {type(draft).__name__}"
            continue
        id: object = getattr(draft, kind.__struct_fields__[0])
        named = isinstance(id, str) and bool(id.strip()) and id not in bodies
        name = str(id) if named else f"[{number}]"
        found = dict(check(draft))
        body = bodies[name] = b"" if found else encoded(draft, nulls=nulls)
        if id in bodies and not named:
            found[""] = f"{id} is there twice; make it one draft"
        if len(body) > LARGEST_BODY:
            found[""] = f"has {len(body)} bytes as JSON; a request carries {LARGEST_BODY}"
        faults |= {f"{name}.{field}".rstrip("."): words for field, words in found.items()}
    if faults:
        raise UsageError("nothing was sent: the drafts have faults", fields=faults)
    return bodies


def _parts(bodies: Mapping[str, bytes], *, most: int) -> list[dict[str, bytes]]:
    """Cut so that each part fits one request."""
    parts: list[dict[str, bytes]] = []
    room = 0
    for id, body in bodies.items():
        room -= len(body) + 1
        if not parts or len(parts[-1]) == most or room < 0:
            parts.append({})
            room = LARGEST_BODY - len(body) - 1
        parts[-1][id] = body
    return parts


def _post(operation: str, kind: Kind, part: Mapping[str, bytes], *, repeatable: bool) -> Write:
    ids = tuple(part)
    body = b'{"%s":[%s]}' % (kind.plural.encode(), b",".join(part.values()))
    call = request(operation, decoder(kind, ids), body=body)
    return Write(ids, call if repeatable else replace(call, idempotent=False))
