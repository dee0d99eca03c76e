"""plan, mirror and push as a user runs them: their output and exit codes, and that no secret is in either."""

from __future__ import annotations

import json
import os
import pty
import re
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from commerce_async.cli import mirror, plan, push
from commerce_async.cli.app import app
from commerce_async.cli.plan import Comparison
from commerce_async.config import LiteralSecretWarning
from commerce_async.errors import LockedError, UsageError
from commerce_async.sinks import Sink
from tests.cli.test_commands import EASY, FAST
from tests.e2e.world import World, world

pytestmark = [
    pytest.mark.anyio,
    # The configuration is the test's own.
    pytest.mark.filterwarnings(f"ignore::{LiteralSecretWarning.__module__}.{LiteralSecretWarning.__name__}"),
]


@asynccontextmanager
async def shops(folder: Path, products: int = 8) -> AsyncGenerator[World]:
    size = {"products": products, "orders": 0}
    async with world(folder, eu={**EASY["eu"], **size}, us={**EASY["us"], **size}, options=FAST) as place:
        category = place.us.table("categories").ids()[0]
        with place.config.open("a") as file:
            file.write(f'\ndefault_category_id = {category}\ndigital_type = "Download"\n')
        yield place


def writes(shop: Any) -> int:
    return sum(count for route, count in shop.ledger.by_route.items() if not route.startswith("GET "))


def mirroring(place: World, **options: Any) -> mirror.Request:
    given: dict[str, Any] = {
        "config": place.config, "source": "eu", "target": "us", "file": None, "wanted": Comparison(),
        "max_deletes": 20, "into": place.into, "yes": True, "json": False,
    }  # fmt: skip
    return mirror.Request(**(given | options))


async def test_a_plan_is_shown_kept_reviewed_and_carried_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    kept = Path("plan.json")
    async with shops(tmp_path) as place:
        asked = plan.Request(config=place.config, source="eu", target="us", wanted=Comparison(), out=kept)
        assert await plan.run_plan(asked) == 0
        out = capsys.readouterr().out
        assert writes(place.us) == writes(place.eu) == 0
        assert "From eu (8 products) to us (8 products), matched by sku:" in out
        created = int(re.findall(r"(\d+) create", out)[0])
        assert re.search(r"^ *create +SKU-\d+", out, re.MULTILINE)
        assert re.search(r"^ *delete +COO-\d+", out, re.MULTILINE)
        assert "us has no place for:" in out
        assert "\x1b" not in out
        assert not (tmp_path / "commerce.db").exists()

        file = (tmp_path / "plan.json").read_text()
        for line in file.splitlines():
            json.loads(line)
        for secret in (place.us.token, place.eu.username, place.eu.password):
            assert secret not in file + out

        code = await mirror.run_mirror(mirroring(place, source=None, target=None, file=kept, into=plan.DATABASE))
        assert code == (0 if created == 8 else 3)
        assert f"us: {created} created, 8 deleted" in capsys.readouterr().out
        assert (tmp_path / "commerce.db").exists()


async def test_a_mirror_in_json_and_again_from_the_same_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with shops(tmp_path) as place:
        file = tmp_path / "plan.json"
        asked = plan.Request(
            config=place.config, source="eu", target="us", wanted=Comparison(), into=place.into, out=file, json=True
        )
        assert await plan.run_plan(asked) == 0
        found = json.loads(capsys.readouterr().out)
        assert len(found["items"]) == sum(found["counts"].values())
        code = await mirror.run_mirror(mirroring(place, file=file, json=True))
        assert code == (3 if found["counts"]["cannot"] else 0)
        report = json.loads(capsys.readouterr().out)
        assert report["applied"]["counts"]["created"] == report["plan"]["counts"]["create"] == found["counts"]["create"]
        done = writes(place.us)
        await mirror.run_mirror(mirroring(place, file=file))
        assert f"({found['counts']['create'] + 8} of them by an earlier run)" in capsys.readouterr().out
        await mirror.run_mirror(mirroring(place))
        assert "us: nothing to write" in capsys.readouterr().out
        assert writes(place.us) == done


async def test_the_same_with_its_log_and_id_map_in_postgresql(
    tmp_path: Path, postgres: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async with shops(tmp_path) as place:
        file = tmp_path / "plan.json"
        asked = plan.Request(
            config=place.config, source="eu", target="us", wanted=Comparison(), into=postgres, out=file
        )
        assert await plan.run_plan(asked) == 0  # nothing is known yet, and nothing is made
        await mirror.run_mirror(mirroring(place, into=postgres))
        done, out = writes(place.us), capsys.readouterr().out
        assert re.search(r"us: \d+ created, 8 deleted", out)
        renamed = place.us.table("products").ids()[-1]
        place.us.table("products").patch(renamed, {"item_number": "RENAMED"})
        assert await plan.run_plan(asked) == 0
        assert re.search(
            r"^ *update +SKU-\d+ +item_number: RENAMED → SKU-\d+ *$", capsys.readouterr().out, re.MULTILINE
        )
        await mirror.run_mirror(mirroring(place, into=postgres, file=file))
        await mirror.run_mirror(mirroring(place, into=postgres, file=file))
        assert "us: 1 updated (1 of them by an earlier run)" in capsys.readouterr().out
        assert writes(place.us) == done + 1
        assert not list(tmp_path.glob("*.db"))


async def test_fields_that_differ_are_shown_old_and_new(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with shops(tmp_path) as place:
        await mirror.run_mirror(mirroring(place))
        capsys.readouterr()
        dear = Comparison(currency=("USD=EUR*2",), fields="prices", deletes=False)
        asked = plan.Request(config=place.config, source="eu", target="us", wanted=dear, into=place.into)
        assert await plan.run_plan(asked) == 0
        out = capsys.readouterr().out
        assert re.search(r"^ *update +SKU-\d+ +price: [\d.]+ → [\d.]+ *$", out, re.MULTILINE)


async def test_without_a_person_to_ask_or_beyond_the_brake_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with shops(tmp_path) as place:
        with Path(os.devnull).open() as nobody:
            monkeypatch.setattr(sys, "stdin", nobody)
            with pytest.raises(UsageError, match="nobody can be asked here"):
                await mirror.run_mirror(mirroring(place, yes=False))
        with pytest.raises(UsageError, match="the plan deletes 8 products of us, and at most 7 may go; nothing was"):
            await mirror.run_mirror(mirroring(place, max_deletes=7))
        with pytest.raises(UsageError, match="give --from and --to, or --plan FILE"):
            await mirror.run_mirror(mirroring(place, source=None))
        assert writes(place.us) == 0


async def test_options_that_contradict_the_plan_are_refused(tmp_path: Path) -> None:
    async with shops(tmp_path) as place:
        file = tmp_path / "plan.json"
        asked = plan.Request(
            config=place.config, source="eu", target="us", wanted=Comparison(), into=place.into, out=file
        )
        await plan.run_plan(asked)
        with pytest.raises(UsageError, match="--from is us, and the plan's is eu"):
            await mirror.run_mirror(mirroring(place, file=file, source="us"))
        with pytest.raises(UsageError, match="are the plan's own; give them to `plan`"):
            await mirror.run_mirror(mirroring(place, file=file, wanted=Comparison(fields="prices")))


async def test_a_mirror_waits_for_nobody_and_writes_nothing_while_another_run_has_the_database(tmp_path: Path) -> None:
    async with shops(tmp_path, 2) as place, Sink(place.into) as sink, sink.lock("sync"):
        with pytest.raises(LockedError, match="in use by sync"):
            await mirror.run_mirror(mirroring(place))
        assert writes(place.us) == 0


@pytest.mark.parametrize(("answer", "code"), [(b"n\n", 8), (b"y\n", 3)])
async def test_a_person_is_asked_and_only_a_yes_writes(
    tmp_path: Path, answer: bytes, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async with shops(tmp_path, 4) as place:
        ours, theirs = pty.openpty()
        with open(theirs) as terminal:  # noqa: PTH123  a terminal, and no file
            monkeypatch.setattr(sys, "stdin", terminal)
            os.write(ours, answer)
            found = await mirror.run_mirror(mirroring(place, yes=False))
        os.close(ours)
        assert "Write this to us? [y/N] " in capsys.readouterr().out
        assert found in ({8} if code == 8 else {0, 3})
        assert (writes(place.us) > 0) is (code != 8)


async def test_a_push_reports_bad_lines_and_writes_the_rest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with shops(tmp_path) as place:
        file = tmp_path / "products.csv"
        file.write_text("sku,name,price.USD,description\nNEW-1,Cup,9.90,A cup\nNEW-2,Jug,nine,\nNEW-3,Pot,12,\n")

        def asked(**options: Any) -> push.Request:
            return push.Request(products=str(file), config=place.config, target="us", into=place.into, **options)

        assert await push.run_push(asked(dry_run=True)) == 3
        out = capsys.readouterr().out
        assert "2 create" in out
        assert "line 3: price.USD: expected a decimal number, got 'nine'" in out
        assert writes(place.us) == 0
        assert not place.database.exists()
        assert await push.run_push(asked()) == 3
        assert "us: 2 created" in capsys.readouterr().out
        assert writes(place.us) == 2
        file.write_text("sku,name,price.USD\nNEW-1,Cup,9.95\nNEW-3,Pot,12\n")
        assert await push.run_push(asked(json=True)) == 0
        assert json.loads(capsys.readouterr().out)["applied"]["counts"]["updated"] == 1
        assert writes(place.us) == 3


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("plan", "--from", "eu", "--to", "eu"), 2, "--from and --to: both are eu"),
        (("plan", "--from", "eu", "--to", "fr"), 4, "no store named 'fr'"),
        (("plan", "--from", "eu", "--to", "us", "--match", "name"), 2, "match: expected sku or id"),
        (("plan", "--from", "eu", "--to", "us", "--fields", "colour"), 2, "fields: unknown colour"),
        (("plan", "--from", "eu", "--to", "us", "--currency", "USD"), 2, "expected a rate such as USD=EUR*1.08"),
        (("mirror", "--plan", "none.json", "--yes"), 2, "none.json: No such file"),
        (("push", "none.csv", "--to", "us"), 2, "none.csv: No such file"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], code: int, words: str
) -> None:
    config = tmp_path / "stores.toml"
    config.write_text(
        '[stores.eu]\nadapter = "fastspring"\nusername = "u"\npassword = "env:X"\nbase_url = "http://127.0.0.1:1"\n'
        '[stores.us]\nadapter = "sparkpay"\ntoken = "env:X"\ncurrency = "USD"\nbase_url = "http://127.0.0.1:1"\n'
    )
    monkeypatch.setenv("X", "hush")
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, [*arguments, "--config", str(config)])
    assert (done.exit_code, done.stdout) == (code, "")
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert "hush" not in done.stderr
