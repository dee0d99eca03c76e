"""What became of each thing that was written, in every shape in which FastSpring says it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import cast

import msgspec

from commerce_async.http.call import Reply
from commerce_async.schema.lenient import Reader, find_id, untyped
from fastspring_async.wire import Answers, Kind, Refusal, Shape, sort_out
from fastspring_async.wire.base import keep
from fastspring_async.wire.change import Change

_PLACE = re.compile(r"\[(\d{1,6})\]", re.ASCII)
_JSON = msgspec.json.Encoder()


class Written(Change, frozen=True, kw_only=True, gc=False):
    """A product or an order that the vendor wrote.

    Attributes:
        id: as it was asked for.
        action: such as `product.create`, `product.update`, `products.delete` or `order.update`.
        settled: for a delete whose first answer was lost: the second said that it is not there, which is as wished.
        created_id, updated_id: FastSpring's internal id of the product, if it told one.
    """

    created_id: str | None = msgspec.field(name="created.id", default=None)
    updated_id: str | None = msgspec.field(name="updated.id", default=None)

    @property
    def created(self) -> bool | None:
        """Whether the vendor made a new one; None if it did not say. After a lost answer it may call it an update."""
        word = (self.action or "").rpartition(".")[2]
        return {"create": True, "created": True, "update": False, "updated": False}.get(word)


_READER = Reader(Written)


def decoder(kind: Kind, ids: Sequence[str]) -> Callable[[Reply], Answers[Written]]:
    """Reads the answer to a write of those ids (no repeats). FastSpring: /products and /orders, error examples.

    Rows may stand in the list of their kind, in `errors`, in both, in a bare array, or alone without a list.
    """
    shape = Shape(lambda raw: _read(raw, kind, ids), lambda done: (done.id,), kind.names)

    def decode(reply: Reply) -> Answers[Written]:
        rows = [bytes(raw) for raw in kind.unwrap(reply.body).records]
        rows += [raw for raw in _errors(reply.body) if raw not in rows]
        answers = sort_out(ids, map(msgspec.Raw, rows), shape)
        # The only answer to the only id may go by another name; it is told by the one that was asked.
        found = {id: msgspec.structs.replace(done, id=id) for id, done in answers.found.items()}
        return replace(answers, found=found)

    return decode


def _read(raw: bytes, kind: Kind, ids: Sequence[str]) -> Written:
    if raw[:1] == b'"' and (text := str(untyped(raw))):
        return Written(id=_placed(text, ids), raw=raw)  # an id alone: done
    row = _READER.read(raw)
    id = _placed(find_id(raw, *kind.names) or "", ids)
    try:
        row.refused(id, raw)
    except Refusal as refusal:
        raise refusal.of_change(kind.names) from None
    if not id and len(ids) > 1:
        raise ValueError(f"{kind.names[0]}: missing")
    return keep(msgspec.structs.replace(row, id=id or ids[0]), raw)


def _placed(id: str, ids: Sequence[str]) -> str:
    """The id that is meant: an order that the vendor does not know is named by its place in the request, "[0]"."""
    place = _PLACE.fullmatch(id)
    if place is None or id in ids or int(place[1]) >= len(ids):
        return id
    return ids[int(place[1])]


def _errors(body: bytes) -> list[bytes]:
    """The items of `errors`, which may stand beside the list of those that went well."""
    value = untyped(body)
    listed = cast("dict[str, object]", value).get("errors") if isinstance(value, dict) else None
    members = cast("list[object]", listed) if isinstance(listed, list) else []
    return [_JSON.encode(member) for member in members if isinstance(member, dict) and "error" in member]
