"""HTTP caching (RFC 9111) of GET replies, private per account. See docs/caching.md."""

from commerce_async.http.cache.sqlite import SQLiteCache
from commerce_async.http.cache.storage import MemoryCache, Storage

__all__ = ["MemoryCache", "SQLiteCache", "Storage"]
