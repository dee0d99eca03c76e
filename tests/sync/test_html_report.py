"""The HTML page: it tells what the database says, loads nothing, and nothing from a database acts in it."""

from __future__ import annotations

import asyncio
import re
import shutil
import sqlite3
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import msgspec
import pytest

from commerce_async.errors import AuthError, ConfigError, UsageError
from commerce_async.http.client import Client
from commerce_async.http.trace import Event
from commerce_async.limits.steady import SteadyPolicy
from commerce_async.schema import Customer, OrderStatus, Stock, Text, Unreadable, Written
from commerce_async.sinks import Sink
from commerce_async.sync import apply, plan, pull
from commerce_async.sync.html_report import chart, html_report, plan_report
from commerce_async.sync.journal import PLANS
from commerce_async.sync.report import StreamReport
from commerce_async.sync.series import MOST, RecordedReport, Recorder, Series, Slice, merged
from tests.sync.fake import FakeStore, order, product
from tests.sync.shop import Fate, Shop
from tests.sync.shop import product as sold

pytestmark = pytest.mark.anyio

NASTY = "</script></style><img src=x onerror=alert(1)> \"'`&lt; <script>document.title='owned'</script>"
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/shop.db"


class Page(HTMLParser):
    """What a browser would make of it, as far as these tests ask."""

    VOID = frozenset({"meta", "input"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[dict[str, str]] = []  # of the list of changes
        self.figures: dict[tuple[str, str], dict[str, int]] = {}
        self.texts: list[str] = []
        self._open: list[str] = []
        self._cells: list[str] | None = None
        self._card: tuple[str, str] = ("", "")
        self._figure: str | None = None
        self.feed(text)
        self.close()
        assert not self._open, f"left open: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append((tag, found))
        if tag not in self.VOID:
            self._open.append(tag)
        if tag == "tr" and "data-what" in found:
            self._cells = []
        elif tag == "td" and self._cells is not None:
            self._cells.append("")
        elif tag == "article":
            self._card = (found["data-store"] or "", found["data-stream"] or "")
            self.figures[self._card] = {}
        elif tag == "div" and "data-name" in found:
            self._figure = found["data-name"]

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag
        if tag == "tr" and self._cells is not None:
            heads = ("when", "store", "stream", "what", "id", "number", "name")
            self.rows.append(dict(zip(heads, self._cells, strict=True)))
            self._cells = None

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
        if self._cells is not None:
            self._cells[-1] += data
        elif self._figure and self._open[-1] == "dd":
            self.figures[self._card][self._figure] = int(data.replace(",", ""))
            self._figure = None


async def page_of(url: str, tmp_path: Path, **options: Any) -> tuple[str, Page]:
    path = tmp_path / "report.html"
    await html_report(url, path, **options)
    text = path.read_text()
    return text, Page(text)


def ask(url: str, query: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    with connection:
        found = connection.execute(query).fetchall()
    connection.close()
    return found


async def synced(url: str) -> None:
    """Two stores, twice; the second time there are new, changed, gone and unreadable records."""
    before = [product(f"p{number}", name=f"Mug {number}") for number in range(10)]
    await pull([FakeStore(products=[before], orders=[[order("1")]]), FakeStore("us")], into=url)
    bad = Unreadable(id="bad", reason=f"price: {NASTY}", raw=b"{}")
    after = [*before[:3], product("p3", name=NASTY), *before[4:], product("n1"), product("n2"), bad]
    broken = FakeStore("us", products=[AuthError(f"refused: {NASTY}")])
    await pull([FakeStore(products=[after], orders=[[order("1"), order("2")]]), broken], into=url)
    ask(url, "UPDATE products SET gone_at = (SELECT max(started_at) FROM sync_runs) WHERE id = 'p9'")


async def test_the_page_counts_what_the_database_counts(url: str, tmp_path: Path) -> None:
    await synced(url)
    _, page = await page_of(url, tmp_path)
    [(began,)] = ask(url, "SELECT max(started_at) FROM sync_runs")
    for (store, stream), figures in page.figures.items():
        [(text,)] = ask(
            url, f"SELECT report FROM sync_runs WHERE (store, stream, started_at) = ('{store}', '{stream}', '{began}')"
        )
        report = msgspec.json.decode(text)
        assert figures == {name: report[name] for name in figures}
        assert {"read", "new", "changed", "gone", "quarantined", "calls", "throttled"} <= figures.keys()
    assert page.figures.keys() == {(store, stream) for store in ("eu", "us") for stream in ("products", "orders")}
    listed = Counter((row["store"], row["stream"], row["what"]) for row in page.rows)
    new, changed, gone = (
        ask(url, f"SELECT id FROM products WHERE {where}")
        for where in (
            f"first_seen_at >= '{began}'",
            f"changed_at >= '{began}' AND first_seen_at < '{began}'",
            f"gone_at >= '{began}'",
        )
    )
    assert {row["id"] for row in page.rows if row["stream"] == "products" and row["what"] == "new"} == {
        id for (id,) in new
    }
    assert listed == {
        ("eu", "products", "new"): len(new),
        ("eu", "products", "changed"): len(changed),
        ("eu", "products", "gone"): len(gone),
        ("eu", "products", "quarantined"): len(ask(url, "SELECT id FROM quarantine")),
        ("eu", "orders", "new"): 1,
    }
    assert (len(new), len(changed), len(gone)) == (2, 1, 1)
    assert any("3 of 4 streams complete; 6 changes in the last runs." in text for text in page.texts)
    assert any("6 changes in the last runs: 3 new, 1 changed, 1 gone, 1 quarantined." in text for text in page.texts)


async def test_rows_show_id_number_and_name_the_newest_first(url: str, tmp_path: Path) -> None:
    await pull([FakeStore(products=[[product("a")]], orders=[[order("1")]])], into=url)
    _, page = await page_of(url, tmp_path)
    by_id = {row["id"]: row for row in page.rows}
    assert (by_id["a"]["number"], by_id["a"]["name"]) == ("SKU-a", "Mug")
    assert by_id["1"]["name"] == "unknown 19.80 EUR"
    times = [row["when"] for row in page.rows]
    assert times == sorted(times, reverse=True)


async def test_it_loads_nothing_and_lets_nothing_in(url: str, tmp_path: Path) -> None:
    await synced(url)
    text, page = await page_of(url, tmp_path)
    for name, attributes in page.tags:
        assert not attributes.keys() & {"src", "href", "action", "style", "srcset", "data", "background"}
        assert not any(key.startswith("on") for key in attributes)
        assert name not in ("link", "img", "iframe", "object", "base", "a")
    assert not re.search(r"https?:|//[a-z]|url\(|@import", text.replace("sqlite:///", ""), re.IGNORECASE)
    policy = next(found["content"] or "" for tag, found in page.tags if "http-equiv" in found)
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy


async def test_what_a_database_says_is_text_on_the_page_and_nothing_else(url: str, tmp_path: Path) -> None:
    await synced(url)
    text, page = await page_of(url, tmp_path)
    assert next(row for row in page.rows if row["id"] == "p3")["name"] == f"{NASTY}name: Mug 3 → {NASTY}"
    assert next(row for row in page.rows if row["id"] == "bad")["name"] == f"price: {NASTY}"
    assert any(NASTY in found for found in page.texts if found.startswith("Failed: "))
    assert [tag for tag, _ in page.tags].count("script") == 1
    assert text.count("</script") == 1
    assert "onerror=alert(1)>" not in text


async def test_more_changes_than_are_listed_are_counted_and_said_so(url: str, tmp_path: Path) -> None:
    await pull([FakeStore(products=[[product(f"p{number}") for number in range(30)]])], into=url)
    text, page = await page_of(url, tmp_path, most=7)
    assert len(page.rows) == 7
    assert "30 changes in the last runs: 30 new, 0 changed, 0 gone, 0 quarantined. Only the newest 7 are listed" in text


async def test_changes_can_be_those_since_a_time(url: str, tmp_path: Path) -> None:
    await pull([FakeStore(products=[[product("a")]])], into=url)
    began = datetime.now(UTC)
    await pull([FakeStore(products=[[product("a"), product("b")]])], into=url)
    await pull([FakeStore(products=[[product("a"), product("b")]])], into=url)
    _, page = await page_of(url, tmp_path)
    assert page.rows == []
    _, page = await page_of(url, tmp_path, since=began)
    assert [row["id"] for row in page.rows] == ["b"]
    _, page = await page_of(url, tmp_path, since=began - timedelta(hours=1))
    assert {row["id"] for row in page.rows} == {"a", "b"}


async def test_a_run_that_was_cut_off_or_has_no_series_is_shown_without(url: str, tmp_path: Path) -> None:
    await pull([FakeStore(products=[[product("a")]])], into=url)
    ask(url, "UPDATE sync_runs SET state = 'running', report = NULL WHERE stream = 'products'")
    ask(url, """UPDATE sync_runs SET report = '{"other": 1}' WHERE stream = 'orders'""")
    text, _ = await page_of(url, tmp_path)
    assert "running, or cut off" in text
    assert "quota over time" not in text


async def test_nothing_to_tell_is_a_page_as_well(url: str, tmp_path: Path) -> None:
    async with Sink(url):
        pass
    text, _ = await page_of(url, tmp_path)
    assert "no stream has been synced yet" in text


async def test_no_database_and_no_place_to_write_are_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such database"):
        await html_report(url, tmp_path / "a.html")
    await pull([FakeStore()], into=url)
    with pytest.raises(UsageError, match="No such file or directory"):
        await html_report(url, tmp_path / "no" / "a.html")
    with pytest.raises(UsageError, match="needs a timezone"):
        await html_report(url, tmp_path / "a.html", since=datetime(2026, 1, 1))


async def test_postgresql_is_told_of_as_sqlite_is(postgres: str, tmp_path: Path) -> None:
    await pull([FakeStore(products=[[product("a")]], orders=[[order("1")]])], into=postgres)
    _, page = await page_of(postgres, tmp_path)
    assert {(row["stream"], row["what"], row["id"]) for row in page.rows} == {
        ("products", "new", "a"),
        ("orders", "new", "1"),
    }


async def test_changes_are_shown_field_by_field_old_and_new(url: str, tmp_path: Path) -> None:
    before, paid = product("a", price="9.90"), order("1")
    await pull([FakeStore(products=[[before, product("b")]], orders=[[paid]])], into=url)
    after = msgspec.structs.replace(
        product("a", name="Cup", price="12.00"),
        texts={"de": Text(description="x" * 500 + "Tasse")},
        stock=Stock(tracked=True, on_hand=3),
    )
    raw = msgspec.structs.replace(product("b"), raw=b'{"other": 1}')
    customer = Customer(id="c9", email="b@example.com")
    sent = msgspec.structs.replace(paid, total=Decimal("21.00"), status=OrderStatus.COMPLETED, customer=customer)
    await pull([FakeStore(products=[[after, raw]], orders=[[sent]])], into=url)
    text, page = await page_of(url, tmp_path)
    told = {row["id"]: row["name"] for row in page.rows}
    assert told["a"] == (
        "Cupname: Mug → Cupstock: (none) → 3stock_tracked: (none) → true"
        f"texts.de.description: (none) → {'x' * 119}…price.EUR: 9.90 → 12.00price.USD: 10.90 → 13.00"
    )
    assert told["b"] == "Mugonly in the vendor's own JSON"
    assert "status: unknown → completedtotal: 19.80 → 21.00" in told["1"]
    assert "customer_id: not toldemail: not told" in told["1"]
    assert "@example.com" not in text
    again = msgspec.structs.replace(after, texts={"de": Text(description="x" * 500 + "Krug")})
    await pull([FakeStore(products=[[again, *(product(f"n{n}") for n in range(3))]])], into=url)
    _, page = await page_of(url, tmp_path)
    told = {row["id"]: row["name"] for row in page.rows}
    assert told["a"] == f"Cuptexts.de.description: …{'x' * 30}Tasse → …{'x' * 30}Krug"
    assert told["n1"] == "Mug"


async def test_of_a_change_only_so_much_is_kept(url: str, tmp_path: Path) -> None:
    before = msgspec.structs.replace(product("a"), attributes={f"k{n}": "old" * 999 for n in range(99)})
    await pull([FakeStore(products=[[before]])], into=url)
    after = msgspec.structs.replace(before, attributes={f"k{n}": "new" * 999 for n in range(99)})
    await pull([FakeStore(products=[[after]])], into=url)
    [(kept,)] = ask(url, "SELECT changes FROM products")
    assert len(kept) < 6_000
    _, page = await page_of(url, tmp_path)
    assert page.rows[0]["name"].endswith("and 87 more")


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
async def test_what_a_mirror_wrote_is_listed_with_its_fields_and_what_it_did_not_with_the_reason(
    database: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    into = f"sqlite:///{tmp_path}/shop.db" if database == "sqlite" else request.getfixturevalue("postgres")
    eu = Shop("eu", [sold("a", name="Cup", price="12.00"), sold("b"), sold("c")])
    us = Shop("us", [sold("1", sku="SKU-a"), sold("9", sku="OLD", name="Old")])
    found = await plan(eu, us)
    us.held["5"] = sold("5", sku="SKU-c", name="Somebody's")
    async with Sink(into) as sink:
        await apply(found, us, journal=sink)
    text, page = await page_of(into, tmp_path)
    rows = {row["number"]: (row["store"], row["stream"], row["what"], row["id"], row["name"]) for row in page.rows}
    assert rows == {
        "SKU-a": ("us", "writes", "updated", "1", "Cupname: Mug → Cupprices.EUR: 9.90 → 12.00"),
        "SKU-b": ("us", "writes", "created", "1001", "Mug"),
        "SKU-c": ("us", "writes", "not written", "5", "Mugcreate: conflict"),
        "OLD": ("us", "writes", "deleted", "9", "Old"),
    }
    assert "4 changes in the last runs" in text
    eu.held["b"] = sold("b", name="Jug")
    async with Sink(into) as sink:
        await apply(await plan(eu, us, id_map=sink, deletes=False), us, journal=sink)
    _, page = await page_of(into, tmp_path)
    assert {row["number"] for row in page.rows} == {"SKU-b", "SKU-c"}  # of a store's last plan
    _, page = await page_of(into, tmp_path, since=datetime.now(UTC) - timedelta(hours=1))
    assert len(page.rows) == 6


async def test_a_plan_is_a_page_as_well(tmp_path: Path) -> None:
    eu = Shop("eu", [sold("a", name=NASTY, price="12.00"), sold("b", name=""), sold("c"), sold("d")])
    us = Shop("us", [sold("1", sku="SKU-a"), sold("9", sku="OLD"), sold("4", sku="SKU-d")])
    path = tmp_path / "plan.html"
    await plan_report(await plan(eu, us), path)
    page = Page(path.read_text())
    assert [(row["what"], row["number"]) for row in page.rows] == [
        ("create", "SKU-c"), ("update", "SKU-a"), ("delete", "OLD"), ("cannot", "SKU-b"),
    ]  # fmt: skip
    assert page.rows[1]["name"] == f"{NASTY}name: Mug → {NASTY}prices.EUR: 9.90 → 12.00"
    assert page.rows[3]["name"] == "name: must not be empty"
    assert "1 create, 1 update, 1 delete, 1 unchanged, 1 cannot" in page.texts
    await plan_report(await plan(eu, us), path, most=2)
    told = "".join(Page(path.read_text()).texts)
    assert "Only the first 2 are listed; the plan's file has them all." in told


async def test_a_database_keeps_the_writes_of_so_many_plans(url: str) -> None:
    us = Shop("us")
    async with Sink(url) as sink:
        first = await plan(Shop("eu", [sold("open")]), us)
        us.fates["SKU-open"] = Fate(Written(key="SKU-open", outcome="unknown", error="lost"))
        await apply(first, us, journal=sink)
        for number in range(PLANS + 5):
            await apply(await plan(Shop("eu", [sold(f"p{number}")]), us, deletes=False), us, journal=sink)
    kept = ask(url, "SELECT DISTINCT plan FROM intents")
    assert len(kept) == PLANS + 2  # the newest were there when the last one began, and one still has to go on
    assert (first.id,) in kept


@pytest.mark.skipif(BROWSER is None, reason="no Chromium among the system's packages")
async def test_in_a_browser_the_search_works_and_nothing_acts(url: str, tmp_path: Path) -> None:
    await synced(url)
    await page_of(url, tmp_path)
    whole = await in_browser(tmp_path / "report.html")
    assert "6 of 6 shown" in whole
    assert "<title>Sync report" in whole  # and not "owned"
    found = await in_browser(tmp_path / "report.html", "document.TITLE%20p3")
    assert "1 of 6 shown" in found
    assert "1 of 6 shown" in await in_browser(tmp_path / "report.html", "mug%203%20onerror")  # what it was, and is
    assert len(re.findall(r"<tr data-where[^>]* hidden", found)) == 5


async def in_browser(path: Path, search: str = "") -> str:
    assert BROWSER is not None
    process = await asyncio.create_subprocess_exec(
        BROWSER,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        f"--user-data-dir={path.parent}/browser",
        "--dump-dom",
        f"{path.as_uri()}#{search}",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    out, _ = await asyncio.wait_for(process.communicate(), 60)
    return out.decode()


class Time:
    """A clock that stands until it is set."""

    def __init__(self) -> None:
        self.at = 100.0

    def now(self) -> float:
        return self.at

    def wall(self) -> datetime:
        return datetime(2026, 3, 1, tzinfo=UTC) + timedelta(seconds=self.at)


def event(kind: Any, seconds: float = 0.0) -> Event:
    return Event(kind=kind, store="eu", operation="o", method="GET", path="/", call=1, seconds=seconds)


def recorder() -> tuple[Recorder, Client, Time]:
    clock = Time()
    client = Client(
        "http://127.0.0.1:9", store="eu", judge=lambda _call, _reply: None, policy=SteadyPolicy(), clock=clock
    )
    found = Recorder(clock, clock.wall())
    found.client = client
    return found, client, clock


def test_a_recording_stays_small_however_long_it_lasts_and_its_sums_are_the_reports() -> None:
    found, client, clock = recorder()
    for _ in range(20_000):
        clock.at += 7.3
        client.stats.add(calls=2, throttled=1, waited=1.5)
        found(event("wait", 1.5))
        found(event("attempt"))
    series = found.series()
    assert len(series.slices) <= MOST
    assert len(msgspec.json.encode(series)) < 10_000
    assert sum(part.calls for part in series.slices) == client.stats.calls == 40_000
    assert sum(part.throttled for part in series.slices) == client.stats.throttled
    assert sum(part.waited for part in series.slices) == pytest.approx(client.stats.waited, rel=1e-3)
    assert series.every * len(series.slices) == pytest.approx(clock.at - 100, rel=0.02)


def test_a_wait_and_a_pause_lie_where_they_were_and_an_overlapping_pause_counts_once() -> None:
    found, _, clock = recorder()
    clock.at += 3.0
    found(event("wait", 1.0))  # from second 2 to second 3
    found(event("throttle", 4.0))  # until second 7
    clock.at += 1.0
    found(event("throttle", 4.0))  # until second 8
    clock.at += 6.0
    series = found.series()
    waited = [index * series.every for index, part in enumerate(series.slices) if part.waited]
    paused = [index * series.every for index, part in enumerate(series.slices) if part.paused]
    assert waited == [2.0, 2.25, 2.5, 2.75]
    assert (paused[0], paused[-1]) == (3.0, 7.75)
    assert sum(part.paused for part in series.slices) == pytest.approx(5.0)


def test_a_pause_that_outlasts_the_run_is_recorded_as_far_as_the_run_went() -> None:
    found, _, clock = recorder()
    clock.at += 1.0
    found(event("throttle", 3600.0))
    clock.at += 1.0
    series = found.series()
    assert len(series.slices) * series.every < 1.0 + 2.0 + series.every


def test_the_report_is_kept_with_its_series_and_read_back_with_it() -> None:
    found, client, clock = recorder()
    clock.at += 1.0
    client.stats.add(calls=3)
    kept = found.report(StreamReport(store="eu", vendor="fake", stream="orders", read=5))
    back = msgspec.json.decode(msgspec.json.encode(kept), type=RecordedReport)
    assert (back.read, back.series and back.series.slices[-1].calls) == (5, 3)


async def test_a_pull_keeps_the_series_of_every_stream(url: str) -> None:
    await pull([FakeStore(products=[[product("a")]])], into=url)
    for (text,) in ask(url, "SELECT report FROM sync_runs"):
        series = msgspec.json.decode(text, type=RecordedReport).series
        assert series is not None
        assert series.slices


def test_what_units_recorded_beside_each_other_lies_where_it_was_and_stays_small() -> None:
    began = datetime(2026, 3, 1, tzinfo=UTC)
    early, late = Slice(calls=1, records=10, used=5.0, limit=50.0), Slice(calls=2, waited=0.2, paused=0.2)
    first = Series(began=began, every=0.25, period=None, slices=[Slice(), early, early])
    second = Series(began=began, every=0.25, period=10.0, slices=[late], first=2)
    found = merged(first, None, second)
    assert found is not None
    assert [part.calls for part in found.slices] == [0, 1, 3]
    assert (found.slices[2].records, found.slices[2].used, found.period) == (10, 5.0, 10.0)
    hours = [
        Series(
            began=began,
            every=32.0,
            period=10.0,
            slices=[late] * 3,
            first=number * 3,
        )
        for number in range(200)
    ]
    whole = merged(first, *hours, *hours)  # two units at a time
    assert whole is not None
    assert (len(whole.slices) <= MOST, whole.every) == (True, 128.0)
    assert sum(part.calls for part in whole.slices) == 2 + 2 * 200 * 3 * 2
    assert max(part.paused for part in whole.slices) <= whole.every
    assert merged(None) is None


def test_a_unit_sends_no_slices_from_before_it_began() -> None:
    found, client, clock = recorder()
    clock.at += 40.0
    client.stats.add(calls=3)
    found.count(100)
    found(event("attempt"))
    series = found.series()
    trimmed = series.trimmed()
    assert len(trimmed.slices) == 1
    assert trimmed.laid_out(trimmed.began, 1.0) == series.laid_out(series.began, 1.0)
    back = msgspec.json.decode(msgspec.json.encode(trimmed), type=Series)
    assert back == trimmed


def test_a_unit_whose_clock_is_behind_the_one_that_began_the_run_records_from_its_beginning() -> None:
    clock = Time()
    found = Recorder(clock, clock.wall() + timedelta(seconds=30))
    found.count(7)
    assert [part.records for part in found.series().slices] == [7]


def test_streams_of_different_grain_are_laid_upon_each_other() -> None:
    began = datetime(2026, 3, 1, tzinfo=UTC)
    fine = Series(
        began=began, every=1.0, period=10.0, slices=[Slice(calls=1, used=float(n), limit=50.0) for n in range(8)]
    )
    rough = Series(began=began, every=4.0, period=10.0, slices=[Slice(calls=5, throttled=1, waited=8.0, paused=2.0)])
    plot = chart.plot_of({"products": fine, "orders": rough})
    assert [dict(one.calls) for one in plot.bins] == [{"products": 4, "orders": 5}, {"products": 4}]
    assert (plot.bins[0].throttled, plot.bins[0].waiting, plot.bins[0].paused) == (1, 2.0, 0.5)
    assert [one.used for one in plot.bins] == [3.0, 7.0]
    picture = chart.svg(plot, "eu")
    assert picture.count('class="throttle"') == 1
    assert picture.count('class="paused"') == 1
    assert "13 calls; 1 throttled, 8.0 s of waiting; at most 14% of the quota in use." in picture
