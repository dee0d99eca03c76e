"""The documentation's site: it builds without a warning, its links hold, and the code of its own pages runs."""

from __future__ import annotations

import asyncio
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from typer.testing import CliRunner

from commerce_async.cli.app import app
from commerce_async.config import declared_stores
from commerce_async.testing import Emulator, serving
from fastspring_async import FastSpring
from fastspring_async.emulator import FastSpringEmulator
from sparkpay_async import SparkPay
from sparkpay_async.emulator import SparkPayEmulator
from tests.pages import ROOT, blocks, python, run

DOCS = ROOT / "docs"


def pages(entries: list[Any]) -> list[str]:
    found: list[str] = []
    for entry in entries:
        for place in entry.values():
            found += pages(place) if isinstance(place, list) else [place]
    return found


def test_the_site_builds_without_a_warning_and_its_links_hold(tmp_path: Path) -> None:
    for name in ("commerce_async", "adapters"):
        (tmp_path / name).symlink_to(ROOT / name)
    shutil.copytree(DOCS, tmp_path / "docs")
    shutil.copy(ROOT / "zensical.toml", tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "zensical", "build", "--strict"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "No issues found" in said
    assert "griffe:" not in said, said  # a docstring that names what is not there
    assert "StreamReport" in (tmp_path / "site" / "api" / "sync" / "index.html").read_text(encoding="utf-8")


def test_every_page_is_in_the_navigation() -> None:
    named = pages(tomllib.loads((ROOT / "zensical.toml").read_text(encoding="utf-8"))["project"]["nav"])
    assert sorted(named) == sorted(str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md"))


@pytest.mark.parametrize("page", ["errors", "limits", "migration", "security"])
def test_the_code_of_the_page_runs(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    async def with_store(emulator: FastSpringEmulator | SparkPayEmulator, kind: Any) -> None:
        async with kind(**emulator.settings()) as store:
            names: dict[str, Any] = {"store": store, "id": emulator.product_ids()[0]}
            for block in python(f"docs/{page}.md"):
                await run(block, names, page)

    with serving(SparkPayEmulator(products=5, orders=5, window=None)) as emulator:
        asyncio.run(with_store(emulator, SparkPay))
    if page not in ("errors", "security"):  # which write, and need no store
        with serving(FastSpringEmulator(products=5, orders=5, rate_limit=None)) as emulator:
            asyncio.run(with_store(emulator, FastSpring))


@pytest.mark.anyio
async def test_the_hand_written_client_of_the_page_reads_what_ours_does() -> None:
    hand, *_ = python("docs/migration.md")
    async with FastSpringEmulator(products=2, orders=60, rate_limit=None) as emulator:
        names: dict[str, Any] = {"BASE": emulator.url, "asyncio": SimpleNamespace(sleep=_no_time)}
        await run(hand, names)
        login = {"Authorization": aiohttp.encode_basic_auth(emulator.username, emulator.password)}
        async with (
            aiohttp.ClientSession(headers=login) as session,
            FastSpring(**emulator.settings(), rate=1000) as store,
        ):
            theirs = [order async for order in names["orders"](session)]
            assert sorted(theirs) == sorted([order.id async for order in store.orders.list()])


async def _no_time(seconds: float) -> None:
    assert seconds == 0.25


def test_the_tutorial_runs_from_its_first_command_to_its_last_and_the_front_page_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    fast = FastSpringEmulator(products=40, orders=60, rate_limit=None)
    spark = SparkPayEmulator(products=40, orders=60, window=None)
    names: dict[str, Any] = {}
    with serving(fast), serving(spark):
        lines = [*told("fastspring", fast, monkeypatch), *told("sparkpay", spark, monkeypatch)]
        lines.insert(2, "rate = 1000")  # FastSpring's, which is 4 a second to begin with
        (tmp_path / "stores.toml").write_text("\n".join(lines), encoding="utf-8")
        for block in blocks("docs/tutorial.md", "python", "sh"):
            if block.language == "python":
                exec(compile(block.text, "tutorial.md", "exec"), names)
                continue
            for line in block.text.splitlines():
                done = CliRunner().invoke(app, shlex.split(line)[1:])
                assert done.exit_code == 0, (line, done.output)
        (front,) = python("docs/index.md")
        exec(compile(front.replace("pro-monthly", fast.product_ids()[0]), "index.md", "exec"), {})
    printed = capsys.readouterr().out
    assert re.search(r"^fastspring USD \d+$", printed, re.MULTILINE)
    assert "products.get" in printed
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix in (".csv", ".html", ".json")) == [
        "plan.json", "products.csv", "report.html",
    ]  # fmt: skip


def told(name: str, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A store's part of stores.toml, with its secrets in the environment."""
    lines = [f"[stores.{name}]", f'adapter = "{name}"']
    for key, value in emulator.settings().items():
        if key in ("password", "token"):
            monkeypatch.setenv(f"{name}_{key}", value)
            value = f"env:{name}_{key}"
        lines.append(f'{key} = "{value}"')
    return lines


def test_the_files_of_stores_that_the_page_shows_are_read(tmp_path: Path) -> None:
    found: list[list[tuple[str, bool]]] = []
    for number, block in enumerate(blocks("docs/command.md", "toml")):
        file = tmp_path / f"{number}.toml"
        file.write_text(block.text, encoding="utf-8")
        found.append([(store.name, store.limiter) for store in declared_stores(file)])
    assert found == [[("eu", False), ("us", False)], [("eu", True), ("us", True)]]


def test_the_code_of_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (block,) = python("README.md")
    with (
        serving(FastSpringEmulator(products=5, orders=5, rate_limit=None)) as fast,
        serving(SparkPayEmulator(products=5, orders=5, window=None)) as spark,
    ):
        for there, ours in {
            'username="…", password="…"': "**fast.settings()",
            '"https://shop.example.com", token="…", currency="USD"': "**spark.settings()",
            '"pro-monthly"': "fast.product_ids()[0]",
        }.items():
            assert there in block
            block = block.replace(there, ours)
        exec(compile(block, "README.md", "exec"), {"fast": fast, "spark": spark})
    assert (tmp_path / "shop.db").exists()
