"""Requests to Spark Pay as data. Nothing here does I/O.

Follows Spark Pay: Common usage, Query syntax and Resource list.
"""

from sparkpay_async.calls.links import at, follow, from_token, to_token
from sparkpay_async.calls.querying import OPERATORS, Filter, Query, fitting, id_text, query
from sparkpay_async.calls.reads import (
    FRESH,
    IDS_A_CALL,
    Found,
    filled,
    get,
    listing,
    nested,
    select_many,
)
from sparkpay_async.calls.writes import Wrote, create, delete, update

__all__ = [
    "FRESH",
    "IDS_A_CALL",
    "OPERATORS",
    "Filter",
    "Found",
    "Query",
    "Wrote",
    "at",
    "create",
    "delete",
    "filled",
    "fitting",
    "follow",
    "from_token",
    "get",
    "id_text",
    "listing",
    "nested",
    "query",
    "select_many",
    "to_token",
    "update",
]
