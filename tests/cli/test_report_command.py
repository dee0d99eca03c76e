"""`report` as a user runs it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from typer.testing import CliRunner

from commerce_async.cli.app import app
from commerce_async.sync import pull
from tests.cli.test_commands import command
from tests.sync.fake import FakeStore, product
from tests.sync.test_html_report import Page


def invoke(*arguments: str) -> tuple[int, str, str]:
    """In this process, which is much quicker."""
    found = CliRunner().invoke(app, arguments)
    return found.exit_code, found.stdout, found.stderr


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    url = f"sqlite:///{tmp_path}/shop.db"
    asyncio.run(pull([FakeStore(products=[[product(f"p{number}") for number in range(5)]])], into=url))
    return url


def test_the_page_is_written_and_one_line_says_what_is_on_it(url: str, tmp_path: Path) -> None:
    code, out, err = invoke("report", "--into", url, "--html", "r.html")
    assert (code, out, err) == (0, "2 streams and 5 changes to r.html\n", "")
    assert len(Page((tmp_path / "r.html").read_text()).rows) == 5


def test_fewer_changes_can_be_listed_and_those_of_another_time(url: str, tmp_path: Path) -> None:
    code, out, _ = invoke("report", "--into", url, "--html", "r.html", "--since", "1h", "--most", "2")
    assert (code, out) == (0, "2 streams and 5 changes to r.html; the newest 2 are listed\n")
    assert len(Page((tmp_path / "r.html").read_text()).rows) == 2


@pytest.mark.anyio
async def test_standard_output_is_the_page(url: str) -> None:
    code, out, err = await command("report", "--into", url, "--html", "-")
    assert (code, err) == (0, "2 streams and 5 changes to standard output\n")
    assert len(Page(out).rows) == 5


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--html", "no/r.html"), 2, "cannot write there"),
        (("--html", "r.html", "--since", "soon"), 2, "since: cannot read 'soon'"),
        (("--html", "r.html", "--into", "sqlite:///no.db"), 4, "there is no such database"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_a_code(
    url: str, arguments: tuple[str, ...], code: int, words: str
) -> None:
    found, out, err = invoke("report", "--into", url, *arguments)
    assert (found, out) == (code, "")
    assert words in err
    assert err.count("\n") == 1
