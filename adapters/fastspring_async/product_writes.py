"""Writing products in the common schema: `store.product_writes`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from commerce_async.errors import (
    AuthError,
    CommerceError,
    MissingError,
    RejectedError,
    TemporaryError,
    UnknownOutcomeError,
    UsageError,
)
from commerce_async.schema import Product, ProductChange, Written
from commerce_async.schema.lenient import one_line
from commerce_async.schema.writes import Outcome
from commerce_async.store import Batch, Changer
from fastspring_async.api.products import ProductsApi
from fastspring_async.drafting.product import ProductDraft
from fastspring_async.drafting.writes import deletions, upserts
from fastspring_async.mapping.writes import from_body, to_change


class ProductWriting:
    """Writes products (`commerce_async.store.ProductWrites`)."""

    def __init__(self, api: ProductsApi) -> None:
        self._api = api

    async def changer(self) -> Changer:
        """What tells how a product would be written; reads the paths that are taken now.

        Raises:
            CommerceError: they could not be read.
        """
        taken = frozenset(await self._api.ids())

        def change(wanted: Product, /, *, before: Product | None) -> ProductChange:
            return to_change(wanted, before, taken)

        return change

    async def write(self, changes: Sequence[ProductChange], /) -> Sequence[Written]:
        """Carries out creates and updates, up to 300 a call. A write sets what a path has, so a lost one is sent again.

        Returns:
            One entry per change, in their order.

        Raises:
            AuthError: the vendor does not accept the credentials, and nothing was written.
        """
        found: dict[int, Written] = {}
        drafts: dict[str, dict[int, ProductDraft]] = {"create": {}, "update": {}}
        paths: set[str] = set()
        for number, change in enumerate(changes):
            if change.action == "unchanged" and not change.faults:
                found[number] = Written(key=change.key, outcome="unchanged", id=change.id)
                continue
            try:
                drafts[change.action][number] = _draft(change, paths)
            except (CommerceError, ValueError) as error:
                found[number] = _failed(change.key, error, change.id)
        refused: AuthError | None = None
        for action, mine in drafts.items():
            try:
                found |= await self._send(action, mine)
            except AuthError as error:
                refused = error
                found |= {number: _failed(draft.product, error, changes[number].id) for number, draft in mine.items()}
        if refused and not _wrote(found.values()):
            raise refused
        return [found[number] for number in range(len(changes))]

    async def delete(self, ids: Sequence[str], /) -> Sequence[Written]:
        """Deletes products, and with a product its variations; one that is not there counts as deleted.

        Returns and raises as `write`.
        """
        found: dict[str, Written] = {}
        for id in ids:
            try:
                deletions([id])
            except UsageError as error:
                found[id] = _failed(id, error, id)
        wanted = [id for id in dict.fromkeys(ids) if id not in found]
        batch = await self._api.delete(wanted) if wanted else Batch[object](items=())
        failures = {failure.id: failure.error for failure in batch.failed}
        for id in wanted:
            error = failures.get(id)
            if error is None or isinstance(error, MissingError):
                found[id] = Written(key=id, outcome="deleted", id=id)
            else:
                found[id] = _failed(id, error, id)
        return [found[id] for id in ids]

    async def _send(self, action: str, drafts: Mapping[int, ProductDraft]) -> dict[int, Written]:
        if not drafts:
            return {}
        outcome: Outcome = "created" if action == "create" else "updated"
        send = self._api.create if action == "create" else self._api.update
        batch = await send(drafts.values())
        failures = {failure.id: failure.error for failure in batch.failed}
        lost = MissingError("FastSpring says that the product is not there")
        failures |= {id: failures.get(id, lost) for id in batch.missing}
        found: dict[int, Written] = {}
        for number, draft in drafts.items():
            path = draft.product
            error = failures.get(path)
            if error is None:
                found[number] = Written(key=path, outcome=outcome, id=path)
            else:
                found[number] = _failed(path, error, None if action == "create" else path)
        return found


def _draft(change: ProductChange, paths: set[str]) -> ProductDraft:
    """The draft of a change that can be sent.

    Raises:
        CommerceError: it has faults.
        ValueError: its body is no draft.
    """
    if change.faults:
        raise RejectedError("it was not sent", fields=change.faults)
    draft = from_body(change.body)
    if draft.product in paths:
        raise UsageError(f"product {draft.product}: another change of the same call has it")
    upserts([draft], create=change.action == "create")
    paths.add(draft.product)
    return draft


def _failed(key: str, error: Exception, id: str | None) -> Written:
    return Written(
        key=key,
        outcome="unknown" if isinstance(error, UnknownOutcomeError) else "failed",
        id=id,
        error=str(error) if isinstance(error, CommerceError) else one_line(error),
        temporary=isinstance(error, TemporaryError),
    )


def _wrote(found: Iterable[Written]) -> bool:
    return any(each.outcome in ("created", "updated", "unknown") for each in found)
