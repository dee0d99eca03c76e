"""No block of code in any page goes unchecked: a test runs it, or it stands below with the reason why none does."""

from __future__ import annotations

import re
import shlex
import sqlite3
import tomllib
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer
from packaging.requirements import Requirement

from commerce_async.cli.app import app
from commerce_async.config import load_stores
from commerce_async.store import open_store
from commerce_async.sync import pull
from fastspring_async.emulator import FastSpringEmulator
from sparkpay_async.emulator import SparkPayEmulator
from tests.pages import ROOT, Block, blocks

PAGES = sorted(
    str(page.relative_to(ROOT))
    for pattern in ("*.md", "docs/**/*.md", "examples/**/*.md", "benchmarks/**/*.md", "adapters/**/*.md")
    for page in ROOT.glob(pattern)
)
BLOCKS = [(page, block) for page in PAGES for block in blocks(page)]

# Which module runs all Python of a page.
PYTHON = {
    "README.md": "examples/test_site.py",
    "docs/caching.md": "examples/test_sparkpay_examples.py",
    "docs/databases.md": "examples/test_sync_pages.py",
    "docs/errors.md": "examples/test_site.py",
    "docs/export.md": "examples/test_sync_pages.py",
    "docs/fastspring-catalog.md": "examples/test_fastspring_examples.py",
    "docs/fastspring-events.md": "examples/test_fastspring_examples.py",
    "docs/fastspring-orders.md": "examples/test_fastspring_examples.py",
    "docs/fastspring-subscriptions.md": "examples/test_fastspring_examples.py",
    "docs/fastspring-webhooks.md": "examples/test_fastspring_examples.py",
    "docs/index.md": "examples/test_site.py",
    "docs/limits-shared.md": "limits/test_shared_redis.py",
    "docs/limits.md": "examples/test_site.py",
    "docs/migration.md": "examples/test_site.py",
    "docs/mirror.md": "examples/test_sync_pages.py",
    "docs/report.md": "examples/test_sync_pages.py",
    "docs/security.md": "examples/test_site.py",
    "docs/services.md": "examples/test_pages.py",
    "docs/sparkpay-catalog.md": "examples/test_sparkpay_examples.py",
    "docs/sparkpay-oauth.md": "examples/test_sparkpay_examples.py",
    "docs/sparkpay-orders.md": "examples/test_sparkpay_examples.py",
    "docs/sparkpay-queries.md": "sparkpay/test_query_docs_sparkpay.py",
    "docs/sparkpay-webhooks.md": "examples/test_sparkpay_examples.py",
    "docs/sparkpay-writes.md": "examples/test_sparkpay_examples.py",
    "docs/sync.md": "examples/test_sync_pages.py",
    "docs/telemetry.md": "examples/test_pages.py",
    "docs/testing.md": "testing/test_docs_page.py",
    "docs/third-adapter.md": "examples/test_pages.py",
    "docs/tutorial.md": "examples/test_site.py",
}
# One module a block, in the order of the page.
ENGINE = [
    "sync/test_dask_engine.py",
    "sync/test_units.py",
    "examples/test_celery_recipe.py",
    "examples/test_airflow_recipe.py",
    "examples/test_temporal_recipe.py",
]
# Blocks that are no code, by their first line.
PICTURES = {
    "commerce_async/              the core: imports no adapter, knows no vendor": "a map of the folders",
    'store.products.get("a")               adapter: a Call (pure)': "a call's way",
    "tinyshop/": "a map of the folders",
}
# Programs whose lines are not run, by how they begin; what of them can be wrong is checked below where it can be.
NOT_RUN = {
    "python3 -m venv": "makes an environment; .ci/run does the same",
    "pip install": "takes the network; the extras that it names are checked",
    ".venv/bin/pip install": "takes the network; the extras that it names are checked",
    ".venv/bin/pytest": "this is it",
    "bash .ci/run": "CI runs it, and it runs this",
    "zensical serve": "serves until it is stopped; test_site.py builds the site",
    "export": "a setting of the shell",
    "jq": "a program of others",
}


def test_every_fence_is_seen_and_every_language_known() -> None:
    for page in PAGES:
        fences = re.findall(r"^\s*(?:```|~~~)", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE)
        assert len(fences) == 2 * len(blocks(page)), f"{page}: a fence that is indented or not closed"
    assert {block.language for _, block in BLOCKS} <= {"", "python", "sh", "sql", "toml"}


def test_all_python_of_every_page_is_run_by_a_test() -> None:
    assert {page for page, block in BLOCKS if block.language == "python"} == {*PYTHON, "docs/engine.md"}
    assert len(blocks("docs/engine.md", "python")) == len(ENGINE)
    named = [*PYTHON.items(), *(("docs/engine.md", module) for module in ENGINE if module.startswith("sync/"))]
    for page, module in named:
        assert Path(page).stem in (ROOT / "tests" / module).read_text(encoding="utf-8"), f"{module}: runs no {page}"


def _is_picture(block: Block) -> bool:
    return block.text.splitlines()[0] in PICTURES


def _lines(block: Block) -> list[str]:
    """A block's commands; of what a terminal shows, those after its prompt."""
    lines = block.text.splitlines()
    if lines[0].startswith("$ "):
        return [line[2:] for line in lines if line.startswith("$ ")]
    return lines


def _commands(line: str) -> list[list[str]]:
    """The commands of a line of the shell, without comment and redirection."""
    words = shlex.shlex(line, posix=True, punctuation_chars="|&>")
    words.whitespace_split = True
    found: list[list[str]] = [[]]
    for word in words:
        if word in ("|", "&&"):
            found.append([])
        elif found[-1][-1:] == [">"]:
            found[-1].pop()
        else:
            found[-1].append(word)
    return [command for command in found if command]


SHELL = {
    page: [line for block in blocks(page, "", "sh") if not _is_picture(block) for line in _lines(block)]
    for page in PAGES
}


@pytest.mark.parametrize("page", [page for page, lines in SHELL.items() if lines])
def test_lines_for_the_shell_say_what_the_programs_take(page: str) -> None:
    for line in SHELL[page]:
        if re.match(r"commerce-async .*(\[|\|\.)", line):
            _is_synopsis(line)
            continue
        for command in _commands(line):
            try:
                _is_known(command)
            except Exception as error:
                raise AssertionError(f"{line}: {error}") from error


def _is_known(command: list[str]) -> None:
    text = " ".join(command)
    if command[0].rpartition("/")[2] == "commerce-async":
        _is_taken(command[1:])
    elif command[:2] == ["python", "-m"]:
        _is_benchmark(command[2], command[3:])
    else:
        assert any(f"{text} ".startswith(f"{known} ") for known in NOT_RUN), f"nothing checks it: {text}"
    if command[1:2] == ["install"]:
        _is_installable(command[2:])


@cache
def _cli() -> Any:
    """The command line, as click's or Typer's own group, by Typer's version."""
    return typer.main.get_command(app)


def _is_taken(arguments: list[str]) -> None:
    """The command line takes these words."""
    group = _cli()
    with group.context_class(group) as context:
        name, command, rest = group.resolve_command(context, arguments)
        assert command is not None
        command.make_context(name, rest, parent=context)


def _is_synopsis(line: str) -> None:
    """The command has each option that is named, and each that it must have is."""
    _, name, *_ = line.split()
    command = _cli().commands[name]
    options = {text for each in command.params for text in each.opts if text.startswith("--")}
    named = set(re.findall(r"--[a-z-]+", line))
    assert named <= options, named - options
    assert {max(each.opts, key=len) for each in command.params if each.required and each.opts[0][:1] == "-"} <= named


def _is_benchmark(module: str, arguments: list[str]) -> None:
    path = ROOT / module.replace(".", "/")
    source = (path / "__main__.py" if path.is_dir() else path.with_suffix(".py")).read_text(encoding="utf-8")
    for option in (word for word in arguments if word.startswith("--")):
        assert f'"{option}"' in source, f"{module} has no {option}"


def _is_installable(wanted: list[str]) -> None:
    """It is this project, with extras that it has."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for word in (word for word in wanted if word != "-e"):
        requirement = Requirement(word.replace(".", project["name"], 1) if word.startswith(".") else word)
        if requirement.name == project["name"]:
            assert requirement.extras <= set(project["optional-dependencies"]), word
        else:
            assert requirement.name == "opentelemetry-sdk", word


@pytest.mark.parametrize(("page", "text"), [(page, block.text) for page, block in BLOCKS if block.language == "toml"])
def test_a_file_of_stores_is_understood(page: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if page == "docs/third-adapter.md":
        return  # of a pyproject.toml, and test_pages.py compares it
    for name in re.findall(r'"env:(\w+)"', text):
        monkeypatch.setenv(name, "redis://127.0.0.1" if name == "LIMITER" else "secret")
    monkeypatch.setattr("keyring.get_password", lambda service, user: "secret")
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".config").mkdir()
    (tmp_path / ".config" / "shop-token").write_text("secret")
    file = tmp_path / "stores.toml"
    file.write_text(text, encoding="utf-8")
    assert [store.name for store in load_stores(file)] == re.findall(r"^\[stores\.(\w+)\]", text, re.MULTILINE)


@pytest.mark.anyio
async def test_the_sql_of_the_pages_gives_rows(tmp_path: Path) -> None:
    queries = [block.text for _, block in BLOCKS if block.language == "sql"]
    assert queries
    async with (
        FastSpringEmulator(products=3, orders=60, rate_limit=None) as fast,
        SparkPayEmulator(products=3, orders=60, window=None) as spark,
        open_store("fastspring", "eu", **fast.settings(), rate=1000) as eu,
        open_store("sparkpay", "us", **spark.settings()) as us,
    ):
        await pull([eu, us], into=f"sqlite:///{tmp_path}/shop.db")
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection:
        for query in queries:
            found = connection.execute(query).fetchall()
            assert {row[0] for row in found} == {"eu", "us"}
