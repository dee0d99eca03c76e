"""What the Tab key offers, by the protocol that the scripts of `--show-completion` speak."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from commerce_async.cli.app import app

TOML = '[stores.eu]\nadapter = "fastspring"\n[stores.us-east]\nadapter = "sparkpay"\n'


def ask(shell: str, line: str) -> str:
    words = line.split(" ")
    asked = {"COMP_WORDS": line.rstrip(), "COMP_CWORD": str(len(words) - 1)} if shell == "bash" else {}
    asked |= {"_TYPER_COMPLETE_ARGS": line, "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    env = {"_COMMERCE_ASYNC_COMPLETE": f"complete_{shell}", **asked}
    return CliRunner().invoke(app, [], prog_name="commerce-async", env=env).output


@pytest.fixture(autouse=True)
def _stores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shops.toml").write_text(TOML)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("commerce-async s", ["sync", "status"]),
        ("commerce-async sync --st", ["--store", "--stream"]),
        ("commerce-async sync --stream p", ["products"]),
        ("commerce-async sync --raw ", ["on", "compressed", "off"]),
        ("commerce-async sync --config shops.toml --store ", ["eu", "us-east"]),
        ("commerce-async plan --config shops.toml --from e", ["eu"]),
        ("commerce-async push --config shops.toml --to us", ["us-east"]),
        ("commerce-async login --config shops.toml --store u", ["us-east"]),
        ("commerce-async login --store ", []),  # there is no stores.toml here
        ("commerce-async sync --config nothing.toml --store ", []),
    ],
)
def test_commands_options_and_the_names_of_stores_are_offered(line: str, words: list[str]) -> None:
    assert ask("bash", line).split() == words
    assert [each.split("\t")[0] for each in ask("fish", line).splitlines() if each] == words
    assert [word for word in words if f'"{word}"' in ask("zsh", line)] == words


@pytest.mark.parametrize("text", ["", "stores = 3", "stores = [1]", "= broken", "\udcff"])
def test_a_file_that_is_wrong_offers_nothing_and_says_nothing(text: str) -> None:
    Path("stores.toml").write_bytes(text.encode(errors="surrogateescape"))
    assert ask("bash", "commerce-async login --store ").strip() == ""
