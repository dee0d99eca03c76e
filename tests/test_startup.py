"""What is loaded when: a program that only names a store waits for no database, command line or network library."""

from __future__ import annotations

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from commerce_async.cli import app as real
from commerce_async.cli.front import front

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
from commerce_async.cli import main
sys.argv = ["commerce-async", "--help"]
try:
    main()
except SystemExit as end:
    print(end.code)
print(loaded((HEAVY | NETWORK) - {"typer", "rich"}))
"""


def test_importing_a_package_or_asking_for_help_loads_only_what_that_needs() -> None:
    ran = subprocess.run([sys.executable, "-c", STEPS], capture_output=True, text=True, check=True, timeout=60)
    core, adapters, *help_page, code, after = ran.stdout.splitlines()
    assert (core, adapters, after) == ("[]", "[]", "[]")
    assert code == "0"
    assert any("Pull stores into a database" in line for line in help_page)


@pytest.mark.parametrize("arguments", [[], ["--help"]])
def test_the_front_page_is_the_help_of_the_command_itself(arguments: list[str]) -> None:
    ends = [CliRunner().invoke(app, arguments, prog_name="commerce-async") for app in (front(), real.app)]
    assert ends[0].output == ends[1].output
    assert ends[0].exit_code == ends[1].exit_code
