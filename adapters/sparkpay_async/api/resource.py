"""One resource, whichever it is, to read and write: the vendor's generic routes (Spark Pay: Common usage)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Generic, TypeVar, cast

from sparkpay_async import query
from sparkpay_async.api.naming import Names
from sparkpay_async.api.reads import F, Id, ReadOnly, W
from sparkpay_async.kinds import Kind
from sparkpay_async.writing import Saved, Sending, Writer

D = TypeVar("D", bound=Mapping[str, object])


class Resource(ReadOnly[W, F], Generic[W, F, D]):
    """A resource that can be read and written.

    A write whose answer is lost is never sent again blindly: `sparkpay_async.operations` has the rule of each.
    """

    def __init__(self, client: Sending, kind: Kind[W], page_size: int) -> None:
        super().__init__(client, kind, page_size)
        self._writer = Writer(client, kind)

    async def create(self, draft: D, *, look_first: bool = True) -> W:
        """Makes a record (Spark Pay: Common usage, POST).

        After a lost answer the record is looked up by its natural key (`kind.natural`), and sent again only if it does
        not show and the shop itself said that it failed. What had the key before is not taken for it, which costs one
        more call in front.

        Args:
            draft: its fields.
            look_first: False spares that call; after a lost answer the error then says what to check.

        Raises:
            UsageError: the draft has faults, and nothing was sent.
            AmbiguousError: the vendor would not make it, but change the record that has its name (`order_shipments`);
                nothing was sent.
            RejectedError: refused.
            UnknownOutcomeError: the answer was lost, and looking it up did not tell what became of it.
        """
        self._must("create")
        return (await self._writer.create(draft, look_first=look_first)).record

    async def update(self, id: Id, draft: D) -> W:
        """Changes those fields of a record that the draft has, and no others (Spark Pay: Common usage, PUT).

        Raises:
            UsageError: not an id, or the draft has faults; nothing was sent.
            MissingError: the vendor does not have the record.
            RejectedError: refused.
        """
        self._must("update")
        return await self._writer.update(id, draft)

    async def delete(self, id: Id) -> None:
        """Deletes a record (Spark Pay: Common usage, DELETE).

        Raises:
            UsageError: not an id.
            MissingError: the vendor does not have the record, and no earlier try of this call deleted it.
        """
        self._must("delete")
        await self._writer.delete(id)

    async def create_or_update(self, draft: D, by: Names[F] | None = None, *, id: Id | None = None) -> Saved[W]:
        """Makes the record, or changes what differs, or leaves it alone: looks first, and says which it was.

        Calls about the same key wait for each other in this process; another program may come in between.

        Args:
            draft: what the record shall have; what it does not name stays as it is.
            by: the fields that name the record, by name or as columns. By default its id if there is one, else
                `kind.natural`, such as `("item_number",)` for products.
            id: the record's id, as if the draft had it. One that is not there is created; the vendor then gives it
                an id of its own.

        Raises:
            UsageError: nothing names the record; or the draft has faults, among them rows of a nested list that is a
                resource (`pricing`, `addresses`) and differs from the record's; nothing was sent.
            AmbiguousError: several records have the key; the message has their ids.
            RejectedError: refused.
            UnknownOutcomeError: the answer to its creation was lost, and looking it up did not tell.
        """
        self._must("create")
        self._must("update")
        named = draft if id is None else {**draft, self.kind.id_field or "id": id}
        columns = self.kind.columns
        if by is not None and columns is not None:
            by = query.names(columns, cast("Iterable[Any]", by), parameter="by")
        return await self._writer.create_or_update(named, cast("Iterable[str] | None", by))


__all__ = ["D", "Resource"]
