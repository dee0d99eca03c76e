"""The code in pages about telemetry, adapters and services: run as it stands, or an excerpt of a program that is."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from commerce_async.config import load_stores
from commerce_async.store import emulators
from commerce_async.sync import pull
from commerce_async.testing import serving
from tests.pages import ROOT, blocks, python

TINYSHOP = ROOT / "examples" / "tinyshop"


@pytest.mark.parametrize(
    ("page", "programs"),
    [
        ("third-adapter", ["tinyshop/**/*.py", "tinyshop/pyproject.toml"]),
        ("services", ["service_*.py"]),
    ],
)
def test_every_block_of_the_page_is_an_excerpt_of_a_program_that_tests_run(page: str, programs: list[str]) -> None:
    texts = [file.read_text() for pattern in programs for file in (ROOT / "examples").glob(pattern)]
    for block in blocks(f"docs/{page}.md", "python", "toml"):
        assert any(block.text in text for text in texts), block


def test_a_program_with_an_sdk_gets_spans_and_metrics_by_itself(tmp_path: Path) -> None:
    setup, use, hook = python("docs/telemetry.md")
    program = f"""
import asyncio
from fastspring_async import FastSpring
from fastspring_async.emulator import FastSpringEmulator
from commerce_async.sync import pull
from tests.pages import run

async def main():
    names = {{}}
    async with FastSpringEmulator(products=3, orders=2, rate_limit=None) as emulator:
        async with FastSpring(**emulator.settings(), rate=1000, name="eu") as store:
            names["store"] = store
            id = emulator.product_ids()[0]
            await run({setup!r}, names)
            for block in ({use!r}, {hook!r}):
                await run(block.replace("pro-monthly", id), names)
            await pull([store], into="sqlite:///{tmp_path}/shop.db")
    assert emulator.password not in repr(names)
    names["trace"].get_tracer_provider().shutdown()
    names["metrics"].get_meter_provider().shutdown()

asyncio.run(main())
"""
    here = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path, timeout=60, env=here
    )
    assert done.returncode == 0, done.stderr
    for name in (
        '"name": "GET /products/{}"', '"name": "price check"', '"http.client.request.duration"',
        '"commerce_async.call.duration"', '"commerce_async.quota.utilization"', '"commerce_async.records"',
    ):  # fmt: skip
        assert name in done.stdout
    assert "Authorization" not in done.stdout


@pytest.mark.anyio
async def test_a_distribution_of_ones_own_is_found_by_its_entry_points(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = tmp_path / "site" / "tinyshop_async-0.1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: tinyshop-async\nVersion: 0.1.0\n")
    points = re.findall(
        r"^\[project\.entry-points\.\"(.+)\"\]\n(.+?) = \"(.+)\"", (TINYSHOP / "pyproject.toml").read_text(), re.M
    )
    (info / "entry_points.txt").write_text("".join(f"[{group}]\n{name} = {value}\n" for group, name, value in points))
    monkeypatch.syspath_prepend(info.parent)
    with serving(emulators()["tinyshop"](products=30, orders=20)) as emulator:
        (tmp_path / "token").write_text(emulator.settings()["token"])
        (tmp_path / "stores.toml").write_text(
            f'[stores.tiny]\nadapter = "tinyshop"\nbase_url = "{emulator.url}"\ntoken = "file:{tmp_path}/token"\n'
        )
        (store,) = load_stores(tmp_path / "stores.toml")
        async with store:
            report = await pull([store], into=f"sqlite:///{tmp_path}/shop.db")
    assert [(each.vendor, each.stream, each.new) for each in report.streams] == [
        ("tinyshop", "products", 30),
        ("tinyshop", "orders", 20),
    ]
