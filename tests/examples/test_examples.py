"""Every example runs as it stands."""

from __future__ import annotations

import io
import logging
import runpy
import sys
from contextlib import redirect_stdout
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


def run(name: str, *arguments: str, cwd: Path) -> str:
    """What an example prints. It runs in this process, for half of what a process of its own takes is its imports."""
    said, logger = io.StringIO(), logging.getLogger()
    handlers, level = logger.handlers[:], logger.level
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(said):
        patch.chdir(cwd)
        patch.setattr(sys, "argv", [name, *arguments])
        try:
            runpy.run_path(str(EXAMPLES / name), run_name="__main__")
        finally:
            logger.handlers[:], logger.level = handlers, level
    return said.getvalue()


def test_sync_two_stores_reads_both_completely(tmp_path: Path) -> None:
    out = run("sync_two_stores.py", cwd=tmp_path)
    assert "eu products: complete, 30 read, 30 new" in out
    assert "us orders: complete, 60 read, 60 new" in out
    assert "\ncomplete\n" in out


def test_mirror_stores_asks_its_callbacks_and_leaves_nothing_to_write(tmp_path: Path) -> None:
    out = run("mirror_stores.py", cwd=tmp_path)
    assert (
        "{'create': 8, 'update': 0, 'delete': 5, 'unchanged': 0, 'cannot': 1}\nLeft out by a callback: 11 products."
        in out
    )
    assert out.endswith("{'created': 8, 'deleted': 5}\nto write after that: nothing\n")


def test_sparkpay_typed_query_asks_the_server_and_splits_what_it_cannot_be_asked_at_once(tmp_path: Path) -> None:
    out = run("sparkpay_typed_query.py", cwd=tmp_path)
    prices = [float(line.split()[0]) for line in out.splitlines() if line[:1] == " "]
    assert prices
    assert prices == sorted(prices, reverse=True)
    assert all(5 <= price <= 25 for price in prices)
    assert "refused: item_name and price: Spark Pay cannot be asked for OR and AND over several fields" in out
    assert int(out.rpartition("oak or steel, and dear: ")[2]) > 0


def test_sparkpay_oauth_login_signs_in_once_and_renews_in_the_next_run(tmp_path: Path) -> None:
    out = run("sparkpay_oauth_login.py", cwd=tmp_path)
    assert "no token is kept in file:" in out
    assert "Signed in; the token is kept in file:" in out
    assert out.endswith("logins: 1, refreshes: 1\n")


def test_sparkpay_create_or_update_makes_leaves_alone_and_changes_though_answers_are_lost(tmp_path: Path) -> None:
    out = run("sparkpay_create_or_update.py", cwd=tmp_path)
    assert out.splitlines()[-3:] == ["{'created': 10}", "{'unchanged': 10}", "{'updated price': 10}"]
