"""A pull under throttles that come again and again gives nothing up, and goes on soon after they end."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from commerce_async.http.call import Call, Reply
from commerce_async.sync import Report, pull
from fastspring_async import FastSpring
from tests.http.kit import Fake, Step, virtual

PRODUCTS = 400  # in eight pages


class Stormy(Fake):
    """FastSpring's products. Until a time the next three calls are refused every few seconds, without a word why."""

    def __init__(self, every: float, until: float) -> None:
        super().__init__()
        self.every, self.until = every, until
        self.storms = self.left = self.refused = 0

    async def exchange(self, base: str, call: Call[Any], middlewares: Sequence[Any], max_body: int) -> Reply:
        now = asyncio.get_running_loop().time()
        while self.storms * self.every < min(now, self.until):
            self.storms, self.left = self.storms + 1, 3
        refused, self.left = self.left > 0, max(0, self.left - 1)
        self.refused += refused
        self.steps = [Step(404, b"", 0.1) if refused else Step(200, _products(call.path), 0.1)]
        return await super().exchange(base, call, middlewares[-1:], max_body)


def _products(path: str) -> bytes:
    if path == "/products":
        return msgspec.json.encode({"products": [f"product-{number:03}" for number in range(PRODUCTS)]})
    ids = path.rpartition("/")[2].split(",")
    good = {"action": "product.get", "result": "success"}
    return msgspec.json.encode({"products": [{**good, "product": id, "display": {"en": id}} for id in ids]})


@pytest.mark.parametrize("every", [5.0, 20.0, 61.0])
def test_throttles_that_come_again_and_again_end_no_pull_and_hold_it_up_for_a_minute_each_at_most(
    every: float, tmp_path: Path
) -> None:
    until = 600.0

    async def main() -> tuple[Report, float]:
        store = FastSpring(name="eu", username="u", password="p", base_url="https://shop.example")
        fake = Stormy(every, until)
        store.client._transport = fake  # type: ignore[assignment]  # no network, and no real time
        report = await pull([store], into=f"sqlite:///{tmp_path}/shop.db", streams=["products"])
        assert fake.refused == report.streams[0].throttled >= 3
        return report, asyncio.get_running_loop().time()

    report, ended = virtual(main)
    assert report.complete, report.streams[0].error
    assert report.streams[0].new == PRODUCTS
    assert ended < until + 3 * 60.0 + 15.0  # three are still to come, if nobody asked in between
