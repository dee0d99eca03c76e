"""`upgrade`, and the raw option of `sync`, as a user gives them."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from tests.cli.test_export_command import invoke
from tests.sinks.test_migrations import opened, second_version


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/shop.db"


def test_an_older_database_is_refused_with_the_command_that_brings_it_up_to_date_and_read_after_it(url: str) -> None:
    asyncio.run(opened(url, second_version))
    code, _, err = invoke("status", "--into", url)
    assert (code, err.count("\n")) == (4, 1)
    assert f"commerce-async upgrade --into {url}" in err
    code, out, err = invoke("upgrade", "--into", url)
    assert (code, err) == (0, "")
    assert "from revision 0002 to " in out
    code, out, _ = invoke("status", "--into", url, "--json")
    assert [(stream["rows"], stream["due"]) for stream in json.loads(out)["streams"]] == [(1, "full")]
    assert "nothing to do" in invoke("upgrade", "--into", url)[1]
    found = json.loads(invoke("upgrade", "--into", url, "--json")[1])
    assert found["before"] == found["now"]


def test_a_database_that_is_not_there_is_not_made(url: str, tmp_path: Path) -> None:
    code, _, err = invoke("upgrade", "--into", url)
    assert (code, "there is no such database" in err) == (4, True)
    assert list(tmp_path.iterdir()) == []


def test_a_way_to_keep_raw_json_that_there_is_not_is_refused_in_one_line(url: str, tmp_path: Path) -> None:
    code, _, err = invoke("sync", "--demo", "--into", url, "--raw", "zip")
    assert (code, err) == (2, "Error: raw: expected on, compressed or off, got 'zip'\n")
    assert list(tmp_path.iterdir()) == []
