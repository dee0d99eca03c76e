"""Exporting rows: nothing is lost on the way into a file, and no half file has its name."""

from __future__ import annotations

import asyncio
import csv
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import anyio
import msgspec
import pyarrow.csv
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commerce_async.errors import ConfigError, SinkError, UsageError
from commerce_async.schema import (
    Address,
    Category,
    Customer,
    Image,
    Order,
    OrderLine,
    OrderStatus,
    Payment,
    Price,
    Product,
    ProductKind,
    Stock,
    Subscription,
    Text,
    Variant,
)
from commerce_async.sinks import Checkpoint, Sink
from commerce_async.sync.exporting import export
from commerce_async.sync.exporting.stored import StoredProduct
from tests.sync.fake import WHEN, order, product

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 3, 2, 8, 30, 0, 123456, tzinfo=UTC)
DONE = Checkpoint(token=None, state="complete", started_at=NOW)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/shop.db"


async def stored(url: str, *records: Product | Order, **options: Any) -> None:
    async with Sink(url, **options) as sink:
        for store in {record.store for record in records}:
            for kind, stream in ((Product, "products"), (Order, "orders")):
                page = [record for record in records if isinstance(record, kind) and record.store == store]
                await sink.write(store, stream, page, checkpoint=DONE, now=NOW)


# What a vendor may say: any text but what databases refuse (NUL, lone surrogates), any amount that the schema takes.
words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
ids = words.filter(bool)
maybe = st.none() | words
amounts = st.decimals(-(10**18) + 1, 10**18 - 1, places=4) | st.sampled_from(
    [Decimal(text) for text in ("0.10", "9.90", "-0.00000000000000000001", "999999999999999999.99999999999999999999")]
)
times = st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))
raws = words.map(lambda text: msgspec.json.encode({"text": text})) | st.binary(max_size=8)
prices = st.builds(
    Price,
    currency=st.sampled_from(["EUR", "USD"]),
    amount=amounts,
    country=maybe,
    group=maybe,
    starts=st.none() | times,
)
products = st.builds(
    Product,
    store=st.sampled_from(["eu", "us"]),
    vendor=st.just("fake"),
    id=ids,
    raw=raws,
    sku=maybe,
    name=maybe,
    texts=st.dictionaries(words, st.builds(Text, name=maybe, summary=maybe), max_size=2),
    kind=st.sampled_from(ProductKind),
    parent_id=maybe,
    prices=st.lists(prices, max_size=12).map(tuple),
    subscription=st.none() | st.builds(Subscription, interval=words, interval_length=st.none() | st.integers(0, 9)),
    stock=st.none()
    | st.builds(
        Stock,
        tracked=st.booleans(),
        on_hand=st.none() | st.integers(-5, 2**40),
        on_order=st.none() | st.integers(0, 9),
        backorder=st.none() | st.booleans(),
    ),
    variants=st.lists(
        st.builds(Variant, id=words, kind=st.just("item"), price_change=st.none() | amounts), max_size=2
    ).map(tuple),
    images=st.lists(st.builds(Image, url=words, text=maybe), max_size=2).map(tuple),
    attributes=st.dictionaries(words, words, max_size=2),
    categories=st.lists(st.builds(Category, id=words, name=maybe), max_size=2).map(tuple),
    tax_code=maybe,
    created_at=st.none() | times,
    updated_at=st.none() | times,
)
lines = st.builds(
    OrderLine, id=st.just(""), product_id=maybe, quantity=st.integers(-3, 10**9), unit_price=st.none() | amounts,
    options=st.lists(words, max_size=2).map(tuple), attributes=st.dictionaries(words, words, max_size=2),
)  # fmt: skip
orders = st.builds(
    Order,
    store=st.just("eu"),
    vendor=st.just("fake"),
    id=ids,
    raw=raws,
    reference=maybe,
    status=st.sampled_from(OrderStatus),
    live=st.none() | st.booleans(),
    currency=st.just("EUR"),
    total=amounts,
    tax=st.none() | amounts,
    customer=st.none()
    | st.builds(Customer, email=words, first_name=maybe, last_name=maybe, company=maybe, phone=maybe),
    billing_address=st.none() | st.builds(Address, city=maybe),
    lines=st.lists(lines, max_size=12).map(
        lambda found: tuple(msgspec.structs.replace(line, id=str(number)) for number, line in enumerate(found))
    ),
    payments=st.lists(st.builds(Payment, amount=st.none() | amounts, paid_at=st.none() | times), max_size=2).map(tuple),
    coupons=st.lists(words, max_size=2).map(tuple),
    tags=st.dictionaries(words, words, max_size=2),
    placed_at=st.none() | times,
    updated_at=st.none() | times,
)


def by_key(records: list[Any]) -> list[Any]:
    return sorted(records, key=lambda record: (record.store, record.id))


def unique(records: list[Any]) -> list[Any]:
    return list({(record.store, record.id): record for record in records}.values())


def read_jsonl(path: Path, kind: type[Any]) -> list[Any]:
    return [msgspec.json.decode(line, type=kind) for line in path.read_bytes().split(b"\n") if line]


def read_csv(path: Path) -> list[dict[str, Any]]:
    """By a reader that is not ours, and that tells nothing from empty text."""
    table = pyarrow.csv.read_csv(
        path,
        parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys(pyarrow.csv.read_csv(path).column_names, "string"),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )
    return table.to_pylist()


@settings(max_examples=10)
@given(found=st.lists(products, min_size=1, max_size=6).map(unique))
def test_products_come_back_from_every_format_as_they_were(
    found: list[Product], tmp_path_factory: pytest.TempPathFactory
) -> None:
    asyncio.run(_round_trip(found, "products", tmp_path_factory.mktemp("export")))


@settings(max_examples=10)
@given(found=st.lists(orders, min_size=1, max_size=6).map(unique))
def test_orders_come_back_from_every_format_as_they_were(
    found: list[Order], tmp_path_factory: pytest.TempPathFactory
) -> None:
    asyncio.run(_round_trip(found, "orders", tmp_path_factory.mktemp("export")))


async def _round_trip(found: list[Any], stream: str, folder: Path) -> None:
    url = f"sqlite:///{folder}/shop.db"
    await stored(url, *found)
    expected = by_key(found)
    for format in ("jsonl", "csv", "parquet"):
        done = await export(url, folder / f"a.{format}", stream=stream)
        assert done.records == len(found)
        assert done.size == (folder / f"a.{format}").stat().st_size
    assert read_jsonl(folder / "a.jsonl", type(found[0])) == expected
    of_parquet = pyarrow.parquet.read_table(folder / "a.parquet").to_pylist()
    assert [_columns(row) for row in of_parquet] == [_expected(record) for record in expected]
    of_csv = read_csv(folder / "a.csv")
    assert [_columns(_typed(row)) for row in of_csv] == [_expected(record) for record in expected]


_SAME = ("store", "id", "vendor", "sku", "name", "kind", "parent_id", "tax_code", "reference", "status", "currency")
_AMOUNTS = ("total", "tax")
_TIMES = ("created_at", "updated_at", "placed_at")
_NESTED: dict[str, Any] = {
    "texts": dict[str, Text], "variants": tuple[Variant, ...], "images": tuple[Image, ...], "prices": tuple[Price, ...],
    "attributes": dict[str, str], "categories": tuple[Category, ...], "lines": tuple[OrderLine, ...],
    "payments": tuple[Payment, ...], "coupons": tuple[str, ...], "tags": dict[str, str], "billing_address": Address,
}  # fmt: skip


def _columns(row: dict[str, Any]) -> dict[str, Any]:
    kept = {name: row[name] for name in (*_SAME, *_AMOUNTS, *_TIMES, "raw") if name in row}
    for name in _NESTED.keys() & row.keys():
        kept[name] = msgspec.json.decode(row[name], type=_NESTED[name]) if row[name] is not None else None
    return kept


def _typed(row: dict[str, Any]) -> dict[str, Any]:
    from base64 import b64decode

    raw = row["raw"]
    row["raw"] = b64decode(raw.removeprefix("base64:")) if raw.startswith("base64:") else raw.encode()
    for names, convert in ((_AMOUNTS, Decimal), (_TIMES, datetime.fromisoformat)):
        row.update({name: convert(row[name]) for name in names if row.get(name) is not None})
    return row


def _expected(record: Any) -> dict[str, Any]:
    fields = {name: getattr(record, name) for name in record.__struct_fields__}
    if isinstance(record, Order):
        fields["created_at"] = record.placed_at
    kept = {name: fields[name] for name in (*_SAME, *_AMOUNTS, *_TIMES, "raw") if name in fields}
    return kept | {name: fields[name] or None for name in _NESTED.keys() & fields.keys()}


async def test_rows_are_by_store_and_id_whatever_the_size_of_a_portion(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [product(f"p{number}", store=store) for store in ("us", "eu") for number in range(25)]
    await stored(url, *found)
    monkeypatch.setattr("commerce_async.sync.exporting._PORTION", 7)
    told: list[int] = []
    done = await export(url, tmp_path / "a.jsonl", on_progress=told.append)
    back = read_jsonl(tmp_path / "a.jsonl", Product)
    assert back == by_key(found)
    assert done.records == told[-1] == 50
    assert told[:4] == [7, 14, 21, 25]


async def test_only_the_named_stores_and_unknown_ones_are_refused(url: str, tmp_path: Path) -> None:
    await stored(url, product("a", store="eu"), product("b", store="us"))
    await export(url, tmp_path / "a.jsonl", stores=["us"])
    assert [item.id for item in read_jsonl(tmp_path / "a.jsonl", Product)] == ["b"]
    with pytest.raises(UsageError, match="no store 'uk'; there are: eu, us"):
        await export(url, tmp_path / "b.jsonl", stores=["uk"])
    assert not (tmp_path / "b.jsonl").exists()


async def test_gone_rows_are_left_out_unless_asked_for_and_then_say_since_when(url: str, tmp_path: Path) -> None:
    await stored(url, product("a"), product("b"))
    async with Sink(url) as sink:
        await sink.transaction(
            lambda c: c.exec_driver_sql("UPDATE products SET gone_at = '2026-03-03T00:00:00.000000Z' WHERE id = 'b'")
        )
    assert (await export(url, tmp_path / "a.jsonl")).records == 1
    assert (await export(url, tmp_path / "b.jsonl", gone=True)).records == 2
    back = read_jsonl(tmp_path / "b.jsonl", StoredProduct)
    assert [item.gone_at for item in back] == [None, datetime(2026, 3, 3, tzinfo=UTC)]
    assert back[0].first_seen_at == back[0].changed_at == NOW


@pytest.mark.parametrize("mode", ["on", "compressed", "off"])
async def test_raw_json_is_as_the_vendor_gave_it_however_it_is_kept(url: str, tmp_path: Path, mode: str) -> None:
    item = msgspec.structs.replace(product("a"), raw=b'{\n "id": "a", "text": "%s"}' % (b"long " * 200))
    await stored(url, item, raw=mode)
    for format in ("jsonl", "csv", "parquet"):
        await export(url, tmp_path / f"a.{format}")
    expected = b"" if mode == "off" else item.raw
    assert read_jsonl(tmp_path / "a.jsonl", Product)[0].raw == expected
    assert pyarrow.parquet.read_table(tmp_path / "a.parquet")["raw"].to_pylist() == [expected]
    assert read_csv(tmp_path / "a.csv")[0]["raw"] == expected.decode()


async def test_without_raw_it_is_in_no_file(url: str, tmp_path: Path) -> None:
    await stored(url, msgspec.structs.replace(product("a"), raw=b'{"marker": 1}'))
    for format in ("jsonl", "csv", "parquet"):
        await export(url, tmp_path / f"a.{format}", raw=False)
    assert read_jsonl(tmp_path / "a.jsonl", Product)[0].raw == b""
    assert "raw" not in pyarrow.parquet.read_schema(tmp_path / "a.parquet").names
    assert b"marker" not in (tmp_path / "a.csv").read_bytes()


async def test_amounts_are_numbers_of_every_digit_in_jsonl_and_text_of_every_digit_in_csv(
    url: str, tmp_path: Path
) -> None:
    await stored(url, order("1", total="123456789012345678.10"))
    await export(url, tmp_path / "a.jsonl", stream="orders")
    await export(url, tmp_path / "a.csv", stream="orders")
    assert b'"total":123456789012345678.10,' in (tmp_path / "a.jsonl").read_bytes()
    assert ",123456789012345678.10," in (tmp_path / "a.csv").read_text()


async def test_an_amount_that_parquet_cannot_hold_names_its_record_and_leaves_no_file(url: str, tmp_path: Path) -> None:
    await stored(url, order("1"), order("2", total="0.123456789012345678901"))
    with pytest.raises(SinkError, match=r"orders eu/2: total does not fit into Parquet exactly; export to \.jsonl"):
        await export(url, tmp_path / "a.parquet", stream="orders")
    assert sorted(path.name for path in tmp_path.iterdir() if "a.parquet" in path.name) == []


FORMULAS = ["=HYPERLINK(1)", "+1", "-1+2", "@SUM(A1)", "\t=1", "\r=1", "＝1"]


@pytest.mark.parametrize("text", FORMULAS)
async def test_for_a_spreadsheet_no_text_begins_like_a_formula_and_else_all_text_is_exact(
    url: str, tmp_path: Path, text: str
) -> None:
    await stored(url, product("a", name=text), order("1", total="-3.50"))
    await export(url, tmp_path / "safe.csv", spreadsheet=True)
    await export(url, tmp_path / "exact.csv")
    await export(url, tmp_path / "orders.csv", stream="orders", spreadsheet=True)
    assert (tmp_path / "safe.csv").read_bytes().startswith(b"\xef\xbb\xbfstore,")
    assert csv_names(tmp_path / "safe.csv") == ["'" + text]
    assert csv_names(tmp_path / "exact.csv") == [text]
    assert ",-3.50," in (tmp_path / "orders.csv").read_text()


def csv_names(path: Path) -> list[str]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        return [row["name"] for row in csv.DictReader(file)]


async def test_an_export_that_fails_leaves_the_file_of_before_and_nothing_beside(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await stored(url, *(product(f"p{number}") for number in range(20)))
    monkeypatch.setattr("commerce_async.sync.exporting._PORTION", 5)
    for format in ("jsonl", "csv", "parquet"):
        path = tmp_path / f"a.{format}"
        path.write_text("of before")

        def stop(records: int) -> None:
            if records == 10:
                raise RuntimeError("stop")

        with pytest.raises(RuntimeError, match="stop"):
            await export(url, path, on_progress=stop)
        assert path.read_text() == "of before"
    assert not list(tmp_path.glob(".*.part"))


async def test_cancelled_it_leaves_nothing(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await stored(url, *(product(f"p{number}") for number in range(20)))
    monkeypatch.setattr("commerce_async.sync.exporting._PORTION", 5)
    with anyio.CancelScope() as scope:
        await export(url, tmp_path / "a.jsonl", on_progress=lambda _: scope.cancel())
    assert scope.cancelled_caught
    assert [path.name for path in tmp_path.iterdir() if "jsonl" in path.name] == []


KILLED = """
import asyncio, os, signal, sys
from commerce_async.sync import exporting
exporting._PORTION = 5
def kill(records):
    if records == 10:
        os.kill(os.getpid(), signal.SIGKILL)
asyncio.run(exporting.export(sys.argv[1], sys.argv[2], on_progress=kill))
"""


async def test_killed_it_leaves_no_file_of_that_name(url: str, tmp_path: Path) -> None:
    await stored(url, *(product(f"p{number}") for number in range(20)))
    to = tmp_path / "a.jsonl"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", KILLED, url, str(to))
    assert await asyncio.wait_for(process.wait(), 30) == -9
    assert not to.exists()
    assert (await export(url, to)).records == 20


async def test_a_disk_that_is_full_is_one_line_and_no_file(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await stored(url, product("a"))

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SinkError, match=r"a\.csv: No space left on device; the export is not complete"):
        await export(url, tmp_path / "a.csv")
    assert [path.name for path in tmp_path.iterdir() if "csv" in path.name] == []


async def test_a_link_stays_and_the_file_behind_it_is_replaced(url: str, tmp_path: Path) -> None:
    await stored(url, product("a"))
    (tmp_path / "real.jsonl").write_text("of before")
    (tmp_path / "link.jsonl").symlink_to("real.jsonl")
    await export(url, tmp_path / "link.jsonl")
    assert (tmp_path / "link.jsonl").is_symlink()
    assert len(read_jsonl(tmp_path / "real.jsonl", Product)) == 1


async def test_a_stream_without_rows_is_a_whole_file_without_records(url: str, tmp_path: Path) -> None:
    await stored(url, product("a"))
    for format in ("jsonl", "csv", "parquet"):
        assert (await export(url, tmp_path / f"a.{format}", stream="orders")).records == 0
    assert (tmp_path / "a.jsonl").read_bytes() == b""
    assert (tmp_path / "a.csv").read_text().startswith("store,id,")
    assert pyarrow.parquet.read_table(tmp_path / "a.parquet").num_rows == 0


async def test_it_reads_while_another_holds_the_lock_and_changes_nothing(url: str, tmp_path: Path) -> None:
    await stored(url, product("a"))
    async with Sink(url) as sink, sink.lock("sync"):
        assert (await export(url, tmp_path / "a.jsonl")).records == 1
        assert (await export(sink, tmp_path / "b.jsonl")).records == 1


Wrong = Callable[[str, Path], Any]
WRONG: dict[str, tuple[Wrong, type[Exception], str]] = {
    "an unknown ending": (lambda u, t: export(u, t / "a.xls"), UsageError, "a name that ends with .jsonl, .csv or"),
    "an unknown format": (lambda u, t: export(u, t / "a", format="xml"), UsageError, "unknown format 'xml'"),
    "an unknown stream": (lambda u, t: export(u, t / "a.csv", stream="x"), UsageError, "there are: products, orders"),
    "no such folder": (lambda u, t: export(u, t / "no" / "a.csv"), UsageError, "No such file or directory"),
    "a folder": (lambda u, t: export(u, t, format="csv"), UsageError, "that is not a file"),
    "no database": (lambda u, t: export(f"sqlite:///{t}/no.db", t / "a.csv"), ConfigError, "no such database"),
    "spreadsheet": (lambda u, t: export(u, t / "a.jsonl", spreadsheet=True), UsageError, "only for CSV"),
}


@pytest.mark.parametrize("wrong", WRONG)
async def test_what_cannot_be_done_is_refused_in_one_line(url: str, tmp_path: Path, wrong: str) -> None:
    await stored(url, product("a"))
    before = sorted(path.name for path in tmp_path.iterdir())
    ask, kind, message = WRONG[wrong]
    with pytest.raises(kind) as caught:
        await ask(url, tmp_path)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == before


async def test_parquet_without_pyarrow_says_what_to_install(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await stored(url, product("a"))
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ConfigError, match=r"pip install 'commerce-async\[parquet\]'"):
        await export(url, tmp_path / "a.parquet")
    assert not list(tmp_path.glob("*parquet*"))


async def test_postgresql_exports_the_same_file_as_sqlite(url: str, postgres: str, tmp_path: Path) -> None:
    found = [product("a"), product("B", price="1.50"), product("ä"), order("1"), order("2", at=WHEN + timedelta(1))]
    files: list[bytes] = []
    for number, into in enumerate((url, postgres)):
        await stored(into, *found)
        for stream in ("products", "orders"):
            path = tmp_path / f"{number}{stream}.jsonl"
            await export(into, path, stream=stream)
            files.append(b"\n".join(sorted(path.read_bytes().split(b"\n"))))
    assert files[:2] == files[2:]
