"""What a caller may do to each item before it is written."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import TypeAlias

import msgspec

from commerce_async.schema import Product

Change: TypeAlias = Product | None

Create: TypeAlias = Callable[[Product], Change | Awaitable[Change]]
Update: TypeAlias = Callable[[Product, Product], Change | Awaitable[Change]]
Delete: TypeAlias = Callable[[Product], bool | Awaitable[bool]]


class Hooks(msgspec.Struct, frozen=True, kw_only=True):
    """Callbacks before each create, update and delete; plain functions or coroutines.

    Attributes:
        create: given the wanted product; returns it, or another to write in its place, or None for a veto.
        update: given the wanted product and the target's; returns likewise.
        delete: given the target's product; whether it may go.
    """

    create: Create | None = None
    update: Update | None = None
    delete: Delete | None = None

    async def wanted(self, wanted: Product, before: Product | None) -> Change:
        """What is to be written for a create (`before` is None) or an update."""
        if before is None:
            found = wanted if self.create is None else self.create(wanted)
        else:
            found = wanted if self.update is None else self.update(wanted, before)
        return await found if isawaitable(found) else found

    async def may_delete(self, product: Product) -> bool:
        """Whether the product may go."""
        if self.delete is None:
            return True
        found = self.delete(product)
        return await found if isawaitable(found) else found


NO_HOOKS = Hooks()
