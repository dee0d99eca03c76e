"""The generic writes (Spark Pay: Common usage, POST, PUT and DELETE). Whether each is sent again: `operations`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, cast

import msgspec

from commerce_async.http.call import Call, Reply, path
from commerce_async.http.sending import encoded
from commerce_async.schema.lenient import untyped
from sparkpay_async import operations
from sparkpay_async.calls.querying import id_text
from sparkpay_async.kinds import Kind, is_id
from sparkpay_async.wire import read_one


class Wrote(msgspec.Struct, frozen=True):
    """The reply to a write that went well, its record still undecoded.

    Attributes:
        id: of the record; None if the reply does not tell.
        raw: the record's JSON; None if there is none.
    """

    id: int | None = None
    raw: bytes | None = None


def create(kind: Kind[Any], members: Mapping[str, object]) -> Call[Wrote]:
    """Creates a record; one that has an `id` which is there is updated (Spark Pay: Common usage, POST).

    Args:
        members: as `sparkpay_async.drafts.members` makes them.

    Raises:
        UsageError: not to be sent as JSON.
    """
    row = operations.operation(f"{kind.name}.create")
    return Call(
        row.name,
        row.method,
        path(kind.name),
        partial(_wrote, kind),
        body=encoded(members),
        idempotent=False,
        check=row.check,
    )


def update(kind: Kind[Any], id: int | str, members: Mapping[str, object]) -> Call[Wrote]:
    """Changes those fields of a record that are sent (Spark Pay: Common usage, PUT).

    Raises:
        UsageError: not an id, or not to be sent as JSON.
    """
    where = path(kind.name, id_text(id))
    return Call(f"{kind.name}.update", "PUT", where, partial(_wrote, kind), body=encoded(members), idempotent=True)


def delete(kind: Kind[Any], id: int | str) -> Call[None]:
    """Deletes a record (Spark Pay: Common usage, DELETE).

    Raises:
        UsageError: not an id.
    """
    return Call(f"{kind.name}.delete", "DELETE", path(kind.name, id_text(id)), _nothing, idempotent=True)


def _wrote(kind: Kind[Any], reply: Reply) -> Wrote:
    raw = read_one(reply.body)
    if not raw:
        return Wrote()
    value = untyped(raw)
    members = cast("dict[str, object]", value) if isinstance(value, dict) else {}
    id = str(members.get(kind.id_field or "id", members.get("id")))
    return Wrote(int(id), raw) if is_id(id) else Wrote()


def _nothing(reply: Reply) -> None:
    """Whatever the reply holds: its status was the answer."""
