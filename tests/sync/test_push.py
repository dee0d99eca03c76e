"""Products from files and databases into a store."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce_async.errors import ConfigError, UsageError
from commerce_async.schema import Price, Product, Stock, Text
from commerce_async.sinks import Checkpoint, Sink
from commerce_async.sync.exporting import export
from commerce_async.sync.feeds import csv_lines, json_lines
from commerce_async.sync.journal import MemoryJournal, SinkJournal
from commerce_async.sync.planning import plan
from commerce_async.sync.pushing import push
from tests.sync.shop import Shop, product

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def only(line: bytes) -> Product:
    (found,) = json_lines([line], name="f.jsonl")
    assert found.product is not None, found.reason
    return found.product


def row(header: str, cells: str) -> Product:
    (found,) = csv_lines([header + "\n", cells + "\n"], name="f.csv")
    assert found.product is not None, found.reason
    return found.product


async def test_a_file_of_json_lines_creates_and_updates_and_deletes_nothing(tmp_path: Path) -> None:
    us = Shop("us", [product("1", sku="A"), product("2", sku="Z")])
    path = tmp_path / "products.jsonl"
    path.write_text(
        '{"sku": "A", "name": "Cup", "prices": [{"currency": "EUR", "amount": 9.90}]}\n'
        "\n"
        '{"sku": "B", "name": "Jug", "prices": [{"currency": "EUR", "amount": "0.10"}]}\n'
    )
    done = await push(path, us)
    assert done.complete
    assert Counter(action for action, _, _ in us.written) == {"update": 1, "create": 1}
    assert us.content == [
        ("A", "Cup", (Price(currency="EUR", amount=Decimal("9.90")),)),
        ("B", "Jug", (Price(currency="EUR", amount=Decimal("0.10")),)),
        ("Z", "Mug", (Price(currency="EUR", amount=Decimal("9.90")),)),
    ]
    assert done.plan.notes == []
    assert (await push(path, us, dry_run=True)).plan.empty


async def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    us = Shop("us")
    path = tmp_path / "products.csv"
    path.write_text("sku,name,price.EUR\nA,Cup,9.90\n")
    done = await push(path, us, dry_run=True)
    assert done.plan.counts["create"] == 1
    assert (done.applied, us.written) == (None, [])


async def test_a_bad_line_is_reported_with_its_number_and_loses_nothing_else(tmp_path: Path) -> None:
    us = Shop("us")
    path = tmp_path / "products.jsonl"
    lines = [
        '{"sku": "A", "name": "Cup"}', '{"sku": "B", "name": ', '[1]', '{"sku": 5}', '{"sku": "C", "pirces": []}',
        '{"sku": "D", "prices": [{"currency": "EUR", "amount": "NaN"}]}',
        '{"sku": "E", "prices": [{"currency": "eur", "amount": 1}]}',
        '{"sku": "F", "prices": [{"currency": "EUR", "amount": -1}]}',
        '{"sku": "A", "name": "Again"}', '{"sku": "G", "prices": [{"currency": "EUR", "amount": 1, "knid": "sale"}]}',
        '{"sku": "H", "gone_at": "2026-01-01T00:00:00Z"}', '{"sku": "Z", "name": "Jug"}', "[" * 100_000,
    ]  # fmt: skip
    path.write_text("\n".join(lines))
    done = await push(path, us)
    assert sorted(each.sku or "" for each in us.held.values()) == ["A", "Z"]
    reasons = {bad.line: bad.reason for bad in done.bad}
    assert list(reasons) == [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13]
    assert reasons[3] == "expected an object"
    assert reasons[4] == "sku: expected `str | null`, got `int`"
    assert reasons[5] == "unknown member pirces"
    assert reasons[6] == "prices[0].amount: expected a decimal number below 10^18"
    assert reasons[7] == "prices[0].currency: a code is written in capitals"
    assert reasons[9] == "A is in line 1 already"
    assert reasons[10] == "unknown member prices[0].knid"
    assert reasons[11] == "it is marked gone"
    assert not done.complete


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        ("sku,name,price.EUR\nA,Cup,9.9\nB,Jug,nine\nC,Pot\nD,Pan,1,2\n", {3: "price.EUR", 4: "2 cells", 5: "4 cells"}),
        ('sku,description\nA,"two\nlines"\nB,"open\n', {4: "unexpected end of data"}),
        ("sku,stock\nA,1.5\nB,2\n", {2: "stock: expected a whole number, got '1.5'"}),
        (b"\xef\xbb\xbfsku,name\nA,Caf\xe9\nB,Caf\xc3\xa9\n", {2: "is not UTF-8: save the file as that"}),
    ],
)  # fmt: skip
async def test_a_bad_row_of_a_csv_file_is_reported_with_its_number(
    tmp_path: Path, content: str | bytes, lines: dict[int, str]
) -> None:
    path = tmp_path / "products.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    done = await push(path, Shop("us"), dry_run=True)
    assert [bad.line for bad in done.bad] == list(lines)
    for bad in done.bad:
        assert lines[bad.line] in bad.reason
    assert done.plan.source.read >= 1


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", "sku,colour\nA,red\n", "a.csv: line 1: column 'colour': there is no such column; there are: store"),
        ("a.csv", "sku,sku\nA,B\n", "a.csv: line 1: the column 'sku' is there twice"),
        ("a.csv", "", "a.csv: line 1: expected the names of the columns"),
        ("a.csv", "sku,price.EURO\n", "column 'price.EURO': expected a three-letter currency code"),
        ("a.csv", "sku;price.EUR\nA;9,90\n", "a.csv: line 1: the columns stand between semicolons; expected commas"),
        ("a.csv", "sku,name\n".encode("utf-16"), "a.csv: line 1: "),
        ("a.csv", b"sku,caf\xe9\n", "a.csv: line 1: is not UTF-8"),
        (
            "a.xlsx",
            "x",
            "expected a file that ends with .jsonl or .csv, or a database: sqlite:///FILE or postgresql://…",
        ),
        ("none.jsonl", None, "none.jsonl: No such file or directory"),
    ],
)
async def test_a_file_that_cannot_be_read_at_all_is_refused_in_one_line(
    tmp_path: Path, name: str, content: str | bytes | None, words: str
) -> None:
    us = Shop("us")
    if content is not None:
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UsageError) as caught:
        await push(tmp_path / name, us)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert us.steps == []


async def test_a_folder_and_another_kind_of_database_are_refused_without_their_secrets(tmp_path: Path) -> None:
    (tmp_path / "a.csv").mkdir()
    with pytest.raises(UsageError, match=r"a\.csv: Is a directory"):
        await push(tmp_path / "a.csv", Shop("us"))
    with pytest.raises(UsageError) as caught:
        await push("mysql://user:secret@db/shop", Shop("us"))
    assert str(caught.value).startswith("mysql://…: expected a file that ends with")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("content", ["", "\n\n"])
async def test_no_products_are_said_to_be_none(tmp_path: Path, content: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(content)
    done = await push(path, Shop("us"))
    assert (done.plan.empty, done.plan.notes, done.complete) == (True, ["a.jsonl has no products."], True)


async def test_products_of_a_postgresql_are_pushed_and_kept_in_its_id_map(postgres: str) -> None:
    us = Shop("us", [product("1", sku="SKU-b")])
    async with Sink(postgres) as sink:
        await stored(sink, "eu", [product("a"), product("b", name="Cup")])
        done = await push(postgres, us, journal=sink)
        assert done.complete
        assert sorted(us.written) == [("create", "SKU-a", "1001"), ("update", "SKU-b", "1")]
        assert await SinkJournal(sink).id_map("eu", "us") == {"a": "1001", "b": "1"}


def test_a_row_says_everything_that_a_column_can() -> None:
    found = row(
        "sku,name,description,texts.de.name,price.EUR,price.EUR.list,stock,image,attributes.size,kind",
        "A,Cup,Fine,Tasse,9.90,12,3,https://x/a.png,L,physical",
    )
    assert found.texts == {"": Text(description="Fine"), "de": Text(name="Tasse")}
    assert [(each.kind, each.amount) for each in found.prices] == [("regular", Decimal("9.90")), ("list", Decimal(12))]
    assert found.stock == Stock(tracked=True, on_hand=3)
    assert (found.images[0].url, found.attributes, found.id, found.store) == (
        "https://x/a.png", {"size": "L"}, "A", "f.csv",
    )  # fmt: skip


def test_an_empty_cell_is_not_told() -> None:
    found = row("sku,name,stock,price.EUR", "A,,,")
    assert (found.name, found.stock, found.prices) == (None, None, ())


def test_a_line_without_an_id_goes_by_its_sku_else_by_its_number() -> None:
    assert only(b'{"sku": "A"}').id == "A"
    assert only(b'{"name": "Cup"}').id == "line 1"


@given(st.text(max_size=60))
def test_no_line_of_any_text_raises(text: str) -> None:
    for line in (*json_lines([text.encode(errors="replace")], name="f"), *csv_lines(["sku,name\n", text], name="f")):
        assert (line.product is None) != (line.reason is None)
        assert "\n" not in (line.reason or "")


# -- from a database --------------------------------------------------------------------------------------------------


async def stored(sink: Sink, store: str, items: list[Product]) -> None:
    done = Checkpoint(token=None, state="complete", started_at=NOW)
    records = [msgspec.structs.replace(item, store=store) for item in items]
    await sink.write(store, "products", records, checkpoint=done, now=NOW)


async def test_a_database_s_products_are_pushed_and_its_id_map_knows_those_that_were_renamed(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/shop.db"
    us = Shop("us")
    async with Sink(url) as sink:
        await stored(sink, "eu", [product(f"{n:04}") for n in range(600)])
        assert (await push(sink, us, journal=sink)).complete
        assert len(us.written) == 600
        assert len(await SinkJournal(sink).id_map("eu", "us")) == 600
        await stored(sink, "eu", [product("0007", sku="RENAMED")])
        found = await push(sink, us, journal=sink, dry_run=True)
    assert {name: number for name, number in found.plan.counts.items() if number} == {"update": 1, "unchanged": 599}
    assert (await push(url, us, dry_run=True)).plan.source.name == "eu"


async def test_of_a_database_with_several_stores_one_has_to_be_named(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/shop.db"
    async with Sink(url) as sink:
        await stored(sink, "eu", [product("a")])
        await stored(sink, "uk", [product("b")])
    with pytest.raises(UsageError, match="has products of eu, uk; say of which"):
        await push(url, Shop("us"))
    with pytest.raises(UsageError, match="no products of fr; there are: eu, uk"):
        await push(url, Shop("us"), store="fr")
    assert (await push(url, Shop("us"), store="uk", dry_run=True)).plan.items[0].key == "SKU-b"
    with pytest.raises(ConfigError):
        await push(f"sqlite:///{tmp_path}/none.db", Shop("us"))


@pytest.mark.parametrize("name", ["products.jsonl", "products.csv"])
async def test_an_export_that_is_pushed_back_unedited_changes_nothing(tmp_path: Path, name: str) -> None:
    us = Shop(
        "us", [product(f"{n}", stock=Stock(tracked=True, on_hand=n), texts={"en": Text(name="Mug")}) for n in range(9)]
    )
    async with Sink(f"sqlite:///{tmp_path}/shop.db") as sink:
        await stored(sink, "us", list(us.held.values()))
        await export(sink, tmp_path / name)
    done = await push(tmp_path / name, us)
    assert done.complete, (done.bad, done.plan.items)
    assert done.plan.counts["unchanged"] == 9
    assert us.written == []


async def test_an_export_whose_skus_were_edited_renames_the_products_of_its_own_store(tmp_path: Path) -> None:
    us = Shop("us", [product("1"), product("2")])
    async with Sink(f"sqlite:///{tmp_path}/shop.db") as sink:
        await stored(sink, "us", list(us.held.values()))
        await export(sink, tmp_path / "p.jsonl")
    text = (tmp_path / "p.jsonl").read_text()
    (tmp_path / "p.jsonl").write_text(text.replace("SKU-1", "NEW"))
    await push(tmp_path / "p.jsonl", us)
    assert us.written == [("update", "NEW", "1")]


async def test_products_in_hand_are_pushed_as_they_are() -> None:
    us, journal = Shop("us"), MemoryJournal()
    items = [product("a"), product("b")]
    assert (await push(items, us, journal=journal)).complete
    assert (await plan(Shop("eu", items), us, id_map=journal)).empty
