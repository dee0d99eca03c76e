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


async def test_importing_the_package_loads_neither_database_nor_command_line_nor_adapter() -> None:
    code = "import sys, commerce_async; print(sorted({m.partition('.')[0] for m in sys.modules}))"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    assert not {"sqlalchemy", "typer", "rich", "aiohttp", "fastspring_async", "sparkpay_async"} & set(eval(out))
