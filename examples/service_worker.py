"""A worker: keeps a database up to date with all stores of a file, and stops in good order when it is told to.

    python examples/service_worker.py stores.toml sqlite:///shop.db 300

The last argument is the seconds between two passes. SIGTERM (and Ctrl-C) ends it: the page under way is given up, what
is committed stays, and the next start goes on behind it. Several of them on one database take turns.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from contextlib import AsyncExitStack
from datetime import timedelta

from commerce_async.config import load_stores
from commerce_async.errors import CommerceError
from commerce_async.sync import Report, pull, watch


def tell(line: str) -> None:
    """A line for whoever keeps the worker's output."""
    print(line, flush=True)


async def work(config: str, database: str, every: float) -> None:
    """Syncs until it is cancelled. A store that fails stops no other; it is tried again with the next pass."""
    async with AsyncExitStack() as stack:
        stores = [await stack.enter_async_context(store) for store in load_stores(config)]

        async def one_pass() -> Report:
            report = await pull(stores, into=database)
            for stream in report.streams:
                tell(f"{stream.store} {stream.stream}: {stream.state}, {stream.new} new, {stream.changed} changed")
                if stream.error:
                    tell(f"{stream.store} {stream.stream}: {stream.error}")
            return report

        def on_failure(error: CommerceError) -> None:
            tell(f"no pass now: {error}")  # another worker holds the lock, say, or the database is away

        await watch(one_pass, every=timedelta(seconds=every), on_failure=on_failure)


async def main(config: str, database: str, every: float) -> None:
    """Works until SIGTERM or Ctrl-C."""
    task = asyncio.ensure_future(work(config, database, every))
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        tell("stopped")
    except CommerceError as error:  # what no next pass would mend: the file, or the database's URL
        sys.exit(f"Error: {error}")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], float(sys.argv[3])))
