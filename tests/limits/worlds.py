"""Virtual time for the limiter's tests."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from commerce_async.testing.clock import VirtualTimeLoop


def now() -> float:
    return asyncio.get_running_loop().time()


def virtual(main: Callable[[], Awaitable[Any]]) -> Any:
    """Runs it on virtual time."""

    async def body() -> Any:
        return await main()

    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(body())
