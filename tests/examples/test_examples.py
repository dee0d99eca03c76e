"""Every example runs as it stands."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.anyio

EXAMPLES = Path(__file__).parents[2] / "examples"


async def run(name: str, *arguments: str, cwd: Path) -> str:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(EXAMPLES / name),
        *arguments,
        cwd=cwd,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, err.decode()
    return out.decode()


async def test_sync_two_stores_reads_both_completely(tmp_path: Path) -> None:
    out = await run("sync_two_stores.py", cwd=tmp_path)
    assert "eu products: complete, 30 read, 30 new" in out
    assert "us orders: complete, 60 read, 60 new" in out
    assert "\ncomplete\n" in out


async def test_mirror_stores_asks_its_callbacks_and_leaves_nothing_to_write(tmp_path: Path) -> None:
    out = await run("mirror_stores.py", cwd=tmp_path)
    assert (
        "{'create': 8, 'update': 0, 'delete': 5, 'unchanged': 0, 'cannot': 1}\nLeft out by a callback: 11 products."
        in out
    )
    assert out.endswith("{'created': 8, 'deleted': 5}\nto write after that: nothing\n")


async def test_sparkpay_typed_query_asks_the_server_and_splits_what_it_cannot_be_asked_at_once(tmp_path: Path) -> None:
    out = await run("sparkpay_typed_query.py", cwd=tmp_path)
    prices = [float(line.split()[0]) for line in out.splitlines() if line[:1] == " "]
    assert prices
    assert prices == sorted(prices, reverse=True)
    assert all(5 <= price <= 25 for price in prices)
    assert "refused: item_name and price: Spark Pay cannot be asked for OR and AND over several fields" in out
    assert int(out.rpartition("oak or steel, and dear: ")[2]) > 0


async def test_sparkpay_oauth_login_signs_in_once_and_renews_in_the_next_run(tmp_path: Path) -> None:
    out = await run("sparkpay_oauth_login.py", cwd=tmp_path)
    assert "no token is kept in file:" in out
    assert "Signed in; the token is kept in file:" in out
    assert out.endswith("logins: 1, refreshes: 1\n")


async def test_importing_the_package_loads_neither_database_nor_command_line_nor_adapter() -> None:
    code = "import sys, commerce_async; print(sorted({m.partition('.')[0] for m in sys.modules}))"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    assert not {"sqlalchemy", "typer", "rich", "aiohttp", "fastspring_async", "sparkpay_async"} & set(eval(out))


async def test_sparkpay_create_or_update_makes_leaves_alone_and_changes_though_answers_are_lost(tmp_path: Path) -> None:
    out = await run("sparkpay_create_or_update.py", cwd=tmp_path)
    assert out.splitlines()[-3:] == ["{'created': 10}", "{'unchanged': 10}", "{'updated price': 10}"]
