"""The comparison with others' tools, as far as it needs none of them installed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import aiohttp
import anyio.to_thread
import msgspec
import pytest

from benchmarks.kept import keeping
from benchmarks.peers import __main__ as peers
from benchmarks.peers import environments, measuring, ours, shapes, sides
from benchmarks.peers.measuring import Measured, Turn
from fastspring_async.emulator import FastSpringEmulator
from sparkpay_async.emulator import SparkPayEmulator

pytestmark = pytest.mark.anyio


async def test_our_side_brings_every_record_of_all_lists_and_is_counted_in_its_database(tmp_path: Path) -> None:
    async with (
        FastSpringEmulator(products=7, orders=9, rate_limit=None, password="plain") as eu,
        SparkPayEmulator(products=8, orders=6, window=None) as us,
    ):
        job = await anyio.to_thread.run_sync(sides.job, {"fastspring": eu.settings(), "sparkpay": us.settings()})
        database = tmp_path / "shop.db"
        await ours.main({**job, "database": str(database)})
    assert sides.OURS.count(sys.executable, database, tmp_path / "output") == {
        "fastspring_products": 7,
        "fastspring_orders": 9,
        "sparkpay_products": 8,
        "sparkpay_orders": 6,
    }
    assert set(job["schemas"]) == set(sides.KEYS)
    assert all(key in job["schemas"][name]["properties"] for name, key in sides.KEYS.items())


async def test_kept_pages_are_the_same_bytes_and_every_call_is_still_counted_and_checked() -> None:
    options: dict[str, Any] = {"window": None}
    async with keeping(SparkPayEmulator)(products=5, orders=5, **options) as shop, aiohttp.ClientSession() as session:
        headers = {"X-AC-Auth-Token": shop.settings()["token"]}
        bodies: list[bytes] = []
        for path in ("products?count=3", "products?count=3", "products?count=3&page=2"):
            async with session.get(f"{shop.url}/api/v1/{path}", headers=headers) as reply:
                bodies.append(await reply.read())
        async with session.get(f"{shop.url}/api/v1/products?count=3") as reply:
            assert reply.status == 401
        assert bodies[0] == bodies[1] != bodies[2]
        assert shop.ledger.admitted == 3


def test_messages_of_taps_and_sources_are_counted_once_each(tmp_path: Path) -> None:
    written: list[dict[str, Any]] = [
        {"type": "SCHEMA", "stream": "sparkpay_orders"},
        {"type": "RECORD", "stream": "sparkpay_orders", "record": {"id": 1}},
        {"type": "RECORD", "stream": "sparkpay_orders", "record": {"id": 1}},
        {"type": "RECORD", "record": {"stream": "fastspring_products", "data": {"product": "a"}}},
        {"type": "LOG", "log": {}},
    ]
    output = tmp_path / "output"
    output.write_bytes(b"a line of another kind\n" + b"\n".join(map(msgspec.json.encode, written)))
    found = sides.count_messages(output)
    assert (found["sparkpay_orders"], found["fastspring_products"], found["fastspring_orders"]) == (1, 1, 0)


def test_schemas_say_what_was_seen_and_that_anything_may_be_null() -> None:
    schema = shapes.infer([{"a": 1, "b": None}, {"a": 1.5, "c": [1]}, {"a": "", "d": {}}])
    assert schema["properties"] == {
        "a": {"type": ["number", "string", "null"]},
        "b": {"type": ["string", "null"]},
        "c": {"type": ["array", "null"], "items": {}},
        "d": {"type": ["object", "null"], "additionalProperties": True},
    }


def test_start_up_is_taken_out_and_lost_records_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    def turn(records: int, wall: float, lost: int = 0) -> Turn:
        found = {"sparkpay_orders": records - lost}
        return Turn(records=records, found=found, wall=wall, cpu=wall, shops_cpu=0.0, calls=1)

    quick = Measured(name="ours, SQLite", small=[turn(100, 1.1)], large=[turn(1100, 2.1)])
    slow = Measured(name=sides.DLT.name, small=[turn(100, 13.0)], large=[turn(1100, 23.0, lost=3)])
    assert quick.slopes("wall") == pytest.approx([0.001])
    assert measuring.ratio(quick.slopes("wall"), slow.slopes("wall")).middle == pytest.approx(10)
    assert measuring.ratio(quick.costs("wall"), slow.costs("wall")).middle == pytest.approx(23 / 2.1)
    peers.show([peers.Pair(ours=quick, peer=slow)])
    shown = capsys.readouterr().out
    assert "reached: 10 times the records per second of dlt, DuckDB, without start-up: 10.0 (10.0-10.0)" in shown
    assert next(line for line in shown.splitlines() if line.startswith(sides.DLT.name)).endswith(" 3")


def test_every_peer_has_a_file_that_pins_what_it_needs() -> None:
    for side in sides.PEERS:
        lines = environments.requirements(side.venv).read_text().splitlines()
        assert all("==" in line for line in lines if not line.startswith("#"))
