"""What is in a database, whichever it is."""

from __future__ import annotations

from typing import Any

from commerce_async.sinks import Sink


async def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    async with Sink(url, create=False) as sink:
        return await sink.read(lambda connection: [tuple(row) for row in connection.exec_driver_sql(query)])
