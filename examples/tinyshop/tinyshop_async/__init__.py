"""Tinyshop, a vendor that does not exist, as a `commerce_async` store: a worked example of an adapter."""

from tinyshop_async.store import Settings, TinyShop

__all__ = ["Settings", "TinyShop"]
