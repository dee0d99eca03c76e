"""`export` as a user runs it."""

from __future__ import annotations

import asyncio
import csv
import json
import sys
from pathlib import Path

import msgspec
import pytest

from commerce_async.schema import Product
from commerce_async.sync import pull
from tests.cli.test_commands import command, invoke
from tests.sync.fake import FakeStore, order, product


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    url = f"sqlite:///{tmp_path}/shop.db"
    found = [product(f"p{number}", name="=1+1") for number in range(3)]
    asyncio.run(pull([FakeStore(products=[found], orders=[[order("1")]])], into=url))
    return url


def test_each_format_is_one_line_of_output_and_a_file(url: str, tmp_path: Path) -> None:
    for name in ("a.jsonl", "a.csv", "a.parquet"):
        code, out, err = invoke("export", "--from", url, "--to", name)
        assert (code, err) == (0, "")
        assert out.startswith(f"3 products to {name} (")
    code, out, _ = invoke("export", "--from", url, "--to", "o.csv", "--stream", "orders", "--json")
    assert code == 0
    size = (tmp_path / "o.csv").stat().st_size
    assert json.loads(out) == {"to": "o.csv", "stream": "orders", "format": "csv", "records": 1, "size": size}


@pytest.mark.anyio
async def test_standard_output_holds_nothing_but_the_records(url: str) -> None:
    code, out, err = await command("export", "--from", url, "--to", "-", "--no-raw")
    assert code == 0
    assert [msgspec.json.decode(line, type=Product).id for line in out.splitlines()] == ["p0", "p1", "p2"]
    assert err == "3 products to standard output\n"


@pytest.mark.anyio
async def test_a_reader_that_goes_away_is_one_line_and_no_traceback(url: str) -> None:
    process = await asyncio.create_subprocess_shell(
        f"{sys.executable} -m commerce_async export --from {url} --to - | true; exit ${{PIPESTATUS[0]}}",
        executable="/bin/bash",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    _, err = await asyncio.wait_for(process.communicate(), 120)
    assert err.decode() == "Error: standard output was closed before the end\n"
    assert process.returncode == 6


def test_csv_for_a_spreadsheet_is_an_option(url: str, tmp_path: Path) -> None:
    for options, name in (((), "=1+1"), (("--spreadsheet",), "'=1+1")):
        assert (invoke("export", "--from", url, "--to", "a.csv", *options))[0] == 0
        with (tmp_path / "a.csv").open(newline="", encoding="utf-8-sig") as file:
            assert {row["name"] for row in csv.DictReader(file)} == {name}


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--to", "a.xls"), 2, "a name that ends with .jsonl, .csv or .parquet"),
        (("--to", "a.csv", "--store", "uk"), 2, "no store 'uk'; there are: eu"),
        (("--to", "no/a.csv"), 2, "cannot write there: No such file or directory"),
        (("--to", "a.csv", "--from", "sqlite:///no.db"), 4, "there is no such database"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_a_code(
    url: str, arguments: tuple[str, ...], code: int, words: str
) -> None:
    found, out, err = invoke("export", "--from", url, *arguments)
    assert (found, out) == (code, "")
    assert words in err
    assert err.count("\n") == 1
