"""What is loaded when: a program that only names a store waits for no database, command line or network library."""

from __future__ import annotations

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from commerce_async.cli.app import app
from commerce_async.sync import FULL_EVERY, STREAMS
from commerce_async.sync.applying import MAX_DELETES
from commerce_async.sync.html_report import LISTED
from commerce_async.sync.wanting import FIELDS

STEPS = """
import sys

HEAVY = {"sqlalchemy", "alembic", "typer", "rich", "redis", "dask", "distributed", "opentelemetry", "keyring"}
NETWORK = {"aiohttp", "yarl"}
ADAPTERS = {"fastspring_async", "sparkpay_async"}

def loaded(names):
    return sorted(names & {name.partition(".")[0] for name in sys.modules})

import commerce_async
print(loaded(HEAVY | NETWORK | ADAPTERS | {"asyncio", "msgspec"}))
from fastspring_async import FastSpring
from sparkpay_async import SparkPay
print(loaded(HEAVY | NETWORK))
import os
from commerce_async.cli import main
for asked in (["--help"], ["--version"], ["plan", "--help"], ["sync", "--nonsense"], None):
    sys.argv = ["commerce-async", *(asked or [])]
    if asked is None:
        os.environ["_COMMERCE_ASYNC_COMPLETE"] = "complete_bash"
        os.environ |= {"COMP_WORDS": "commerce-async st", "COMP_CWORD": "1"}
    try:
        main()
    except SystemExit as end:
        print("code", end.code)
print(loaded((HEAVY | NETWORK) - {"typer", "rich"}))

from commerce_async.sync import pull
NOT_FOR_A_PULL = (
    "sqlalchemy.dialects.postgresql", "alembic", "commerce_async.sync.planning", "commerce_async.sync.exporting",
    "fastspring_async.api", "fastspring_async.drafting", "sparkpay_async.api", "sparkpay_async.drafts",
)
print(sorted(name for name in sys.modules if name.startswith(NOT_FOR_A_PULL)))
"""


def test_importing_a_package_or_asking_for_help_loads_only_what_that_needs() -> None:
    ran = subprocess.run([sys.executable, "-c", STEPS], capture_output=True, text=True, check=True, timeout=60)
    core, adapters, *said, after = ran.stdout.splitlines()
    assert (core, adapters, after) == ("[]", "[]", "[]")
    assert [line for line in said if line.startswith("code ")] == ["code 0", "code 0", "code 0", "code 2", "code 0"]
    assert any("Pull stores into a database" in line for line in said)
    assert "status" in said  # what Tab was offered


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("sync", ",".join(STREAMS)),
        ("sync", f"{FULL_EVERY.days}d by default"),
        ("mirror", f"[default: {MAX_DELETES}]"),
        ("report", f"[default: {LISTED}]"),
        ("plan", ", ".join(FIELDS)),
    ],
)
def test_what_help_says_without_loading_the_library_is_what_the_library_has(command: str, words: str) -> None:
    page = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "400", "NO_COLOR": "1"}).output
    assert words in page
