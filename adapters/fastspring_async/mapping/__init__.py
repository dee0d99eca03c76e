"""FastSpring's objects in the common schemas, and common products as drafts for FastSpring. Pure.

docs/mapping-fastspring.md says what comes from where, and what goes where.
"""

from fastspring_async.mapping.drafts import Drafted, NotCarried, to_draft
from fastspring_async.mapping.orders import to_order
from fastspring_async.mapping.products import VENDOR, to_product

__all__ = ["VENDOR", "Drafted", "NotCarried", "to_draft", "to_order", "to_product"]
