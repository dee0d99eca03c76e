"""Both emulators in a process of their own, so that their CPU is not the client's; and stores without limits."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from benchmarks.kept import keeping
from commerce_async.store import emulators
from fastspring_async import FastSpring
from sparkpay_async import SparkPay

ROOT = Path(__file__).resolve().parent.parent

UNLIMITED: dict[str, dict[str, Any]] = {"fastspring": {"rate_limit": None}, "sparkpay": {"window": None}}
"""Options that switch the emulators' limits off."""


class Shops:
    """The emulators, without limits, for use in `with`.

    Args:
        keep_pages: each page is rendered once and then served from memory, to measure who reads it; see `kept`.
        own: options of one of them, by vendor; they go before `sizes`.
        sizes: `products`, `orders` and other options, the same for both.

    Attributes:
        settings: what each adapter needs to reach its shop, by vendor.
    """

    def __init__(
        self, own: Mapping[str, Mapping[str, Any]] | None = None, /, *, keep_pages: bool = False, **sizes: Any
    ) -> None:
        own = own or {}
        self._spec = {vendor: {**sizes, **limits, **own.get(vendor, {})} for vendor, limits in UNLIMITED.items()}
        self._keep = ["keep"] if keep_pages else []
        self._process: subprocess.Popen[bytes] | None = None
        self.settings: dict[str, dict[str, Any]] = {}

    def __enter__(self) -> Self:
        spec = msgspec.json.encode(self._spec).decode()
        command = [sys.executable, "-m", "benchmarks.servers", spec, *self._keep]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT)
        self.settings = self._answer()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.communicate()  # the end of its input is its sign to stop

    def cpu(self) -> float:
        """CPU seconds that the emulators have used so far."""
        return self._ask()["cpu"]

    def routes(self) -> dict[str, Counter[str]]:
        """The calls that each let through so far, by vendor and `METHOD /route`, as their ledgers have them."""
        return {vendor: Counter(routes) for vendor, routes in self._ask()["routes"].items()}

    def _ask(self) -> dict[str, Any]:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(b"\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process is not None
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the emulators did not start")
        return msgspec.json.decode(line)


def fastspring(settings: dict[str, Any]) -> FastSpring:
    """A store whose limiter works on every call and never makes one wait."""
    return FastSpring(**settings, rate=1e6)


def sparkpay(settings: dict[str, Any]) -> SparkPay:
    """The same for Spark Pay: a limit that is never reached, in the period that shops have."""
    return SparkPay(**settings, limit=1_000_000, period=10.0)


async def _serve(spec: dict[str, dict[str, Any]], *, keep: bool) -> None:
    known = {vendor: keeping(kind) if keep else kind for vendor, kind in emulators().items()}
    async with AsyncExitStack() as stack:
        shops = {vendor: await stack.enter_async_context(known[vendor](**options)) for vendor, options in spec.items()}
        _say({vendor: shop.settings() for vendor, shop in shops.items()})
        while await asyncio.to_thread(sys.stdin.readline):
            routes = {vendor: shop.ledger.by_route for vendor, shop in shops.items()}
            _say({"cpu": time.process_time(), "routes": routes})


def _say(words: dict[str, Any]) -> None:
    print(msgspec.json.encode(words).decode(), flush=True)


if __name__ == "__main__":
    asyncio.run(_serve(msgspec.json.decode(sys.argv[1]), keep="keep" in sys.argv[2:]))
