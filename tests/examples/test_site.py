"""The documentation's site: it builds without a warning, its links hold, and the code of its own pages runs."""

from __future__ import annotations

import ast
import asyncio
import inspect
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from commerce_async.cli.app import app
from commerce_async.testing import Emulator, serving
from fastspring_async import FastSpring
from fastspring_async.emulator import FastSpringEmulator
from sparkpay_async import SparkPay
from sparkpay_async.emulator import SparkPayEmulator

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PYTHON = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
RUN = re.compile(r"^```(python|sh)\n(.*?)^```", re.DOTALL | re.MULTILINE)
# Pages whose code other modules run; tests/sparkpay/test_query_docs_sparkpay.py runs the queries'.
ELSEWHERE = {
    "caching", "databases", "engine", "export", "limits-shared", "mirror", "report", "services", "sync", "telemetry",
    "testing", "third-adapter",
}  # fmt: skip


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


def test_no_page_has_code_that_no_test_runs() -> None:
    coded = {page.stem for page in DOCS.glob("*.md") if PYTHON.search(page.read_text(encoding="utf-8"))}
    vendors = {name for name in coded if name.startswith(("fastspring-", "sparkpay-"))}  # test_<vendor>_examples.py
    assert coded - vendors - ELSEWHERE == {"errors", "limits", "migration", "security", "tutorial"}


@pytest.mark.parametrize("page", ["errors", "limits", "migration", "security"])
def test_the_code_of_the_page_runs(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    async def run(emulator: FastSpringEmulator | SparkPayEmulator, kind: Any) -> None:
        async with kind(**emulator.settings()) as store:
            names: dict[str, Any] = {"store": store, "id": emulator.product_ids()[0]}
            for block in PYTHON.findall((DOCS / f"{page}.md").read_text(encoding="utf-8")):
                running: Any = eval(compile(block, page, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), names)
                if inspect.iscoroutine(running):
                    await running

    with serving(SparkPayEmulator(products=5, orders=5, window=None)) as emulator:
        asyncio.run(run(emulator, SparkPay))
    if page not in ("errors", "security"):  # which write, and need no store
        with serving(FastSpringEmulator(products=5, orders=5, rate_limit=None)) as emulator:
            asyncio.run(run(emulator, FastSpring))


def test_the_tutorial_runs_from_its_first_command_to_its_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    fast, spark = FastSpringEmulator(products=40, orders=60), SparkPayEmulator(products=40, orders=60)
    names: dict[str, Any] = {}
    with serving(fast), serving(spark):
        lines = [*told("fastspring", fast, monkeypatch), *told("sparkpay", spark, monkeypatch)]
        (tmp_path / "stores.toml").write_text("\n".join(lines), encoding="utf-8")
        for kind, block in RUN.findall((DOCS / "tutorial.md").read_text(encoding="utf-8")):
            if kind == "python":
                exec(compile(block, "tutorial.md", "exec"), names)
                continue
            for line in block.splitlines():
                done = CliRunner().invoke(app, shlex.split(line)[1:])
                assert done.exit_code == 0, (line, done.output)
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


def test_the_code_of_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (block,) = PYTHON.findall((ROOT / "README.md").read_text(encoding="utf-8"))
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
