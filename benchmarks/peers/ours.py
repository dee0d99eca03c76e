"""Our side: `pull` of both stores into SQLite, as the README has it; the limiters work on every call."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import msgspec

from commerce_async.sync import pull
from fastspring_async import FastSpring
from sparkpay_async import SparkPay


async def main(job: dict[str, Any]) -> None:
    """Pulls everything."""
    async with (
        FastSpring(**job["fastspring"], rate=1e6, name="fastspring") as eu,
        SparkPay(**job["sparkpay"], limit=1_000_000, name="sparkpay") as us,
    ):
        report = await pull([eu, us], into=f"sqlite:///{job['database']}")
    if not report.complete:
        raise SystemExit(f"not complete: {[stream.error for stream in report.streams]}")


if __name__ == "__main__":
    asyncio.run(main(msgspec.json.decode(Path(sys.argv[1]).read_bytes())))
