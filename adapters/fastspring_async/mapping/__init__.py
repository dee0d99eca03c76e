"""FastSpring's objects in the common schemas, and common products as drafts for FastSpring. Pure.

docs/mapping-fastspring.md says what comes from where, and what goes where.
"""

from typing import TYPE_CHECKING

from fastspring_async.mapping.orders import to_order
from fastspring_async.mapping.products import VENDOR, to_product

if TYPE_CHECKING:
    from fastspring_async.mapping.drafts import Drafted, NotCarried, to_draft

__all__ = ["VENDOR", "Drafted", "NotCarried", "to_draft", "to_order", "to_product"]


def __getattr__(name: str) -> object:
    if name in ("Drafted", "NotCarried", "to_draft"):  # for those who write
        from fastspring_async.mapping import drafts

        return getattr(drafts, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
